// Whether IXC's base looks like itself before anything is read from it.
import { row } from '../../db.ts';
import { isLida, readBase, readEstrutura } from '../../ixc/base.ts';
import type { Sync } from '../contexto.ts';
import { MEMORIA_SQL, MemoriaRow } from './lease.ts';
import { type Base, type Memoria, refuseRun } from './sentinelas.ts';

export interface Julgada {
  base: Base;
  /** `table.column type` of what we read now. */
  estrutura: string[];
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
  const estrutura = await readEstrutura(sync.ixc);
  const lembrada = { ...memoria, estrutura: stillRead(memoria.estrutura) };
  return { base, estrutura, recusa: refuseRun(base, estrutura, lembrada, agoraMs) };
}

/** Of remembered columns those that this version reads. */
export const stillRead = (estrutura: string[] | null): string[] | null => estrutura?.filter(isLida) ?? null;

/** What is remembered of IXC's base, and our clock. */
export const loadMemoria = (sync: Sync): Promise<Memoria & { agoraMs: number }> =>
  row(sync.db, `SELECT ${MEMORIA_SQL} FROM varredura WHERE id = 1`, {}, MemoriaRow);

/** The reason why a run that would start now is refused, or undefined. */
export async function refuseNow(sync: Sync): Promise<string | undefined> {
  const memoria = await loadMemoria(sync);
  return (await judgeBase(sync, memoria, memoria.agoraMs)).recusa;
}
