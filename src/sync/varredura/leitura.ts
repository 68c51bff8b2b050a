// Reading IXC for one run: pages of contracts judged, and what was read written beside what is in force.

import {
  type FatosDoContrato,
  listFatos,
  listProdutosDosPlanosDeVenda,
  listProdutosVinculados,
  type Marca,
  type ProdutoVinculado,
  pageClientesAlterados,
  pageContratosAlterados,
  readContratosDosPlanos,
  readProdutosVinculados,
} from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { loadRegras, loadVinculos } from '../regrasSalvas.ts';
import { listContratosDeClientesComAdesao, listDueContratos } from './adesoes.ts';
import { type Avaliacao, type Criterios, evaluate } from './avaliacao.ts';
import { countMissing, type Lido, listLidos, listLidosEntre, listVigentes, recordFacts } from './fatos.ts';

const PAGE = 2_000;
const ON_PAGE_MS = 1_000;

/** The criteria of one run, read once. */
export async function loadCriterios(sync: Sync): Promise<Criterios> {
  const [regras, vinculos] = await Promise.all([loadRegras(sync.db), loadVinculos(sync.db)]);
  const produtos = linkedProdutos(vinculos);
  return {
    regras,
    vinculos,
    hoje: HOJE.format(),
    produtosDosPlanos: await listProdutosDosPlanosDeVenda(sync.ixc, produtos),
  };
}

/** The produtos that some vínculo names. */
export const linkedProdutos = (vinculos: Criterios['vinculos']): number[] => [
  ...new Set(vinculos.filter(({ tipo }) => tipo === 'produto').map(({ ixcId }) => ixcId)),
];

export interface Lidos {
  lidos: number;
  /** Usuários whose contracts were read. */
  usuarios: number[];
  /** Contracts that could grant an account: active, with exactly one plano. */
  elegiveis: Avaliacao[];
}

/** Judges these contracts and records the facts. Those without vínculo and without adesão cost nothing more. */
export async function judgeContratos(
  sync: Sync,
  fatos: FatosDoContrato[],
  criterios: Criterios,
): Promise<Lidos> {
  if (fatos.length === 0) return { lidos: 0, usuarios: [], elegiveis: [] };
  const ids = fatos.map(({ id }) => id);
  const byContrato = new Map<number, ProdutoVinculado[]>();
  addProdutos(
    byContrato,
    await listProdutosVinculados(sync.ixc, ids, linkedProdutos(criterios.vinculos), criterios.hoje),
  );
  return judgeAll(sync, fatos, byContrato, await listLidos(sync.db, ids), criterios);
}

type Produtos = ReadonlyMap<number, ProdutoVinculado[]>;

async function judgeAll(
  sync: Sync,
  fatos: FatosDoContrato[],
  produtos: Produtos,
  adesoes: Lido[],
  criterios: Criterios,
): Promise<Lidos> {
  const avaliacoes = fatos.map((each) => evaluate(each, produtos.get(each.id) ?? [], criterios));
  const usuarios = await recordFacts(sync.db, adesoes, avaliacoes);
  const elegiveis = avaliacoes.filter(({ significado, plano }) => significado === 'ativo' && plano !== null);
  return { lidos: fatos.length, usuarios, elegiveis };
}

function addProdutos(byContrato: Map<number, ProdutoVinculado[]>, produtos: ProdutoVinculado[]): void {
  for (const each of produtos) {
    const known = byContrato.get(each.contratoId);
    if (known) known.push(each);
    else byContrato.set(each.contratoId, [each]);
  }
}

/**
 * Everything changed since the marks, the contracts of changed clients, and those whose date has come. Moves the marks
 * in the answer; the caller saves them when the run is done.
 */
