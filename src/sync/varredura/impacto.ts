// What other rules would change, before they are saved: contracts that grant an account judged again, and those that would.
import { sha256 } from '../../crypto.ts';
import { listFatos } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { meaningOf, type Regras } from '../regras.ts';
import { loadReativar, loadRegras } from '../regrasSalvas.ts';
import type { Significado } from '../tipos.ts';
import { listEncerrados } from './adesoes.ts';
import { listVigentes } from './fatos.ts';
import { countPassariam, type Passariam } from './passariam.ts';

export interface Impacto {
  /** How many contracts go from one meaning to another. */
  grupos: { de: Significado; para: Significado; total: number; amostra: number[] }[];
  total: number;
  /** Contracts without an account that would give the right to one. */
  passariam: Passariam;
  /** Contracts whose account a rule cancelled and that would get it back by themselves, when that is being switched on. */
  voltam: { total: number; amostra: number[] } | undefined;
  /** Hash of rules and impact: saving must name it. */
  resumo: string;
}

const SAMPLE = 10;

/** The impact of these rules; `reativar` left out = as it is. */
export async function impactOf(sync: Sync, regras: Regras, reativar?: boolean): Promise<Impacto> {
  const [atual, antes, vigentes, encerrados, passariam] = await Promise.all([
    loadRegras(sync.db),
    loadReativar(sync.db),
    listVigentes(sync.db),
    listEncerrados(sync.db),
    countPassariam(sync, regras),
  ]);
  const hoje = HOJE.format();
  const ended = new Set(encerrados);
  const voltam = { total: 0, amostra: [] as number[] };
  const grupos = new Map<string, Impacto['grupos'][number]>();
  for (const fato of await listFatos(sync.ixc, vigentes)) {
    const de = meaningOf(fato, atual, hoje);
    const para = meaningOf(fato, regras, hoje);
    if (para === 'ativo' && ended.has(fato.id)) count(voltam, fato.id);
    if (de === para) continue;
    const grupo = grupos.get(`${de}:${para}`) ?? { de, para, total: 0, amostra: [] };
    count(grupo, fato.id);
    grupos.set(`${de}:${para}`, grupo);
  }
  const list = [...grupos.values()].sort((a, b) => b.total - a.total);
  const switchedOn = reativar === true && !antes;
  return {
    grupos: list,
    total: list.reduce((sum, { total }) => sum + total, 0),
    passariam,
    voltam: switchedOn ? voltam : undefined,
    resumo: hashOf([
      [...regras].sort(([a], [b]) => a.localeCompare(b)),
      reativar ?? null,
      list.map(({ de, para, total }) => [de, para, total]),
      switchedOn ? voltam.total : 0,
      // A count cut short says little twice.
      passariam.todos ? passariam.total : 'mais',
    ]),
  };
}

function count(grupo: { total: number; amostra: number[] }, contratoId: number): void {
  grupo.total += 1;
  if (grupo.amostra.length < SAMPLE) grupo.amostra.push(contratoId);
}

const hashOf = (effect: unknown[]): string => sha256(JSON.stringify(effect)).toString('hex');
