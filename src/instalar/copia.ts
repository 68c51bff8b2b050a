// A copy of our whole schema in one file, made and put back with our own account: no other program need be installed.

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { identifier } from '../ixc/grants.ts';
import type { Banco } from './banco.ts';

const ROWS = 500;
const END = '-- fim';

/** Writes every table of the schema that `banco` is in, as one statement a line, compressed. Nobody else may be writing. */
export async function backUp(banco: Banco, file: string): Promise<void> {
  const gzip = createGzip({ level: 6 });
  const written = pipeline(gzip, createWriteStream(file, { mode: 0o600 }));
  const line = async (text: string): Promise<void> => {
    if (!gzip.write(`${text}\n`)) await once(gzip, 'drain');
  };
  try {
    for (const table of await tablesOf(banco)) {
      const [[, create = ''] = []] = await banco.read(`SHOW CREATE TABLE ${identifier(table)}`);
      await line(create.replaceAll('\n', ' '));
      for await (const rows of pagesOf(banco, table))
        await line(`INSERT INTO ${identifier(table)} VALUES ${rows}`);
    }
    await line(END);
  } finally {
    gzip.end();
  }
  await written;
}

/** Puts the schema back as the copy has it; what came into being since is gone. @throws when the copy is cut short. */
export async function restore(banco: Banco, file: string): Promise<void> {
  // Read once before anything is dropped: half a copy must not cost the whole schema.
  let last = '';
  for await (const line of linesOf(file)) last = line;
  if (last !== END) throw new Error(`a cópia ${file} está incompleta`);
  await banco.run('SET SESSION foreign_key_checks = 0');
  for (const table of await tablesOf(banco)) await banco.run(`DROP TABLE ${identifier(table)}`);
  for await (const line of linesOf(file)) if (line !== END) await banco.run(line);
  await banco.run('SET SESSION foreign_key_checks = 1');
}

const linesOf = (file: string) =>
  createInterface({
    input: createReadStream(file).pipe(createGunzip()),
    crlfDelay: Number.POSITIVE_INFINITY,
  });

const tablesOf = async (banco: Banco): Promise<string[]> =>
  (await banco.read("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")).map(([name = '']) => name).sort();

// Values come from the server as literals that it reads back exactly: text and bytes in hexadecimal, the rest quoted.
async function* pagesOf(banco: Banco, table: string): AsyncGenerator<string> {
  const columns = await banco.read(
    `SELECT column_name, data_type, column_key FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = '${table}' ORDER BY ordinal_position`,
  );
  const row = `CONCAT('(', ${columns.map(([name = '', type = '']) => literal(name, type)).join(", ',', ")}, ')')`;
  const keys = columns.filter(([, , key]) => key === 'PRI');
  const key = keys.map(([name = '', type = '']) => literal(name, type));
  const order = keys.map(([name = '']) => identifier(name));
  if (order.length === 0) throw new Error(`a tabela ${table} não tem chave primária`);
  for (let after: string[] | undefined; ; ) {
    const where = after === undefined ? '' : `WHERE ${beyond(order, after)}`;
    const found = await banco.read(
      `SELECT ${row}, ${key.join(', ')} FROM ${identifier(table)} ${where} ORDER BY ${order.join(', ')} LIMIT ${ROWS}`,
    );
    if (found.length > 0) yield found.map(([text]) => text).join(',');
    if (found.length < ROWS) return;
    after = found.at(-1)?.slice(1);
  }
}

const BYTES = /char|text|binary|blob|json|enum|set/;

function literal(name: string, type: string): string {
  const column = identifier(name);
  const text = BYTES.test(type) ? `CONCAT('X''', HEX(${column}), '''')` : `QUOTE(${column})`;
  return `IF(${column} IS NULL, 'NULL', ${text})`;
}

// (a, b) > (x, y), written so that the primary key serves it.
function beyond([first = '', ...others]: string[], [value = '', ...values]: string[]): string {
  if (others.length === 0) return `${first} > ${value}`;
  return `${first} > ${value} OR (${first} = ${value} AND (${beyond(others, values)}))`;
}
