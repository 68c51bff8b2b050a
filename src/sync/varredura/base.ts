// Whether IXC's base looks like itself before anything is read from it.
import { z } from 'zod';
import { sha256 } from '../../crypto.ts';
import { row } from '../../db.ts';
import { readBase, readEstrutura } from '../../ixc/base.ts';
import type { Sync } from '../contexto.ts';
import { type Base, type Memoria, refuseRun } from './sentinelas.ts';

export interface Julgada {
  base: Base;
  estrutura: Buffer;
  /** Why nothing may be read now, in words for the screen. */
  recusa: string | undefined;
}

/**
 * Looks at IXC's base against what is remembered of it. `agoraMs` is our database's clock; with `contados`, contracts
 * are not counted again.
 */
export async function judgeBase(
  sync: Sync,
  memoria: Memoria,
  agoraMs: number,
  contados?: number,
): Promise<Julgada> {
  const base = await readBase(sync.ixc, contados);
  const estrutura = sha256((await readEstrutura(sync.ixc)).join('\n'));
  return { base, estrutura, recusa: refuseRun(base, estrutura, memoria, agoraMs) };
}

/** The reason to refuse a run that would start now, or undefined. */
export async function refuseNow(sync: Sync): Promise<string | undefined> {
  const memoria = await row(
    sync.db,
    `SELECT completa_total AS completaTotal, estrutura, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs
     FROM varredura WHERE id = 1`,
    {},
    z.object({
      completaTotal: z.number().nullable(),
      estrutura: z.instanceof(Buffer).nullable(),
      agoraMs: z.coerce.number(),
    }),
  );
  return (await judgeBase(sync, memoria, memoria.agoraMs)).recusa;
}
