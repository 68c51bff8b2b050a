-- Accounts that were made elsewhere: whose reference each carries, and whose CPF, so that one without a reference can be taken over.

-- nenhuma | nossa | alheia | oculta (the profile does not show it)
ALTER TABLE comparacao_contas
  ADD COLUMN IF NOT EXISTS referencia VARCHAR(8) CHARACTER SET ascii NOT NULL DEFAULT 'oculta';

-- Of the account that a line is about, NULL where it does not matter: its reference, the HMAC of its CPF, and the ids of more
-- accounts of the same CPF.
ALTER TABLE divergencias
  ADD COLUMN IF NOT EXISTS referencia VARCHAR(8) CHARACTER SET ascii NULL,
  ADD COLUMN IF NOT EXISTS impressao BINARY(32) NULL,
  ADD COLUMN IF NOT EXISTS outras VARCHAR(400) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
