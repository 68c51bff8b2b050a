// The lanes: which integrações are open, how many places each has, and who takes them next.
import { z } from 'zod';
import { rows, run } from '../../db.ts';
import { type Conexao, openConnection } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import { isPausedByFile } from '../pausas.ts';
import { report } from '../ritmo.ts';
import { listCandidates } from './fila.ts';

const SOLO_TURN_MS = 5_000;
const BATCH = 40;
const LOOK_AGAIN_MS = 100;
// A service writes before and after its call; with more services than calls the partner is never left waiting for us.
const SERVICES_PER_CALL = 3;

/** The places of one integração in this process. */
export interface Lane {
  integracaoId: number;
  /** The people who are being served, or about to be claimed. */
  flying: Set<number>;
  buffer: number[];
  /** The partner has answered this connection properly: until then one call at a time, lest bad credentials lock the account. */
  proven: boolean;
  versao: number;
  /** performance.now() from which rows of the solo lane have their turn. */
  soloAt: number;
  /** The one flight that is up must stay alone. */
  solo: boolean;
}

/**
 * Fills every free place through `fly`. Answers whether anything new took off (otherwise the loop rests until woken).
 * Database failures are thrown.
 */
export async function fill(
  sync: Sync,
  lanes: Map<number, Lane>,
  fly: (lane: Lane, id: number, conexao: Conexao) => void,
): Promise<boolean> {
  if (isPausedByFile(sync)) return false;
  let started = false;
  for (const open of await lookOpen(sync, lanes)) {
    if (await fillLane(sync, lanes, fly, open)) started = true;
  }
  return started;
}

interface Open {
  id: number;
  probing: boolean;
  conexao: Conexao;
}

const looked = new WeakMap<Map<number, Lane>, { at: number; open: Open[] }>();

// While the next people are known already, a tenth of a second old answer about the integrações will do: each call asks
// for itself whether it may leave.
async function lookOpen(sync: Sync, lanes: Map<number, Lane>): Promise<Open[]> {
  const last = looked.get(lanes);
  const busy = [...lanes.values()].some(({ buffer, proven }) => proven && buffer.length > 0);
  if (last && busy && performance.now() - last.at < LOOK_AGAIN_MS) return last.open;
  const open: Open[] = [];
  for (const each of await listOpen(sync)) {
    try {
      open.push({ ...each, conexao: await openConnection(sync, each.id) });
    } catch (error) {
      // One integração that cannot be opened must not stop the others.
      report(sync, error, 'fila');
    }
  }
  looked.set(lanes, { at: performance.now(), open });
  return open;
}

async function fillLane(
  sync: Sync,
  lanes: Map<number, Lane>,
  fly: (lane: Lane, id: number, conexao: Conexao) => void,
  { id, probing, conexao }: Open,
): Promise<boolean> {
  const lane = laneOf(lanes, id, conexao);
  const room = probing || !lane.proven ? 1 : roomOf(conexao);
  const free = room - lane.flying.size;
  if (lane.flying.size === 0) lane.solo = false;
  if (lane.solo || free <= 0 || (probing && !(await takeProbe(sync, id)))) return false;
  const ids = await nextIds(sync, lane, free);
  for (const usuarioId of ids) fly(lane, usuarioId, conexao);
  return ids.length > 0;
}

const OPEN = `SELECT id, fora_desde IS NOT NULL AS probing FROM integracoes
  WHERE registro <> 'pendente' AND credencial_parada_em IS NULL
    AND (fora_ate IS NULL OR fora_ate <= UTC_TIMESTAMP(6)) AND (limite_ate IS NULL OR limite_ate <= UTC_TIMESTAMP(6))
    AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)`;

// One second's worth of calls: with a slow rate more flights would only wait for their moment, lease in hand.
function roomOf({ parceiro }: Conexao): number {
  const { concurrency, perSecond = concurrency } = parceiro.limits;
  return Math.ceil(SERVICES_PER_CALL * Math.min(concurrency, Math.max(1, Math.ceil(perSecond))));
}

async function listOpen(sync: Sync): Promise<{ id: number; probing: boolean }[]> {
  const open = await rows(
    sync.db,
    `${OPEN} ORDER BY id`,
    {},
    z.object({
      id: z.number(),
      probing: z.number().transform((value) => value === 1),
    }),
  );
  return open;
}

// While the partner is silent one process makes one call; the others see the moved time and wait. If everybody is
// waiting out a failure, whoever comes next in line is asked now: the partner may be back long before.
async function takeProbe(sync: Sync, id: number): Promise<boolean> {
  const { affectedRows } = await run(
    sync.db,
    `UPDATE integracoes SET fora_ate = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE id = :id AND fora_ate <= UTC_TIMESTAMP(6)`,
    { id, us: Math.round(sync.config.timeoutMs * 1000) },
  );
  if (affectedRows !== 1) return false;
  await run(
    sync.db,
    `UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)
     WHERE integracao_id = :id AND trabalho = 1 AND retida IS NULL AND falhas > 0 ORDER BY proxima_em LIMIT 1`,
    { id },
  );
  return true;
}

function laneOf(lanes: Map<number, Lane>, integracaoId: number, { versao }: Conexao): Lane {
  const known = lanes.get(integracaoId);
  if (known === undefined) {
    const lane: Lane = {
      integracaoId,
      flying: new Set(),
      buffer: [],
      proven: false,
      versao,
      soloAt: 0,
      solo: false,
    };
    lanes.set(integracaoId, lane);
    return lane;
  }
  // The same lane goes on: flights that are still up must be able to land on it.
  if (known.versao !== versao) Object.assign(known, { versao, proven: false, buffer: [] });
  return known;
}

async function nextIds(sync: Sync, lane: Lane, free: number): Promise<number[]> {
  if (lane.buffer.length === 0) {
    const due = await listCandidates(sync.db, lane.integracaoId, BATCH, false);
    lane.buffer = due.filter((id) => !lane.flying.has(id));
  }
  const soloDue = performance.now() >= lane.soloAt;
  if (lane.buffer.length > 0 && !soloDue) return lane.buffer.splice(0, free);
  // The solo lane: a row that may be killing workers is served with nothing else at risk. In a long queue its turn
  // comes too: nobody takes off until the flights are down.
  const [solo] = await listCandidates(sync.db, lane.integracaoId, 1, true);
  if (solo === undefined) {
    lane.soloAt = performance.now() + SOLO_TURN_MS;
    return lane.buffer.splice(0, free);
  }
  if (lane.flying.size > 0) return [];
  lane.soloAt = performance.now() + SOLO_TURN_MS;
  lane.solo = true;
  return [solo];
}
