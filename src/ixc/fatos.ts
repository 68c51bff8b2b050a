// The facts that rules look at, for many contracts at once: lean rows by key, products only where a vínculo names them.
import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';
import { readManifest } from './colunas.ts';
import { isRecorrente } from './produtos.ts';
import { idList, readInChunks } from './sql.ts';
import type { OrigemDoProduto } from './tipos.ts';
import { codigo, data, parseId } from './valores.ts';

/** What one contract row says, without names: everything a rule may need. Dates AAAA-MM-DD or null. */
export interface FatosDoContrato {
  id: number;
  clienteId: number;
  filialId: number | null;
  planoDeVendaId: number;
  tipo: string;
  status: string;
  statusInternet: string;
  suspenso: boolean;
  fimSuspensao: string | null;
  naoBloquearAte: string | null;
  desbloqueioConfianca: boolean;
  fonteDosProdutos: string;
  /** UTC `AAAA-MM-DD hh:mm:ss` */
  atualizadoEm: string;
}

// A million rows pass here: one cheap check per row instead of a schema per field, and the values read as they are.
const Linha = z.custom<Record<string, unknown> & { id: number; clienteId: number; atualizadoEm: string }>(
  (value) => typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number',
);

const COLUMNS = `id, id_cliente AS clienteId, id_filial AS filialId, id_vd_contrato AS planoDeVendaId, tipo, status,
  status_internet AS statusInternet, contrato_suspenso AS suspenso, data_final_suspensao AS fimSuspensao,
  nao_bloquear_ate AS naoBloquearAte, desbloqueio_confianca_ativo AS desbloqueioConfianca,
  tipo_produtos_plano AS fonteDosProdutos, ultima_atualizacao AS atualizadoEm`;

/** A place in the order of changes. */
export interface Marca {
  /** UTC `AAAA-MM-DD hh:mm:ss` */
  em: string;
  id: number;
}

/** Contracts changed at or after `marca`, in order of (ultima_atualizacao, id): the pages of an incremental scan. */
export async function pageContratosAlterados(
  ixc: Db,
  marca: Marca,
  limite: number,
): Promise<FatosDoContrato[]> {
  const found = await rows(
    ixc,
    `SELECT ${COLUMNS} FROM cliente_contrato
     WHERE ultima_atualizacao >= :em AND (ultima_atualizacao > :em2 OR id > :id)
     ORDER BY ultima_atualizacao, id LIMIT ${limite}`,
    { em: marca.em, em2: marca.em, id: marca.id },
    Linha,
  );
  return found.map(toFatos);
}

/** Clients changed at or after `marca`, likewise. */
export function pageClientesAlterados(ixc: Db, marca: Marca, limite: number): Promise<Marca[]> {
  return rows(
    ixc,
    `SELECT id, ultima_atualizacao AS em FROM cliente
     WHERE ultima_atualizacao >= :em AND (ultima_atualizacao > :em2 OR id > :id)
     ORDER BY ultima_atualizacao, id LIMIT ${limite}`,
    { em: marca.em, em2: marca.em, id: marca.id },
    z.object({ id: z.number(), em: z.string() }),
  );
}

/** The facts of these contracts; those that no longer exist are missing from the answer. */
export async function listFatos(ixc: Db, ids: readonly number[]): Promise<FatosDoContrato[]> {
  const found = await readInChunks(ids, (part) => {
    const list = idList('id', part);
    return rows(ixc, `SELECT ${COLUMNS} FROM cliente_contrato WHERE id IN (${list.sql})`, list.params, Linha);
  });
  return found.map(toFatos);
}

