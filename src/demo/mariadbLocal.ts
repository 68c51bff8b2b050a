// Runs the MariaDB server program of this machine on a private folder.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Server, ServerSettings } from './mariadb.ts';
import type { MariadbSource } from './sistema.ts';
import type { Vigia } from './vigia.ts';

type Programs = Extract<MariadbSource, { kind: 'programa' }>;

const START_TIMEOUT_MS = 60_000;

/** A server made by `mariadb-install-db` in `settings.folder`; root has a password and listens on 127.0.0.1 only. */
export function localServer(programs: Programs, settings: ServerSettings, vigia: Vigia): Server {
  let child: ChildProcess | undefined;
  const finish = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running?.pid) return;
    if (running.exitCode === null && running.signalCode === null) {
      const exited = once(running, 'exit');
      running.kill(signal);
      await exited;
    }
    vigia.forgetProcess(running.pid);
  };
  return {
    pid: () => child?.pid ?? 0,
    start: async () => {
      installOnce(programs, settings);
      child = spawn(programs.mariadbd, serverArguments(settings), {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (child.pid) vigia.watchProcess(child.pid);
      await waitUntilReady(child);
    },
    stop: () => finish('SIGTERM'),
    kill: () => finish('SIGKILL'),
    remove: async () => undefined,
  };
}

function installOnce({ installDb }: Programs, { folder, rootPassword }: ServerSettings): void {
  const data = path.join(folder, 'dados');
  try {
    mkdirSync(data);
  } catch {
    return;
  }
  // Run at every start, before the first client: root without a password would let any local user write files as us.
  const accounts = ['localhost', '127.0.0.1', '::1'];
  const statements = accounts.map(
    (host) => `ALTER USER IF EXISTS root@'${host}' IDENTIFIED BY '${rootPassword}';`,
  );
  writeFileSync(path.join(folder, 'inicio.sql'), `${statements.join('\n')}\n`, { mode: 0o600 });
  const args = ['--no-defaults', ...asRoot(), `--datadir=${data}`, `--tmpdir=${folder}`];
  const fast = ['--skip-test-db', '--auth-root-authentication-method=normal', '--innodb-log-file-size=8M'];
  const made = spawnSync(installDb, [...args, ...fast], { encoding: 'utf8' });
  if (made.status !== 0) {
    throw new Error(`O MariaDB não conseguiu criar seus arquivos em ${data}: ${made.stdout}${made.stderr}`);
  }
}

function serverArguments({ folder, port, flags }: ServerSettings): string[] {
  return [
    '--no-defaults',
    ...asRoot(),
    `--datadir=${path.join(folder, 'dados')}`,
    `--tmpdir=${folder}`,
    `--socket=${path.join(folder, 's')}`,
    `--pid-file=${path.join(folder, 'pid')}`,
    `--init-file=${path.join(folder, 'inicio.sql')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    ...flags,
  ];
}

// The server refuses to run as root unless it is told to.
const asRoot = () => (process.getuid?.() === 0 ? ['--user=root'] : []);

function waitUntilReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`O MariaDB privado não subiu (${why}). Últimas linhas dele:\n${said.slice(-2000)}`));
    };
    const timer = setTimeout(() => fail('demorou demais'), START_TIMEOUT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`saiu com ${code ?? signal}`));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
      if (!said.includes('ready for connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}
