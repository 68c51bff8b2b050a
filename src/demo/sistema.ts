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

/** Finds or installs MariaDB. Throws one sentence saying what to install when no way works. */
export function ensureMariadb(): MariadbSource {
  const present = findMariadb();
  if (present) return present;
  if (installWithApt('MariaDB', ['mariadb-server-core', 'mariadb-client-core'])) {
    const installed = findMariadb();
    if (installed) return installed;
  }
  if (spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0)
    return { kind: 'docker' };
  throw new Error(
    'Falta o MariaDB: instale os pacotes mariadb-server-core e mariadb-client-core (Debian/Ubuntu), ' +
      'ou o MariaDB da sua distribuição, ou ligue o Docker, e rode de novo.',
  );
}

/** Finds or installs Chromium; answers the path of the program. Throws one sentence when no way works. */
export function ensureChromium(): string {
  const present = findProgram(BROWSERS);
  if (present) return present;
  if (installWithApt('Chromium', ['chromium'])) {
    const installed = findProgram(BROWSERS);
    if (installed) return installed;
  }
  throw new Error(
    'Falta o Chromium: instale o pacote chromium (Debian/Ubuntu) ou o Google Chrome e rode de novo.',
  );
}

/** Finds or installs the letters in which screens are photographed; false when they cannot be had here. */
export function ensureLetras(): boolean {
  const isThere = () => LETRAS.some((file) => existsSync(file));
  return isThere() || (installWithApt('as letras Liberation', ['fonts-liberation']) && isThere());
}

function findMariadb(): MariadbSource | undefined {
  const mariadbd = findProgram(SERVERS);
  const installDb = findProgram(INSTALLERS);
  if (!mariadbd || !installDb || !isMariadb(mariadbd)) return undefined;
  return { kind: 'programa', mariadbd, installDb };
}

// Oracle's MySQL also installs a program called mysqld; it lacks statements that the plugin uses.
function isMariadb(program: string): boolean {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.includes('MariaDB') ?? false;
}

function findProgram(names: string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  const candidates = names.flatMap((name) =>
    folders.filter(Boolean).map((folder) => path.join(folder, name)),
  );
  return candidates.find(isExecutable);
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
function installWithApt(what: string, packages: string[]): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  process.stderr.write(`Instalando ${what} com apt-get…\n`);
  return aptInstall(packages) || (apt(['update']) && aptInstall(packages));
}

const aptInstall = (packages: string[]) => apt(['install', '-y', '--no-install-recommends', ...packages]);

function apt(args: string[]): boolean {
  const run = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  });
  return run.status === 0;
}
