// The notifications' part of a process: looks for causes in its rhythm and empties the outbox of each channel.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Sync } from '../contexto.ts';
import { type Ritmo, repeat, report } from '../ritmo.ts';
import { deliverDue } from './envios.ts';
import { leaveRound, roundDemoradas, roundSubitas } from './ronda.ts';

// What only time makes is dearer to ask for and changes slowly.
const SLOWER = 5;

/** Starts all of it. A channel that fails, hangs or is wrongly set up stops neither the others nor the worker. */
export function startAvisos(sync: Sync): Ritmo {
  const { avisosMs } = sync.config;
  const dono = `${hostname().replace(/[^\w.-]/g, '')}:${process.pid}:${randomBytes(3).toString('hex')}`.slice(
    -80,
  );
  const parts = [
    repeat(sync, 'avisos', avisosMs, () => roundSubitas(sync, dono)),
    repeat(sync, 'avisos demorados', avisosMs * SLOWER, () => roundDemoradas(sync, dono)),
    repeat(sync, 'avisos por webhook', avisosMs, () => deliverDue(sync, 'webhook')),
    repeat(sync, 'avisos por e-mail', avisosMs, () => deliverDue(sync, 'email')),
  ];
  return {
    async stop() {
      await Promise.all(parts.map((part) => part.stop()));
      await leaveRound(sync.db, dono).catch((error: unknown) => report(sync, error, 'avisos'));
    },
  };
}
