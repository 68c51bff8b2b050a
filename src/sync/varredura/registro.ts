// The rows that runs leave: what they read and did, or why they were refused.
import { z } from 'zod';
import { type Db, optionalRow, rows, run } from '../../db.ts';
import { isTooSlow } from '../../ixc/sql.ts';
import type { Sync } from '../contexto.ts';

export interface Registrada {
  sync: Sync;
  tipo: 'completa' | 'incremental';
  /** performance.now() */
  startedAt: number;
}

export const NOTHING: Counts = { lidos: 0, mudancas: 0, aplicadas: 0, retidas: 0 };

export interface Counts {
  lidos: number;
  mudancas: number;
  aplicadas: number;
  retidas: number;
}

/** Leaves a row of a run: what it did, or why it was refused. The same refusal again and again is one row. */
export async function recordRun(
  { sync, tipo, startedAt }: Registrada,
  decisao: 'feita' | 'recusada',
  motivo: string | null,
  counts: Counts,
): Promise<void> {
  // The same refusal again and again is one row with a moving end.
  if (decisao === 'recusada') {
    const { affectedRows } = await run(
      sync.db,
      `UPDATE varreduras SET terminada_em = UTC_TIMESTAMP(6)
       WHERE decisao = 'recusada' AND motivo = :motivo AND id = (SELECT id FROM (SELECT MAX(id) AS id FROM varreduras) ultima)`,
      { motivo },
    );
    if (affectedRows > 0) return;
    sync.log.error({ tipo, motivo }, 'varredura recusada');
  }
  await run(
    sync.db,
    `INSERT INTO varreduras (tipo, decisao, motivo, lidos, mudancas, aplicadas, retidas, duracao_ms, iniciada_em, terminada_em)
     VALUES (:tipo, :decisao, :motivo, :lidos, :mudancas, :aplicadas, :retidas, :ms,
       UTC_TIMESTAMP(6) - INTERVAL :us MICROSECOND, UTC_TIMESTAMP(6))`,
    {
      tipo,
      decisao,
      motivo,
      ...counts,
      ms: Math.round(performance.now() - startedAt),
      us: Math.round((performance.now() - startedAt) * 1000),
    },
  );
}

/** What a failure is called, without anything that it carries. */
export function codeOf(error: unknown): string {
  if (isTooSlow(error)) return 'ER_STATEMENT_TIMEOUT';
  return error instanceof Error && 'code' in error ? String(error.code) : 'falha inesperada';
}

export interface Corrida {
  id: number;
  tipo: string;
  decisao: string;
  motivo: string | null;
  lidos: number;
  mudancas: number;
  aplicadas: number;
  retidas: number;
  duracaoMs: number | null;
  iniciadaEm: string;
  terminadaEm: string | null;
}

const COLUMNS = `id, tipo, decisao, motivo, lidos, mudancas, aplicadas, retidas, duracao_ms AS duracaoMs,
  iniciada_em AS iniciadaEm, terminada_em AS terminadaEm`;

const CorridaRow = z.object({
  id: z.number(),
  tipo: z.string(),
  decisao: z.string(),
  motivo: z.string().nullable(),
  lidos: z.number(),
  mudancas: z.number(),
  aplicadas: z.number(),
  retidas: z.number(),
  duracaoMs: z.number().nullable(),
  iniciadaEm: z.string(),
  terminadaEm: z.string().nullable(),
});

/** The last runs worth a row, newest first; those before run `antes` when it is given. */
export const listCorridas = (db: Db, limite: number, antes?: number): Promise<Corrida[]> =>
  rows(
    db,
    `SELECT ${COLUMNS} FROM varreduras ${antes === undefined ? '' : 'WHERE id < :antes'} ORDER BY id DESC LIMIT ${limite}`,
    antes === undefined ? {} : { antes },
    CorridaRow,
  );

/** The refusal that stands now, or undefined: the first good run after one leaves a row, however quiet it was. */
export const findRecusa = (db: Db): Promise<Corrida | undefined> =>
  optionalRow(
    db,
    `SELECT ${COLUMNS} FROM varreduras WHERE id = (SELECT MAX(id) FROM varreduras) AND decisao = 'recusada'`,
    {},
    CorridaRow,
  );
