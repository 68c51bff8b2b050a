// Contracts of IXC: search, one whole, and lines for given ids; always within the branches the operator may see.
import { type Db, optionalRow } from '../db.ts';
import { Problem } from '../problem.ts';
import { parseBusca } from './busca.ts';
import { findClienteIdsPorNome, listClienteIdsPorDocumento } from './clientes.ts';
import { LINHA_COLUMNS, LINHA_JOINS, linhaSchema, listLinhas, toLinha } from './linhas.ts';
import { listProdutosDoContrato } from './produtos.ts';
import { newestContratos, newestOfClientes, type Recorte, walkPorNome } from './recortes.ts';
import { idList, isTooSlow, readInChunks, visibleTo } from './sql.ts';
import { listSujeiras } from './sujeiras.ts';
import type { Contrato, ContratoLinha, Filiais } from './tipos.ts';
import { codigo, data, idOuNulo, sim, texto } from './valores.ts';

export interface PedidoDeContratos {
  /** As typed; empty = every contract. */
  busca: string;
  /** `proxima` of the page before; absent for the first page. */
  depois?: string | undefined;
  filiais: Filiais;
  /** Lines per page. */
  limite: number;
}

export interface PaginaDeContratos {
  linhas: ContratoLinha[];
  /** Key of the next page; undefined on the last one. */
  proxima: string | undefined;
}

// A name that more clients than this share is common enough to be met soon when walking through the contracts.
const MAX_CLIENTES = 1_000;
// A name whose page would be full within so many contracts, going by those already looked at, is worth walking on for.
const SOON = 4_000;
// A walk that takes longer than this gives back a short page, with a key to go on from.
const WALK_MS = 2_000;
const ABOVE_EVERY_ID = 2_147_483_648;

const contratoSchema = linhaSchema.extend({
  velocidade: codigo,
  inicioSuspensao: data,
  fimSuspensao: data,
  naoBloquearAte: data,
  desbloqueioConfianca: sim,
  ativadoEm: data,
  canceladoEm: data,
  contratoPrincipalId: idOuNulo,
  motivoInclusao: codigo,
  atualizadoEm: texto,
  fonteDosProdutos: codigo,
  hoje: texto,
});

/**
 * One page of contracts, newest first. `busca` is a CPF or CNPJ, a contract's id (else a client's), or words of the
 * client's name. A page of a common name may be shorter than `limite` and still have a next one.
 * Throws a Problem (503) when a name takes longer than IXC's sessions may.
 */
export async function searchContratos(ixc: Db, pedido: PedidoDeContratos): Promise<PaginaDeContratos> {
  const { depois, filiais, limite } = pedido;
  const antes = depois !== undefined && /^\d{1,10}$/.test(depois) ? Number(depois) : ABOVE_EVERY_ID;
  const recorte = { filiais, antes, quantos: limite + 1 };
  const busca = parseBusca(pedido.busca);
  switch (busca.tipo) {
    case 'tudo':
      return toPagina(await listLinhas(ixc, newestContratos(recorte)), limite);
    case 'documento':
      return searchDeClientes(ixc, await listClienteIdsPorDocumento(ixc, busca.documento), recorte);
    case 'numero':
      return searchPorNumero(ixc, busca.numero, recorte, depois === undefined);
    case 'nome':
      return searchPorNome(ixc, busca.nome, recorte).catch(explainTooSlow);
    case 'nada':
      return { linhas: [], proxima: undefined };
  }
}

/**
 * A contract with its products and everything odd about it, or undefined when it does not exist or belongs to a
 * branch outside `filiais`.
 */
export async function findContrato(ixc: Db, id: number, filiais: Filiais): Promise<Contrato | undefined> {
  const visivel = visibleTo(filiais);
  const lido = await optionalRow(
    ixc,
    `SELECT ${LINHA_COLUMNS}, c.status_velocidade AS velocidade, c.data_inicial_suspensao AS inicioSuspensao,
       c.data_final_suspensao AS fimSuspensao, c.nao_bloquear_ate AS naoBloquearAte,
       c.desbloqueio_confianca_ativo AS desbloqueioConfianca, c.data_ativacao AS ativadoEm,
       c.data_cancelamento AS canceladoEm, c.id_contrato_principal AS contratoPrincipalId,
       c.motivo_inclusao AS motivoInclusao, c.ultima_atualizacao AS atualizadoEm,
       c.tipo_produtos_plano AS fonteDosProdutos, CURRENT_DATE AS hoje
     FROM cliente_contrato c ${LINHA_JOINS}
     WHERE c.id = :id AND ${visivel.sql}`,
    { ...visivel.params, id },
    contratoSchema,
  );
  if (lido === undefined) return undefined;
  const produtos = await listProdutosDoContrato(ixc, lido);
  const { fonteDosProdutos, hoje, ...contrato } = lido;
  return { ...toLinha(contrato), produtos, sujeiras: listSujeiras(lido, produtos) };
}

