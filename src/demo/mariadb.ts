// A private MariaDB server in a temporary folder on a free port: ready in about a second, always removed.
import { randomBytes } from 'node:crypto';
import { accessSync, constants, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dockerServer } from './mariadbDocker.ts';
import { localServer } from './mariadbLocal.ts';
import { ensureMariadb } from './sistema.ts';
import { startVigia } from './vigia.ts';

export interface MariadbOptions {
  /** A commit survives a kill of the server (for fault tests); the folder is then on disk. Default: false. */
  durable?: boolean;
  /** InnoDB's memory in MiB. Default: 64. */
  bufferPoolMb?: number;
  /** Room that the data will need, in MiB: decides between memory and disk. Default: 512. */
  roomMb?: number;
}

export interface Mariadb {
  port: number;
  /** Of the server process; changes with `restart`. */
  readonly pid: number;
  /** mysql:// URL of an account that may do everything, without a database. */
  rootUrl: string;
  /** mysql:// URL for a database and an account of the caller's. */
  url(database: string, user: string, password: string): string;
  /** Stops the server and removes its folder. */
  stop(): Promise<void>;
  /** SIGKILL: what a power cut looks like to clients. The folder stays. */
  kill(): Promise<void>;
  /** Starts again on the same folder and port, stopping first when needed. */
  restart(): Promise<void>;
}

/** What differs between a server program on this machine and a container. */
export interface Server {
  pid(): number;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** After a stop, whatever is not in the folder. */
  remove(): Promise<void>;
}

export interface ServerSettings {
  folder: string;
  port: number;
  rootPassword: string;
  flags: string[];
}

/**
 * Starts a private server; MariaDB is installed when missing. Throws one sentence when there is none to be had or
 * when it does not come up. Its folder and process go away with `stop`, and also when this process dies.
 */
export async function startMariadb(options: MariadbOptions = {}): Promise<Mariadb> {
  const source = ensureMariadb();
  const vigia = startVigia();
  const folder = mkdtempSync(path.join(chooseParent(options), 'tele-clinica-mariadb-'));
  vigia.watchFolder(folder);
  const settings = {
    folder,
    port: await findFreePort(),
    rootPassword: randomBytes(12).toString('hex'),
    flags: serverFlags(options),
  };
  const server =
    source.kind === 'docker' ? dockerServer(settings, vigia) : localServer(source, settings, vigia);
  const remove = async () => {
    await server.stop();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
    vigia.release();
  };
  try {
    await server.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return describe(server, settings, remove);
}

function describe(
  server: Server,
  { port, rootPassword }: ServerSettings,
  remove: () => Promise<void>,
): Mariadb {
  return {
    port,
    get pid() {
      return server.pid();
    },
    rootUrl: `mysql://root:${rootPassword}@127.0.0.1:${port}`,
    url: (database, user, password) =>
      `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    stop: remove,
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      await server.start();
    },
  };
}

// Memory is several times faster for throw-away data, but containers often give /dev/shm only 64 MiB.
function chooseParent({ durable = false, roomMb = 512 }: MariadbOptions): string {
  const memory = '/dev/shm';
  try {
    accessSync(memory, constants.W_OK);
    const { bavail, bsize } = statfsSync(memory);
    if (!durable && bavail * bsize > 2 * roomMb * 1024 * 1024) return memory;
  } catch {
    // No such place here (macOS).
  }
  return tmpdir();
}

function serverFlags({ durable = false, bufferPoolMb = 64 }: MariadbOptions): string[] {
  const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-fast-shutdown=2'];
  return [
    `--innodb-buffer-pool-size=${bufferPoolMb}M`,
    `--innodb-log-file-size=${bufferPoolMb > 64 ? 256 : 32}M`,
    ...(durable ? ['--innodb-flush-log-at-trx-commit=1'] : fast),
    '--skip-log-bin',
    '--performance-schema=0',
    '--skip-name-resolve',
    '--character-set-server=utf8mb4',
    '--max-connections=400',
    '--max-allowed-packet=64M',
  ];
}

/** A TCP port on 127.0.0.1 that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
}

// Below the range from which the system gives out ports by itself: whoever takes theirs later than they asked for it
// would else find it taken.
const FIRST_PORT = 20_000;
const PORTS = 12_000;

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