export async function readChanges(
  sync: Sync,
  desde: { contrato: Marca; cliente: Marca },
  criterios: Criterios,
): Promise<Lidos & { contrato: Marca; cliente: Marca; clientes: number[] }> {
  const total: Lidos = { lidos: 0, usuarios: [], elegiveis: [] };
  let { contrato, cliente } = desde;
  for (;;) {
    const page = await pageContratosAlterados(sync.ixc, contrato, PAGE);
    add(total, await judgeContratos(sync, page, criterios));
    const last = page.at(-1);
    if (last === undefined) break;
    contrato = { em: last.atualizadoEm, id: last.id };
    if (page.length < PAGE) break;
  }
  const clientes: number[] = [];
  for (;;) {
    const page = await pageClientesAlterados(sync.ixc, cliente, PAGE);
    clientes.push(...page.map(({ id }) => id));
    const last = page.at(-1);
    if (last === undefined) break;
    cliente = last;
    if (page.length < PAGE) break;
  }
  const ids = [
    ...(await listContratosDeClientesComAdesao(sync.db, clientes)),
    ...(await listDueContratos(sync.db, criterios.hoje)),
  ];
  add(total, await judgeContratos(sync, await listFatos(sync.ixc, ids), criterios));
  return { ...total, contrato, cliente, clientes };
}

export interface LidosTodos extends Lidos {
  /** Contracts looked for; those that some row names and nobody has any more are among them. */
  procurados: number;
  /** Contracts that grant an account and are no longer there. */
  sumidos: number;
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
  await readProdutosVinculados(sync.ixc, linkedProdutos(criterios.vinculos), criterios.hoje, (page) =>
    addProdutos(produtos, page),
  );
  const ids = await listRelevant(sync, produtos, criterios);
  const total: LidosTodos = {
    lidos: 0,
    usuarios: [],
    elegiveis: [],
    procurados: ids.length,
    sumidos: 0,
  };
  let calledAt = 0;
  for await (const { fatos, adesoes } of pages(sync, ids)) {
    add(total, await judgeAll(sync, fatos, produtos, adesoes, criterios));
    total.sumidos += await countMissing(sync.db, adesoes, new Set(fatos.map(({ id }) => id)));
    if (performance.now() - calledAt < ON_PAGE_MS) continue;
    await onPage();
    calledAt = performance.now();
  }
  await onPage();
  return total;
}

// In order of id: what IXC has beside each other is read together.
async function listRelevant(sync: Sync, produtos: Produtos, criterios: Criterios): Promise<Uint32Array> {
  const ids = new Set(produtos.keys());
  for (const id of await listVigentes(sync.db)) ids.add(id);
  await readContratosDosPlanos(sync.ixc, linkedPlanos(criterios), (page) => {
    for (const id of page) ids.add(id);
  });
  return Uint32Array.from(ids).sort();
}

interface Pagina {
  fatos: FatosDoContrato[];
  adesoes: Lido[];
}

// While one page is judged, the next is already being read.
async function* pages(sync: Sync, ids: Uint32Array): AsyncGenerator<Pagina> {
  let next = ids.length > 0 ? openPage(sync, ids, 0) : undefined;
  for (let start = PAGE; next !== undefined; start += PAGE) {
    const page: Pagina = await next;
    next = start < ids.length ? openPage(sync, ids, start) : undefined;
    // A failure is met by whoever waits for the page; after a failure elsewhere nobody does.
    next?.catch(() => undefined);
    yield page;
  }
}

async function openPage(sync: Sync, ids: Uint32Array, start: number): Promise<Pagina> {
  const part = [...ids.subarray(start, start + PAGE)];
  const [fatos, adesoes] = await Promise.all([
    listFatos(sync.ixc, part),
    listLidosEntre(sync.db, part[0] ?? 0, part.at(-1) ?? 0),
  ]);
  // Whoever got an account since the reading began is no part of it.
  const known = new Set(part);
  return { fatos, adesoes: adesoes.filter(({ contratoId }) => known.has(contratoId)) };
}

// Planos de venda that mean something by themselves or by a product that they carry.
const linkedPlanos = ({ vinculos, produtosDosPlanos }: Criterios): number[] => [
  ...new Set([
    ...vinculos.filter(({ tipo }) => tipo === 'plano_de_venda').map(({ ixcId }) => ixcId),
    ...produtosDosPlanos.keys(),
  ]),
];

function add(total: Lidos, part: Lidos): void {
  total.lidos += part.lidos;
  for (const id of part.usuarios) total.usuarios.push(id);
  for (const each of part.elegiveis) total.elegiveis.push(each);
}
