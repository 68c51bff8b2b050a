// Products, planos de venda and branches of IXC by name or id: small tables, read to choose from and to name things.
import { z } from 'zod';
import { type Db, optionalRow, rows } from '../db.ts';
import { containsWords, idList, readInChunks } from './sql.ts';
import { codigo, parseTexto, sim, texto } from './valores.ts';

/** A row of `produtos` or `vd_contratos`: something that a vínculo can point at. */
export interface ItemVendido {
  id: number;
  nome: string;
  /** As stored: produtos C, S, F, M, P, O; planos de venda I, T, S, SVA. */
  tipo: string;
  ativo: boolean;
}

export interface Filial {
  id: number;
  nome: string;
  ativa: boolean;
}

const PRODUTOS = 'SELECT id, descricao AS nome, tipo, ativo FROM produtos';
const PLANOS_DE_VENDA =
  "SELECT id, COALESCE(NULLIF(nome, ''), descricao) AS nome, tipo, Ativo AS ativo FROM vd_contratos";

const itemSchema = z.object({ id: z.number(), nome: texto, tipo: codigo, ativo: sim });

/** At most `limite` products with this id or with every word of `busca` in the name, active ones first. */
export function searchProdutos(ixc: Db, busca: string, limite: number): Promise<ItemVendido[]> {
  return searchItens(ixc, PRODUTOS, 'descricao', busca, limite);
}

/** At most `limite` planos de venda with this id or with every word of `busca` in the name, active ones first. */
export function searchPlanosDeVenda(ixc: Db, busca: string, limite: number): Promise<ItemVendido[]> {
  return searchItens(ixc, PLANOS_DE_VENDA, 'nome', busca, limite);
}

export function findProduto(ixc: Db, id: number): Promise<ItemVendido | undefined> {
  return optionalRow(ixc, `${PRODUTOS} WHERE id = :id`, { id }, itemSchema);
}

export function findPlanoDeVenda(ixc: Db, id: number): Promise<ItemVendido | undefined> {
  return optionalRow(ixc, `${PLANOS_DE_VENDA} WHERE id = :id`, { id }, itemSchema);
}

/** Name by id; ids that IXC does not have are absent from the map. */
export function listNomesDeProdutos(ixc: Db, ids: readonly number[]): Promise<Map<number, string>> {
  return listNomes(ixc, PRODUTOS, ids);
}

/** Name by id; ids that IXC does not have are absent from the map. */
export function listNomesDePlanosDeVenda(ixc: Db, ids: readonly number[]): Promise<Map<number, string>> {
  return listNomes(ixc, PLANOS_DE_VENDA, ids);
}

const FILIAIS = "SELECT id, COALESCE(NULLIF(fantasia, ''), razao) AS nome, ativo AS ativa FROM filial";
const filialSchema = z.object({ id: z.number(), nome: texto, ativa: sim });

/** Every branch, by name. */
export function listFiliais(ixc: Db): Promise<Filial[]> {
  return rows(ixc, `${FILIAIS} ORDER BY nome, id`, {}, filialSchema);
}

/** One branch; undefined when IXC has none with this id. */
export function findFilial(ixc: Db, id: number): Promise<Filial | undefined> {
  return optionalRow(ixc, `${FILIAIS} WHERE id = :id`, { id }, filialSchema);
}

function searchItens(ixc: Db, select: string, coluna: string, busca: string, limite: number) {
  const digitado = parseTexto(busca).slice(0, 100);
  const contem = containsWords(coluna, digitado);
  // A name may well be a number ("500"), so digits look for both.
  const id = /^\d{1,9}$/.test(digitado) ? Number(digitado) : 0;
  return rows(
    ixc,
    `${select} WHERE id = :id OR (${contem.sql}) ORDER BY id = :id DESC, ativo = 'S' DESC, nome, id LIMIT :limite`,
    { ...contem.params, id, limite },
    itemSchema,
  );
}

async function listNomes(ixc: Db, select: string, ids: readonly number[]): Promise<Map<number, string>> {
  const itens = await readInChunks(ids, (parte) => {
    const lista = idList('id', parte);
    return rows(ixc, `${select} WHERE id IN (${lista.sql})`, lista.params, itemSchema);
  });
  return new Map(itens.map(({ id, nome }) => [id, nome]));
}
