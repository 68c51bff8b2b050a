-- Contracts drive the service: what the scan read, holds by date, lists of changes with a decision, modes, runs.

ALTER TABLE usuarios
  ADD COLUMN IF NOT EXISTS carencia_ate          DATE NULL AFTER cancelar_em,          -- nothing automatic blocks until this day has passed
  ADD COLUMN IF NOT EXISTS carencia_motivo       VARCHAR(255) NULL AFTER carencia_ate,
  ADD COLUMN IF NOT EXISTS carencia_operador_id  INT UNSIGNED NULL AFTER carencia_motivo,
  ADD COLUMN IF NOT EXISTS cancelar_regra_em     DATETIME(6) NULL AFTER carencia_operador_id, -- end of the prazo when the rules cancel
  ADD COLUMN IF NOT EXISTS dados_impressao       BINARY(32) NULL AFTER recusa_impressao,      -- HMAC of name and contact as last sent
  ADD COLUMN IF NOT EXISTS nascimento_impressao  BINARY(32) NULL AFTER dados_impressao,
  ADD COLUMN IF NOT EXISTS contato_mudou_em      DATETIME(6) NULL AFTER nascimento_impressao, -- last time name or contact was sent again
  ADD COLUMN IF NOT EXISTS atualizar             TINYINT UNSIGNED NOT NULL DEFAULT 0 AFTER contato_mudou_em, -- name or contact differs from what was sent
  ADD KEY IF NOT EXISTS usuarios_por_carencia (carencia_ate),
  ADD KEY IF NOT EXISTS usuarios_por_prazo (cancelar_regra_em);

-- What the last scan read of the contract, beside what is in force: the difference is what a run would change.
ALTER TABLE adesoes
  ADD COLUMN IF NOT EXISTS lido_significado   VARCHAR(12) CHARACTER SET ascii NULL AFTER significado,
  ADD COLUMN IF NOT EXISTS lido_plano_id      INT UNSIGNED NULL AFTER lido_significado,
  ADD COLUMN IF NOT EXISTS lido_plano_origem  VARCHAR(16) CHARACTER SET ascii NULL AFTER lido_plano_id,
  ADD COLUMN IF NOT EXISTS lido_cliente_id    INT UNSIGNED NULL AFTER lido_plano_origem,
  ADD COLUMN IF NOT EXISTS lido_em            DATETIME(6) NULL AFTER lido_cliente_id,
  ADD COLUMN IF NOT EXISTS reavaliar_em       DATE NULL AFTER lido_em,                 -- a date in IXC that changes the meaning without a row changing
  ADD COLUMN IF NOT EXISTS ausencias          TINYINT UNSIGNED NOT NULL DEFAULT 0 AFTER reavaliar_em, -- complete scans in a row without the contract
  ADD KEY IF NOT EXISTS adesoes_a_reavaliar (reavaliar_em);

CREATE TABLE IF NOT EXISTS varredura (
  id                TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  dono              VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate         DATETIME(6) NULL,
  lease_token       BIGINT UNSIGNED NOT NULL DEFAULT 0,
  marca_contrato_em CHAR(19) CHARACTER SET ascii NOT NULL DEFAULT '1970-01-01 00:00:01',
  marca_cliente_em  CHAR(19) CHARACTER SET ascii NOT NULL DEFAULT '1970-01-01 00:00:01',
  completa_em       DATETIME(6) NULL,
  completa_total    INT UNSIGNED NULL,
  estrutura         BINARY(32) NULL,                       -- SHA-256 of the columns and types at the last good run
  regime            BINARY(32) NULL                        -- SHA-256 of rules, vínculos and profiles that a person last approved
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT IGNORE INTO varredura (id) VALUES (1);

CREATE TABLE IF NOT EXISTS varreduras (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  tipo          VARCHAR(12) CHARACTER SET ascii NOT NULL,  -- incremental | completa
  decisao       VARCHAR(12) CHARACTER SET ascii NOT NULL,  -- correndo | feita | recusada | falhou
  motivo        VARCHAR(255) NULL,
  lidos         INT UNSIGNED NOT NULL DEFAULT 0,
  mudancas      INT UNSIGNED NOT NULL DEFAULT 0,
  aplicadas     INT UNSIGNED NOT NULL DEFAULT 0,
  retidas       INT UNSIGNED NOT NULL DEFAULT 0,
  duracao_ms    INT UNSIGNED NULL,
  iniciada_em   DATETIME(6) NOT NULL,
  terminada_em  DATETIME(6) NULL,
  KEY varreduras_por_tipo (tipo, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS modos (
  operacao     VARCHAR(20) CHARACTER SET ascii NOT NULL,   -- '' = every operation
  filial_id    INT UNSIGNED NOT NULL,                      -- 0 = every branch
  modo         VARCHAR(12) CHARACTER SET ascii NOT NULL,   -- observar | sugerir | automatico
  operador_id  INT UNSIGNED NOT NULL,
  alterado_em  DATETIME(3) NOT NULL,
  PRIMARY KEY (operacao, filial_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One kind of list: dry run, held by the brake, or bulk. Approval is for exactly the list that `resumo` hashes.
CREATE TABLE IF NOT EXISTS lotes (
  id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  origem          VARCHAR(12) CHARACTER SET ascii NOT NULL, -- previa | freio | operador
  estado          VARCHAR(12) CHARACTER SET ascii NOT NULL, -- simulado | aguardando | executando | pausado | concluido | rejeitado | dissolvido
  titulo          VARCHAR(160) NOT NULL,
  motivo          VARCHAR(255) NULL,
  resumo          BINARY(32) NOT NULL,
  regime          BINARY(32) NULL,                          -- the rules under which it was made
  total           INT UNSIGNED NOT NULL DEFAULT 0,
  limite          INT UNSIGNED NULL,
  base            INT UNSIGNED NULL,
  preparado       TINYINT UNSIGNED NOT NULL DEFAULT 1,      -- 0 while a prévia is still being filled
  criado_por      INT UNSIGNED NULL,                        -- NULL = the scan
  criado_em       DATETIME(6) NOT NULL,
  decidido_por    INT UNSIGNED NULL,
  decidido_em     DATETIME(6) NULL,
  segundo_por     INT UNSIGNED NULL,
  segundo_em      DATETIME(6) NULL,
  terminado_em    DATETIME(6) NULL,
  KEY lotes_por_estado (estado, id),
  KEY lotes_por_origem (origem, estado, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS lote_linhas (
  lote_id      BIGINT UNSIGNED NOT NULL,
  n            INT UNSIGNED NOT NULL,
  usuario_id   BIGINT UNSIGNED NULL,
  contrato_id  INT UNSIGNED NOT NULL,
  cliente_id   INT UNSIGNED NOT NULL,
  filial_id    INT UNSIGNED NOT NULL DEFAULT 0,
  acao         VARCHAR(20) CHARACTER SET ascii NOT NULL,
  de           VARCHAR(12) CHARACTER SET ascii NOT NULL,
  para         VARCHAR(12) CHARACTER SET ascii NOT NULL,
  plano_id     INT UNSIGNED NULL,
  motivo       VARCHAR(255) NOT NULL,
  estado       VARCHAR(12) CHARACTER SET ascii NOT NULL,    -- pendente | aplicada | dispensada | recusada
  mensagem     VARCHAR(255) NULL,
  PRIMARY KEY (lote_id, n),
  KEY linhas_por_estado (lote_id, estado, n),
  KEY linhas_por_contrato (contrato_id, acao),
  CONSTRAINT linhas_do_lote FOREIGN KEY (lote_id) REFERENCES lotes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
