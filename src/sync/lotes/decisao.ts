// Deciding on a lote: approval bound to the exact list, a second person for many cancellations, rejection, pause.
import { z } from 'zod';
import { type Db, inList, optionalRow, row, rows, run, transaction } from '../../db.ts';
import { conflict, notFound } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { loadRegras, loadVinculos, regimeOf } from '../regrasSalvas.ts';
import type { Operador } from '../tipos.ts';
import { refreshResumo } from './escrita.ts';

/** More cancellations than this need a second person, or the same person a day later (decisions 15). */
export const CANCELAMENTOS_POR_UM = 50;
const SECOND_AFTER_HOURS = 24;

const StateRow = z.object({
  estado: z.enum(['simulado', 'aguardando', 'executando', 'pausado', 'concluido', 'rejeitado', 'dissolvido']),
  resumo: z.instanceof(Buffer).transform((hash) => hash.toString('hex')),
  regime: z.instanceof(Buffer).nullable(),
  decididoPor: z.number().nullable(),
  horas: z.coerce.number().nullable(),
  cancelamentos: z.coerce.number(),
  preparado: z.number(),
});
type State = z.output<typeof StateRow>;

const JA_ESTA: Record<State['estado'], string> = {
  simulado: 'só está simulado',
  aguardando: 'ainda espera uma decisão',
  executando: 'já está em execução',
  pausado: 'está em pausa',
  concluido: 'já está concluído',
  rejeitado: 'já foi rejeitado',
  dissolvido: 'já se desfez, porque o IXC voltou atrás',
};

/**
 * Approves exactly the list that `resumo` hashes; `linhas` (numbers) approves only those and refuses the rest, none for an
 * empty list. Answers `executando`, or `segunda` when a second approval is still needed.
 * @throws Problem 404; 409 when the list or the rules behind it changed, it was decided already, the second approval is
 * for another choice, or the same person approves twice too soon.
 */
export async function approveLote(
  sync: Sync,
  operador: Operador,
  id: number,
  resumo: string,
  linhas?: number[],
): Promise<'executando' | 'segunda'> {
  const regime = await regimeOf(sync, await loadRegras(sync.db), await loadVinculos(sync.db));
  const result = await transaction(sync.db, async (tx) => {
    const lote = await lockLote(tx, id);
    refuseUndecidable(lote, resumo, regime);
    if (linhas !== undefined) {
      if (lote.decididoPor === null) await refuseOthers(tx, id, linhas);
      else await refuseOtherChoice(tx, id, linhas);
    }
    const { cancelamentos } = linhas === undefined ? lote : await lockLote(tx, id);
    const needsTwo =
      cancelamentos > 0 &&
      cancelamentos + (await countCancelamentosDe(tx, operador.id, id)) > CANCELAMENTOS_POR_UM;
    if (lote.decididoPor === null && needsTwo) {
      await sign(tx, id, 'decidido', operador, lote.estado);
      await auditLote(tx, operador, id, 'lote_primeira_aprovacao');
      return 'segunda' as const;
    }
    const own = lote.decididoPor === operador.id;
    if (needsTwo && own && (lote.horas ?? 0) < SECOND_AFTER_HOURS) {
      throw conflict(
        `São mais de ${CANCELAMENTOS_POR_UM} cancelamentos: falta a aprovação de outra pessoa.`,
        `Peça a outra pessoa, ou aprove de novo ${SECOND_AFTER_HOURS} horas depois da primeira vez.`,
      );
    }
    const first = lote.decididoPor === null || (own && !needsTwo);
    await sign(tx, id, first ? 'decidido' : 'segundo', operador, 'executando');
    await acceptRegime(tx, id);
    await auditLote(tx, operador, id, 'lote_aprovado');
    return 'executando' as const;
  });
  if (result === 'executando') sync.wake();
  return result;
}

function refuseUndecidable(lote: State, resumo: string, regime: Buffer): void {
  if (lote.preparado === 0) throw conflict('A prévia ainda está sendo preparada.', 'Espere alguns segundos.');
  if (!['aguardando', 'simulado'].includes(lote.estado)) {
    throw conflict(`Este lote ${JA_ESTA[lote.estado]}.`, 'Abra o lote de novo para ver o que aconteceu.');
  }
  if (lote.resumo !== resumo) {
    throw conflict(
      'A lista mudou desde que você a abriu.',
      'Confira a lista de novo e aprove a que vale agora.',
    );
  }
  if (lote.regime !== null && !lote.regime.equals(regime)) {
    throw conflict(
      'As regras, os vínculos ou os perfis mudaram depois que esta lista foi feita. Nada dela foi enviado à Tele Clínica.',
      'Faça uma prévia nova e decida sobre ela.',
    );
  }
}

const sign = async (
  tx: Db,
  id: number,
  as: 'decidido' | 'segundo',
  operador: Operador,
  estado: State['estado'],
): Promise<void> => {
  await run(
    tx,
    `UPDATE lotes SET estado = :estado, ${as}_por = :operadorId, ${as}_em = UTC_TIMESTAMP(6) WHERE id = :id`,
    { id, estado, operadorId: operador.id },
  );
};

/**
 * How many cancellations this person alone approved in the last 24 hours, this lote aside: many small lotes weigh as
 * much as a large one (decisions 15).
 */
