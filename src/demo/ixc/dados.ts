// Makes an IXC database: the real tables, the fixed people and dirty rows, and as many ordinary contracts as asked for.
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { grantStatements, type IxcGrants } from '../../ixc/grants.ts';
import { insertRows, openCarga } from './carga.ts';
import { catalogoRows } from './catalogo.ts';
import type { Linha } from './linhas.ts';
import { pessoasRows } from './pessoas.ts';
import {
  clienteRows,
  contratoRows,
  type Populacao,
  populationSize,
  produtoRows,
  servicoRows,
} from './populacao.ts';
import { sujeiraRows } from './sujeira.ts';

// From this size on, indexes are made after the rows.
const MANY = 50_000;

const ESQUEMA = new URL('./esquema.sql', import.meta.url);

export interface IxcDatabaseOptions {
  /** Contracts in all, fixed ones included; at least 100. Default: 300. */
  contratos?: number;
  /** Another number makes another population; people and dirty rows stay. Default: 1. */
  semente?: number;
}

/** Creates `dbName` on the server and fills it; the same options give the same rows. `rootUrl` may create databases. */
export async function createIxcDatabase(
  rootUrl: string,
  dbName: string,
  { contratos = 300, semente = 1 }: IxcDatabaseOptions = {},
): Promise<void> {
  const connection = await openCarga(rootUrl);
  try {
    await connection.query(`CREATE DATABASE \`${dbName}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    await connection.query(`USE \`${dbName}\``);
    await connection.query(readFileSync(ESQUEMA, 'utf8'));
    await connection.query('SET foreign_key_checks = 0');
    const fixed = [...catalogoRows(), ...pessoasRows(), ...sujeiraRows()];
    for (const [table, rows] of fixed) await insertRows(connection, table, rows);
    const addIndexes =
      contratos > MANY ? await dropIndexes(connection, dbName, ['cliente', 'cliente_contrato']) : [];
    await loadPopulation(urlOf(rootUrl, dbName), semente, populationSize(contratos));
    for (const statement of addIndexes) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

// Building an index once at the end costs a fraction of keeping thirty of them up to date row by row.
async function dropIndexes(
  connection: mysql.Connection,
  dbName: string,
  tables: string[],
): Promise<string[]> {
  const statements: string[] = [];
  for (const table of tables) {
    const [found] = await connection.query<mysql.RowDataPacket[]>(
      `SELECT DISTINCT s.index_name AS nome FROM information_schema.statistics s
       LEFT JOIN information_schema.key_column_usage k ON k.table_schema = s.table_schema
         AND k.table_name = s.table_name AND k.column_name = s.column_name
       WHERE s.table_schema = ? AND s.table_name = ? AND k.column_name IS NULL`,
      [dbName, table],
    );
    const names = found.map(({ nome }) => `\`${nome}\``);
    await connection.query(`ALTER TABLE ${table} ${names.map((name) => `DROP INDEX ${name}`).join(', ')}`);
    // Every plain index of these tables has one column and its name.
    statements.push(`ALTER TABLE ${table} ${names.map((name) => `ADD INDEX ${name} (${name})`).join(', ')}`);
  }
  return statements;
}

function urlOf(rootUrl: string, dbName: string): string {
  const url = new URL(rootUrl);
  url.pathname = `/${dbName}`;
  return url.href;
}

// Clients and contracts weigh about the same, and a server with two cores can take both at once.
async function loadPopulation(url: string, semente: number, size: Populacao): Promise<void> {
  await Promise.all([
    loadTables(url, [['cliente', clienteRows(semente, size)]]),
    loadTables(url, [
      ['cliente_contrato', contratoRows(semente, size)],
      ['vd_contratos_produtos', produtoRows(semente, size)],
      ['cliente_contrato_servicos', servicoRows(semente, size)],
    ]),
  ]);
}

async function loadTables(url: string, tables: [string, Iterable<Linha>][]): Promise<void> {
  const connection = await openCarga(url);
  try {
    for (const [table, rows] of tables) await insertRows(connection, table, rows);
  } finally {
    await connection.end();
  }
}

/** Creates (or recreates) a user that may read exactly the columns that the manifest lists, from any host. */
export async function grantIxcReader(
  rootUrl: string,
  dbName: string,
  user: string,
  password: string,
  manifest: IxcGrants,
): Promise<void> {
  const connection = await mysql.createConnection({ uri: rootUrl });
  try {
    const account = { user, host: '%' };
    await connection.query('CREATE OR REPLACE USER ?@? IDENTIFIED BY ?', [
      account.user,
      account.host,
      password,
    ]);
    for (const statement of grantStatements(manifest, dbName, account)) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
