// The demo world: private MariaDB, IXC's database, our schema, the simulator and the plugin, started and stopped together.
import { type KeyObject, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { openPool } from '../db.ts';
import { migrate } from '../migrate.ts';
import { createIxcDatabase, grantIxcReader } from './ixc/dados.ts';
import { findFreePort, type Mariadb, startMariadb } from './mariadb.ts';
import { startPlugin } from './plugin.ts';
import { type Simulador, startSimulador } from './simulador/processo.ts';
import { startVigia } from './vigia.ts';

export interface Mundo {
  pluginPort: number;
  basePath: string;
  simulador: Simulador;
  /** May write IXC's database. */
  ixcDsn: string;
  /** Our schema. */
  bancoDsn: string;
  /** Signs launches: HS256's shared key, or an Ed25519 private one. */
  segredo: Buffer | KeyObject;
  stop(): Promise<void>;
}

export interface MundoOptions {
  contratos: number;
  /** Origins of the stand-in's pages. */
  origins: string[];
  /** Told what is being done, in Portuguese. */
  tell: (what: string) => void;
  /** Prepares databases, keys and environment of the plugin; left out, they are made as small as a demo needs. */
  prepare?: (lugar: Lugar) => Promise<Preparo>;
}

/** What stands when the plugin is prepared. */
export interface Lugar {
  /** May create databases and accounts. */
  rootUrl: string;
  /** May write IXC's database. */
  ixcDsn: string;
  /** Where the plugin will listen. */
  pluginPort: number;
  /** TELECLINICA_HOSTS: the simulator's addresses. */
  hosts: string;
}

/** The plugin's environment and what it is known by outside. */
export type Preparo = Pick<Mundo, 'segredo'> & { env: Record<string, string> };

const BASE_PATH = '/addons/tele-clinica';
const MANIFEST = new URL('../../manifest.json', import.meta.url);
const IXC = 'ixcprovedor';
const NOSSO = 'tele_clinica';

/** Starts every part. When one fails the others are stopped before the error goes on. */
export async function startMundo({ contratos, origins, tell, prepare }: MundoOptions): Promise<Mundo> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
  };
  try {
    tell('Iniciando o MariaDB privado…');
    const mariadb = await startMariadb(sizesFor(contratos));
    stops.push(mariadb.stop);
    tell(`Criando o banco do IXC com ${contratos.toLocaleString('pt-BR')} contratos…`);
    const simulating = startSimulador();
    simulating.then(
      (simulador) => stops.push(simulador.stop),
      () => undefined,
    );
    const [ixcDsn, simulador] = await Promise.all([createIxc(mariadb, contratos), simulating]);
    const pluginPort = await findFreePort();
    const hosts = `127.0.0.1:${simulador.port},localhost:${simulador.port}`;
    const { rootUrl } = mariadb;
    const lugar = { rootUrl, ixcDsn, pluginPort, hosts };
    const { env, segredo } = prepare
      ? await prepare(lugar)
      : await prepareSmall(mariadb, { hosts, IXC_ORIGIN: origins.join(',') });
    const vigia = startVigia();
    stops.push(async () => vigia.release());
    tell('Iniciando o plugin…');
    const plugin = await startPlugin(pluginPort, { ...usual(), ...env }, vigia);
    stops.push(plugin.stop);
    const bancoDsn = env['DATABASE_URL'] ?? '';
    return { pluginPort, basePath: BASE_PATH, simulador, ixcDsn, bancoDsn, segredo, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// About 1.7 KiB a contract with its client and indexes; InnoDB works best when most of that fits in memory.
function sizesFor(contratos: number): { roomMb: number; bufferPoolMb: number } {
  const dataMb = Math.ceil((contratos * 2) / 1024);
  return { roomMb: 512 + 2 * dataMb, bufferPoolMb: Math.min(1024, Math.max(128, dataMb)) };
}

// IXC's database, and an account that may write it as IXC itself does.
async function createIxc(mariadb: Mariadb, contratos: number): Promise<string> {
  const password = randomBytes(12).toString('hex');
  await createIxcDatabase(mariadb.rootUrl, IXC, { contratos });
  await asRoot(mariadb, [`CREATE USER ixc IDENTIFIED BY '${password}'`, `GRANT ALL ON ${IXC}.* TO ixc`]);
  return mariadb.url(IXC, 'ixc', password);
}

// What an installer would make, without one: our schema, both accounts, and keys.
async function prepareSmall(
  mariadb: Mariadb,
  { hosts, IXC_ORIGIN }: { hosts: string; IXC_ORIGIN: string },
): Promise<Preparo> {
  const password = randomBytes(12).toString('hex');
  await asRoot(mariadb, [
    `CREATE DATABASE ${NOSSO} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    `CREATE USER tele_clinica IDENTIFIED BY '${password}'`,
    `GRANT ALL ON ${NOSSO}.* TO tele_clinica`,
  ]);
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  await grantIxcReader(mariadb.rootUrl, IXC, 'tele_clinica_leitor', password, manifest);
  const DATABASE_URL = mariadb.url(NOSSO, 'tele_clinica', password);
  const pool = openPool(DATABASE_URL, 2);
  await migrate(pool);
  await pool.end();
  const segredo = randomBytes(32);
  const env = {
    DATABASE_URL,
    IXC_DATABASE_URL: mariadb.url(IXC, 'tele_clinica_leitor', password),
    BASE_PATH,
    IXC_ORIGIN,
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_SECRET: segredo.toString('base64'),
    TELECLINICA_HOSTS: hosts,
  };
  return { env, segredo };
}

async function asRoot(mariadb: Mariadb, statements: string[]): Promise<void> {
  const owner = await mysql.createConnection({ uri: mariadb.rootUrl });
  for (const statement of statements) await owner.query(statement);
  await owner.end();
}

// An uncertain answer is read back after 10 s instead of 60 so that a visitor who breaks the partner sees it heal.
const usual = (): Record<string, string | undefined> => ({
  NODE_ENV: 'production',
  LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
  CONFIRMACAO_SEGUNDOS: process.env['CONFIRMACAO_SEGUNDOS'] ?? '10',
  APP_KEY_FILE: undefined,
  LAUNCH_SECRET_FILE: undefined,
  LAUNCH_SECRET: undefined,
  LAUNCH_PUBLIC_KEY: undefined,
  LAUNCH_PUBLIC_KEY_FILE: undefined,
});
