// The scan of IXC: one elected process reads what changed, again and again, and everything now and then; what it finds is
// judged by modes and brake before any wish is written.
import { z } from 'zod';
import { row, run } from '../../db.ts';
import { listClientesComCpf } from '../../ixc/clientes.ts';
import { countContratos, listNativos, type Marca } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { loadRegras, loadVinculos, regimeOf } from '../regrasSalvas.ts';
import { findCriacoes } from './adesoes.ts';
import type { Criterios } from './avaliacao.ts';
import { judgeBase } from './base.ts';
import { carryOut } from './consequencias.ts';
import { freeCorrected } from './corrigidos.ts';
import { guardIdentity } from './guarda.ts';
import {
  type Lidos,
  type LidosTodos,
  linkedProdutos,
  loadCriterios,
  readAll,
  readChanges,
} from './leitura.ts';
import { findMudancas, listTouched, settleFacts } from './mudancas.ts';
import { codeOf, NOTHING, type Registrada, recordRun, wasRefused } from './registro.ts';
import { type Base, LEAST_SHARE } from './sentinelas.ts';

/** How long a process keeps the scan without looking again. */
export const LEASE_SECONDS = 120;
// Commit order is not timestamp order: every scan looks back a little, and once a minute a lot.
const OVERLAP_SECONDS = 3;
const LONG_OVERLAP_SECONDS = 600;
const LONG_EVERY_MS = 60_000;
const NEVER = '1970-01-01 00:00:01';

export interface Varredura {
  /** One look: complete when due, else incremental. Does nothing while another process holds the lease. */
  look(): Promise<void>;
  /** Lets another process scan at once. */
  release(): Promise<void>;
}

/** The scanner of one process. */
export function createVarredura(sync: Sync, dono: string): Varredura {
  let longAt = 0;
  // The regime under which this process has read everything: at the start, and under another one, all is read again.
  let lidoSob: string | undefined;
  // Counting every contract is most of what a quiet look costs IXC: after a good one, once a minute is enough.
  let good = false;
  return {
    async look() {
      const estado = await takeLease(sync, dono);
      if (estado === undefined) {
        lidoSob = undefined;
        return;
      }
      const regime = await regimeOf(sync, await loadRegras(sync.db), await loadVinculos(sync.db));
      const due = estado.completaHaMs === null || estado.completaHaMs >= sync.config.varreduraCompletaMs;
      const tipo = due || regime.toString('hex') !== lidoSob ? 'completa' : 'incremental';
      const long = Date.now() - longAt >= LONG_EVERY_MS;
      if (long) longAt = Date.now();
      const overlap = long ? LONG_OVERLAP_SECONDS : OVERLAP_SECONDS;
      const contar = !good || long || tipo === 'completa';
      good = false;
      const startedAt = performance.now();
      good = await runOnce({ sync, dono, estado, tipo, regime, startedAt, contar }, overlap);
      if (good && tipo === 'completa') lidoSob = regime.toString('hex');
      await freeCorrected(sync);
    },
    async release() {
      await run(sync.db, 'UPDATE varredura SET dono = NULL WHERE id = 1 AND dono = :dono', { dono });
    },
  };
}

const EstadoRow = z.object({
  marcaContratoEm: z.string(),
  marcaClienteEm: z.string(),
  completaHaMs: z.coerce.number().nullable(),
  completaTotal: z.number().nullable(),
  estrutura: z.instanceof(Buffer).nullable(),
  regime: z.instanceof(Buffer).nullable(),
  agoraMs: z.coerce.number(),
});
type Estado = z.output<typeof EstadoRow>;

