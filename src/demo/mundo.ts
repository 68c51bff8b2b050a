// The demo world: private MariaDB, IXC's database, our schema, the simulator and the plugin, started and stopped together.
import { randomBytes } from 'node:crypto';
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
  /** HS256 key that signs launches. */
  segredo: Buffer;
  stop(): Promise<void>;
}

export interface MundoOptions {
  contratos: number;
  /** Origins of the stand-in's pages. */
  origins: string[];
  /** Told what is being done, in Portuguese. */
  tell: (what: string) => void;
}

interface Dsns {
  ixcDsn: string;
  leituraDsn: string;
  bancoDsn: string;
}

const BASE_PATH = '/addons/tele-clinica';
const MANIFEST = new URL('../../manifest.json', import.meta.url);
const IXC = 'ixcprovedor';
const NOSSO = 'tele_clinica';

/** Starts every part. When one fails the others are stopped before the error goes on. */
export async function startMundo({ contratos, origins, tell }: MundoOptions): Promise<Mundo> {
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
    const [dsns, simulador] = await Promise.all([createDatabases(mariadb, contratos), simulating]);
    const segredo = randomBytes(32);
    const vigia = startVigia();
    stops.push(async () => vigia.release());
    tell('Iniciando o plugin…');
    const env = pluginEnv({ dsns, simulador, origins, segredo });
    const plugin = await startPlugin(await findFreePort(), env, vigia);
    stops.push(plugin.stop);
    const { ixcDsn, bancoDsn } = dsns;
    return { pluginPort: plugin.port, basePath: BASE_PATH, simulador, ixcDsn, bancoDsn, segredo, stop };
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

async function createDatabases(mariadb: Mariadb, contratos: number): Promise<Dsns> {
  const password = randomBytes(12).toString('hex');
  await createIxcDatabase(mariadb.rootUrl, IXC, { contratos });
  const owner = await mysql.createConnection({ uri: mariadb.rootUrl });
  await owner.query(`CREATE DATABASE ${NOSSO} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  for (const [user, database] of [
    ['ixc', IXC],
    ['tele_clinica', NOSSO],
  ]) {
    await owner.query(`CREATE USER ${user} IDENTIFIED BY '${password}'`);
    await owner.query(`GRANT ALL ON ${database}.* TO ${user}`);
  }
  await owner.end();
  const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
  await grantIxcReader(mariadb.rootUrl, IXC, 'tele_clinica_leitor', password, manifest);
  const bancoDsn = mariadb.url(NOSSO, 'tele_clinica', password);
  const pool = openPool(bancoDsn, 2);
  await migrate(pool);
  await pool.end();
  return {
    ixcDsn: mariadb.url(IXC, 'ixc', password),
    leituraDsn: mariadb.url(IXC, 'tele_clinica_leitor', password),
    bancoDsn,
  };
}

interface EnvParts {
  dsns: Dsns;
  simulador: Simulador;
  origins: string[];
  segredo: Buffer;
}

// An uncertain answer is read back after 10 s instead of 60 so that a visitor who breaks the partner sees it heal.
function pluginEnv({ dsns, simulador, origins, segredo }: EnvParts): Record<string, string | undefined> {
  return {
    NODE_ENV: 'production',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    CONFIRMACAO_SEGUNDOS: process.env['CONFIRMACAO_SEGUNDOS'] ?? '10',
    DATABASE_URL: dsns.bancoDsn,
    IXC_DATABASE_URL: dsns.leituraDsn,
    BASE_PATH,
    IXC_ORIGIN: origins.join(','),
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_SECRET: segredo.toString('base64'),
    TELECLINICA_HOSTS: `127.0.0.1:${simulador.port},localhost:${simulador.port}`,
    APP_KEY_FILE: undefined,
    LAUNCH_SECRET_FILE: undefined,
    LAUNCH_PUBLIC_KEY: undefined,
    LAUNCH_PUBLIC_KEY_FILE: undefined,
  };
}
