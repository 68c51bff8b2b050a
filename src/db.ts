// The only door to MariaDB: typed rows in, one transaction helper, two kinds of pool (ours and IXC's).
import { setTimeout } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import type { z } from 'zod';

export type Params = Record<string, string | number | bigint | Date | Buffer | null>;

/** Anything that can run a statement: a pool, or the connection of a transaction. */
export interface Db {
  execute(sql: string, params?: Params): Promise<[unknown, unknown]>;
}

/** A pool that can also hand out one held connection. */
export interface Pool extends Db {
  getConnection(): Promise<Connection>;
  end(): Promise<void>;
}

export interface Connection extends Db {
  query(sql: string): Promise<[unknown, unknown]>;
  beginTransaction(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  release(): void;
  destroy(): void;
}

export interface Written {
  affectedRows: number;
  insertId: number;
}

// A statement that hangs (disk full, frozen server) must not hang us: reliability over patience.
const STATEMENT_TIMEOUT_MS = 10_000;

const COMMON = {
  namedPlaceholders: true,
  dateStrings: true,
  supportBigNumbers: true,
  decimalNumbers: false,
  charset: 'utf8mb4_general_ci',
  connectTimeout: 5_000,
  enableKeepAlive: true,
  // Prepared statements live on the server, and IXC's shares its limit among everybody.
  maxPreparedStatements: 256,
} as const;

/** Our own schema, read and write. Times are UTC and come from the database clock. */
export function openPool(url: string, connectionLimit: number): Pool {
  return open({ ...COMMON, uri: url, connectionLimit, timezone: 'Z' }, [
    "SET time_zone = '+00:00'",
    // Locks are taken on rows we name, never on gaps: two operators on two persons do not meet.
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  ]);
}

/**
 * IXC's database. Its sessions can neither write nor take row locks, and no statement outlives `maxSeconds`,
 * so the ERP never waits for us (MariaDB: max_statement_time). The server refuses FOR UPDATE to a reader, but gives it
 * LOCK IN SHARE MODE, which holds writers back: this door does not.
 */
export function openIxcPool(url: string, connectionLimit: number, maxSeconds = 5): Pool {
  const pool = open({ ...COMMON, uri: url, connectionLimit }, [
    'SET SESSION TRANSACTION READ ONLY',
    // TIMESTAMP columns come as UTC, comparable with our own times whatever the server's zone.
    "SET time_zone = '+00:00'",
    `SET SESSION max_statement_time = ${maxSeconds}`,
  ]);
  return {
    execute: async (sql, params) => {
      refuseLocks(sql);
      return pool.execute(sql, params).catch(markAsIxc);
    },
    getConnection: () => pool.getConnection().catch(markAsIxc),
    end: () => pool.end(),
  };
}

const LOCKS = /\bLOCK\s+IN\s+SHARE\s+MODE\b/i;

function refuseLocks(sql: string): void {
  if (LOCKS.test(sql)) throw new Error('a statement for IXC must not lock rows');
}

const FROM_IXC = new WeakSet<object>();

function markAsIxc(error: unknown): never {
  if (typeof error === 'object' && error !== null) FROM_IXC.add(error);
  throw error;
}

/** True when a pool of IXC's threw this: it is IXC's database that failed, not ours. */
export const isFromIxc = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && FROM_IXC.has(error);

function open(options: mysql.PoolOptions, sessionStatements: string[]): Pool {
  const pool = mysql.createPool(options);
  pool.pool.on('connection', (connection) => {
    for (const statement of sessionStatements) {
      connection.query(statement, (error) => {
        if (error) connection.destroy();
      });
    }
  });
  return {
    execute: (sql, params = {}) => pool.execute({ sql, timeout: STATEMENT_TIMEOUT_MS }, params),
    getConnection: async () => wrap(await pool.getConnection()),
    end: () => pool.end(),
  };
}

function wrap(connection: mysql.PoolConnection): Connection {
  return {
    execute: (sql, params = {}) => connection.execute({ sql, timeout: STATEMENT_TIMEOUT_MS }, params),
    query: (sql) => connection.query({ sql, timeout: STATEMENT_TIMEOUT_MS }),
    beginTransaction: () => connection.beginTransaction(),
    commit: () => connection.commit(),
    rollback: () => connection.rollback(),
    release: () => connection.release(),
    destroy: () => connection.destroy(),
  };
}

/** All rows of a SELECT, each checked and converted by `schema`. Throws when a row does not fit. */
export async function rows<S extends z.ZodType>(
  db: Db,
  sql: string,
  params: Params,
  schema: S,
): Promise<z.output<S>[]> {
  const [found] = await db.execute(sql, params);
  return (found as unknown[]).map((row) => schema.parse(row));
}

/** The first row, or undefined. */
export async function optionalRow<S extends z.ZodType>(
  db: Db,
  sql: string,
  params: Params,
  schema: S,
): Promise<z.output<S> | undefined> {
  return (await rows(db, sql, params, schema))[0];
}

/** The first row; throws when there is none (for queries that always answer one). */
export async function row<S extends z.ZodType>(
  db: Db,
  sql: string,
  params: Params,
  schema: S,
): Promise<z.output<S>> {
  const found = await optionalRow(db, sql, params, schema);
  if (found === undefined) throw new Error('the query answered no row');
  return found;
}

/** Runs an INSERT, UPDATE or DELETE. */
export async function run(db: Db, sql: string, params: Params = {}): Promise<Written> {
  const [header] = await db.execute(sql, params);
  const { affectedRows, insertId } = header as mysql.ResultSetHeader;
  return { affectedRows, insertId };
}

const TRANSACTION_TRIES = 5;

/**
 * Runs `work` in one transaction: all of it or nothing. Lost to another transaction (deadlock, lock wait, snapshot
 * conflict) it starts over, `atMost` tries in all, so `work` must do nothing but talk to the database.
 */
export async function transaction<T>(
  pool: Pool,
  work: (tx: Db) => Promise<T>,
  atMost = TRANSACTION_TRIES,
): Promise<T> {
  // Part of a larger one, which starts over as a whole.
  if (JOINED.has(pool)) return work(pool);
  for (let tries = 1; ; tries += 1) {
    try {
      return await transactionOnce(pool, work);
    } catch (error) {
      if (tries >= atMost || !isConflict(error)) throw error;
      await setTimeout(Math.random() * 20 * tries);
    }
  }
}

const JOINED = new WeakSet<Pool>();

/** A pool whose transactions are part of `tx`: what is done with it happens with the rest of `tx`, or not at all. */
export function joined(tx: Db): Pool {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('a joined pool holds no connection of its own'));
  const pool: Pool = {
    execute: (sql, params) => tx.execute(sql, params),
    getConnection: refuse,
    end: refuse,
  };
  JOINED.add(pool);
  return pool;
}

