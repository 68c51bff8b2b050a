// The plugin as a process of its own, to be killed, frozen and stopped as an operating system would.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { skipNight } from './noite.ts';

export interface Processo {
  pid: number;
  /** SIGKILL: nothing is tidied up. */
  kill(): Promise<void>;
  /** SIGSTOP and SIGCONT: what a paused virtual machine looks like. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** What it logged as a failure that it does not understand, so far. */
  erros(): string[];
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Dozens of starts in the long run meet a busy machine now and then.
const READY_TIMEOUT_MS = process.env['LONGO'] === '1' ? 180_000 : 40_000;
const ERROR = 50;

/** Starts the compiled server on `env` (see `Mundo.env`) and waits until it says that it is up. */
export async function startPlugin(
  env: Record<string, string>,
  args: string[] = ['--only=worker'],
): Promise<Processo> {
  if (!args.includes('--only=worker')) await skipNight(env['DATABASE_URL'] ?? '');
  const child = spawn(process.execPath, ['dist-demo/server.js', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const onExit = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', onExit);
  const gone = once(child, 'exit').finally(() => process.off('exit', onExit));
  const lines = await readUntilUp(child);
  const signal = async (name: NodeJS.Signals): Promise<number | null> => {
    child.kill(name);
    await gone;
    return child.exitCode;
  };
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      await signal('SIGKILL');
    },
    freeze: () => {
      child.kill('SIGSTOP');
    },
    thaw: () => {
      child.kill('SIGCONT');
    },
    stop: () => signal('SIGTERM'),
    erros: () => lines.filter((line) => (Number(/"level":(\d+)/.exec(line)?.[1]) || 0) >= ERROR),
  };
}

async function readUntilUp(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`the plugin ${why}:\n${lines.join('\n')}`));
    const timer = setTimeout(() => fail('was not up in time'), READY_TIMEOUT_MS);
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (!line.includes('"no ar"')) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
  return lines;
}
