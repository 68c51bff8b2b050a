// What npm cannot bring, MariaDB, Chromium and its letters: found on the machine, or installed by the first way that works.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';

/** Where a MariaDB server can come from: a program on this machine, or an image of a running Docker engine. */
export type MariadbSource = { kind: 'programa'; mariadbd: string; installDb: string } | { kind: 'docker' };

const SERVERS = ['mariadbd', 'mysqld'];
const INSTALLERS = ['mariadb-install-db', 'mysql_install_db'];
const LETRAS = ['liberation', 'liberation2'].map(
  (folder) => `/usr/share/fonts/truetype/${folder}/LiberationSans-Regular.ttf`,
);
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** Where programs are looked for: PATH, and where a root shell's PATH may not lead. */
const pastasDoSistema = (): string[] =>
  [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin'].filter(Boolean);

/**
 * Finds or installs MariaDB, looking for programs in `pastas`. Throws one sentence saying what to install when no way
 * works.
 */
export function ensureMariadb(pastas = pastasDoSistema()): MariadbSource {
  const present = findMariadb(pastas);
  if (present) return present;
  if (installWithApt(pastas, 'MariaDB', ['mariadb-server-core', 'mariadb-client-core'])) {
    const installed = findMariadb(pastas);
    if (installed) return installed;
  }
  const docker = findProgram(pastas, ['docker']);
  if (docker && spawnSync(docker, ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0)
    return { kind: 'docker' };
  throw new Error(
    'Falta o MariaDB: instale os pacotes mariadb-server-core e mariadb-client-core (Debian/Ubuntu), ' +
      'ou o MariaDB da sua distribuição, ou ligue o Docker, e rode de novo.',
  );
}

/**
 * Finds or installs Chromium, looking for programs in `pastas`; answers the path of the program. Throws one sentence
 * when no way works.
 */
export function ensureChromium(pastas = pastasDoSistema()): string {
  const present = findProgram(pastas, BROWSERS);
  if (present) return present;
  if (installWithApt(pastas, 'Chromium', ['chromium'])) {
    const installed = findProgram(pastas, BROWSERS);
    if (installed) return installed;
  }
  throw new Error(
    'Falta o Chromium: instale o pacote chromium (Debian/Ubuntu) ou o Google Chrome e rode de novo.',
  );
}

/** Finds or installs the letters in which screens are photographed; false when they cannot be had here. */
export function ensureLetras(): boolean {
  const isThere = () => LETRAS.some((file) => existsSync(file));
  return (
    isThere() ||
    (installWithApt(pastasDoSistema(), 'as letras Liberation', ['fonts-liberation']) && isThere())
  );
}

function findMariadb(pastas: readonly string[]): MariadbSource | undefined {
  const mariadbd = findProgram(pastas, SERVERS);
  const installDb = findProgram(pastas, INSTALLERS);
  if (!mariadbd || !installDb || !isMariadb(mariadbd)) return undefined;
  return { kind: 'programa', mariadbd, installDb };
}

// Oracle's MySQL also installs a program called mysqld; it lacks statements that the plugin uses.
function isMariadb(program: string): boolean {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.includes('MariaDB') ?? false;
}

function findProgram(pastas: readonly string[], names: readonly string[]): string | undefined {
  return names.flatMap((name) => pastas.map((pasta) => path.join(pasta, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

// Only as root on a system with apt: nobody is asked for a password in the middle of a run.
function installWithApt(pastas: readonly string[], what: string, packages: string[]): boolean {
  const program = findProgram(pastas, ['apt-get']);
  if (process.getuid?.() !== 0 || program === undefined) return false;
  process.stderr.write(`Instalando ${what} com apt-get…\n`);
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  return apt(program, install) || (apt(program, ['update']) && apt(program, install));
}

function apt(program: string, args: string[]): boolean {
  const run = spawnSync(program, ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  });
  return run.status === 0;
}
