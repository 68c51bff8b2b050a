// The order in which MariaDB and Chromium are looked for: a folder of stand-in programs plays a machine that has this or that.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const moduleAt = (name: string): string => pathToFileURL(path.join(ROOT, 'src/demo', name)).href;

let pasta: string;
beforeEach(() => {
  pasta = mkdtempSync(path.join(tmpdir(), 'maquina-'));
});
afterEach(() => rmSync(pasta, { recursive: true }));

/** A program of the machine; each run is noted with its arguments. */
function program(name: string, script = ''): void {
  const file = path.join(pasta, name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${pasta}/notas'\n${script}\n`);
  chmodSync(file, 0o755);
}
const runs = (): string[] =>
  existsSync(path.join(pasta, 'notas'))
    ? readFileSync(path.join(pasta, 'notas'), 'utf8').trim().split('\n')
    : [];

/** Runs `code` in a process whose PATH is the machine's; answers what it printed as JSON. */
function onMachine(code: string): { answer: unknown; stderr: string } {
  const script = `
    const { ${code.includes('docker') ? 'dockerServer' : 'ensureMariadb, ensureChromium'} } =
      await import('${moduleAt(code.includes('docker') ? 'mariadbDocker.ts' : 'sistema.ts')}');
    let answer;
    try { answer = await (${code}); } catch (error) { answer = { error: error.message }; }
    console.log(JSON.stringify(answer));
  `;
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, PATH: pasta },
  });
  return { answer: JSON.parse(run.stdout || '{}'), stderr: run.stderr };
}
const mariadb = () => onMachine(`ensureMariadb(['${pasta}'])`);
const chromium = () => onMachine(`ensureChromium(['${pasta}'])`);

const MARIADBD = 'echo "mariadbd  Ver 10.11.6-MariaDB"';
// An apt that brings the programs, the first time only after `update`.
const brings = (script: string): string => `
  case "$*" in
    *update*) /bin/touch '${pasta}/atualizado' ;;
    *) [ -e '${pasta}/atualizado' ] || exit 100; ${script} ;;
  esac`;
const drops = (name: string, line: string): string =>
  `printf '#!/bin/sh\\n${line}\\n' > '${pasta}/${name}'; /bin/chmod 755 '${pasta}/${name}'`;
const asRoot = it.skipIf(process.getuid?.() !== 0);

// Each starts a process that compiles what it loads.
vi.setConfig({ testTimeout: 120_000 });

describe('MariaDB', () => {
  it('on the machine is taken, and nothing else is asked', () => {
    for (const name of ['mariadb-install-db', 'apt-get', 'docker']) program(name);
    program('mariadbd', MARIADBD);
    expect(mariadb().answer).toEqual({
      kind: 'programa',
      mariadbd: path.join(pasta, 'mariadbd'),
      installDb: path.join(pasta, 'mariadb-install-db'),
    });
    expect(runs()).toEqual(['mariadbd --version']);
  });

  asRoot('that is missing comes with apt, which may have to look for news first', () => {
    program('docker');
    program('apt-get', brings(`${drops('mariadbd', 'echo MariaDB')}; ${drops('mariadb-install-db', ':')}`));
    expect(mariadb()).toMatchObject({
      answer: { kind: 'programa' },
      stderr: expect.stringContaining('Instalando MariaDB com apt-get'),
    });
    const asked = runs().filter((run) => run.startsWith('apt-get'));
    expect(asked.map((run) => /install|update/.exec(run)?.[0])).toEqual(['install', 'update', 'install']);
    expect(asked[0]).toContain('mariadb-server-core mariadb-client-core');
    expect(runs().some((run) => run.startsWith('docker'))).toBe(false);
  });

  it('that is MySQL in truth is not taken', () => {
    program('mysqld', 'echo "mysqld  Ver 8.0.36 (MySQL Community Server - GPL)"');
    program('mysql_install_db');
    program('docker');
    expect(mariadb().answer).toEqual({ kind: 'docker' });
  });

  it('that apt does not bring runs in a Docker engine that answers', () => {
    program('apt-get', 'exit 100');
    program('docker');
    expect(mariadb().answer).toEqual({ kind: 'docker' });
    expect(runs().at(-1)).toBe('docker info');
  });

  it('that cannot be had is one sentence that says what to install', () => {
    program('apt-get', 'exit 100');
    program('docker', 'exit 1');
    const { error } = mariadb().answer as { error: string };
    expect(error).toMatch(/^Falta o MariaDB: .*mariadb-server-core.*Docker.*\.$/);
    expect(error).not.toContain('\n');
  });
});

describe('Chromium', () => {
  it('on the machine is taken, whatever it is called', () => {
    program('google-chrome');
    program('apt-get');
    expect(chromium().answer).toBe(path.join(pasta, 'google-chrome'));
    expect(runs()).toEqual([]);
  });

  asRoot('that is missing comes with apt', () => {
    program('apt-get', brings(drops('chromium', ':')));
    expect(chromium().answer).toBe(path.join(pasta, 'chromium'));
  });

  it('that cannot be had is one sentence that says what to install', () => {
    const { error } = chromium().answer as { error: string };
    expect(error).toMatch(/^Falta o Chromium: .*\.$/);
  });
});

describe('a container', () => {
  const start = `(async () => {
    const vigia = { watchContainer: () => undefined };
    const server = dockerServer({ folder: '/tmp', port: 1, rootPassword: 'x', flags: [] }, vigia);
    try { await server.start(); } catch (error) { await server.stop(); await server.remove(); throw error; }
  })()`;

  it('that was made and did not start is removed, and the reason is told', () => {
    program(
      'docker',
      'case "$1" in run) echo "port is already allocated" >&2; exit 125 ;; stop) exit 1 ;; esac',
    );
    const { answer } = onMachine(start);
    expect(answer).toEqual({ error: expect.stringContaining('port is already allocated') });
    const name = /--name (\S+)/.exec(runs().join('\n'))?.[1];
    expect(runs().at(-1)).toBe(`docker rm --force --volumes ${name}`);
  });
});
