// The worker of one process: keeps as many calls in flight as the profile allows, most urgent people first.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Conexao } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import { cleanUp, maintain } from '../manutencao.ts';
import { learnPadroes } from '../padroes.ts';
import { serveRegistros } from '../registros/registros.ts';
import { type Ritmo, repeat, report } from '../ritmo.ts';
import { serve } from './atender.ts';
import { fill, type Lane } from './faixas.ts';
import { type Atendido, giveBack } from './fila.ts';
import { createRodadas, type Rodadas } from './rodadas.ts';
import { createSinais, type Sinais } from './sinais.ts';

export interface Worker {
  /** Looks for work now instead of at the next look. */
  wake(): void;
  /** Takes nothing new, lets calls in flight end, and returns. */
  stop(): Promise<void>;
}

const IDLE_MS = 250;
const CLEAN_UP_MS = 10 * 60_000;
const PADROES_MS = 60 * 60_000;

/** Starts the loop; it runs until `stop`. Failures are logged and tried again: it never throws. */
export function startWorker(sync: Sync): Worker {
  const dono = `${hostname().replace(/[^\w.-]/g, '')}:${process.pid}:${randomBytes(3).toString('hex')}`.slice(
    -70,
  );
  const sinais = createSinais(sync);
  const rodadas = createRodadas(sync, dono);
  const lanes = new Map<number, Lane>();
  const flights = new Set<Promise<void>>();
  let stopped = false;
  let wakeUp: () => void = () => {};
  let awake = false;

  const wake = (): void => {
    awake = true;
    for (const lane of lanes.values()) lane.buffer = [];
    wakeUp();
  };

  const rest = async (ms: number): Promise<void> => {
    if (awake || stopped) {
      awake = false;
      return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    awake = false;
  };

  const fly = (lane: Lane, id: number, conexao: Conexao): void => {
    lane.flying.add(id);
    const flight = serveOne({ sync, sinais, rodadas, dono, lane, conexao }, id).finally(() => {
      lane.flying.delete(id);
      flights.delete(flight);
      awake = true;
      wakeUp();
    });
    flights.add(flight);
  };

  const loop = async (): Promise<void> => {
    while (!stopped) {
      try {
        const started = await fill(sync, lanes, fly);
        if (!started) await rest(IDLE_MS);
      } catch (error) {
        report(sync, error, 'fila');
        await rest(IDLE_MS * 4);
      }
    }
    await Promise.allSettled([...flights]);
  };

  const running = loop();
  const beside = chores(sync, sinais, dono);
  return {
    wake,
    async stop() {
      stopped = true;
      wakeUp();
      await Promise.all([running, ...beside.map((chore) => chore.stop())]);
    },
  };
}

interface Flight {
  sync: Sync;
  sinais: Sinais;
  rodadas: Rodadas;
  dono: string;
  lane: Lane;
  conexao: Conexao;
}

async function serveOne({ sync, sinais, rodadas, dono, lane, conexao }: Flight, id: number): Promise<void> {
  let atendido: Atendido | undefined;
  try {
    const inicioMs = performance.now();
    atendido = await rodadas.claim(id);
    if (atendido === undefined) return;
    const resultado = await serve({ sync, sinais, rodadas, dono, atendido, inicioMs, conexao });
    if (resultado === 'parou') lane.buffer = [];
    if (resultado !== 'seguiu') lane.proven = resultado === 'respondeu';
  } catch (error) {
    report(sync, error, 'atendimento', id);
    // When even this fails, the lease runs out by itself; whoever takes the row next reads before writing.
    if (atendido) await giveBack(sync.db, atendido).catch(() => undefined);
  }
}

// Registrations and what time brings about run beside the queue, each in its own rhythm.
function chores(sync: Sync, sinais: Sinais, dono: string): Ritmo[] {
  return [
    repeat(sync, 'registros', IDLE_MS, () => serveRegistros(sync, sinais, dono)),
    repeat(sync, 'manutencao', sync.config.varreduraMs, () => maintain(sync)),
    repeat(sync, 'padroes', PADROES_MS, () => learnPadroes(sync)),
    repeat(sync, 'limpeza', CLEAN_UP_MS, () => cleanUp(sync)),
  ];
}
