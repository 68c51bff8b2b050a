-- Filters of the grids that few rows may pass: each a walk down its own index, newest first, however large the base.

ALTER TABLE usuarios
  ADD KEY IF NOT EXISTS usuarios_por_acesso (aguarda_acesso, id),
  ADD KEY IF NOT EXISTS usuarios_por_plano (desejado_plano_id, id);

ALTER TABLE operacoes
  ADD KEY IF NOT EXISTS operacoes_por_acao (acao, id);
