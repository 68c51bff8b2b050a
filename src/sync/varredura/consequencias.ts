// What a run does with what it found: wishes for what may go by itself, lists for what a person must decide.
import { transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { appendLinhas, dropStale, openWaiting } from '../lotes/escrita.ts';
import { listModos } from '../modos.ts';
import { withoutDecided } from './decididas.ts';
import { decide, type Retencao } from './decisao.ts';
import { doMudanca } from './execucao.ts';
import { findMudancas, type Mudanca } from './mudancas.ts';
import type { Historico } from './passado.ts';

export interface Achados {
  /** Creations among them are those that may be made without asking. */
  mudancas: Mudanca[];
  /** Usuários that this run looked at. */
  looked: number[] | 'todos';
  regime: Buffer;
  /** Somebody has decided on a run under this regime. */
  aceito: boolean;
  /** What rules did before: asked for only when there is something to judge. */
  historico: () => Promise<Historico>;
}

const ACAO_TITULO: Record<string, string> = {
  criar: 'Criações retidas pelo freio',
  bloquear: 'Bloqueios retidos pelo freio',
  desbloquear: 'Desbloqueios retidos pelo freio',
  trocar_plano: 'Trocas de plano retidas pelo freio',
  cancelar: 'Cancelamentos retidos pelo freio',
};

/** Carries out one run's findings; answers how many changes were made and how many wait for a person. */
export async function carryOut(
  sync: Sync,
  achados: Achados,
): Promise<{ aplicadas: number; retidas: number }> {
  const { regime } = achados;
  await transaction(sync.db, (tx) => dropStale(tx, achados.looked, achados.mudancas));
  const candidates = await withoutDecided(sync.db, achados.mudancas);
  if (candidates.length === 0) return { aplicadas: 0, retidas: 0 };
  const [modos, historico] = await Promise.all([listModos(sync.db), achados.historico()]);
  const decisao = decide(candidates, modos, achados.aceito, (acao, filialId) => historico.of(acao, filialId));
  const retidas =
    (await suggest(sync, decisao.sugerir, achados.aceito, regime)) + (await holdBack(sync, decisao.reter));
  const aplicadas = await applyAll(sync, decisao.aplicar);
  if (aplicadas > 0) sync.wake();
  return { aplicadas, retidas };
}

// Contracts that join an account come first: who has a new one is not blocked because the old one ended.
async function applyAll(sync: Sync, mudancas: Mudanca[]): Promise<number> {
  let aplicadas = 0;
  const criacoes = mudancas.filter(({ usuarioId }) => usuarioId === null);
  for (const mudanca of criacoes) if ((await doMudanca(sync, mudanca, null)).feita) aplicadas += 1;
  const others = mudancas.filter(({ usuarioId }) => usuarioId !== null);
  for (const mudanca of aplicadas > 0 ? await stillStanding(sync, others) : others)
    if ((await doMudanca(sync, mudanca, null)).feita) aplicadas += 1;
  return aplicadas;
}

async function stillStanding(sync: Sync, mudancas: Mudanca[]): Promise<Mudanca[]> {
  const ids = mudancas.flatMap(({ usuarioId }) => (usuarioId === null ? [] : [usuarioId]));
  const { mudancas: now } = await findMudancas(sync.db, ids);
  const standing = new Set(now.map(({ usuarioId, acao, para }) => `${usuarioId}:${acao}:${para}`));
  return mudancas.filter(({ usuarioId, acao, para }) => standing.has(`${usuarioId}:${acao}:${para}`));
}

async function suggest(sync: Sync, mudancas: Mudanca[], aceito: boolean, regime: Buffer): Promise<number> {
  if (mudancas.length === 0) return 0;
  const titulo = aceito ? 'Sugestões da varredura' : 'Primeira varredura com as regras de agora';
  return transaction(sync.db, async (tx) => {
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

async function holdBack(sync: Sync, retencoes: Retencao[]): Promise<number> {
  let total = 0;
  for (const { acao, motivo, limite, mudancas } of retencoes) {
    total += await transaction(sync.db, async (tx) => {
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
