// The complete reading: every contract that a vínculo or an adesão makes matter, by key, page after page.
import { CONTRATOS_POR_VEZ, type FatosDoContrato, listFatos } from '../../ixc/fatos.ts';
import {
  type ProdutoVinculado,
  readContratosDosPlanos,
  readProdutosVinculados,
} from '../../ixc/vinculados.ts';
import type { Sync } from '../contexto.ts';
import type { Criterios } from './avaliacao.ts';
import { type Lido, listLidosEntre, listVigentes } from './fatos.ts';
import { add, addProdutos, judgeAll, type Lidos, linkedProdutos } from './leitura.ts';

const ON_PAGE_MS = 1_000;
// Pages being read while one is judged: neither the servers nor we wait for the other.
const AHEAD = 2;

export interface LidosTodos extends Lidos {
  /** Contracts looked for; those that some row names and nobody has any more are among them. */
  procurados: number;
  /** Adesões whose contract is no longer there. */
  sumidas: Lido[];
}

/**
 * Every contract that a vínculo or an adesão makes matter, by key; the others are left where they are. `onPage` is called again and
 * again, and stops the reading by throwing.
 */
export async function readAll(
  sync: Sync,
  criterios: Criterios,
  onPage: () => Promise<void> = async () => undefined,
): Promise<LidosTodos> {
  const produtos = new Map<number, ProdutoVinculado[]>();
  const ids = await listRelevant(sync, produtos, criterios);
  const total: LidosTodos = {
    lidos: 0,
    usuarios: [],
    elegiveis: [],
    procurados: ids.length,
    sumidas: [],
  };
  let calledAt = 0;
  for await (const { fatos, adesoes, sumidas } of pages(sync, ids)) {
    add(total, await judgeAll(sync, fatos, produtos, adesoes, criterios));
    for (const each of sumidas) total.sumidas.push(each);
    if (performance.now() - calledAt < ON_PAGE_MS) continue;
    await onPage();
    calledAt = performance.now();
  }
  await onPage();
  return total;
}

/**
 * The ids of every contract that a vínculo or an adesão makes matter, in order: what IXC has beside each other is read
 * together. Fills `produtos` on the way.
 */
export async function listRelevant(
  sync: Sync,
  produtos: Map<number, ProdutoVinculado[]>,
  criterios: Criterios,
): Promise<Uint32Array> {
  const ids = new Set<number>();
  const addAll = (page: Iterable<number>): void => {
    for (const id of page) ids.add(id);
  };
  await Promise.all([
    listVigentes(sync.db).then(addAll),
    readProdutosVinculados(sync.ixc, linkedProdutos(criterios.vinculos), criterios.hoje, (page) =>
      addProdutos(produtos, page),
    ),
    readContratosDosPlanos(sync.ixc, linkedPlanos(criterios), addAll),
  ]);
  addAll(produtos.keys());
  return Uint32Array.from(ids).sort();
}

interface Pagina {
  fatos: FatosDoContrato[];
  /** Of the contracts that were met. */
  adesoes: Lido[];
  /** Of contracts that are gone. */
  sumidas: Lido[];
}

async function* pages(sync: Sync, ids: Uint32Array): AsyncGenerator<Pagina> {
  const open: Promise<Pagina>[] = [];
  for (let start = 0; start < ids.length || open.length > 0; ) {
    for (; open.length <= AHEAD && start < ids.length; start += CONTRATOS_POR_VEZ) {
      const page = openPage(sync, ids, start);
      // A failure is met by whoever waits for the page; after a failure elsewhere nobody does.
      page.catch(() => undefined);
      open.push(page);
    }
    const next = open.shift();
    if (next !== undefined) yield await next;
  }
}

async function openPage(sync: Sync, ids: Uint32Array, start: number): Promise<Pagina> {
  const part = [...ids.subarray(start, start + CONTRATOS_POR_VEZ)];
  const [fatos, adesoes] = await Promise.all([
    listFatos(sync.ixc, part),
    listLidosEntre(sync.db, part[0] ?? 0, part.at(-1) ?? 0),
  ]);
  const met = new Set(fatos.map(({ id }) => id));
  const asked = met.size === part.length ? met : new Set(part);
  return {
    fatos,
    adesoes: adesoes.filter(({ contratoId }) => met.has(contratoId)),
    // Whoever got an account since the reading began is no part of it.
    sumidas: asked === met ? [] : adesoes.filter(({ contratoId: id }) => asked.has(id) && !met.has(id)),
  };
}

/** Planos de venda that mean something by themselves or by a product that they carry. */
export const linkedPlanos = ({ vinculos, produtosDosPlanos }: Criterios): number[] => [
  ...new Set([
    ...vinculos.filter(({ tipo }) => tipo === 'plano_de_venda').map(({ ixcId }) => ixcId),
    ...produtosDosPlanos.keys(),
  ]),
];
