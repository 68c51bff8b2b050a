-- Our schema. Ids, states and fingerprints only: no name, CPF, phone, e-mail or birth date is ever stored here.
-- All times are UTC and written with the database clock.

CREATE TABLE IF NOT EXISTS instalacao (
  id               TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  codigo           CHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, -- part of every externalId: tells installations apart
  chave_impressao  VARBINARY(96) NOT NULL,                                 -- key of the fingerprints, encrypted with APP_KEY
  criado_em        DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS integracoes (
  id                    INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  nome                  VARCHAR(120) NOT NULL,
  ambiente              VARCHAR(12) CHARACTER SET ascii NOT NULL,
  url_base              VARCHAR(255) CHARACTER SET ascii NOT NULL,
  usuario               VARCHAR(160) NOT NULL,
  senha                 VARBINARY(1024) NOT NULL,             -- AES-256-GCM
  perfil                VARCHAR(64) CHARACTER SET ascii NOT NULL,
  cnpj                  VARCHAR(14) CHARACTER SET ascii NULL, -- the provider's own; needed only to register at the partner
  filial_id             INT UNSIGNED NULL,
  usuario_automatico    TINYINT UNSIGNED NOT NULL DEFAULT 0,
  contratos_teste       VARCHAR(2000) CHARACTER SET ascii NOT NULL DEFAULT '',
  versao                INT UNSIGNED NOT NULL DEFAULT 1,      -- grows with every edit: a worker knows its connection is stale
  remoto_id             VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  registro              VARCHAR(12) CHARACTER SET ascii NOT NULL, -- dispensado | pendente | registrado | recusado
  registro_mensagem     VARCHAR(255) NULL,
  registro_falhas       INT UNSIGNED NOT NULL DEFAULT 0,
  registro_proxima_em   DATETIME(6) NULL,
  registro_lease_ate    DATETIME(6) NULL,
  registro_lease_token  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  credencial_parada_em  DATETIME(6) NULL,                     -- refused: nothing is sent until a probe or a person says otherwise
  credencial_recusas    INT UNSIGNED NOT NULL DEFAULT 0,
  sonda_em              DATETIME(6) NULL,
  fora_desde            DATETIME(6) NULL,                     -- partner not answering: nothing but one probe at a time
  fora_ate              DATETIME(6) NULL,
  falhas_seguidas       INT UNSIGNED NOT NULL DEFAULT 0,
  limite_ate            DATETIME(6) NULL,                     -- rate limited until
  ritmo_em              DATETIME(6) NULL,                     -- next free slot of the shared rate (GCRA)
  contato_em            DATETIME(6) NULL,                     -- last time the partner answered properly
  criado_em             DATETIME(3) NOT NULL,
  atualizado_em         DATETIME(3) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS planos (
  id                    INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  integracao_id         INT UNSIGNED NOT NULL,
  nome                  VARCHAR(80) NOT NULL,
  descricao             VARCHAR(500) NOT NULL DEFAULT '',
  valor_centavos        INT UNSIGNED NOT NULL,
  codigo                VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL, -- the partner's own code, when the provider was given one
  remoto_id             VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL, -- what createUser takes, once known
  remoto_nosso          TINYINT UNSIGNED NOT NULL DEFAULT 0,  -- made by us at the partner, so ours to rename
  registro              VARCHAR(12) CHARACTER SET ascii NOT NULL,
  registro_mensagem     VARCHAR(255) NULL,
  registro_falhas       INT UNSIGNED NOT NULL DEFAULT 0,
  registro_proxima_em   DATETIME(6) NULL,
  registro_lease_ate    DATETIME(6) NULL,
  registro_lease_token  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  versao                INT UNSIGNED NOT NULL DEFAULT 1,
  criado_em             DATETIME(3) NOT NULL,
  atualizado_em         DATETIME(3) NOT NULL,
  UNIQUE KEY planos_por_codigo (integracao_id, codigo),
  CONSTRAINT planos_da_integracao FOREIGN KEY (integracao_id) REFERENCES integracoes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS vinculos (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  plano_id   INT UNSIGNED NOT NULL,
  tipo       VARCHAR(16) CHARACTER SET ascii NOT NULL, -- produto | plano_de_venda
  ixc_id     INT UNSIGNED NOT NULL,
  filial_id  INT UNSIGNED NOT NULL DEFAULT 0,          -- 0 = every branch
  criado_em  DATETIME(3) NOT NULL,
  UNIQUE KEY vinculos_um_por_escopo (tipo, ixc_id, filial_id),
  CONSTRAINT vinculos_do_plano FOREIGN KEY (plano_id) REFERENCES planos (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row per person and integração: what should be, what was last seen, and the place in the queue.
CREATE TABLE IF NOT EXISTS usuarios (
  id                   BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  integracao_id        INT UNSIGNED NOT NULL,
  impressao            BINARY(32) NOT NULL,                -- HMAC of the CPF
  vez                  INT UNSIGNED NOT NULL DEFAULT 1,    -- grows only when a cancelled account is created anew
  remoto_id            VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  -- orders that only a person gives and only a person takes back
  bloqueio_manual      TINYINT UNSIGNED NOT NULL DEFAULT 0,
  cancelar_em          DATETIME(6) NULL,                   -- cancel order: blocked until then, cancelled from then on
  -- desired
  desejada             VARCHAR(12) CHARACTER SET ascii NOT NULL, -- ausente | ativo | bloqueado | cancelado
  desejado_plano_id    INT UNSIGNED NULL,
  geracao              BIGINT UNSIGNED NOT NULL DEFAULT 1, -- grows with every new wish
  -- observed
  observada            VARCHAR(12) CHARACTER SET ascii NOT NULL DEFAULT 'ausente', -- … | desconhecido
  observado_plano      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  aguarda_acesso       TINYINT UNSIGNED NOT NULL DEFAULT 0,
  observada_por        VARCHAR(12) CHARACTER SET ascii NULL, -- resposta | leitura
  observada_em         DATETIME(6) NULL,                     -- NULL = never asked
  mancha               BIGINT UNSIGNED NOT NULL DEFAULT 0,   -- grows when a late or unowned call may have landed
  -- work
  trabalho             TINYINT UNSIGNED NOT NULL DEFAULT 1,
  prioridade           TINYINT UNSIGNED NOT NULL DEFAULT 5,
  proxima_em           DATETIME(6) NOT NULL,
  conferir_em          DATETIME(6) NULL,                     -- read the partner again at this time
  conferencias         TINYINT UNSIGNED NOT NULL DEFAULT 0,  -- 0 none; 1, 2, 3 = which reading comes next
  incerta_em           DATETIME(6) NULL,                     -- when the uncertain write happened
  criar_nao_antes      DATETIME(6) NULL,                     -- nothing shortens the wait after an uncertain create
  duplicado            TINYINT UNSIGNED NOT NULL DEFAULT 0,  -- the partner said "already registered" without saying where
  recusa_impressao     BINARY(32) NULL,                      -- HMAC of what the partner refused: not sent again unchanged
  falhas               INT UNSIGNED NOT NULL DEFAULT 0,
  abertas              SMALLINT UNSIGNED NOT NULL DEFAULT 0, -- claims that never finished: the row may kill workers
  lease_dono           VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate            DATETIME(6) NULL,
  lease_token          BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- hold
  retida               VARCHAR(24) CHARACTER SET ascii NULL,
  retida_detalhe       JSON NULL,                            -- fields and reasons, never values
  retida_em            DATETIME(6) NULL,
  reavaliar_em         DATETIME(6) NULL,
  mensagem             VARCHAR(255) NULL,                    -- last thing worth telling, in words for people
  criado_em            DATETIME(6) NOT NULL,
  UNIQUE KEY usuarios_um_por_pessoa (integracao_id, impressao),
  KEY usuarios_a_atender (integracao_id, trabalho, retida, prioridade, proxima_em, id),
  KEY usuarios_por_impressao (impressao),
  KEY usuarios_a_cancelar (cancelar_em),
  KEY usuarios_por_remoto (integracao_id, remoto_id),
  KEY usuarios_a_reavaliar (retida, reavaliar_em),
  KEY usuarios_por_situacao (observada, id),
  CONSTRAINT usuarios_da_integracao FOREIGN KEY (integracao_id) REFERENCES integracoes (id),
  CONSTRAINT usuarios_desejada CHECK (desejada IN ('ausente', 'ativo', 'bloqueado', 'cancelado')),
  CONSTRAINT usuarios_observada CHECK (observada IN ('ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido'))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A contract that grants a person's account. `vigente` is the contract id while it does, so that it grants one only.
CREATE TABLE IF NOT EXISTS adesoes (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  usuario_id    BIGINT UNSIGNED NOT NULL,
  contrato_id   INT UNSIGNED NOT NULL,
  vigente       INT UNSIGNED NULL,
  cliente_id    INT UNSIGNED NOT NULL,
  filial_id     INT UNSIGNED NOT NULL DEFAULT 0,
  plano_id      INT UNSIGNED NULL,
  plano_origem  VARCHAR(16) CHARACTER SET ascii NOT NULL, -- contrato | adicional | plano | plano_de_venda | operador
  significado   VARCHAR(12) CHARACTER SET ascii NOT NULL, -- what the rule in force says: ativo | bloqueado | cancelar | esperar | perguntar
  criado_em     DATETIME(6) NOT NULL,
  encerrada_em  DATETIME(6) NULL,
  UNIQUE KEY adesoes_uma_vigente (vigente),
  KEY adesoes_por_usuario (usuario_id, id),
  KEY adesoes_por_contrato (contrato_id),
  KEY adesoes_por_cliente (cliente_id),
  KEY adesoes_por_filial (filial_id, usuario_id),
  CONSTRAINT adesoes_do_usuario FOREIGN KEY (usuario_id) REFERENCES usuarios (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One intended effect. Written with the wish (a person's click) or by the worker before its first call.
CREATE TABLE IF NOT EXISTS operacoes (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  integracao_id INT UNSIGNED NOT NULL,
  usuario_id    BIGINT UNSIGNED NULL,
  plano_id      INT UNSIGNED NULL,                           -- the plano being registered, for acao registrar_plano
  contrato_id   INT UNSIGNED NULL,
  filial_id     INT UNSIGNED NOT NULL DEFAULT 0,
  acao          VARCHAR(20) CHARACTER SET ascii NOT NULL,
  estado        VARCHAR(12) CHARACTER SET ascii NOT NULL,    -- aberta | feita | recusada | substituida | descartada
  causa         VARCHAR(12) CHARACTER SET ascii NOT NULL,    -- operador | regra | correcao
  operador_id   INT UNSIGNED NULL,
  motivo        VARCHAR(255) NULL,
  mensagem      VARCHAR(255) NULL,
  criado_em     DATETIME(6) NOT NULL,
  encerrada_em  DATETIME(6) NULL,
  KEY operacoes_por_usuario (usuario_id, estado, id),
  KEY operacoes_por_estado (estado, id),
  KEY operacoes_por_plano (plano_id, estado)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One HTTP call. The row is committed before the call leaves.
CREATE TABLE IF NOT EXISTS tentativas (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  operacao_id    BIGINT UNSIGNED NULL,
  usuario_id     BIGINT UNSIGNED NULL,
  integracao_id  INT UNSIGNED NOT NULL,
  lease_token    BIGINT UNSIGNED NOT NULL,
  processo       VARCHAR(80) CHARACTER SET ascii NOT NULL,
  chamada        VARCHAR(24) CHARACTER SET ascii NOT NULL,
  escrita        TINYINT UNSIGNED NOT NULL,
  resultado      VARCHAR(20) CHARACTER SET ascii NOT NULL DEFAULT 'enviada', -- enviada | sem_resposta | an outcome kind
  http_status    SMALLINT UNSIGNED NULL,
  mensagem       VARCHAR(255) NULL,
  requisicao     VARCHAR(80) NULL,
  duracao_ms     INT UNSIGNED NULL,
  enviada_em     DATETIME(6) NOT NULL,
  respondida_em  DATETIME(6) NULL,
  KEY tentativas_por_usuario (usuario_id, id),
  KEY tentativas_por_operacao (operacao_id, id),
  KEY tentativas_por_hora (enviada_em)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS pausas (
  id           INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  operacao     VARCHAR(20) CHARACTER SET ascii NOT NULL DEFAULT '', -- '' = every operation
  filial_id    INT UNSIGNED NOT NULL DEFAULT 0,                     -- 0 = every branch
  motivo       VARCHAR(255) NOT NULL,
  operador_id  INT UNSIGNED NOT NULL,
  criado_em    DATETIME(3) NOT NULL,
  UNIQUE KEY pausas_uma_por_escopo (operacao, filial_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS auditoria (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  em           DATETIME(6) NOT NULL,
  operador_id  INT UNSIGNED NULL,                          -- NULL = the program itself
  evento       VARCHAR(48) CHARACTER SET ascii NOT NULL,
  filial_id    INT UNSIGNED NOT NULL DEFAULT 0,
  usuario_id   BIGINT UNSIGNED NULL,
  contrato_id  INT UNSIGNED NULL,
  detalhe      JSON NOT NULL,                              -- ids, states, field names; no personal data
  KEY auditoria_por_usuario (usuario_id, id),
  KEY auditoria_por_evento (evento, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS sessoes (
  resumo        BINARY(32) NOT NULL PRIMARY KEY,           -- SHA-256 of the cookie; the cookie itself is not stored
  operador_id   INT UNSIGNED NOT NULL,
  csrf          CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  criada_em     DATETIME(3) NOT NULL,
  vista_em      DATETIME(3) NOT NULL,
  KEY sessoes_por_operador (operador_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS tokens_usados (
  resumo     BINARY(32) NOT NULL PRIMARY KEY,
  expira_em  DATETIME(3) NOT NULL,
  KEY tokens_por_validade (expira_em)
) ENGINE=InnoDB;

CREATE TABLE IF NOT EXISTS configuracoes (
  chave  VARCHAR(48) CHARACTER SET ascii NOT NULL PRIMARY KEY,
  valor  JSON NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
