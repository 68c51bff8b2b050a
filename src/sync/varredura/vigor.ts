// What was read becomes what is in force: facts alone where nobody's wish changes, facts with the wish where it does.
import { type Db, inList, run } from '../../db.ts';
import { applyWish, IN_CARENCIA } from '../desejos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../prazo.ts';
import type { Mudanca } from './mudancas.ts';

const CHUNK = 500;

/**
 * What was read becomes what is in force for these usuários; nobody's wish changes by it. The prazo of whoever is
 * blocked already starts when the contracts begin to cancel, and is forgotten when they go back.
 */
export async function settleFacts(tx: Db, usuarioIds: number[]): Promise<void> {
  for (let start = 0; start < usuarioIds.length; start += CHUNK) {
    const list = inList('usuario', usuarioIds.slice(start, start + CHUNK));
    await run(
      tx,
      `UPDATE adesoes SET significado = COALESCE(lido_significado, significado), plano_id = COALESCE(lido_plano_id, plano_id),
         plano_origem = COALESCE(lido_plano_origem, plano_origem)
       WHERE vigente IS NOT NULL AND usuario_id IN (${list.sql})`,
      list.params,
    );
    await run(
      tx,
      `UPDATE usuarios SET carencia_ate = NULL
       WHERE carencia_ate < DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR) AND id IN (${list.sql})`,
      list.params,
    );
    await run(
      tx,
      `UPDATE usuarios u JOIN (SELECT usuario_id AS id,
           MAX(significado = 'cancelar') = 1 AND MAX(significado IN ('ativo', 'bloqueado')) = 0 AS cancela
         FROM adesoes WHERE vigente IS NOT NULL AND usuario_id IN (${list.sql}) GROUP BY usuario_id) contratos ON contratos.id = u.id
       SET u.cancelar_regra_em = IF(contratos.cancela AND u.desejada IN ('bloqueado', 'cancelado') AND NOT ${IN_CARENCIA},
         COALESCE(u.cancelar_regra_em, UTC_TIMESTAMP(6) + INTERVAL ${PRAZO_DE_CANCELAMENTO_DIAS} DAY), NULL)`,
      list.params,
    );
  }
}

/** Puts a change in force: facts, wish, operação. Runs in the caller's transaction. */
export async function applyMudanca(
  tx: Db,
  mudanca: Mudanca & { usuarioId: number },
  operadorId: number | null,
): Promise<void> {
  await settleFacts(tx, [mudanca.usuarioId]);
  await applyWish(tx, {
    usuarioId: mudanca.usuarioId,
    acao: mudanca.acao,
    causa: 'regra',
    operadorId,
    motivo: mudanca.motivo,
    contratoId: mudanca.contratoId,
  });
}
