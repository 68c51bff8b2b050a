// Brings our schema up to date: numbered SQL files, forward only, each applied once and never edited afterwards.
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ConfigError, environment, loadConfig } from './config.ts';
import { sha256 } from './crypto.ts';
import { type Connection, type Db, openPool, type Pool, row, rows, run } from './db.ts';

const FOLDER = new URL('../migrations/', import.meta.url);
const LOCK = 'tele-clinica-migrate';
const LOCK_SECONDS = 60;

/**
 * Applies what is missing and returns the names applied. Safe when several processes start at once: one holds the
 * lock, the others wait and then find nothing to do.
 * @throws when an applied file was changed, or the schema is newer than this program.
 */
export async function migrate(pool: Pool): Promise<string[]> {
  const connection = await pool.getConnection();
  try {
    await takeLock(connection);
    return await applyMissing(connection);
  } finally {
    // Destroyed, not released: the lock belongs to the connection and must not outlive this call.
    connection.destroy();
  }
}

/** Names of the migrations that this version has and the schema does not. */
export async function pendingMigrations(pool: Db): Promise<string[]> {
  const [exists] = await rows(
    pool,
    "SELECT COUNT(*) AS total FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'migracoes'",
    {},
    z.object({ total: z.number() }),
  );
  if (exists?.total === 0) return migrationFiles();
  const applied = await rows(pool, 'SELECT nome FROM migracoes', {}, z.object({ nome: z.string() }));
  return migrationFiles().filter((name) => !applied.some(({ nome }) => nome === name));
}

const migrationFiles = (): string[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort();

async function takeLock(connection: Connection): Promise<void> {
  const deadline = Date.now() + LOCK_SECONDS * 1000;
  const attempt = async (): Promise<boolean> => {
    // The name carries the schema: GET_LOCK is server-wide and other installations may share the server.
    const got = await row(
      connection,
      'SELECT GET_LOCK(LEFT(CONCAT(:lock, DATABASE()), 64), 2) AS got',
      { lock: LOCK },
      z.object({ got: z.number().nullable() }),
    );
    return got.got === 1;
  };
  while (!(await attempt())) {
    if (Date.now() > deadline) throw new Error('another process has held the migration lock for a minute');
  }
}

async function applyMissing(connection: Connection): Promise<string[]> {
  await connection.query(`CREATE TABLE IF NOT EXISTS migracoes (
    nome VARCHAR(80) CHARACTER SET ascii PRIMARY KEY, conferencia BINARY(32) NOT NULL,
    aplicada_em DATETIME(3) NOT NULL) ENGINE=InnoDB`);
  const applied = await rows(
    connection,
    'SELECT nome, conferencia FROM migracoes',
    {},
    z.object({ nome: z.string(), conferencia: z.instanceof(Buffer) }),
  );
  const files = migrationFiles();
  const unknown = applied.find(({ nome }) => !files.includes(nome));
  if (unknown)
    throw new Error(`the schema has ${unknown.nome}, which this version does not know: update the program`);

  const done: string[] = [];
  for (const nome of files) {
    const sql = readFileSync(new URL(nome, FOLDER), 'utf8');
    const conferencia = sha256(sql);
    const before = applied.find((migration) => migration.nome === nome);
    if (before && !before.conferencia.equals(conferencia))
      throw new Error(`${nome} was changed after it was applied`);
    if (before) continue;
    for (const statement of statements(sql)) await connection.query(statement);
    await run(connection, 'INSERT INTO migracoes VALUES (:nome, :conferencia, UTC_TIMESTAMP(3))', {
      nome,
      conferencia,
    });
    done.push(nome);
  }
  return done;
}

// One statement ends with a semicolon at the end of a line: our migrations hold no stored programs.
function statements(sql: string): string[] {
  return sql
    .replace(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

async function main(): Promise<void> {
  const pool = openPool(loadConfig(environment()).databaseUrl, 1);
  try {
    const done = await migrate(pool);
    console.log(done.length === 0 ? 'O banco já está em dia.' : `Aplicado: ${done.join(', ')}`);
  } finally {
    await pool.end();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main().catch((error: unknown) => {
    console.error(error instanceof ConfigError ? error.message : error);
    process.exitCode = 1;
  });
}
