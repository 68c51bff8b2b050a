// What other rules would change, before they are saved: every contract that grants an account judged again, nothing written.
import { z } from 'zod';
import { sha256 } from '../../crypto.ts';
import { rows } from '../../db.ts';
import { listFatos } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { meaningOf, type Regras } from '../regras.ts';
import { loadRegras } from '../regrasSalvas.ts';
import type { Significado } from '../tipos.ts';

export interface Impacto {
  /** How many contracts go from one meaning to another. */
  grupos: { de: Significado; para: Significado; total: number; amostra: number[] }[];
  total: number;
  /** Hash of rules and impact: saving must name it. */
  resumo: string;
}

const SAMPLE = 10;

/** The impact of these rules on the contracts that grant an account now. */
export async function impactOf(sync: Sync, regras: Regras): Promise<Impacto> {
  const atual = await loadRegras(sync.db);
  const granted = await rows(
    sync.db,
    'SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL',
    {},
    z.object({ id: z.number() }),
  );
  const hoje = HOJE.format();
  const grupos = new Map<string, Impacto['grupos'][number]>();
  const fatos = await listFatos(
    sync.ixc,
    granted.map(({ id }) => id),
  );
  for (const fato of fatos) {
    const de = meaningOf(fato, atual, hoje);
    const para = meaningOf(fato, regras, hoje);
    if (de === para) continue;
    const grupo = grupos.get(`${de}:${para}`) ?? { de, para, total: 0, amostra: [] };
    grupo.total += 1;
    if (grupo.amostra.length < SAMPLE) grupo.amostra.push(fato.id);
    grupos.set(`${de}:${para}`, grupo);
  }
  const list = [...grupos.values()].sort((a, b) => b.total - a.total);
  const shape = list.map(({ de, para, total }) => [de, para, total]);
  return {
    grupos: list,
    total: list.reduce((sum, { total }) => sum + total, 0),
    resumo: sha256(JSON.stringify([[...regras].sort(([a], [b]) => a.localeCompare(b)), shape])).toString(
      'hex',
    ),
  };
}
