-- Monthly closing: what Tele Clínica confirmed over time, the frozen numbers of closed months, and the partner's invoices.

-- One row each time the confirmed situação, plano or filial of a person changes; never rewritten.
CREATE TABLE IF NOT EXISTS situacoes (
  usuario_id  BIGINT UNSIGNED NOT NULL,
  desde       DATETIME(6) NOT NULL,                         -- UTC, when it was confirmed
  situacao    VARCHAR(12) CHARACTER SET ascii NOT NULL,     -- ausente | ativo | bloqueado | cancelado
  plano_id    INT UNSIGNED NOT NULL DEFAULT 0,              -- 0 = none
  filial_id   INT UNSIGNED NOT NULL DEFAULT 0,              -- of the adesão that wins; 0 = none
  PRIMARY KEY (usuario_id, desde),
  CONSTRAINT situacoes_do_usuario FOREIGN KEY (usuario_id) REFERENCES usuarios (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- What was done before this table existed, as far as the operações tell: the plano is today's, since none names its own.
INSERT IGNORE INTO situacoes (usuario_id, desde, situacao, plano_id, filial_id)
SELECT o.usuario_id, o.encerrada_em,
  CASE o.acao WHEN 'bloquear' THEN 'bloqueado' WHEN 'cancelar' THEN 'cancelado' ELSE 'ativo' END,
  COALESCE(u.desejado_plano_id, 0), o.filial_id
FROM operacoes o JOIN usuarios u ON u.id = o.usuario_id
WHERE o.estado = 'feita' AND o.encerrada_em IS NOT NULL
  AND o.acao IN ('criar', 'bloquear', 'desbloquear', 'cancelar');

INSERT IGNORE INTO situacoes (usuario_id, desde, situacao, plano_id, filial_id)
SELECT u.id, u.observada_em, u.observada, COALESCE(u.desejado_plano_id, 0),
  COALESCE((SELECT a.filial_id FROM adesoes a WHERE a.usuario_id = u.id
    ORDER BY a.vigente IS NULL, NOT (a.plano_id <=> u.desejado_plano_id), a.id LIMIT 1), 0)
FROM usuarios u
WHERE u.observada_em IS NOT NULL AND u.observada <> 'desconhecido'
  AND NOT (u.observada <=> (SELECT s.situacao FROM situacoes s WHERE s.usuario_id = u.id ORDER BY s.desde DESC LIMIT 1));

CREATE TABLE IF NOT EXISTS fechamentos (
  mes          CHAR(7) CHARACTER SET ascii NOT NULL PRIMARY KEY, -- AAAA-MM, Brasília
  regra        JSON NOT NULL,
  fechado_em   DATETIME(6) NOT NULL,
  fechado_por  INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS fechamento_linhas (
  mes                CHAR(7) CHARACTER SET ascii NOT NULL,
  plano_id           INT UNSIGNED NOT NULL,
  filial_id          INT UNSIGNED NOT NULL,
  valor_centavos     INT UNSIGNED NOT NULL,                 -- of the plano, as it was when the month was closed
  ativas_no_fim      INT UNSIGNED NOT NULL,
  ativas_no_mes      INT UNSIGNED NOT NULL,
  criadas            INT UNSIGNED NOT NULL,
  bloqueadas         INT UNSIGNED NOT NULL,
  canceladas         INT UNSIGNED NOT NULL,
  dias_ativos        INT UNSIGNED NOT NULL,
  esperado_centavos  BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (mes, plano_id, filial_id),
  CONSTRAINT linhas_do_fechamento FOREIGN KEY (mes) REFERENCES fechamentos (mes)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The partner's invoice of a month, reduced to ids, fingerprints and amounts. A later one takes its place.
CREATE TABLE IF NOT EXISTS faturas (
  mes          CHAR(7) CHARACTER SET ascii NOT NULL PRIMARY KEY,
  enviada_em   DATETIME(6) NOT NULL,
  enviada_por  INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE IF NOT EXISTS fatura_linhas (
  mes             CHAR(7) CHARACTER SET ascii NOT NULL,
  linha           INT UNSIGNED NOT NULL,                    -- as Excel numbers it
  usuario_id      BIGINT UNSIGNED NULL,                     -- NULL = nobody of ours
  impressao       BINARY(32) NULL,                          -- HMAC of the CPF, when the invoice had one
  plano_id        INT UNSIGNED NULL,                        -- NULL = the invoice does not say; 0 = none of ours
  valor_centavos  BIGINT NOT NULL,
  PRIMARY KEY (mes, linha),
  CONSTRAINT linhas_da_fatura FOREIGN KEY (mes) REFERENCES faturas (mes) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
