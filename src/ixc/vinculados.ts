// Which contracts carry a product or plano de venda that a vínculo names, found by IXC's own indexes.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { isRecorrente } from './produtos.ts';
import { idList, readInChunks } from './sql.ts';
import type { OrigemDoProduto } from './tipos.ts';
import { codigo, data } from './valores.ts';

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

/** What some vínculo names. */
export interface Nomeados {
  produtos: readonly number[];
  planosDeVenda: readonly number[];
}

/**
 * Contracts whose product is already provisioned by IXC's own SVA module (active or blocked there). A row of that module
 * names the product, so a plano de venda is recognised by its only SVA product: of several nobody can tell which is meant.
 * `contratoId` asks about one contract only.
 */
export async function listNativos(
  ixc: Db,
  { produtos, planosDeVenda }: Nomeados,
  contratoId?: number,
): Promise<number[]> {
  if (produtos.length === 0 && planosDeVenda.length === 0) return [];
  const named = idList('produto', produtos);
  const sold = idList('plano', planosDeVenda);
  const found = await rows(
    ixc,
    `SELECT DISTINCT s.id_contrato AS id FROM sva_usuarios s
     JOIN vd_contratos_produtos p ON p.id = s.id_produto_contrato
     LEFT JOIN cliente_contrato c ON c.id = s.id_contrato AND c.id_vd_contrato = p.id_vd_contrato
     WHERE s.status_integracao IN ('A', 'B') ${contratoId === undefined ? '' : 'AND s.id_contrato = :contratoId'}
       AND (p.id_produto IN (${named.sql}) OR c.id IS NOT NULL AND p.id_vd_contrato IN (${sold.sql})
         AND NOT EXISTS (SELECT 1 FROM vd_contratos_produtos o WHERE o.id_vd_contrato = p.id_vd_contrato AND o.id <> p.id
           AND o.tipo = 'SVA' AND COALESCE(o.id_contrato, 0) = 0))`,
    { ...named.params, ...sold.params, ...(contratoId === undefined ? {} : { contratoId }) },
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}
