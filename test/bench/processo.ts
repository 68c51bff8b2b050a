// A process that does one measured thing when it is told to, again and again, and nothing else (its own side: medida.ts).
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Medida } from './medida.ts';
import { atMost, type Linha } from './tabela.ts';

const MEMORIA_MB = 150;

export interface Processo {
  child: ChildProcess;
  /** Does it once. @throws when the process ends instead of answering. */
  once(): Promise<Medida>;
}

/** Starts `main` (a file beside this one) on `env` and waits until it is ready. */
export async function startProcesso(
  main: string,
  env: Record<string, string>,
  trabalho: string,
): Promise<Processo> {
  const child = fork(fileURLToPath(new URL(main, import.meta.url)), [trabalho], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 2, 'ipc'],
  });
  await answer(child, trabalho);
  return {
    child,
    async once() {
      child.send('agora');
      return (await answer(child, trabalho)) as Medida;
    },
  };
}

/** The row of the table for the most that it took above itself at rest, in MB. */
export function memoriaDela(memoria: readonly number[]): Linha {
  const valor = Math.max(...memoria);
  const nome = '  memória dela acima do repouso, no pico';
  return { nome, valor, unidade: 'MB', alvo: atMost(valor, MEMORIA_MB, 'MB') };
}

async function answer(child: ChildProcess, trabalho: string): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(() => {
    throw new Error(`o processo “${trabalho}” terminou antes de responder`);
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    return message;
  } finally {
    gone.abort();
  }
}