async function takeLease(sync: Sync, dono: string): Promise<Estado | undefined> {
  const { affectedRows } = await run(
    sync.db,
    `UPDATE varredura SET dono = :dono, lease_token = lease_token + 1,
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = 1 AND (dono = :dono2 OR dono IS NULL OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { dono, dono2: dono },
  );
  if (affectedRows !== 1) return undefined;
  return row(
    sync.db,
    `SELECT marca_contrato_em AS marcaContratoEm, marca_cliente_em AS marcaClienteEm,
       TIMESTAMPDIFF(MICROSECOND, completa_em, UTC_TIMESTAMP(6)) / 1000 AS completaHaMs,
       completa_total AS completaTotal, estrutura, regime, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs
     FROM varredura WHERE id = 1`,
    {},
    EstadoRow,
  );
}

interface Corrida extends Registrada {
  dono: string;
  estado: Estado;
  regime: Buffer;
  /** Whether the contracts are counted, or taken to be as many as the last complete run met. */
  contar: boolean;
}

// Answers whether the run was made; a refused one leaves its reason.
async function runOnce(corrida: Corrida, overlapSeconds: number): Promise<boolean> {
  const { sync, estado, tipo } = corrida;
  try {
    const contados = corrida.contar ? undefined : (estado.completaTotal ?? undefined);
    const { base, estrutura, recusa } = await judgeBase(sync, estado, estado.agoraMs, contados);
    if (recusa !== undefined) {
      await recordRun(corrida, 'recusada', recusa, NOTHING);
      return false;
    }
    if (tipo === 'completa') return await runComplete(corrida, base, estrutura);
    await runIncremental(corrida, base, overlapSeconds);
    return true;
  } catch (error) {
    const motivo = `A varredura parou no meio (${codeOf(error)}). Nada foi mudado a partir dela.`;
    await recordRun(corrida, 'recusada', motivo, NOTHING).catch(() => undefined);
    throw error;
  }
}

async function runComplete(corrida: Corrida, base: Base, estrutura: Buffer): Promise<boolean> {
  const { sync, dono, estado } = corrida;
  const criterios = await loadCriterios(sync);
  const lidos = await readAll(sync, criterios, () => keepLease(sync, dono));
  const total = await countStill(sync, base, lidos);
  const short = estado.completaTotal !== null && total < estado.completaTotal * LEAST_SHARE;
  if (total === 0 || short) {
    const motivo = `A leitura do IXC parou em ${total} contratos.`;
    await recordRun(corrida, 'recusada', motivo, { ...NOTHING, lidos: total });
    return false;
  }
  await guardIdentity(sync, [], { todas: true });
  await conclude(corrida, criterios, { ...lidos, lidos: total });
  // Clients are only ever read by what changed: those that changed while nobody scanned still have to come.
  const clienteEm = estado.marcaClienteEm === NEVER ? base.agora : estado.marcaClienteEm;
  await saveMarks(sync, base.agora, clienteEm, { total, estrutura });
  return true;
}

// Contracts that vanished while they were read would look cancelled: when many were not met, all are counted once more.
function countStill(sync: Sync, base: Base, { lidos, procurados }: LidosTodos): Promise<number> {
  return lidos < procurados * LEAST_SHARE ? countContratos(sync.ixc) : Promise.resolve(base.total);
}

async function runIncremental(corrida: Corrida, base: Base, overlapSeconds: number): Promise<void> {
  const { sync, estado } = corrida;
  const back = (em: string): Marca => ({ em: secondsBefore(em, overlapSeconds), id: 0 });
  const criterios = await loadCriterios(sync);
  const changes = await readChanges(
    sync,
    { contrato: back(estado.marcaContratoEm), cliente: back(estado.marcaClienteEm) },
    criterios,
  );
  await guardIdentity(sync, changes.clientes);
  await conclude(corrida, criterios, changes);
  // A row dated in the future must not make us blind until then.
  const next = (em: string, marca: string): string => max(min(em, base.agora), min(marca, base.agora));
  await saveMarks(
    sync,
    next(changes.contrato.em, estado.marcaContratoEm),
    next(changes.cliente.em, estado.marcaClienteEm),
  );
}

// A long run goes on as long as nobody else has taken over.
async function keepLease(sync: Sync, dono: string): Promise<void> {
  const { affectedRows } = await run(
    sync.db,
    `UPDATE varredura SET lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND WHERE id = 1 AND dono = :dono`,
    { dono },
  );
  if (affectedRows !== 1) throw new Error('another process scans now');
}

// From facts to wishes: what differs is judged, sorted by mode and brake, and carried out.
async function conclude(corrida: Corrida, criterios: Criterios, lidos: Lidos): Promise<void> {
  const { sync, estado, tipo, regime } = corrida;
  const looked = tipo === 'completa' ? undefined : [...new Set(lidos.usuarios)];
  const touched = await listTouched(sync.db, looked);
  const { mudancas, semEfeito } = await findMudancas(sync.db, touched);
  await settleFacts(sync.db, semEfeito);
  const criacoes = await findNewcomers(sync, criterios, lidos);
  const result = await carryOut(sync, {
    mudancas,
    criacoes,
    looked: looked ?? 'todos',
    regime,
    aceito: estado.regime?.equals(regime) ?? false,
  });
  const counts = { lidos: lidos.lidos, mudancas: mudancas.length + criacoes.length, ...result };
  // A quiet incremental look every few seconds is not worth a row, unless it is the one that ends a refusal.
  if (tipo === 'completa' || result.aplicadas + result.retidas > 0 || (await wasRefused(sync)))
    await recordRun(corrida, 'feita', null, counts);
}

// A client without a valid CPF cannot have an account: asking again at every run would only wear the brake out.
async function findNewcomers(
  sync: Sync,
  criterios: Criterios,
  { elegiveis }: Lidos,
): Promise<Awaited<ReturnType<typeof findCriacoes>>> {
  if (elegiveis.length === 0) return [];
  const nativos = await listNativos(sync.ixc, linkedProdutos(criterios.vinculos));
  const criacoes = await findCriacoes(sync.db, elegiveis, new Set(nativos));
  const automaticas = criacoes.filter(({ automatica }) => automatica);
  const comCpf = await listClientesComCpf(
    sync.ixc,
    automaticas.map(({ mudanca }) => mudanca.clienteId),
  );
  return criacoes.filter(({ automatica, mudanca }) => !automatica || comCpf.has(mudanca.clienteId));
}

async function saveMarks(
  sync: Sync,
  contratoEm: string,
  clienteEm: string,
  completa?: { total: number; estrutura: Buffer },
): Promise<void> {
  await run(
    sync.db,
    `UPDATE varredura SET marca_contrato_em = :contratoEm, marca_cliente_em = :clienteEm
       ${completa ? ', completa_em = UTC_TIMESTAMP(6), completa_total = :total, estrutura = :estrutura' : ''}
     WHERE id = 1`,
    { contratoEm, clienteEm, ...completa },
  );
}

function secondsBefore(em: string, seconds: number): string {
  const time = Date.parse(`${em.replace(' ', 'T')}Z`) - seconds * 1000;
  return new Date(Math.max(0, time)).toISOString().slice(0, 19).replace('T', ' ');
}

const max = (a: string, b: string): string => (a > b ? a : b);
const min = (a: string, b: string): string => (a < b ? a : b);
