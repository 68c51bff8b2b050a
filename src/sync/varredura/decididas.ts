// A change that somebody decided on is not asked for again: approved, it is on its way; refused, it stays so until the
// contracts say something new.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
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
    standing.push(...part.filter((mudanca) => !decided.has(keyOf(mudanca))));
  }
  return standing;
}

// A refused creation is only asked for again by a person: there are no facts of it that could be new.
async function listDecided(db: Db, contratoIds: number[]): Promise<Set<string>> {
  const list = inList('contrato', contratoIds);
  const decided = await rows(
    db,
    `SELECT l.usuario_id AS usuarioId, l.contrato_id AS contratoId, l.acao, l.para
     FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE l.contrato_id IN (${list.sql}) AND (
       l.estado = 'recusada' AND (l.usuario_id IS NULL OR o.decidido_em >=
         (SELECT MAX(a.lido_em) FROM adesoes a WHERE a.usuario_id = l.usuario_id AND a.vigente IS NOT NULL))
       OR l.estado = 'pendente' AND (o.estado IN ('executando', 'pausado') OR o.estado = 'aguardando' AND o.decidido_por IS NOT NULL))`,
    list.params,
    z.object({
      usuarioId: z.number().nullable(),
      contratoId: z.number(),
      acao: z.string(),
      para: z.string(),
    }),
  );
  return new Set(decided.map(keyOf));
}

const keyOf = (each: { usuarioId: number | null; contratoId: number; acao: string; para: string }): string =>
  `${each.usuarioId ?? `contrato ${each.contratoId}`}:${each.acao}:${each.para}`;