export async function countCancelamentosDe(db: Db, operadorId: number, menosLote: number): Promise<number> {
  const { total } = await row(
    db,
    `SELECT COUNT(*) AS total FROM lotes o JOIN lote_linhas l ON l.lote_id = o.id
     WHERE o.decidido_por = :operadorId AND o.segundo_por IS NULL AND o.id <> :menosLote
       AND o.decidido_em > UTC_TIMESTAMP(6) - INTERVAL ${SECOND_AFTER_HOURS} HOUR
       AND o.estado IN ('executando', 'pausado', 'concluido', 'rejeitado')
       AND l.acao = 'cancelar' AND l.estado IN ('pendente', 'aplicada')`,
    { operadorId, menosLote },
    z.object({ total: z.coerce.number() }),
  );
  return total;
}

// The first approval already refused what it left out: the second is for the same choice or for none.
async function refuseOtherChoice(tx: Db, id: number, linhas: number[]): Promise<void> {
  const pending = await rows(
    tx,
    "SELECT n FROM lote_linhas WHERE lote_id = :id AND estado = 'pendente'",
    { id },
    z.object({ n: z.number() }),
  );
  const chosen = new Set(linhas);
  if (pending.length === chosen.size && pending.every(({ n }) => chosen.has(n))) return;
  throw conflict(
    'A primeira aprovação foi de outra escolha de linhas.',
    'Aprove as linhas pendentes exatamente como estão, ou rejeite o lote.',
  );
}

async function refuseOthers(tx: Db, id: number, linhas: number[]): Promise<void> {
  const list = inList('n', linhas);
  await run(
    tx,
    `UPDATE lote_linhas SET estado = 'recusada', mensagem = 'Não foi escolhida.'
     WHERE lote_id = :id AND estado = 'pendente' AND n NOT IN (${linhas.length === 0 ? '0' : list.sql})`,
    { id, ...list.params },
  );
  await refreshResumo(tx, id);
}

// Whoever decided on the first run under new rules has accepted the rules: later runs may go by their mode.
async function acceptRegime(tx: Db, id: number): Promise<void> {
  await run(
    tx,
    'UPDATE varredura v JOIN lotes l ON l.id = :id SET v.regime = l.regime WHERE v.id = 1 AND l.regime IS NOT NULL',
    { id },
  );
}

/** Rejects what is left of a lote: nothing of it is done. @throws Problem 404, 409. */
export async function rejectLote(sync: Sync, operador: Operador, id: number): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const lote = await lockLote(tx, id);
    if (!['aguardando', 'simulado', 'executando', 'pausado'].includes(lote.estado)) {
      throw conflict(`Este lote ${JA_ESTA[lote.estado]}.`, 'Não há mais o que rejeitar.');
    }
    await run(
      tx,
      "UPDATE lote_linhas SET estado = 'recusada', mensagem = 'O lote foi rejeitado.' WHERE lote_id = :id AND estado = 'pendente'",
      { id },
    );
    await run(
      tx,
      `UPDATE lotes SET estado = 'rejeitado', decidido_por = COALESCE(decidido_por, :operadorId),
         decidido_em = COALESCE(decidido_em, UTC_TIMESTAMP(6)), terminado_em = UTC_TIMESTAMP(6) WHERE id = :id`,
      { id, operadorId: operador.id },
    );
    await auditLote(tx, operador, id, 'lote_rejeitado');
  });
}

/** Stops (`pausar`) or resumes a running lote. @throws Problem 404, 409. */
export async function pauseLote(sync: Sync, operador: Operador, id: number, pausar: boolean): Promise<void> {
  const [from, to] = pausar ? (['executando', 'pausado'] as const) : (['pausado', 'executando'] as const);
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'UPDATE lotes SET estado = :to WHERE id = :id AND estado = :from',
      {
        id,
        to,
        from,
      },
    );
    if (affectedRows === 0) {
      const { estado } = await lockLote(tx, id);
      const only = pausar ? 'em execução pode ser pausado' : 'em pausa pode ser retomado';
      throw conflict(`Este lote ${JA_ESTA[estado]}: só um ${only}.`, 'Abra o lote de novo.');
    }
    await auditLote(tx, operador, id, pausar ? 'lote_pausado' : 'lote_retomado');
  });
  if (!pausar) sync.wake();
}

async function lockLote(tx: Db, id: number): Promise<State> {
  const lote = await optionalRow(
    tx,
    `SELECT estado, resumo, regime, preparado, decidido_por AS decididoPor,
       TIMESTAMPDIFF(SECOND, decidido_em, UTC_TIMESTAMP(6)) / 3600 AS horas,
       (SELECT COUNT(*) FROM lote_linhas WHERE lote_id = :id AND acao = 'cancelar' AND estado = 'pendente') AS cancelamentos
     FROM lotes WHERE id = :id2 FOR UPDATE`,
    { id, id2: id },
    StateRow,
  );
  if (lote === undefined) throw notFound('Este lote');
  return lote;
}

const auditLote = (tx: Db, operador: Operador, id: number, evento: string): Promise<void> =>
  audit(tx, { operadorId: operador.id, evento, detalhe: { lote: id } });
