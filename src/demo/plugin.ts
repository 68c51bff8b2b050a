// Runs the plugin as its own process, as an installation would, and waits until it says that it is ready.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Vigia } from './vigia.ts';

export interface Plugin {
  port: number;
  pid: number;
  /** SIGTERM, and SIGKILL when that is not enough in ten seconds. */
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

/** Starts the compiled server with `env` on `port`. Throws when it ends or is not ready in a minute. */
export async function startPlugin(
  port: number,
  env: Record<string, string | undefined>,
  vigia: Vigia,
): Promise<Plugin> {
  const child = spawn(process.execPath, ['dist-demo/server.js'], {
    cwd: ROOT,
    env: { ...process.env, ...env, HOST: '127.0.0.1', PORT: String(port) },
    // Its own group: Ctrl-C reaches the demo alone, which then stops its parts in order.
    detached: true,
    stdio: ['ignore', 2, 2],
  });
  const pid = child.pid ?? 0;
  if (pid > 0) vigia.watchProcess(pid);
  const stop = async () => {
    await end(child);
    vigia.forgetProcess(pid);
  };
  try {
    await waitUntilReady(child, `http://127.0.0.1:${port}${env['BASE_PATH'] ?? ''}/readyz`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, pid, stop };
}

async function waitUntilReady(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (hasEnded(child)) throw new Error('O plugin terminou antes de ficar pronto: veja a mensagem acima.');
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  throw new Error(`O plugin não ficou pronto em um minuto (${url}).`);
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;
