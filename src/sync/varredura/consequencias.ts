// What a run does with what it found: wishes for what may go by itself, lists for what a person must decide.
import { type Db, isDatabaseDown, transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { chaveDe } from '../lotes/chave.ts';
import { appendLinhas, dropStale, openWaiting } from '../lotes/escrita.ts';
import { listModos } from '../modos.ts';
import { withoutDecided, withoutWaiting } from './decididas.ts';
import { decide, type Retencao } from './decisao.ts';
import { doMudanca } from './execucao.ts';
import { keepLease, LeaseLost, type Posse } from './lease.ts';
import { findMudancas, type Mudanca } from './mudancas.ts';
import type { Historico } from './passado.ts';

export interface Achados {
  /** Creations among them are those that may be made without asking. */
  mudancas: Mudanca[];
  /** Usuários that this run looked at. */
  looked: number[] | 'todos';
  posse: Posse;
  regime: Buffer;
  /** Somebody has decided on a run under this regime. */
  aceito: boolean;
  /** What rules did before: asked for only when there is something to judge. */
  historico: () => Promise<Historico>;
  /** Called after each change that was made. */
  onApplied: () => void;
}

export interface Consequencias {
  aplicadas: number;
  /** How many more wait for a person. */
  retidas: number;
  /** How many a failure of ours kept from being made. */
  falhas: number;
}

const ACAO_TITULO: Record<string, string> = {
  criar: 'Criações retidas pelo freio',
  bloquear: 'Bloqueios retidos pelo freio',
  desbloquear: 'Desbloqueios retidos pelo freio',
  trocar_plano: 'Trocas de plano retidas pelo freio',
  cancelar: 'Cancelamentos retidos pelo freio',
};

/**
 * Carries out one run's findings. Whatever is written is written while this process holds the scan.
 * @throws LeaseLost when another process scans now.
 */
export async function carryOut(sync: Sync, achados: Achados): Promise<Consequencias> {
  const { posse } = achados;
  await owned(sync, posse, (tx) => dropStale(tx, achados.looked, achados.mudancas));
  const undecided = await withoutDecided(sync.db, achados.mudancas);
  const candidates = await withoutWaiting(sync.db, undecided);
  if (candidates.length === 0) return { aplicadas: 0, retidas: 0, falhas: 0 };
  const [modos, historico] = await Promise.all([listModos(sync.db), achados.historico()]);
  const decisao = decide(candidates, modos, achados.aceito, (acao, filialId) => historico.of(acao, filialId));
  const retidas =
    (await suggest(sync, decisao.sugerir, achados)) + (await holdBack(sync, decisao.reter, posse));
  const feitas = await applyAll(sync, decisao.aplicar, achados);
  if (feitas.aplicadas > 0) sync.wake();
  return { ...feitas, retidas };
}

function owned<T>(sync: Sync, posse: Posse, work: (tx: Db) => Promise<T>): Promise<T> {
  return transaction(sync.db, async (tx) => {
    const result = await work(tx);
    await keepLease(tx, posse);
    return result;
  });
}

type Feitas = Omit<Consequencias, 'retidas'>;

// Contracts that join an account come first: who has a new one is not blocked because the old one ended.
async function applyAll(sync: Sync, mudancas: Mudanca[], achados: Achados): Promise<Feitas> {
  const feitas: Feitas = { aplicadas: 0, falhas: 0 };
  const criacoes = mudancas.filter(({ usuarioId }) => usuarioId === null);
  for (const mudanca of criacoes) await applyOne(sync, mudanca, achados, feitas);
  const others = mudancas.filter(({ usuarioId }) => usuarioId !== null);
  for (const mudanca of feitas.aplicadas > 0 ? await stillStanding(sync, others) : others)
    await applyOne(sync, mudanca, achados, feitas);
  return feitas;
}

// What fails for one person is that person's alone: everybody else's change is made.
async function applyOne(
  sync: Sync,
  mudanca: Mudanca,
  { posse, onApplied }: Achados,
  feitas: Feitas,
): Promise<void> {
  try {
    const { feita } = await doMudanca(sync, mudanca, null, (tx) => keepLease(tx, posse));
    if (!feita) return;
    feitas.aplicadas += 1;
    onApplied();
  } catch (erro) {
    if (erro instanceof LeaseLost || isDatabaseDown(erro)) throw erro;
    feitas.falhas += 1;
    const { usuarioId, contratoId, acao } = mudanca;
    sync.log.error({ erro, usuarioId, contratoId, acao }, 'uma mudança da varredura não pôde ser feita');
  }
}

async function stillStanding(sync: Sync, mudancas: Mudanca[]): Promise<Mudanca[]> {
  const ids = mudancas.flatMap(({ usuarioId }) => (usuarioId === null ? [] : [usuarioId]));
  const { mudancas: now } = await findMudancas(sync.db, ids);
  const standing = new Set(now.map(chaveDe));
  return mudancas.filter((mudanca) => standing.has(chaveDe(mudanca)));
}

async function suggest(sync: Sync, mudancas: Mudanca[], achados: Achados): Promise<number> {
  const { aceito, regime, posse } = achados;
  if (mudancas.length === 0) return 0;
  const titulo = aceito ? 'Sugestões da varredura' : 'Primeira varredura com as regras de agora';
  return owned(sync, posse, async (tx) => {
    const id = await openWaiting(tx, {
      origem: 'previa',
      titulo,
      motivo: null,
      limite: null,
      regime: aceito ? null : regime,
    });
    return appendLinhas(tx, id, mudancas);
  });
}

async function holdBack(sync: Sync, retencoes: Retencao[], posse: Posse): Promise<number> {
  let total = 0;
  for (const { acao, motivo, limite, mudancas } of retencoes) {
    total += await owned(sync, posse, async (tx) => {
      const titulo = ACAO_TITULO[acao] ?? acao;
      const id = await openWaiting(tx, { origem: 'freio', titulo, motivo, limite, regime: null });
      return appendLinhas(tx, id, mudancas);
    });
    sync.log.error(
      { acao, limite, total: mudancas.length },
      'freio: mudanças retidas à espera de uma pessoa',
    );
  }
  return total;
}