// A connection that failed in the middle is thrown away, never returned to the pool with an open transaction.
async function transactionOnce<T>(pool: Pool, work: (tx: Db) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(connection);
    await connection.commit();
    connection.release();
    return result;
  } catch (error) {
    await connection.rollback().then(
      () => connection.release(),
      () => connection.destroy(),
    );
    throw error;
  }
}

/**
 * Placeholders for an IN list: `execute` does not expand arrays. Returns SQL `:p0, :p1` and its parameters.
 * An empty list becomes `NULL`, which matches nothing.
 */
export function inList(
  prefix: string,
  values: readonly (string | number)[],
): { sql: string; params: Params } {
  if (values.length === 0) return { sql: 'NULL', params: {} };
  const params: Params = {};
  // Padded to a power of two: every length would otherwise leave one more prepared statement on the server.
  const size = 2 ** Math.ceil(Math.log2(values.length));
  const last = values.at(-1) ?? null;
  for (let index = 0; index < size; index += 1) params[`${prefix}${index}`] = values[index] ?? last;
  return {
    sql: Object.keys(params)
      .map((name) => `:${name}`)
      .join(', '),
    params,
  };
}

function isConflict(error: unknown): boolean {
  return hasCode(error, ['ER_LOCK_DEADLOCK', 'ER_LOCK_WAIT_TIMEOUT', 'ER_CHECKREAD']);
}

/** True when a unique key refused the row. */
export const isDuplicate = (error: unknown): boolean => hasCode(error, ['ER_DUP_ENTRY']);

function hasCode(error: unknown, codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** True for failures of the database itself (gone, refused, overloaded), as opposed to a wrong statement. */
export function isDatabaseDown(error: unknown): boolean {
  // mysql2 marks what ends a connection as fatal, with or without a code (a killed one has none that it knows).
  const fatal = error instanceof Error && 'fatal' in error && error.fatal === true;
  const closed = error instanceof Error && error.message === 'Pool is closed.';
  return fatal || closed || hasCode(error, DATABASE_DOWN) || wasCutShort(error);
}

// MariaDB 1969: max_statement_time exceeded; 1317: KILL QUERY. Nothing is wrong with the statement.
const wasCutShort = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && (error.errno === 1969 || error.errno === 1317);

const DATABASE_DOWN = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOENT', 'PROTOCOL_CONNECTION_LOST'],
  ...['PROTOCOL_SEQUENCE_TIMEOUT', 'ER_CON_COUNT_ERROR', 'ER_SERVER_SHUTDOWN', 'ER_CONNECTION_KILLED'],
  ...['ER_ACCESS_DENIED_ERROR', 'ER_OPTION_PREVENTS_STATEMENT', 'ER_USER_LIMIT_REACHED', 'ER_BAD_DB_ERROR'],
];
