-- Probes of refused credentials are counted apart from refusals, and a form sent twice cannot make two of a thing.

ALTER TABLE integracoes -- sondas: probes since the credentials were refused
  ADD COLUMN IF NOT EXISTS sondas INT UNSIGNED NOT NULL DEFAULT 0 AFTER credencial_recusas;

-- Names that were given twice so far are told apart by their number; the oldest keeps its name.
UPDATE integracoes i JOIN (SELECT nome, MIN(id) AS id FROM integracoes GROUP BY nome HAVING COUNT(*) > 1) velha
  ON velha.nome = i.nome AND velha.id < i.id
  SET i.nome = CONCAT(LEFT(i.nome, 105), ' (nº ', i.id, ')');
UPDATE planos p JOIN (SELECT integracao_id, nome, MIN(id) AS id FROM planos GROUP BY integracao_id, nome HAVING COUNT(*) > 1) velho
  ON velho.integracao_id = p.integracao_id AND velho.nome = p.nome AND velho.id < p.id
  SET p.nome = CONCAT(LEFT(p.nome, 65), ' (nº ', p.id, ')');

ALTER TABLE integracoes
  ADD UNIQUE KEY IF NOT EXISTS integracoes_por_nome (nome);
ALTER TABLE planos
  ADD UNIQUE KEY IF NOT EXISTS planos_por_nome (integracao_id, nome);
