// The scan of IXC: one elected process reads what changed, again and again, and everything now and then; what it finds is
// judged by modes and brake before any wish is written.
import { transaction } from '../../db.ts';
import { countContratos } from '../../ixc/base.ts';
import type { Marca } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { loadRegras, loadVinculos, regimeOf } from '../regrasSalvas.ts';
import type { Criterios } from './avaliacao.ts';
import { judgeBase } from './base.ts';
import { type LidosTodos, readAll } from './completa.ts';
import { carryOut } from './consequencias.ts';
import { freeCorrected } from './corrigidos.ts';
import { findCriacoes, withCpf } from './criacoes.ts';
import { countMissing, type Lido } from './fatos.ts';
import { guardEverybody, guardIdentity } from './guarda.ts';
import {
  type Estado,
  keepLease,
  LeaseLost,
  leaveLease,
  type Marcas,
  NEVER,
  saveMarks,
  takeLease,
} from './lease.ts';
import { type Lidos, loadCriterios, readChanges } from './leitura.ts';
import { findMudancas, listTouched } from './mudancas.ts';
import { withoutNativos } from './nativos.ts';
import { createMemoria, type Historico } from './passado.ts';
import { codeOf, findRecusa, NOTHING, type Registrada, recordRun } from './registro.ts';
import { type Leitura, refuseClock } from './relogio.ts';
import { type Base, LEAST_SHARE } from './sentinelas.ts';
import { settleFacts } from './vigor.ts';

// Commit order is not timestamp order: every scan looks back a little, and once a minute a lot.
const OVERLAP_SECONDS = 3;
const LONG_OVERLAP_SECONDS = 600;
const LONG_EVERY_MS = 60_000;

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
  let historico = createMemoria(sync.db);
  // The last reading of our clock that was believed.
  let relogio: Leitura | undefined;
  return {
    async look() {
      const antes = performance.now();
      const estado = await takeLease(sync.db, dono);
      if (estado === undefined) {
        lidoSob = undefined;
        return;
      }
      const leitura = { agoraMs: estado.agoraMs, antes, depois: performance.now() };
      const salto = relogio && refuseClock(relogio, leitura);
      if (salto === undefined) relogio = leitura;
      const regime = await regimeOf(sync, await loadRegras(sync.db), await loadVinculos(sync.db));
      const due = estado.completaHaMs === null || estado.completaHaMs >= sync.config.varreduraCompletaMs;
      const tipo = due || regime.toString('hex') !== lidoSob ? 'completa' : 'incremental';
      const long = Date.now() - longAt >= LONG_EVERY_MS;
      if (long) longAt = Date.now();
      const overlap = long ? LONG_OVERLAP_SECONDS : OVERLAP_SECONDS;
      const contar = !good || long || tipo === 'completa';
      good = false;
      if (tipo === 'completa') historico = createMemoria(sync.db);
      const startedAt = performance.now();
      const aplicadas = 0;
      good = await runOnce(
        { sync, estado, tipo, regime, startedAt, contar, historico, salto, aplicadas },
        overlap,
      );
      if (good && tipo === 'completa') lidoSob = regime.toString('hex');
      await freeCorrected(sync);
    },
    async release() {
      await leaveLease(sync.db, dono);
    },
  };
}

interface Corrida extends Registrada {
  estado: Estado;
  regime: Buffer;
  /** Why our own clock is not to be believed. */
  salto: string | undefined;
  /** Changes made so far. */
  aplicadas: number;
  /** Whether the contracts are counted, or taken to be as many as the last complete run met. */
  contar: boolean;
  historico: () => Promise<Historico>;
}

// Whether somebody has decided on a run under the regime of now.
const isAceito = ({ estado, regime }: Corrida): boolean => estado.regime?.equals(regime) ?? false;

// Answers whether the run was made; a refused one leaves its reason.
async function runOnce(corrida: Corrida, overlapSeconds: number): Promise<boolean> {
  const { sync, estado, tipo } = corrida;
  try {
    const contados = corrida.contar ? undefined : (estado.completaTotal ?? undefined);
    const julgada = await judgeBase(sync, estado, estado.agoraMs, contados);
    const { base, estrutura } = julgada;
    const recusa = corrida.salto ?? julgada.recusa;
    if (recusa !== undefined) {
      await recordRun(corrida, 'recusada', recusa, NOTHING);
      return false;
    }
    if (tipo === 'completa') return await runComplete(corrida, base, estrutura);
    await runIncremental(corrida, base, overlapSeconds);
    return true;
  } catch (error) {
    if (error instanceof LeaseLost) {
      sync.log.warn({ tipo }, 'varredura interrompida: outro processo varre agora');
      return false;
    }
    const motivo = `A varredura parou no meio (${codeOf(error)}). ${tellDone(corrida.aplicadas)}`;
    const counts = { ...NOTHING, aplicadas: corrida.aplicadas };
    await recordRun(corrida, 'recusada', motivo, counts).catch(() => undefined);
    throw error;
  }
}

