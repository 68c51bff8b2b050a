// A new vez: the cancelled account stays as it is at the partner, and a new reference starts from nothing known (decisions 6, 7).

import { type Db, run } from '../db.ts';

/** What a new vez changes in `usuarios`, in SQL. */
export const VEZ_NOVA = `vez = vez + 1, reviver = 0, remoto_id = NULL, observada = 'ausente', observada_em = NULL,
    observado_plano = NULL, aguarda_acesso = 0, conferir_em = NULL, conferencias = 0, incerta_em = NULL, criar_nao_antes = NULL`;

/** The account at the partner is no longer the person's: the next one has a reference of its own. The caller's transaction. */
export async function forgetConta(tx: Db, usuarioId: number): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET ${VEZ_NOVA}, bloqueio_manual = 0, cancelar_em = NULL WHERE id = :usuarioId`,
    {
      usuarioId,
    },
  );
}
