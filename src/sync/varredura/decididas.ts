// A change that somebody decided on is not asked for again: approved, it is on its way; refused, it stays so until the
// contracts say something new.
import { type Db, inList, rows } from '../../db.ts';
import { CHAVE_SQL, ChaveRow, chaveDe } from '../lotes/chave.ts';
import type { Mudanca } from './mudancas.ts';

const CHUNK = 1_000;

/** Those of `mudancas` that nobody has decided on since the facts behind them were read. */
export async function withoutDecided(db: Db, mudancas: Mudanca[]): Promise<Mudanca[]> {
  const standing: Mudanca[] = [];
  for (let start = 0; start < mudancas.length; start += CHUNK) {
    const part = mudancas.slice(start, start + CHUNK);
    const decided = await listDecided(
      db,
      part.map(({ contratoId }) => contratoId),
    );
    standing.push(...part.filter((mudanca) => !decided.has(chaveDe(mudanca))));
  }
  return standing;
}

// A refused creation is only asked for again by a person: there are no facts of it that could be new.
async function listDecided(db: Db, contratoIds: number[]): Promise<Set<string>> {
  const list = inList('contrato', contratoIds);
  const decided = await rows(
    db,
    `SELECT ${CHAVE_SQL}
     FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE l.contrato_id IN (${list.sql}) AND (
       l.estado = 'recusada' AND (l.usuario_id IS NULL OR o.decidido_em >=
         (SELECT MAX(a.lido_em) FROM adesoes a WHERE a.usuario_id = l.usuario_id AND a.vigente IS NOT NULL))
       OR l.estado = 'pendente' AND (o.estado IN ('executando', 'pausado') OR o.estado = 'aguardando' AND o.decidido_por IS NOT NULL))`,
    list.params,
    ChaveRow,
  );
  return new Set(decided.map(chaveDe));
}

/**
 * Those of `mudancas` that are not held by the brake already. A held unblock or creation harms nobody by being many:
 * it waits where it is, and does not make what comes after it look abnormal.
 */
export async function withoutWaiting(db: Db, mudancas: Mudanca[]): Promise<Mudanca[]> {
  if (!mudancas.some(({ acao }) => acao === 'desbloquear' || acao === 'criar')) return mudancas;
  const waiting = await rows(
    db,
    `SELECT ${CHAVE_SQL} FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE o.estado = 'aguardando' AND o.origem = 'freio' AND o.criado_por IS NULL AND l.estado = 'pendente'
       AND l.acao IN ('desbloquear', 'criar')`,
    {},
    ChaveRow,
  );
  const held = new Set(waiting.map(chaveDe));
  return mudancas.filter((mudanca) => !held.has(chaveDe(mudanca)));
}
