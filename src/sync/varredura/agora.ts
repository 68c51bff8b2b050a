// What a run would change if it came now, from what was last read: for the screen, never acted upon.
import type { Db } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import type { Acao } from '../tipos.ts';
import { withoutDecided } from './decididas.ts';
import { findMudancas, listTouched } from './mudancas.ts';

// Beyond this many people a prévia is the way to look.
const MOST = 2_000;

export interface Agora {
  porAcao: { acao: Acao; total: number }[];
  /** People whose facts differ, when they are too many to judge for a page; null otherwise. */
  demais: number | null;
}

/** Counts by action, for the people whose contract is in `filiais`. */
export async function countAgora(db: Db, filiais: Filiais): Promise<Agora> {
  const touched = await listTouched(db);
  if (touched.length > MOST) return { porAcao: [], demais: touched.length };
  const mudancas = await withoutDecided(db, (await findMudancas(db, touched)).mudancas);
  const totals = new Map<Acao, number>();
  for (const { acao, filialId } of mudancas) {
    if (filiais !== 'todas' && !filiais.includes(filialId)) continue;
    totals.set(acao, (totals.get(acao) ?? 0) + 1);
  }
  return { porAcao: [...totals].map(([acao, total]) => ({ acao, total })), demais: null };
}