/** The lines of the contracts with these ids, newest first; those missing or in other branches are left out. */
export function listContratosPorId(
  ixc: Db,
  ids: readonly number[],
  filiais: Filiais,
): Promise<ContratoLinha[]> {
  return listWhere(ixc, 'c.id', ids, filiais);
}

/** Every contract of these clients, newest first, without those in other branches. */
export function listContratosDeClientes(
  ixc: Db,
  clienteIds: readonly number[],
  filiais: Filiais,
): Promise<ContratoLinha[]> {
  return listWhere(ixc, 'c.id_cliente', clienteIds, filiais);
}

async function searchPorNumero(ixc: Db, numero: number, recorte: Recorte, primeira: boolean) {
  const contrato = primeira ? await listContratosPorId(ixc, [numero], recorte.filiais) : [];
  if (contrato.length > 0) return { linhas: contrato, proxima: undefined };
  return searchDeClientes(ixc, [numero], recorte);
}

// Words anywhere in a name can use no index of IXC's. A common name soon fills a page when the newest contracts are
// walked through. A rare one is looked up in the index of names alone (no rows, 0.15 s at 1,000,000 clients): few
// clients, their contracts. Otherwise the walk goes on, for a bounded time. All three ways find the same contracts.
async function searchPorNome(ixc: Db, nome: string, recorte: Recorte): Promise<PaginaDeContratos> {
  const soon = (found: number, looked: number) => found * SOON >= recorte.quantos * looked;
  const perto = await walkPorNome(ixc, nome, recorte, soon);
  if (perto.ids.length === recorte.quantos || perto.ate === 0) return toPaginaAte(ixc, perto, recorte);
  const clientes = await findClienteIdsPorNome(ixc, nome, MAX_CLIENTES + 1);
  if (clientes.length <= MAX_CLIENTES) return searchDeClientes(ixc, clientes, recorte);
  const deadline = performance.now() + WALK_MS;
  const inTime = () => performance.now() < deadline;
  return toPaginaAte(ixc, await walkPorNome(ixc, nome, recorte, inTime), recorte);
}

function explainTooSlow(error: unknown): never {
  if (!isTooSlow(error)) throw error;
  throw new Problem(
    503,
    'A busca por este nome demorou demais no banco do IXC.',
    'Busque pelo CPF, pelo CNPJ ou pelo número do contrato.',
    {},
    error,
  );
}

async function toPaginaAte(ixc: Db, { ids, ate }: { ids: number[]; ate: number }, recorte: Recorte) {
  const pagina = toPagina(await listContratosPorId(ixc, ids, recorte.filiais), recorte.quantos - 1);
  return pagina.proxima === undefined && ate > 0 ? { ...pagina, proxima: String(ate) } : pagina;
}

async function searchDeClientes(ixc: Db, clienteIds: readonly number[], recorte: Recorte) {
  if (clienteIds.length === 0) return { linhas: [], proxima: undefined };
  return toPagina(
    await listLinhas(ixc, newestOfClientes(clienteIds.slice(0, MAX_CLIENTES), recorte)),
    recorte.quantos - 1,
  );
}

function toPagina(linhas: ContratoLinha[], limite: number): PaginaDeContratos {
  const ultima = linhas.length > limite ? linhas[limite - 1] : undefined;
  return { linhas: linhas.slice(0, limite), proxima: ultima && String(ultima.id) };
}

async function listWhere(ixc: Db, coluna: string, ids: readonly number[], filiais: Filiais) {
  const visivel = visibleTo(filiais);
  const linhas = await readInChunks(ids, (parte) => {
    const lista = idList('id', parte);
    return listLinhas(ixc, {
      sql: `SELECT c.id FROM cliente_contrato c WHERE ${coluna} IN (${lista.sql}) AND ${visivel.sql}`,
      params: { ...visivel.params, ...lista.params },
    });
  });
  return linhas.sort((a, b) => b.id - a.id);
}
