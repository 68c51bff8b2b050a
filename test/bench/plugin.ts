// The plugin as production runs it: compiled into a folder of its own, one Node process, asked over real HTTP.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../src/demo/mariadb.ts';
import { startVigia, type Vigia } from '../../src/demo/vigia.ts';

export interface Programa {
  /** Starts one process with this environment and waits until it is ready. Throws when it ends before. */
  start(env: Record<string, string>): Promise<Plugin>;
  remove(): void;
}

export interface Plugin {
  port: number;
  /** From the start of the process until `/readyz` answered 200. */
  prontoMs: number;
  /** Resident memory now. */
  memoriaMb(): number;
  stop(): Promise<void>;
}

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BESIDE_DIST = [
  'manifest.json',
  'package.json',
  'plugin',
  'views',
  'public',
  'migrations',
  'node_modules',
];
const READY_TIMEOUT_MS = 60_000;
const READY_LOOK_MS = 10;

/** Compiles src into a temporary folder. Throws when nothing came out. */
export function buildPrograma(): Programa {
  const vigia = startVigia();
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-bench-'));
  vigia.watchFolder(folder);
  const dist = path.join(folder, 'dist');
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', dist];
  spawnSync(tsc, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (!existsSync(path.join(dist, 'server.js'))) throw new Error('tsc não gerou dist/server.js');
  for (const name of BESIDE_DIST) symlinkSync(path.join(ROOT, name), path.join(folder, name));
  return {
    start: (env) => startPlugin(folder, env, vigia),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
      vigia.release();
    },
  };
}

async function startPlugin(folder: string, env: Record<string, string>, vigia: Vigia): Promise<Plugin> {
  const port = await findFreePort();
  const start = performance.now();
  const child = spawn(process.execPath, ['dist/server.js'], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'production',
      LOG_LEVEL: 'warn',
      ...env,
      PORT: String(port),
    },
    stdio: ['ignore', 'ignore', 2],
  });
  const pid = child.pid ?? 0;
  if (pid > 0) vigia.watchProcess(pid);
  const stop = async () => {
    await endProcess(child);
    vigia.forgetProcess(pid);
  };
  try {
    await waitUntilReady(child, `http://127.0.0.1:${port}${env['BASE_PATH'] ?? ''}/readyz`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, prontoMs: performance.now() - start, memoriaMb: () => residentMb(pid), stop };
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error('o plugin terminou antes de ficar pronto');
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await pause(READY_LOOK_MS);
  }
  throw new Error('o plugin não ficou pronto em um minuto');
}

/** SIGTERM, and waits until it is gone. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

// Linux tells it in a file; elsewhere `ps` does.
function residentMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  const kib = existsSync(file)
    ? /VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1]
    : spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return Number(kib) / 1024;
}
