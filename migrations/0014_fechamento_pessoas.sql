-- What each person should cost is frozen with the month, and an invoice is of one integração.

CREATE TABLE IF NOT EXISTS fechamento_pessoas (
  mes         CHAR(7) CHARACTER SET ascii NOT NULL,
  usuario_id  BIGINT UNSIGNED NOT NULL,
  plano_id    INT UNSIGNED NOT NULL,
  filial_id   INT UNSIGNED NOT NULL,
  centavos    INT UNSIGNED NOT NULL,
  PRIMARY KEY (mes, usuario_id, plano_id, filial_id),
  CONSTRAINT pessoas_do_fechamento FOREIGN KEY (mes) REFERENCES fechamentos (mes)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- How many people were frozen; NULL = closed before each person was.
ALTER TABLE fechamentos ADD COLUMN IF NOT EXISTS pessoas INT UNSIGNED NULL;

ALTER TABLE fatura_linhas DROP FOREIGN KEY IF EXISTS linhas_da_fatura;
ALTER TABLE faturas ADD COLUMN IF NOT EXISTS integracao_id INT UNSIGNED NOT NULL DEFAULT 0 AFTER mes;
ALTER TABLE fatura_linhas ADD COLUMN IF NOT EXISTS integracao_id INT UNSIGNED NOT NULL DEFAULT 0 AFTER mes;

-- An invoice sent before is of the integração that most of its people are of.
UPDATE faturas SET integracao_id = COALESCE(
  (SELECT u.integracao_id FROM fatura_linhas l JOIN usuarios u ON u.id = l.usuario_id WHERE l.mes = faturas.mes
    GROUP BY u.integracao_id ORDER BY COUNT(*) DESC LIMIT 1),
  (SELECT MIN(i.id) FROM integracoes i), 0)
WHERE integracao_id = 0;
UPDATE fatura_linhas l JOIN faturas f ON f.mes = l.mes SET l.integracao_id = f.integracao_id WHERE l.integracao_id = 0;

ALTER TABLE faturas DROP PRIMARY KEY, ADD PRIMARY KEY (mes, integracao_id);
ALTER TABLE fatura_linhas DROP PRIMARY KEY, ADD PRIMARY KEY (mes, integracao_id, linha);
ALTER TABLE fatura_linhas ADD CONSTRAINT linhas_da_fatura
  FOREIGN KEY (mes, integracao_id) REFERENCES faturas (mes, integracao_id) ON DELETE CASCADE;
