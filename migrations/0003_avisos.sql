-- Notifications: what is wrong since when, told once when it begins and once when it is over.

-- One row per cause that began. No personal data: ids, codes and counts.
CREATE TABLE IF NOT EXISTS avisos (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  causa        VARCHAR(16) CHARACTER SET ascii NOT NULL,                          -- freio | varredura | credencial | fila | retidas | pausa
  chave        VARCHAR(160) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,   -- which lote, integração, pause…; '' when there is only one
  aberto       TINYINT UNSIGNED NULL DEFAULT 1,                                   -- 1 while it lasts, NULL afterwards: one open row per cause and key
  comecou_em   DATETIME(6) NOT NULL,
  acabou_em    DATETIME(6) NULL,
  detalhe      JSON NOT NULL,
  UNIQUE KEY avisos_um_aberto (causa, chave, aberto),
  KEY avisos_abertos (aberto, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One row per message and channel: committed with the aviso, delivered at least once under an id that the receiver can recognise.
CREATE TABLE IF NOT EXISTS avisos_envios (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  aviso_id     BIGINT UNSIGNED NOT NULL,
  evento       VARCHAR(12) CHARACTER SET ascii NOT NULL,                          -- comecou | recuperado
  canal        VARCHAR(8) CHARACTER SET ascii NOT NULL,                           -- webhook | email
  estado       VARCHAR(12) CHARACTER SET ascii NOT NULL DEFAULT 'pendente',       -- pendente | entregue | desistido | dispensado
  tentativas   SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  proxima_em   DATETIME(6) NOT NULL,
  lease_ate    DATETIME(6) NULL,
  lease_token  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  mensagem     VARCHAR(255) NULL,
  criado_em    DATETIME(6) NOT NULL,
  encerrado_em DATETIME(6) NULL,
  UNIQUE KEY envios_um_por_evento (aviso_id, canal, evento),
  KEY envios_a_fazer (estado, canal, proxima_em),
  CONSTRAINT envios_do_aviso FOREIGN KEY (aviso_id) REFERENCES avisos (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Who looks for causes now: one process at a time, so that an old look never reopens what a newer one closed.
CREATE TABLE IF NOT EXISTS avisos_ronda (
  id         TINYINT UNSIGNED NOT NULL PRIMARY KEY,
  dono       VARCHAR(80) CHARACTER SET ascii NULL,
  lease_ate  DATETIME(6) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
INSERT IGNORE INTO avisos_ronda (id) VALUES (1);
