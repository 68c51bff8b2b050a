// A new vez: the cancelled account stays as it is at the partner, and a new reference starts from nothing known (decisions 6, 7).

/** What a new vez changes in `usuarios`, in SQL. */
export const VEZ_NOVA = `vez = vez + 1, reviver = 0, remoto_id = NULL, observada = 'ausente', observada_em = NULL,
    observado_plano = NULL, aguarda_acesso = 0, conferir_em = NULL, conferencias = 0, incerta_em = NULL, criar_nao_antes = NULL`;
