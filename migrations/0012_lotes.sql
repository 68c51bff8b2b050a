-- Lotes that a person asks for: what is asked, of whom, and how far its simulation has come.

CREATE TABLE IF NOT EXISTS lote_pedidos (
  lote_id     BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  acao        VARCHAR(20) CHARACTER SET ascii NOT NULL,     -- criar | bloquear | desbloquear | trocar_plano | cancelar
  plano_id    INT UNSIGNED NULL,                            -- the plano to go to; NULL = what the vínculos say
  motivo      VARCHAR(255) NULL,
  quando      VARCHAR(8) CHARACTER SET ascii NOT NULL DEFAULT 'agora', -- agora | prazo (cancelar)
  filtro      JSON NOT NULL,                                -- ids and closed words, never a name or a document
  lista       TINYINT UNSIGNED NOT NULL DEFAULT 0,          -- 1 = the contracts are those of lote_lista
  filiais     TEXT CHARACTER SET ascii NOT NULL,            -- the branches of whoever asked: todas, or their ids with commas
  procurados  INT UNSIGNED NULL,                            -- contracts to look at; NULL until they are counted
  vistos      INT UNSIGNED NOT NULL DEFAULT 0,
  ate         BIGINT UNSIGNED NOT NULL DEFAULT 0,           -- key of the last one looked at
  fora        INT UNSIGNED NOT NULL DEFAULT 0,              -- looked at and left out by the filter
  dono        VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate   DATETIME(6) NULL,
  visto_em    DATETIME(6) NULL,
  CONSTRAINT pedido_do_lote FOREIGN KEY (lote_id) REFERENCES lotes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A list that somebody sent, as ids: emptied once it is simulated. A document becomes an id at once or is left out.
CREATE TABLE IF NOT EXISTS lote_lista (
  lote_id      BIGINT UNSIGNED NOT NULL,
  n            INT UNSIGNED NOT NULL,
  contrato_id  INT UNSIGNED NULL,                           -- NULL = none was found
  mensagem     VARCHAR(255) NULL,                           -- why none was found, naming the row of the file
  PRIMARY KEY (lote_id, n),
  CONSTRAINT lista_do_lote FOREIGN KEY (lote_id) REFERENCES lotes (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

ALTER TABLE lote_linhas
  ADD KEY IF NOT EXISTS linhas_por_usuario (lote_id, usuario_id);
