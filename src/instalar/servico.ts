// Starting and stopping the program: units of systemd, or plain processes where systemd is not.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { PARTS } from '../partes.ts';
import { environmentOf } from './ambiente.ts';
import { Recusa } from './fala.ts';
import type { Lugares, Obra } from './obra.ts';

export interface Servico {
  /** Does every process that should run, run? */
  running(): boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Where somebody reads what it said. */
  log: string;
}

/** The instances to run: `todos`, or each part on its own. */
export const instancesOf = ({ respostas }: Pick<Obra, 'respostas'>): string[] =>
  respostas.processos === 'um' ? ['todos'] : [...PARTS];

export const unitOf = (instance: string): string =>
  instance === 'todos' ? 'tele-clinica.service' : `tele-clinica-${instance}.service`;

export const createServico = (obra: Obra): Servico =>
  obra.systemd ? systemdServico(obra) : looseServico(obra);

function systemdServico(obra: Obra): Servico {
  const units = instancesOf(obra).map(unitOf);
  return {
    log: `journalctl -u '${units.join("' -u '")}' -n 50`,
    running: () => spawnSync('systemctl', ['is-active', '--quiet', ...units]).status === 0,
    start: async () => systemctl('restart', ...units),
    stop: async () => systemctl('stop', ...units),
  };
}

/** Runs systemctl. @throws Recusa with its own words. */
export function systemctl(...args: string[]): void {
  const run = spawnSync('systemctl', args, { encoding: 'utf8' });
  if (run.status !== 0)
    throw new Recusa(
      `systemctl ${args.join(' ')}: ${run.error?.message ?? run.stderr.trim()}`,
      'Rode-o à mão e veja o que falta.',
    );
}

const Processos = z.array(z.object({ pid: z.number(), servidor: z.string() }));
type Processo = z.output<typeof Processos>[number];

const STOP_MS = 25_000;

function looseServico(obra: Obra): Servico {
  const { processos, registro } = obra.lugares;
  const read = (): Processo[] =>
    existsSync(processos) ? Processos.parse(JSON.parse(readFileSync(processos, 'utf8'))).filter(isAlive) : [];
  const stop = async () => {
    const alive = read();
    for (const { pid } of alive) process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + STOP_MS;
    while (alive.some(isAlive) && Date.now() < deadline) await setTimeout(50);
    for (const each of alive.filter(isAlive)) process.kill(each.pid, 'SIGKILL');
    rmSync(processos, { force: true });
  };
  return {
    log: `tail -n 50 ${registro}`,
    running: () => read().length === instancesOf(obra).length,
    stop,
    start: async () => {
      await stop();
      const started = instancesOf(obra).map((instance) => spawnServer(obra, instance));
      writeFileSync(processos, JSON.stringify(started), { mode: 0o600 });
    },
  };
}

// A process id is used again some day: it counts only while it is still our server, and not one that already ended.
function isAlive({ pid, servidor }: Processo): boolean {
  try {
    const ended = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return !ended && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(servidor);
  } catch {
    return false;
  }
}

function spawnServer(obra: Obra, instance: string): Processo {
  const output = openSync(obra.lugares.registro, 'a', 0o640);
  const child = spawnProgram(obra, instance === 'todos' ? [] : [`--only=${instance}`], [
    'ignore',
    output,
    output,
  ]);
  child.unref();
  return { pid: child.pid ?? 0, servidor: serverFile(obra) };
}

const serverFile = ({ release }: Pick<Obra, 'release'>): string => path.join(release, 'dist/server.js');

/** The server of `obra.release` as a process without rights; `env` over its usual variables. */
export function spawnProgram(
  obra: Pick<Obra, 'release' | 'lugares'>,
  args: string[],
  stdio: ['ignore', number | 'pipe', number | 'pipe'],
  env: Record<string, string> = {},
): ChildProcess {
  return spawn(path.join(obra.release, 'node/bin/node'), [serverFile(obra), ...args], {
    detached: true,
    cwd: '/',
    stdio,
    // The keys are root's alone: they go along as values, to a process that may not read them as files.
    env: { ...variablesOf(obra.lugares), ...env, PATH: '/usr/bin:/bin', NODE_ENV: 'production' },
    ...nobody(),
  });
}

/** The variables of a process that runs without rights: the installation's, with the keys themselves. */
export function variablesOf(lugares: Lugares): Record<string, string> {
  const { APP_KEY_FILE, LAUNCH_PUBLIC_KEY_FILE, ...others } = environmentOf(lugares);
  const read = (file: string | undefined) => readFileSync(file ?? '', 'utf8').trim();
  return { ...others, APP_KEY: read(APP_KEY_FILE), LAUNCH_PUBLIC_KEY: read(LAUNCH_PUBLIC_KEY_FILE) };
}

function nobody(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
