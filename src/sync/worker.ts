// The worker of one process: keeps as many calls in flight as the profile allows, most urgent people first.
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { z } from 'zod';
import { rows, run } from '../db.ts';
import { serve } from './atendimento.ts';
import { type Conexao, openConnection } from './conexoes.ts';
import type { Sync } from './contexto.ts';
import { claim, listCandidates } from './fila.ts';
import { cleanUp, maintain } from './manutencao.ts';
import { learnPadroes } from './padroes.ts';
import { isPausedByFile } from './pausas.ts';
import { serveRegistros } from './registros.ts';
import { type Ritmo, repeat, report } from './ritmo.ts';
import { createSinais, type Sinais } from './sinais.ts';

export interface Worker {
  /** Looks for work now instead of at the next look. */
  wake(): void;
  /** Takes nothing new, lets calls in flight end, and returns. */
  stop(): Promise<void>;
}

const IDLE_MS = 250;
const BATCH = 40;
const CLEAN_UP_MS = 10 * 60_000;
const PADROES_MS = 60 * 60_000;

interface Lane {
  integracaoId: number;
  inFlight: number;
  buffer: number[];
  /** The partner has answered this connection properly: until then one call at a time, lest bad credentials lock the account. */
  proven: boolean;
  versao: number;
}

/** Starts the loop; it runs until `stop`. Failures are logged and tried again: it never throws. */
export function startWorker(sync: Sync): Worker {
  const dono = `${hostname().replace(/[^\w.-]/g, '')}:${process.pid}:${randomBytes(3).toString('hex')}`.slice(
    -80,
  );
  const sinais = createSinais(sync);
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
    lane.inFlight += 1;
    const flight = serveOne({ sync, sinais, dono, lane, conexao }, id).finally(() => {
      lane.inFlight -= 1;
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

// Fills every free place. Answers whether anything new took off (otherwise the loop rests until woken).
async function fill(
  sync: Sync,
  lanes: Map<number, Lane>,
  fly: (lane: Lane, id: number, conexao: Conexao) => void,
): Promise<boolean> {
  if (isPausedByFile(sync)) return false;
  let started = false;
  for (const { id, probing } of await listOpen(sync)) {
    const conexao = await openConnection(sync, id);
    const lane = laneOf(lanes, id, conexao);
    const room = probing || !lane.proven ? 1 : conexao.parceiro.limits.concurrency;
    const free = room - lane.inFlight;
    if (free <= 0 || (probing && !(await takeProbe(sync, id)))) continue;
    for (const usuarioId of await nextIds(sync, lane, free)) {
      fly(lane, usuarioId, conexao);
      started = true;
    }
  }
  return started;
}

const OPEN = `SELECT id, fora_desde IS NOT NULL AS probing FROM integracoes
  WHERE registro <> 'pendente' AND credencial_parada_em IS NULL
    AND (fora_ate IS NULL OR fora_ate <= UTC_TIMESTAMP(6)) AND (limite_ate IS NULL OR limite_ate <= UTC_TIMESTAMP(6))
    AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)`;

async function listOpen(sync: Sync): Promise<{ id: number; probing: boolean }[]> {
  const open = await rows(
    sync.db,
    `${OPEN} ORDER BY id`,
    {},
    z.object({
      id: z.number(),
      probing: z.number().transform((value) => value === 1),
      perfil: z.string().optional(),
    }),
  );
  return open;
}

// While the partner is silent one process makes one call; the others see the moved time and wait.
async function takeProbe(sync: Sync, id: number): Promise<boolean> {
  const { affectedRows } = await run(
    sync.db,
    `UPDATE integracoes SET fora_ate = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE id = :id AND fora_ate <= UTC_TIMESTAMP(6)`,
    { id, us: Math.round(sync.config.timeoutMs * 1000) },
  );
  return affectedRows === 1;
}

function laneOf(lanes: Map<number, Lane>, integracaoId: number, { versao }: Conexao): Lane {
  const known = lanes.get(integracaoId);
  if (known && known.versao === versao) return known;
  const lane: Lane = { integracaoId, inFlight: known?.inFlight ?? 0, buffer: [], proven: false, versao };
  lanes.set(integracaoId, lane);
  return lane;
}

async function nextIds(sync: Sync, lane: Lane, free: number): Promise<number[]> {
  if (lane.buffer.length === 0) {
    lane.buffer = await listCandidates(sync.db, lane.integracaoId, BATCH, false);
  }
  if (lane.buffer.length === 0 && lane.inFlight === 0) {
    // The solo lane: a row that may be killing workers is served with nothing else at risk.
    return listCandidates(sync.db, lane.integracaoId, 1, true);
  }
  return lane.buffer.splice(0, free);
}

interface Flight {
  sync: Sync;
  sinais: Sinais;
  dono: string;
  lane: Lane;
  conexao: Conexao;
}

async function serveOne({ sync, sinais, dono, lane, conexao }: Flight, id: number): Promise<void> {
  try {
    const inicioMs = performance.now();
    const atendido = await claim(sync.db, id, dono, sync.config.leaseMs);
    if (atendido === undefined) return;
    const resultado = await serve({ sync, sinais, dono, atendido, inicioMs, conexao });
    if (resultado === 'parou') {
      lane.buffer = [];
      lane.proven = false;
    } else {
      lane.proven = true;
    }
  } catch (error) {
    // The lease runs out by itself; whoever takes the row next reads before writing.
    report(sync, error, 'atendimento', id);
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
