// PHP-FPM and nginx (or Apache) as private processes in a folder of their own, never as services of the machine.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Vigia } from '../vigia.ts';

export interface Processo {
  stop(): Promise<void>;
}

const PATIENCE_MS = 15_000;
const WEB_USER = 'www-data';
/** The group as which PHP runs, when root may choose. */
export const WEB_GROUP = 'www-data';

const isRoot = (): boolean => process.getuid?.() === 0;

/** Gives a file to the user as whom the web server and PHP run: the one of this process, unless it is root. */
export function own(file: string): void {
  if (isRoot()) chownSync(file, idOf('-u'), idOf('-g'));
}

/** A line of configuration that only root may use. */
export const onlyRoot = (line: string): string => (isRoot() ? line.replaceAll('{{USER}}', WEB_USER) : '');

const idOf = (flag: '-u' | '-g') => Number(spawnSync('id', [flag, WEB_USER], { encoding: 'utf8' }).stdout);

/** Starts PHP-FPM on `<folder>/php.sock`; `env` is what its pages see. */
export async function startPhpFpm(
  program: string,
  folder: string,
  env: Record<string, string>,
  vigia: Vigia,
): Promise<Processo> {
  const config = path.join(folder, 'php-fpm.conf');
  const variables = Object.entries(env).map(([name, value]) => `env[${name}] = "${value}"`);
  const account = onlyRoot('user = {{USER}}\ngroup = {{USER}}\nlisten.owner = {{USER}}\n');
  writeFileSync(
    config,
    `[global]
error_log = ${folder}/php.log
daemonize = no
[ixc]
${account}listen = ${folder}/php.sock
pm = static
pm.max_children = 3
${variables.join('\n')}
php_admin_value[session.save_path] = ${folder}/sessoes
php_admin_value[error_log] = ${folder}/paginas.log
php_admin_flag[opcache.enable] = off
php_admin_flag[log_errors] = on
php_admin_flag[display_errors] = off
`,
    { mode: 0o600 },
  );
  return run(program, ['-F', '-y', config], vigia);
}

/** Starts a program in the foreground, in a group of its own that dies with this process. */
export function run(program: string, args: string[], vigia: Vigia): Processo {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 2, 2] });
  // The group: these servers answer through children.
  const group = -(child.pid ?? 0);
  if (group !== 0) vigia.watchProcess(group);
  child.on('error', () => undefined);
  return {
    stop: async () => {
      await end(child);
      vigia.forgetProcess(group);
    },
  };
}

/** Waits until something answers at `url`. @throws after a quarter of a minute. */
export async function waitForAnswer(url: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(url, { redirect: 'manual' }).catch(() => undefined);
    if (answer && answer.status < 500) return;
    await pause(50);
  }
  throw new Error(`O servidor web da demonstração não subiu (${url}): veja a mensagem acima.`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}
