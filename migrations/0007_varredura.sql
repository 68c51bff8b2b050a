-- The scan remembers which columns it knew (`table.column type`, one a line, at the last good complete run) and the newest
-- change of IXC's that it ever met; a line of a lote whose contract is not in IXC waits (adiada_ate).

UPDATE varredura SET estrutura = NULL WHERE id = 1;

ALTER TABLE varredura
  MODIFY estrutura MEDIUMTEXT CHARACTER SET utf8mb4 NULL,
  ADD COLUMN IF NOT EXISTS mais_nova CHAR(19) CHARACTER SET ascii NULL AFTER marca_cliente_em;

ALTER TABLE lote_linhas
  ADD COLUMN IF NOT EXISTS adiada_ate DATETIME(6) NULL;
