-- A quiet look asks only for what is due and for what rules did lately, however many people and years there are.

ALTER TABLE operacoes
  ADD KEY IF NOT EXISTS operacoes_por_causa (causa, acao, criado_em);
ALTER TABLE adesoes
  ADD KEY IF NOT EXISTS adesoes_por_lido (lido_significado, filial_id);
ALTER TABLE usuarios
  ADD KEY IF NOT EXISTS usuarios_por_fim_do_prazo (desejada, cancelar_regra_em);
