// Which contract ids make a page: newest first, below a key, in the operator's branches. Each is SQL that answers `id`.

import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';
import { containsWords, idList, type Trecho, validFiliais, visibleTo } from './sql.ts';
import type { Filiais } from './tipos.ts';

/** At most `quantos` contracts with an id below `antes`. */
export interface Recorte {
  filiais: Filiais;
  antes: number;
  quantos: number;
}

// A common name is found by walking the contracts, newest first, in stretches of ids that grow while little is found,
// so that each statement is far from the time limit (10 µs a contract: 0.6 s for the longest).
const FIRST_STRETCH = 250;
const LONGEST_STRETCH = 64_000;

const idSchema = z.object({ id: z.number() });
const maiorSchema = z.object({ maior: z.number().nullable() });

/** The newest of all. Branch by branch: each is one short read of the index on id_filial, however deep the page. */
export function newestContratos({ filiais, antes, quantos }: Recorte): Trecho {
  const params = { antes, quantos };
  const page = 'AND c.id < :antes ORDER BY c.id DESC LIMIT :quantos';
  if (filiais === 'todas') return { sql: `SELECT c.id FROM cliente_contrato c WHERE TRUE ${page}`, params };
  const lista = idList('filial', validFiliais(filiais));
  const porFilial = Object.keys(lista.params).map(
    (nome) =>
      `SELECT id FROM (SELECT c.id FROM cliente_contrato c WHERE c.id_filial = :${nome} ${page}) ${nome}`,
  );
  if (porFilial.length === 0) return { sql: 'SELECT 0 AS id', params: {} };
  return {
    sql: `${porFilial.join(' UNION ')} ORDER BY id DESC LIMIT :quantos`,
    params: { ...lista.params, ...params },
  };
}

/** The newest of these clients. The index of ids is ruled out for sorting: it would be a walk through all contracts. */
export function newestOfClientes(
  clienteIds: readonly number[],
  { filiais, antes, quantos }: Recorte,
): Trecho {
  const lista = idList('cliente', clienteIds);
  const visivel = visibleTo(filiais);
  return {
    sql: `SELECT c.id FROM cliente_contrato c IGNORE INDEX FOR ORDER BY (PRIMARY)
      WHERE c.id_cliente IN (${lista.sql}) AND c.id < :antes AND ${visivel.sql}
      ORDER BY c.id DESC LIMIT :quantos`,
    params: { ...lista.params, ...visivel.params, antes, quantos },
  };
}

/**
 * The newest contracts whose client's name holds every word, for names so common that they turn up soon. Looks on while
 * the page is not full and `goesOn` says so, told how many were found among how many ids. Answers the ids and the key down
 * to which it looked: 0 = nothing is left below.
 */
export async function walkPorNome(
  ixc: Db,
  nome: string,
  { filiais, antes: acima, quantos }: Recorte,
  goesOn: (found: number, looked: number) => boolean,
): Promise<{ ids: number[]; ate: number }> {
  const ids: number[] = [];
  let antes = await closeGap(ixc, acima);
  let looked = 0;
  for (let stretch = FIRST_STRETCH; antes > 0; stretch *= 4) {
    const desde = Math.max(antes - Math.min(stretch, LONGEST_STRETCH), 1);
    const found = await listStretch(ixc, nome, desde, { filiais, antes, quantos: quantos - ids.length });
    ids.push(...found);
    if (ids.length === quantos) return { ids, ate: ids.at(-1) ?? desde };
    looked += antes - desde;
    const on = goesOn(ids.length, looked);
    // Where some were found there are no great holes, and the next stretch may begin right here.
    antes = on && found.length > 0 && desde > 1 ? desde : await closeGap(ixc, desde);
    if (!on) break;
  }
  return { ids, ate: antes };
}

// Ids may have holes of any size; answers the key just above the next contract that exists, 0 when there is none.
async function closeGap(ixc: Db, antes: number): Promise<number> {
  const { maior } = await row(
    ixc,
    'SELECT MAX(id) AS maior FROM cliente_contrato WHERE id < :antes',
    { antes },
    maiorSchema,
  );
  return maior === null ? 0 : maior + 1;
}

async function listStretch(ixc: Db, nome: string, desde: number, { filiais, antes, quantos }: Recorte) {
  const contem = containsWords('cl.razao', nome);
  const visivel = visibleTo(filiais);
  const lidos = await rows(
    ixc,
    `SELECT c.id FROM cliente_contrato c STRAIGHT_JOIN cliente cl ON cl.id = c.id_cliente
     WHERE c.id >= :desde AND c.id < :antes AND ${visivel.sql} AND ${contem.sql}
     ORDER BY c.id DESC LIMIT :quantos`,
    { ...visivel.params, ...contem.params, desde, antes, quantos },
    idSchema,
  );
  return lidos.map(({ id }) => id);
}