function toFatos(row: z.output<typeof Linha>): FatosDoContrato {
  return {
    id: row.id,
    clienteId: Number(row.clienteId),
    filialId: parseId(row['filialId']),
    planoDeVendaId: Number(row['planoDeVendaId'] ?? 0),
    tipo: text(row['tipo']),
    status: text(row['status']),
    statusInternet: text(row['statusInternet']),
    suspenso: row['suspenso'] === 'S',
    fimSuspensao: date(row['fimSuspensao']),
    naoBloquearAte: date(row['naoBloquearAte']),
    desbloqueioConfianca: row['desbloqueioConfianca'] === 'S',
    fonteDosProdutos: text(row['fonteDosProdutos']),
    atualizadoEm: row.atualizadoEm,
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
const date = (value: unknown): string | null => (typeof value === 'string' && value >= '0001' ? value : null);

export interface ProdutoVinculado {
  contratoId: number;
  produtoId: number;
  origem: OrigemDoProduto;
}

const OWN = 'id, id_contrato AS contratoId, id_produto AS produtoId';
const ADDED = `${OWN}, repetir, repetir_qtde AS quantidade, execucoes, data_validade AS validade`;
const RECURRING = "status = 'A' AND tipo_acres_desc = 'A'";

const Linked = z.object({ id: z.number() });
const OwnRow = Linked.extend({ contratoId: z.number(), produtoId: z.number() });
const AddedRow = OwnRow.extend({
  repetir: codigo,
  quantidade: z.number().nullable(),
  execucoes: z.number().nullable(),
  validade: data,
});

/**
 * Which of these produtos (those with a vínculo) each contract carries itself: its own rows and its recurring additional
 * services. `hoje` is AAAA-MM-DD.
 */
export async function listProdutosVinculados(
  ixc: Db,
  contratoIds: readonly number[],
  produtoIds: readonly number[],
  hoje: string,
): Promise<ProdutoVinculado[]> {
  if (contratoIds.length === 0 || produtoIds.length === 0) return [];
  const produtos = idList('produto', produtoIds);
  const read = <S extends z.ZodType>(columns: string, from: string, schema: S) =>
    readInChunks(contratoIds, (part) => {
      const list = idList('id', part);
      const sql = `SELECT ${columns} FROM ${from} id_contrato IN (${list.sql}) AND id_produto IN (${produtos.sql})`;
      return rows(ixc, sql, { ...list.params, ...produtos.params }, schema);
    });
  const own = await read(OWN, 'vd_contratos_produtos WHERE', OwnRow);
  const added = await read(ADDED, `cliente_contrato_servicos WHERE ${RECURRING} AND`, AddedRow);
  return [...own.map(ofContrato), ...added.filter((each) => isRecorrente(each, hoje)).map(ofAdicional)];
}

/**
 * The same for every contract of IXC, by produto and key: its indexes lead to the few rows that name one. `onPage` gets
 * them as they come.
 */
export async function readProdutosVinculados(
  ixc: Db,
  produtoIds: readonly number[],
  hoje: string,
  onPage: (produtos: ProdutoVinculado[]) => void,
): Promise<void> {
  const read = <S extends typeof OwnRow>(columns: string, from: string, schema: S) =>
    readByKey(
      ixc,
      produtoIds,
      `SELECT ${columns} FROM ${from} id_contrato > 0 AND id_produto = :chave`,
      schema,
    );
  for await (const page of read(OWN, 'vd_contratos_produtos WHERE', OwnRow)) onPage(page.map(ofContrato));
  for await (const page of read(ADDED, `cliente_contrato_servicos WHERE ${RECURRING} AND`, AddedRow))
    onPage(page.filter((each) => isRecorrente(each, hoje)).map(ofAdicional));
}

/** Every contract with one of these planos de venda, by plano; `onPage` gets their ids as they come. */
export async function readContratosDosPlanos(
  ixc: Db,
  planosDeVenda: readonly number[],
  onPage: (ids: number[]) => void,
): Promise<void> {
  const select = 'SELECT id FROM cliente_contrato WHERE id_vd_contrato = :chave';
  for await (const page of readByKey(ixc, planosDeVenda, select, Linked)) onPage(page.map(({ id }) => id));
}

const LINHAS_POR_PAGINA = 5_000;

async function* readByKey<S extends typeof Linked>(
  ixc: Db,
  chaves: readonly number[],
  select: string,
  schema: S,
): AsyncGenerator<z.output<S>[]> {
  const sql = `${select} AND id > :depois ORDER BY id LIMIT ${LINHAS_POR_PAGINA}`;
  for (const chave of chaves) {
    for (let depois: number | undefined = 0; depois !== undefined; ) {
      const page: z.output<S>[] = await rows(ixc, sql, { chave, depois }, schema);
      yield page;
      depois = page.length < LINHAS_POR_PAGINA ? undefined : page.at(-1)?.id;
    }
  }
}

type Nomeado = Pick<ProdutoVinculado, 'contratoId' | 'produtoId'>;
const ofContrato = ({ contratoId, produtoId }: Nomeado): ProdutoVinculado => ({
  contratoId,
  produtoId,
  origem: 'contrato',
});
const ofAdicional = ({ contratoId, produtoId }: Nomeado): ProdutoVinculado => ({
  contratoId,
  produtoId,
  origem: 'adicional',
});

/** For each plano de venda that carries one of these produtos, which. The table is small: it is read whole. */
export async function listProdutosDosPlanosDeVenda(
  ixc: Db,
  produtoIds: readonly number[],
): Promise<Map<number, number[]>> {
  const produtos = idList('produto', produtoIds);
  const found = await rows(
    ixc,
    `SELECT id_vd_contrato AS planoDeVendaId, id_produto AS produtoId FROM vd_contratos_produtos
     WHERE id_vd_contrato > 0 AND COALESCE(id_contrato, 0) = 0 AND id_produto IN (${produtos.sql})`,
    produtos.params,
    z.object({ planoDeVendaId: z.number(), produtoId: z.number() }),
  );
  const byPlano = new Map<number, number[]>();
  for (const { planoDeVendaId, produtoId } of found) {
    byPlano.set(planoDeVendaId, [...(byPlano.get(planoDeVendaId) ?? []), produtoId]);
  }
  return byPlano;
}

export interface CelulaDeStatus {
  status: string;
  statusInternet: string;
  total: number;
  amostra: number[];
}

/** How many contracts are in each status pair, with up to three of the newest as samples. */
export async function countStatus(ixc: Db): Promise<CelulaDeStatus[]> {
  return rows(
    ixc,
    `SELECT status, status_internet AS statusInternet, COUNT(*) AS total,
       SUBSTRING_INDEX(GROUP_CONCAT(id ORDER BY id DESC SEPARATOR ','), ',', 3) AS amostra
     FROM cliente_contrato GROUP BY status, status_internet`,
    {},
    z.object({
      status: codigo,
      statusInternet: codigo,
      total: z.coerce.number(),
      amostra: z.string().transform((list) => list.split(',').map(Number)),
    }),
  );
}

/** How many contracts there are. */
export async function countContratos(ixc: Db): Promise<number> {
  const total = z.object({ total: z.number() });
  return (await row(ixc, 'SELECT COUNT(*) AS total FROM cliente_contrato', {}, total)).total;
}

/**
 * The newest change and the number of contracts, to judge whether the base looks like itself. Counting goes through the
 * whole table: with `contados`, a count of moments ago, it only looks whether there still is one.
 */
export async function readBase(
  ixc: Db,
  contados?: number,
): Promise<{ total: number; maisNova: string | null; agora: string }> {
  const total =
    contados === undefined
      ? 'SELECT COUNT(*) FROM cliente_contrato'
      : `SELECT IF(EXISTS (SELECT 1 FROM cliente_contrato), ${Number(contados)}, 0)`;
  const [base] = await rows(
    ixc,
    `SELECT (${total}) AS total,
       (SELECT MAX(ultima_atualizacao) FROM cliente_contrato) AS maisNova, UTC_TIMESTAMP() AS agora`,
    {},
    z.object({ total: z.coerce.number(), maisNova: z.string().nullable(), agora: z.string() }),
  );
  return base ?? { total: 0, maisNova: null, agora: '' };
}

/** Contracts whose product is already provisioned by IXC's own SVA module (active or blocked there). */
export async function listNativos(ixc: Db, produtoIds: readonly number[]): Promise<number[]> {
  const produtos = idList('produto', produtoIds);
  const found = await rows(
    ixc,
    `SELECT DISTINCT s.id_contrato AS id FROM sva_usuarios s
     JOIN vd_contratos_produtos p ON p.id = s.id_produto_contrato
     WHERE s.status_integracao IN ('A', 'B') AND p.id_produto IN (${produtos.sql})`,
    produtos.params,
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

const LIDAS = new Set(
  readManifest().database.ixc.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
);

/**
 * `table.column type` of everything that we read and may see, sorted: a change of it refuses a run. A column made
 * longer, or one that we never read, is none.
 */
export async function readEstrutura(ixc: Db): Promise<string[]> {
  const found = await rows(
    ixc,
    `SELECT CONCAT(table_name, '.', column_name) AS coluna, data_type AS tipo FROM information_schema.columns
     WHERE table_schema = DATABASE()`,
    {},
    z.object({ coluna: z.string(), tipo: z.string() }),
  );
  return found
    .filter(({ coluna }) => LIDAS.has(coluna))
    .map(({ coluna, tipo }) => `${coluna} ${tipo}`)
    .sort();
}
