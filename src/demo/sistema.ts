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

/** Finds or installs nginx, PHP-FPM and PHP's MariaDB driver; answers both programs. Throws one sentence when no way works. */
export function ensureNginxPhp(): { nginx: string; phpFpm: string } {
  const pastas = pastasDoSistema();
  const find = () => ({ nginx: findProgram(pastas, ['nginx']), phpFpm: findProgram(pastas, PHP_FPM) });
  const packages = ['nginx', 'php-fpm', 'php-mysql'];
  let { nginx, phpFpm } = find();
  if (!nginx || !phpFpm || !hasModule(phpFpm, 'pdo_mysql')) {
    installWithApt(pastas, 'nginx e PHP', packages);
    ({ nginx, phpFpm } = find());
  }
  if (nginx && phpFpm && hasModule(phpFpm, 'pdo_mysql')) return { nginx, phpFpm };
  throw new Error(
    `Falta o nginx ou o PHP: instale os pacotes ${packages.join(', ')} (Debian/Ubuntu) e rode de novo.`,
  );
}

/** Finds or installs Apache; answers the path of the program, or undefined when it cannot be had here. */
export function ensureApache(): string | undefined {
  const pastas = pastasDoSistema();
  const find = () => findProgram(pastas, ['apache2', 'httpd']);
  return find() ?? (installWithApt(pastas, 'Apache', ['apache2']) ? find() : undefined);
}

const hasModule = (php: string, name: string): boolean =>
  spawnSync(php, ['-m'], { encoding: 'utf8' }).stdout?.split('\n').includes(name) ?? false;

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
  return withoutServices(() => apt(program, install) || (apt(program, ['update']) && apt(program, install)));
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

function apt(program: string, args: string[]): boolean {
  const run = spawnSync(program, ['-q', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 2, 2],
  });
  return run.status === 0;
}
