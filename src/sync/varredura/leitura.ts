// Reading IXC for one run: pages of contracts judged, and what was read written beside what is in force.

import {
  CONTRATOS_POR_VEZ,
  type FatosDoContrato,
  listFatos,
  type Marca,
  pageClientesAlterados,
  pageContratosAlterados,
} from '../../ixc/fatos.ts';
import {
  listProdutosDosPlanosDeVenda,
  listProdutosVinculados,
  type ProdutoVinculado,
} from '../../ixc/vinculados.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { loadRegras, loadVinculos } from '../regrasSalvas.ts';
import { listContratosDeClientesComAdesao, listDueContratos, listEncerrados } from './adesoes.ts';
import { type Avaliacao, type Criterios, evaluate } from './avaliacao.ts';
import { type Lido, listLidos, recordFacts } from './fatos.ts';

const PAGE = CONTRATOS_POR_VEZ;

/** The criteria of one run, read once. */
export async function loadCriterios(sync: Sync): Promise<Criterios> {
  const [regras, vinculos, encerrados] = await Promise.all([
    loadRegras(sync.db),
    loadVinculos(sync.db),
    listEncerrados(sync.db),
  ]);
  const produtos = linkedProdutos(vinculos);
  return {
    regras,
    vinculos,
    encerrados: new Set(encerrados),
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
  /** Contracts that could grant an account and do not: active, with exactly one plano. */
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

/** The same with the products and adesões of the contracts at hand. */
export async function judgeAll(
  sync: Sync,
  fatos: FatosDoContrato[],
  produtos: Produtos,
  adesoes: Lido[],
  criterios: Criterios,
): Promise<Lidos> {
  const avaliacoes = fatos.map((each) => evaluate(each, produtos.get(each.id) ?? NONE, criterios));
  await recordFacts(sync.db, adesoes, avaliacoes);
  const granted = new Set(adesoes.map(({ contratoId }) => contratoId));
  return {
    lidos: fatos.length,
    usuarios: adesoes.map(({ usuarioId }) => usuarioId),
    elegiveis: avaliacoes.filter(
      ({ contratoId, significado, plano }) =>
        significado === 'ativo' &&
        plano !== null &&
        (!granted.has(contratoId) || criterios.encerrados.has(contratoId)),
    ),
  };
}

const NONE: ProdutoVinculado[] = [];

/** Adds products to those known by contract. */
export function addProdutos(byContrato: Map<number, ProdutoVinculado[]>, produtos: ProdutoVinculado[]): void {
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
  const read = new Set<number>();
  for (;;) {
    const page = await pageContratosAlterados(sync.ixc, contrato, PAGE);
    add(total, await judgeContratos(sync, page, criterios));
    for (const { id } of page) read.add(id);
    const last = page.at(-1);
    if (last === undefined) break;
    contrato = { em: last.em, id: last.id };
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
  const others = [...new Set(ids)].filter((id) => !read.has(id));
  add(total, await judgeContratos(sync, await listFatos(sync.ixc, others), criterios));
  return { ...total, contrato, cliente, clientes };
}

/** Adds what one part of a run read to what it has read so far. */
export function add(total: Lidos, part: Lidos): void {
  total.lidos += part.lidos;
  for (const id of part.usuarios) total.usuarios.push(id);
  for (const each of part.elegiveis) total.elegiveis.push(each);
}
