-- Where IXC, we and Tele Clínica do not agree: comparisons made in the background, and the lines that they leave.

-- One look at everybody on all three sides. What it has read so far survives whoever was reading.
CREATE TABLE IF NOT EXISTS comparacoes (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  andamento     TINYINT UNSIGNED NULL DEFAULT 1,            -- 1 until it is over, NULL afterwards: one at a time
  noite         DATE NULL,                                  -- the night it belongs to; NULL = somebody asked for it
  estado        VARCHAR(8) CHARACTER SET ascii NOT NULL DEFAULT 'pedida', -- pedida | correndo | feita | parcial | recusada | falhou
  fase          VARCHAR(8) CHARACTER SET ascii NOT NULL DEFAULT 'ixc',    -- ixc | lista | pessoas | contas
  motivo        VARCHAR(255) NULL,
  dono          VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate     DATETIME(6) NULL,
  ate           BIGINT UNSIGNED NOT NULL DEFAULT 0,         -- the last contract, or usuário, looked at in this phase
  procurados    INT UNSIGNED NULL,                          -- contracts to look at, once they are counted
  contratos     INT UNSIGNED NOT NULL DEFAULT 0,            -- contracts looked at
  contas        INT UNSIGNED NOT NULL DEFAULT 0,            -- accounts that the partner has shown
  pessoas       INT UNSIGNED NOT NULL DEFAULT 0,            -- usuários compared
  pedida_por    INT UNSIGNED NULL,                          -- NULL = the night
  pedida_em     DATETIME(6) NOT NULL,
  comecou_em    DATETIME(6) NULL,
  visto_em      DATETIME(6) NULL,                           -- last sign of life
  terminada_em  DATETIME(6) NULL,
  UNIQUE KEY comparacoes_uma_por_vez (andamento),
  UNIQUE KEY comparacoes_uma_por_noite (noite)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- How far the list of each integração was read. Only a complete one lets anybody be called missing.
CREATE TABLE IF NOT EXISTS comparacao_listas (
  comparacao_id  BIGINT UNSIGNED NOT NULL,
  integracao_id  INT UNSIGNED NOT NULL,
  estado         VARCHAR(9) CHARACTER SET ascii NOT NULL DEFAULT 'lendo', -- lendo | completa | parcial | sem_lista
  motivo         VARCHAR(255) NULL,
  proxima        VARCHAR(2000) CHARACTER SET ascii NULL,     -- the partner's mark of the next page
  contas         INT UNSIGNED NOT NULL DEFAULT 0,
  falhas         TINYINT UNSIGNED NOT NULL DEFAULT 0,        -- failures in a row
  nao_antes      DATETIME(6) NULL,
  PRIMARY KEY (comparacao_id, integracao_id),
  CONSTRAINT listas_da_comparacao FOREIGN KEY (comparacao_id) REFERENCES comparacoes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What the partner showed, while it is being compared: ids, states and keyed fingerprints. Emptied when it is over.
CREATE TABLE IF NOT EXISTS comparacao_contas (
  comparacao_id  BIGINT UNSIGNED NOT NULL,
  integracao_id  INT UNSIGNED NOT NULL,
  remoto_id      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  usuario_id     BIGINT UNSIGNED NULL,                      -- whose current account it is
  situacao       VARCHAR(12) CHARACTER SET ascii NOT NULL,
  plano          VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  impressao      BINARY(32) NOT NULL,                       -- HMAC of the CPF, or of the account's id when no CPF is shown
  com_cpf        TINYINT UNSIGNED NOT NULL,
  nome           BINARY(8) NULL,
  nascimento     BINARY(8) NULL,
  email          BINARY(8) NULL,
  celular        BINARY(8) NULL,
  lida_em        DATETIME(6) NOT NULL,                      -- when the page was asked for
  PRIMARY KEY (comparacao_id, integracao_id, remoto_id),
  KEY contas_por_usuario (comparacao_id, usuario_id),
  KEY contas_por_impressao (comparacao_id, integracao_id, impressao, remoto_id),
  CONSTRAINT contas_da_comparacao FOREIGN KEY (comparacao_id) REFERENCES comparacoes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Contracts that should have an account and have none with us, while they are being compared.
CREATE TABLE IF NOT EXISTS comparacao_contratos (
  comparacao_id  BIGINT UNSIGNED NOT NULL,
  contrato_id    INT UNSIGNED NOT NULL,
  cliente_id     INT UNSIGNED NOT NULL,
  filial_id      INT UNSIGNED NOT NULL,
  integracao_id  INT UNSIGNED NOT NULL,
  plano_id       INT UNSIGNED NOT NULL,
  impressao      BINARY(32) NOT NULL,
  PRIMARY KEY (comparacao_id, contrato_id),
  KEY contratos_por_impressao (comparacao_id, integracao_id, impressao),
  CONSTRAINT contratos_da_comparacao FOREIGN KEY (comparacao_id) REFERENCES comparacoes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS divergencias (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  classe          VARCHAR(20) CHARACTER SET ascii NOT NULL,
  ordem           TINYINT UNSIGNED NOT NULL,                 -- of the class: the most harmful first
  integracao_id   INT UNSIGNED NOT NULL,
  chave           VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- kind and id: usuario, contrato, conta or cpf
  estado          VARCHAR(10) CHARACTER SET ascii NOT NULL DEFAULT 'aberta',   -- aberta | corrigindo | resolvida
  usuario_id      BIGINT UNSIGNED NULL,
  contrato_id     INT UNSIGNED NULL,
  cliente_id      INT UNSIGNED NULL,
  filial_id       INT UNSIGNED NOT NULL DEFAULT 0,           -- 0 = none: for whoever sees every branch
  remoto_id       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ixc             VARCHAR(12) CHARACTER SET ascii NULL,      -- what the rules make of it; NULL = IXC has no contract
  nosso           VARCHAR(12) CHARACTER SET ascii NULL,      -- what we last saw; NULL = unknown here
  parceiro        VARCHAR(12) CHARACTER SET ascii NOT NULL,  -- what the partner's list says
  para            VARCHAR(12) CHARACTER SET ascii NULL,      -- what it should be
  plano_id        INT UNSIGNED NULL,                         -- what the plano should be
  plano_parceiro  VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
  campos          VARCHAR(80) CHARACTER SET ascii NOT NULL DEFAULT '', -- names of the fields that differ
  valor_centavos  INT UNSIGNED NULL,                         -- at stake each month; NULL = not known
  correcao        VARCHAR(12) CHARACTER SET ascii NULL,      -- what would put it right; NULL = only the partner can
  desde           DATETIME(6) NOT NULL,
  comparacao_id   BIGINT UNSIGNED NOT NULL,                  -- the last one that saw it
  vista_em        DATETIME(6) NOT NULL,
  resolvida_em    DATETIME(6) NULL,
  corrigida_por   INT UNSIGNED NULL,
  corrigida_em    DATETIME(6) NULL,
  lote_id         BIGINT UNSIGNED NULL,                      -- the list that its correction waits in
  aceita_ate      DATE NULL,                                 -- known and accepted to the end of this day
  aceita_motivo   VARCHAR(255) NULL,
  aceita_por      INT UNSIGNED NULL,
  UNIQUE KEY divergencias_uma_por_caso (classe, integracao_id, chave),
  KEY divergencias_em_ordem (estado, ordem, id),
  KEY divergencias_por_comparacao (integracao_id, estado, comparacao_id),
  KEY divergencias_por_usuario (usuario_id),
  KEY divergencias_por_contrato (contrato_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A line of a lote that corrects a divergência acts on what the partner has, not on what our wish was.
ALTER TABLE lote_linhas ADD COLUMN IF NOT EXISTS divergencia_id BIGINT UNSIGNED NULL;