function tellDone(aplicadas: number): string {
  if (aplicadas === 0) return 'Nenhuma conta foi mudada a partir dela.';
  const made =
    aplicadas === 1 ? '1 conta já tinha sido mudada' : `${aplicadas} contas já tinham sido mudadas`;
  return `${made}; o resto espera a próxima.`;
}

async function runComplete(corrida: Corrida, base: Base, estrutura: string[]): Promise<boolean> {
  const { sync, estado } = corrida;
  const criterios = await loadCriterios(sync);
  const lidos = await readAll(sync, criterios, () => keepLease(sync.db, estado.posse));
  const total = await countStill(sync, base, lidos);
  const short = estado.completaTotal !== null && total < estado.completaTotal * LEAST_SHARE;
  if (total === 0 || short) {
    const motivo = `A leitura do IXC parou em ${total} contratos.`;
    await recordRun(corrida, 'recusada', motivo, { ...NOTHING, lidos: total });
    return false;
  }
  await keepLease(sync.db, estado.posse);
  await countAllMissing(sync, lidos.sumidas);
  await guardEverybody(sync, isAceito(corrida), () => keepLease(sync.db, estado.posse));
  await conclude(corrida, criterios, { ...lidos, lidos: total });
  // Clients are only ever read by what changed: those that changed while nobody scanned still have to come.
  const clienteEm = estado.marcaClienteEm === NEVER ? base.agora : estado.marcaClienteEm;
  const marcas = { contratoEm: base.agora, clienteEm, maisNova: newestOf(base) };
  await saveMarks(sync.db, estado.posse, marcas, { total, estrutura });
  return true;
}

const MISSING_AT_ONCE = 1_000;

// Only a run that was believed counts how long a contract has been away: never a prévia, never a refused one.
async function countAllMissing({ db }: Sync, sumidas: Lido[]): Promise<void> {
  for (let start = 0; start < sumidas.length; start += MISSING_AT_ONCE)
    await countMissing(db, sumidas.slice(start, start + MISSING_AT_ONCE));
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
  await keepLease(sync.db, estado.posse);
  await guardIdentity(sync, changes, isAceito(corrida));
  await conclude(corrida, criterios, changes);
  // A row dated in the future must not make us blind until then.
  const next = (em: string, marca: string): string => max(min(em, base.agora), min(marca, base.agora));
  const marcas: Marcas = {
    contratoEm: next(changes.contrato.em, estado.marcaContratoEm),
    clienteEm: next(changes.cliente.em, estado.marcaClienteEm),
    maisNova: newestOf(base),
  };
  await saveMarks(sync.db, estado.posse, marcas);
}

// A row dated in the future tells nothing about how new the base is.
const newestOf = ({ maisNova, agora }: Base): string => min(maisNova ?? '', agora);

// From facts to wishes: what differs is judged, sorted by mode and brake, and carried out.
async function conclude(corrida: Corrida, criterios: Criterios, lidos: Lidos): Promise<void> {
  const { sync, estado, tipo, regime } = corrida;
  const looked = tipo === 'completa' ? undefined : [...new Set(lidos.usuarios)];
  const touched = await listTouched(sync.db, looked);
  const { mudancas: achadas, semEfeito } = await findMudancas(sync.db, touched);
  await transaction(sync.db, async (tx) => {
    await settleFacts(tx, semEfeito);
    await keepLease(tx, estado.posse);
  });
  const mudancas = await withoutNativos(sync, criterios.vinculos, achadas);
  const criacoes = (await findCriacoes(sync, criterios, lidos.elegiveis)).filter(
    ({ automatica }) => automatica,
  );
  const possiveis = await withCpf(sync, criacoes);
  const result = await carryOut(sync, {
    mudancas: [...mudancas, ...possiveis.map(({ mudanca }) => mudanca)],
    looked: looked ?? 'todos',
    posse: estado.posse,
    onApplied: () => {
      corrida.aplicadas += 1;
    },
    regime,
    aceito: isAceito(corrida),
    historico: corrida.historico,
  });
  const { aplicadas, retidas, falhas } = result;
  const counts = { lidos: lidos.lidos, mudancas: mudancas.length + possiveis.length, aplicadas, retidas };
  // A quiet incremental look every few seconds is not worth a row, unless it is the one that ends a refusal.
  if (tipo === 'completa' || aplicadas + retidas + falhas > 0 || (await findRecusa(sync.db)) !== undefined)
    await recordRun(corrida, 'feita', tellFailed(falhas), counts);
}

function tellFailed(falhas: number): string | null {
  if (falhas === 0) return null;
  const who = falhas === 1 ? '1 mudança não pôde ser feita' : `${falhas} mudanças não puderam ser feitas`;
  return `${who} por uma falha nossa. As outras foram, e a próxima varredura tenta de novo.`;
}

function secondsBefore(em: string, seconds: number): string {
  const time = Date.parse(`${em.replace(' ', 'T')}Z`) - seconds * 1000;
  return new Date(Math.max(0, time)).toISOString().slice(0, 19).replace('T', ' ');
}

const max = (a: string, b: string): string => (a > b ? a : b);
const min = (a: string, b: string): string => (a < b ? a : b);
