// IXC's base as a whole: how many contracts in which status, the newest change, the columns we read.
import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';
import { readManifest } from './colunas.ts';
import { codigo, sim } from './valores.ts';

export interface CelulaDeStatus {
  status: string;
  statusInternet: string;
  /** SVA, or '' for any other. */
  tipo: string;
  suspenso: boolean;
  total: number;
  amostra: number[];
}

/**
 * How many contracts are in each status pair, with up to three of the newest as samples; SVA contracts and suspended
 * ones apart, because the rules look at that too.
 */
export async function countStatus(ixc: Db): Promise<CelulaDeStatus[]> {
  return rows(
    ixc,
    `SELECT status, status_internet AS statusInternet, IF(tipo = 'SVA', 'SVA', '') AS tipo,
       IF(contrato_suspenso = 'S', 'S', 'N') AS suspenso, COUNT(*) AS total,
       SUBSTRING_INDEX(GROUP_CONCAT(id ORDER BY id DESC SEPARATOR ','), ',', 3) AS amostra
     FROM cliente_contrato GROUP BY 1, 2, 3, 4`,
    {},
    z.object({
      status: codigo,
      statusInternet: codigo,
      tipo: z.string(),
      suspenso: sim,
      total: z.coerce.number(),
      amostra: z.string().transform((list) => list.split(',').map(Number)),
    }),
  );
}

// Counted by groups of an index: after other statements on the table MariaDB forgets, for a plain COUNT(*) that it runs
// again as a prepared statement, that an index would do, and reads the very wide rows, four times as long (10.11).
const TOTAL = `SELECT COALESCE(SUM(n), 0) FROM (SELECT COUNT(*) AS n FROM cliente_contrato GROUP BY id_filial) filiais`;

/** How many contracts there are. */
export async function countContratos(ixc: Db): Promise<number> {
  return (await row(ixc, `SELECT (${TOTAL}) AS total`, {}, z.object({ total: z.coerce.number() }))).total;
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
      ? TOTAL
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

const LIDAS = new Set(
  readManifest().database.ixc.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
);

/** Whether this version reads the column of a line of `readEstrutura`. */
export const isLida = (linha: string): boolean => LIDAS.has(linha.split(' ')[0] ?? '');

/**
 * `table.column type` of everything that we read and may see, sorted: a run is refused when one of them is gone or
 * changes its type. A column made longer is the same.
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
