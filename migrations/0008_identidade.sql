-- Who the person is, and what of the register was sent: a doubt that only an answer ends, name and contact apart, updates
-- that wait for a person.

ALTER TABLE usuarios
  ADD COLUMN IF NOT EXISTS duvida            VARCHAR(12) CHARACTER SET ascii NULL AFTER retida_detalhe, -- cliente | cpf | nascimento | contato
  ADD COLUMN IF NOT EXISTS duvida_em         DATETIME(6) NULL AFTER duvida,
  -- While it is NULL, dados_impressao is of name and contact together, as it was before; afterwards of the contact alone.
  ADD COLUMN IF NOT EXISTS nome_impressao    BINARY(32) NULL AFTER dados_impressao,
  ADD COLUMN IF NOT EXISTS cadastro_espera   VARCHAR(8) CHARACTER SET ascii NULL AFTER atualizar, -- modo | freio: the register changed and was not sent
  ADD COLUMN IF NOT EXISTS reviver           TINYINT UNSIGNED NOT NULL DEFAULT 0 AFTER vez,       -- a person wants the cancelled account back
  ADD KEY IF NOT EXISTS usuarios_em_duvida (duvida, id),
  ADD KEY IF NOT EXISTS usuarios_por_cadastro (cadastro_espera, id);

UPDATE usuarios SET duvida = 'cpf', duvida_em = COALESCE(retida_em, UTC_TIMESTAMP(6))
WHERE retida = 'quem_e_a_pessoa' AND duvida IS NULL;

-- The last person whose register the complete scan compared: the next one goes on from there.
ALTER TABLE varredura
  ADD COLUMN IF NOT EXISTS comparado_ate BIGINT UNSIGNED NOT NULL DEFAULT 0 AFTER completa_total;
