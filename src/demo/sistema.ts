// What npm cannot bring, MariaDB, nginx, PHP, Chromium and its letters: found on the machine, or installed by the first way that works.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Where a MariaDB server can come from: a program on this machine, or an image of a running Docker engine. */
export type MariadbSource = { kind: 'programa'; mariadbd: string; installDb: string } | { kind: 'docker' };

const SERVERS = ['mariadbd', 'mysqld'];
const INSTALLERS = ['mariadb-install-db', 'mysql_install_db'];
const LETRAS = ['liberation', 'liberation2'].map(
  (folder) => `/usr/share/fonts/truetype/${folder}/LiberationSans-Regular.ttf`,
);
// Debian names it by version; IXC's own may be older.
const PHP_FPM = ['8.4', '8.3', '8.2', '8.1', '8.0', '7.4', ''].map((version) => `php-fpm${version}`);
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

/** Finds or installs nginx, PHP-FPM and PHP's MariaDB driver; answers both programs. Throws one sentence when no way works. */
export function ensureNginxPhp(): { nginx: string; phpFpm: string } {
  const find = () => ({ nginx: findProgram(['nginx']), phpFpm: findProgram(PHP_FPM) });
  const packages = ['nginx', 'php-fpm', 'php-mysql'];
  let { nginx, phpFpm } = find();
  if (!nginx || !phpFpm || !hasModule(phpFpm, 'pdo_mysql')) {
    installWithApt('nginx e PHP', packages);
    ({ nginx, phpFpm } = find());
  }
  if (nginx && phpFpm && hasModule(phpFpm, 'pdo_mysql')) return { nginx, phpFpm };
  throw new Error(
    `Falta o nginx ou o PHP: instale os pacotes ${packages.join(', ')} (Debian/Ubuntu) e rode de novo.`,
  );
}

/** Finds or installs Apache; answers the path of the program, or undefined when it cannot be had here. */
export function ensureApache(): string | undefined {
  const find = () => findProgram(['apache2', 'httpd']);
  return find() ?? (installWithApt('Apache', ['apache2']) ? find() : undefined);
}

const hasModule = (php: string, name: string): boolean =>
  spawnSync(php, ['-m'], { encoding: 'utf8' }).stdout?.split('\n').includes(name) ?? false;

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
  return withoutServices(() => aptInstall(packages) || (apt(['update']) && aptInstall(packages)));
}

// A server package starts its service, which would take port 80 of this machine; Debian asks this file before it does.
function withoutServices<T>(work: () => T): T {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
}

const aptInstall = (packages: string[]) => apt(['install', '-y', '--no-install-recommends', ...packages]);

function apt(args: string[]): boolean {
  const run = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  });
  return run.status === 0;
}
