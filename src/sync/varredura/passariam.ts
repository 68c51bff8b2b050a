// Contracts without an account to which other rules would give the right to one: counted for the screen, for some seconds only.
import { CONTRATOS_POR_VEZ, listFatos } from '../../ixc/fatos.ts';
import {
  listNativos,
  type ProdutoVinculado,
  readContratosDosPlanos,
  readProdutosVinculados,
} from '../../ixc/vinculados.ts';
import type { Sync } from '../contexto.ts';
import { meaningOf, type Regras } from '../regras.ts';
import { everyCell } from '../regrasSalvas.ts';
import { type Criterios, evaluate } from './avaliacao.ts';
import { linkedPlanos } from './completa.ts';
import { listVigentes } from './fatos.ts';
import { addProdutos, linkedProdutos, loadCriterios } from './leitura.ts';
import { nomeadosPor } from './nativos.ts';

export interface Passariam {
  total: number;
  /** Up to ten of them. */
  amostra: number[];
  /** False when time was up before all were looked at. */
  todos: boolean;
}

const LIMIT_MS = 3_000;
const SAMPLE = 10;

/** The contracts with a vínculo, without an account and outside IXC's own module that `regras` would make active. */
export async function countPassariam(
  sync: Sync,
  regras: Regras,
  limiteMs: number = LIMIT_MS,
): Promise<Passariam> {
  const criterios = await loadCriterios(sync);
  const achados: Passariam = { total: 0, amostra: [], todos: true };
  const same = everyCell().every((cell) => criterios.regras.get(cell) === regras.get(cell));
  if (same) return achados;
  const until = performance.now() + limiteMs;
  const isLate = (): boolean => performance.now() > until;
  const { ids, produtos, todos } = await listCandidatos(sync, criterios, isLate);
  achados.todos = todos;
  for (let start = 0; start < ids.length; start += CONTRATOS_POR_VEZ) {
    if (start > 0 && isLate()) return { ...achados, todos: false };
    for (const fatos of await listFatos(sync.ixc, ids.slice(start, start + CONTRATOS_POR_VEZ))) {
      if (meaningOf(fatos, regras, criterios.hoje) !== 'ativo') continue;
      const { significado, plano } = evaluate(fatos, produtos.get(fatos.id) ?? [], criterios);
      if (significado === 'ativo' || plano === null) continue;
      achados.total += 1;
      if (achados.amostra.length < SAMPLE) achados.amostra.push(fatos.id);
    }
  }
  return achados;
}

interface Candidatos {
  ids: number[];
  produtos: ReadonlyMap<number, ProdutoVinculado[]>;
  todos: boolean;
}

async function listCandidatos(sync: Sync, criterios: Criterios, isLate: () => boolean): Promise<Candidatos> {
  const produtos = new Map<number, ProdutoVinculado[]>();
  const ids = new Set<number>();
  const linked = linkedProdutos(criterios.vinculos);
  let todos = true;
  try {
    await readProdutosVinculados(sync.ixc, linked, criterios.hoje, (page) => {
      addProdutos(produtos, page);
      for (const { contratoId } of page) ids.add(contratoId);
      if (isLate()) throw TARDE;
    });
    await readContratosDosPlanos(sync.ixc, linkedPlanos(criterios), (page) => {
      for (const id of page) ids.add(id);
      if (isLate()) throw TARDE;
    });
  } catch (error) {
    if (error !== TARDE) throw error;
    todos = false;
  }
  for (const id of await listVigentes(sync.db)) ids.delete(id);
  for (const id of await listNativos(sync.ixc, nomeadosPor(criterios.vinculos))) ids.delete(id);
  return { ids: [...ids].sort((a, b) => b - a), produtos, todos };
}

// Stops a reading from inside its pages.
const TARDE = new Error('time is up');
