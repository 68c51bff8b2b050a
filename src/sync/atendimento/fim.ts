// How a claim ends in the usuarios table: what was learnt, when to look again, and what outlives a lost lease.
import { z } from 'zod';
import { type Db, optionalRow, run } from '../../db.ts';
import type { CampoRecusado, CausaDeRetencao } from '../tipos.ts';
import { fromMs, isPlain, settleUntouched, writeFacts } from './aprendido.ts';
import type { Estado } from './estado.ts';
import type { Atendido } from './fila.ts';

export interface Fim {
  estado: Estado;
  /** Whether this answer observed the partner, and how. */
  observadaPor: 'resposta' | 'leitura' | null;
  mensagem: string | null;
  /** `campos` null = as they were when the person was held before. */
  retida: { causa: CausaDeRetencao; campos: CampoRecusado[] | null } | null;
  recusaImpressao: Buffer | null;
  /** settled: nothing to do; wait: not before `em`; go: the lease goes on in these hands. */
  proximo: { kind: 'assentado' } | { kind: 'esperar'; em: number } | { kind: 'continua' };
}

/**
 * Writes what a step learnt, guarded by the token. Answers `perdido` when the lease was lost (somebody else serves the
 * person), `mudou` when a newer wish, a new vez or a taint came meanwhile (what is still true is kept, the person is
 * released to be planned again), `ok` otherwise. Runs in the caller's transaction.
 */
export async function finish(tx: Db, atendido: Atendido, fim: Fim): Promise<'ok' | 'mudou' | 'perdido'> {
  // Nearly every answer is about a person nobody touched meanwhile: one guarded UPDATE says so and does it.
  if (isPlain(fim) && (await settleUntouched(tx, [{ atendido, fim }], true)) === 1) {
    return 'ok';
  }
  const now = await optionalRow(
    tx,
    'SELECT geracao, mancha, vez FROM usuarios WHERE id = :id AND lease_token = :token FOR UPDATE',
    { id: atendido.id, token: atendido.token },
    z.object({ geracao: z.number(), mancha: z.number(), vez: z.number() }),
  );
  if (now === undefined) return 'perdido';
  const tainted = now.mancha !== atendido.mancha;
  const renewed = now.vez !== atendido.vez;
  // A new vez starts from nothing known: what we learnt is about the account of the old one.
  if (tainted && !renewed) await keepUncertainty(tx, atendido.id, fim.estado);
  else if (!renewed) await writeFacts(tx, { atendido, fim });
  if (tainted || renewed || now.geracao !== atendido.geracao) {
    await run(
      tx,
      `UPDATE usuarios SET trabalho = 1, proxima_em = UTC_TIMESTAMP(6), lease_dono = NULL, lease_ate = NULL, abertas = 0
       WHERE id = :id`,
      { id: atendido.id },
    );
    return 'mudou';
  }
  await writeSchedule(tx, atendido, fim);
  return 'ok';
}

// After a taint our view is older than what must be read again. The partner's id is worth keeping, and so is the wait
// after an uncertain create of our own: the taint knows nothing of it.
async function keepUncertainty(tx: Db, id: number, estado: Estado): Promise<void> {
  const { remotoId, incertaEm, criarNaoAntes } = estado;
  await run(
    tx,
    `UPDATE usuarios SET remoto_id = COALESCE(:remotoId, remoto_id),
       incerta_em = ${latest('incerta_em', 'incertaEm')}, criar_nao_antes = ${latest('criar_nao_antes', 'criarNaoAntes')}
     WHERE id = :id`,
    { id, remotoId, incertaEm, criarNaoAntes },
  );
}

const latest = (column: string, name: string): string =>
  `GREATEST(COALESCE(${column}, ${fromMs(`:${name}`)}), COALESCE(${fromMs(`:${name}`)}, ${column}))`;

// Held people are looked at again by themselves (decisions 20).
const HOLD_MINUTES = 10;

// Who the person is stays a question whatever becomes of the hold.
const DOUBT = `duvida = IF(retida = 'quem_e_a_pessoa', COALESCE(duvida, 'cpf'), duvida),
    duvida_em = IF(duvida IS NULL, NULL, COALESCE(duvida_em, UTC_TIMESTAMP(6)))`;

// Held since the claim, not since now: a register corrected in IXC between our look at it and this moment must count.
async function writeSchedule(tx: Db, { id, agoraMs: desde }: Atendido, fim: Fim): Promise<void> {
  const { retida, proximo } = fim;
  if (proximo.kind === 'continua' && retida === null) return;
  const release = 'lease_dono = NULL, lease_ate = NULL, abertas = 0';
  if (retida !== null) {
    await run(
      tx,
      `UPDATE usuarios SET ${release}, retida = :causa, ${DOUBT}, retida_detalhe = COALESCE(:campos, retida_detalhe),
         retida_em = ${fromMs(':desde')}, reavaliar_em = UTC_TIMESTAMP(6) + INTERVAL ${HOLD_MINUTES} MINUTE WHERE id = :id`,
      { id, desde, causa: retida.causa, campos: retida.campos && JSON.stringify(retida.campos) },
    );
  } else if (proximo.kind === 'assentado') {
    await run(tx, `UPDATE usuarios SET ${release}, trabalho = 0, retida_detalhe = NULL WHERE id = :id`, {
      id,
    });
  } else if (proximo.kind === 'esperar') {
    await run(tx, `UPDATE usuarios SET ${release}, proxima_em = ${fromMs(':em')} WHERE id = :id`, {
      id,
      em: proximo.em,
    });
  }
}

/**
 * Remembers, before anything else happens, that a call of a dead process may have landed: this process may die too.
 * Runs in the caller's transaction; answers false when the lease is no longer ours.
 */
export async function keepInterruption(tx: Db, { id, token }: Atendido, estado: Estado): Promise<boolean> {
  const { affectedRows } = await run(
    tx,
    `UPDATE usuarios SET observada = :observada, conferir_em = ${fromMs(':conferirEm')}, conferencias = :conferencias,
       incerta_em = ${fromMs(':incertaEm')}, criar_nao_antes = ${fromMs(':criarNaoAntes')}
     WHERE id = :id AND lease_token = :token`,
    {
      id,
      token,
      observada: estado.observada,
      conferirEm: estado.conferirEm,
      conferencias: estado.conferencias,
      incertaEm: estado.incertaEm,
      criarNaoAntes: estado.criarNaoAntes,
    },
  );
  return affectedRows === 1;
}

/**
 * Our call may have landed after the lease was lost: whatever anybody believes of this person must be read again, and
 * no create may happen before the wait is over.
 */
export async function taint(db: Db, id: number, confirmacaoMs: number, wasCreate: boolean): Promise<void> {
  await run(
    db,
    `UPDATE usuarios SET mancha = mancha + 1, observada = 'desconhecido', trabalho = 1, incerta_em = UTC_TIMESTAMP(6),
       conferir_em = UTC_TIMESTAMP(6), conferencias = 1, proxima_em = UTC_TIMESTAMP(6),
       criar_nao_antes = IF(:create = 1, UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND, criar_nao_antes)
     WHERE id = :id`,
    { id, create: wasCreate ? 1 : 0, us: Math.round(confirmacaoMs * 1000) },
  );
}
