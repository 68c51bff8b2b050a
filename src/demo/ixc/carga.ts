// Writes many rows fast: a thousand a statement, on a connection that accepts whatever an old installation accepted.
import mysql from 'mysql2/promise';
import type { Linha, Valor } from './linhas.ts';

const ROWS_PER_STATEMENT = 1000;

/** A connection that stores zero dates, wrong enum values and orphans as IXC's servers do. Close it with `end`. */
export async function openCarga(url: string): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({
    uri: url,
    charset: 'utf8mb4_general_ci',
    multipleStatements: true,
  });
  await connection.query(
    "SET sql_mode = '', foreign_key_checks = 0, unique_checks = 0, time_zone = '-03:00', autocommit = 0",
  );
  return connection;
}

/** Inserts all `rows`, which have the same columns; answers how many. Commits at the end. */
export async function insertRows(
  connection: mysql.Connection,
  table: string,
  rows: Iterable<Linha>,
): Promise<number> {
  let count = 0;
  let head = '';
  let values: string[] = [];
  const send = async () => {
    if (values.length > 0) await connection.query(head + values.join(','));
    values = [];
  };
  for (const row of rows) {
    if (head === '') head = `INSERT INTO \`${table}\` (\`${Object.keys(row).join('`, `')}\`) VALUES `;
    values.push(`(${Object.values(row).map(literal).join(',')})`);
    count++;
    if (values.length === ROWS_PER_STATEMENT) await send();
  }
  await send();
  await connection.commit();
  return count;
}

function literal(value: Valor): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  return /['\\\0]/.test(value) ? mysql.escape(value) : `'${value}'`;
}
