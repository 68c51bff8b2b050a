// Doing something again and again until told to stop, whatever happens in between.
import { isDatabaseDown } from '../db.ts';
import type { Sync } from './contexto.ts';

export interface Ritmo {
  /** Lets the round in progress end, and returns. */
  stop(): Promise<void>;
}

const LOOK_MS = 100;

/** Runs `work` every `everyMs` (counted from start to start, never two at once). Failures are logged and tried again. */
export function repeat(sync: Sync, onde: string, everyMs: number, work: () => Promise<void>): Ritmo {
  let stopped = false;
  const rounds = async (): Promise<void> => {
    let nextAt = performance.now();
    while (!stopped) {
      // Monotonic: a host clock set back must not stop every chore until it has caught up.
      if (performance.now() >= nextAt) {
        nextAt = performance.now() + everyMs;
        await work().catch((error: unknown) => report(sync, error, onde));
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_MS, everyMs)));
    }
  };
  const running = rounds();
  return {
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Logs a failure of a loop that goes on: a database that is away is news, anything else is a bug. */
export function report(sync: Sync, erro: unknown, onde: string, usuario?: number): void {
  if (isDatabaseDown(erro)) sync.log.warn({ erro, onde }, 'banco indisponível');
  else sync.log.error({ erro, onde, usuario }, 'falha inesperada; será tentado de novo');
}
