-- Lives counted at the end of each day, and the pré-voo: whose register the partner would refuse, by contract and cause.

-- What Tele Clínica had confirmed when the day ended (Brasília). A person with contracts in two branches is in both of
-- their rows and once in the row of branch 0, which is every branch.
CREATE TABLE IF NOT EXISTS vidas (
  dia            DATE NOT NULL,
  integracao_id  INT UNSIGNED NOT NULL,
  plano_id       INT UNSIGNED NOT NULL,                     -- 0 = none
  filial_id      INT UNSIGNED NOT NULL,                     -- 0 = every branch
  situacao       VARCHAR(12) CHARACTER SET ascii NOT NULL,  -- ausente | ativo | bloqueado | cancelado | desconhecido
  total          INT UNSIGNED NOT NULL,
  PRIMARY KEY (dia, integracao_id, plano_id, filial_id, situacao)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One look at everybody who would be created now.
CREATE TABLE IF NOT EXISTS prevoos (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  andamento     TINYINT UNSIGNED NULL DEFAULT 1,            -- 1 until it is over, NULL afterwards: one at a time
  estado        VARCHAR(8) CHARACTER SET ascii NOT NULL DEFAULT 'pedido', -- pedido | correndo | feito | falhou
  dono          VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate     DATETIME(6) NULL,
  procurados    INT UNSIGNED NULL,                          -- contracts with a vínculo, once they are counted
  vistos        INT UNSIGNED NOT NULL DEFAULT 0,
  ate           INT UNSIGNED NOT NULL DEFAULT 0,            -- the last contract looked at: whoever goes on begins after it
  elegiveis     INT UNSIGNED NOT NULL DEFAULT 0,            -- contracts that would be sent
  reprovados    INT UNSIGNED NOT NULL DEFAULT 0,            -- those of them that would be refused
  pedido_por    INT UNSIGNED NOT NULL,
  pedido_em     DATETIME(6) NOT NULL,
  visto_em      DATETIME(6) NULL,                           -- last sign of life
  terminado_em  DATETIME(6) NULL,
  UNIQUE KEY prevoos_um_por_vez (andamento)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Ids and causes only: who it is and what is wrong is read from IXC when it is shown.
CREATE TABLE IF NOT EXISTS prevoo_linhas (
  prevoo_id    BIGINT UNSIGNED NOT NULL,
  contrato_id  INT UNSIGNED NOT NULL,
  causa        VARCHAR(24) CHARACTER SET ascii NOT NULL,
  cliente_id   INT UNSIGNED NOT NULL,
  filial_id    INT UNSIGNED NOT NULL DEFAULT 0,             -- 0 = none
  PRIMARY KEY (prevoo_id, contrato_id, causa),
  KEY prevoo_linhas_por_causa (prevoo_id, causa, contrato_id, filial_id),
  CONSTRAINT prevoo_linhas_do_prevoo FOREIGN KEY (prevoo_id) REFERENCES prevoos (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
