// Deciding on a lote: approval bound to the exact list, a second person for many cancellations, rejection, pause.
import { z } from 'zod';
import { type Db, inList, optionalRow, run, transaction } from '../../db.ts';
import { conflict, notFound } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { refreshResumo } from './escrita.ts';

/** More cancellations than this need a second person, or the same person a day later (decisions 15). */
export const CANCELAMENTOS_POR_UM = 50;
const SECOND_AFTER_HOURS = 24;

const StateRow = z.object({
  estado: z.string(),
  resumo: z.instanceof(Buffer).transform((hash) => hash.toString('hex')),
  decididoPor: z.number().nullable(),
  horas: z.coerce.number().nullable(),
  cancelamentos: z.coerce.number(),
  preparado: z.number(),
});

/**
 * Approves exactly the list that `resumo` hashes; `linhas` (numbers) approves only those and refuses the rest.
 * Answers `executando`, or `segunda` when a second approval is still needed.
 * @throws Problem 404; 409 when the list changed, was decided already, or the same person approves twice too soon.
 */
export async function approveLote(
  sync: Sync,
  operador: Operador,
  id: number,
  resumo: string,
  linhas?: number[],
): Promise<'executando' | 'segunda'> {
  const result = await transaction(sync.db, async (tx) => {
    const lote = await lockLote(tx, id);
    if (lote.preparado === 0)
      throw conflict('A prévia ainda está sendo preparada.', 'Espere alguns segundos.');
    if (!['aguardando', 'simulado'].includes(lote.estado)) {
      throw conflict(`Este lote já está ${lote.estado}.`, 'Abra o lote de novo para ver o que aconteceu.');
    }
    if (lote.resumo !== resumo) {
      throw conflict(
        'A lista mudou desde que você a abriu.',
        'Confira a lista de novo e aprove a que vale agora.',
      );
    }
    if (linhas !== undefined && lote.decididoPor === null) await refuseOthers(tx, id, linhas);
    const { cancelamentos } = linhas === undefined ? lote : await lockLote(tx, id);
    const needsTwo = cancelamentos > CANCELAMENTOS_POR_UM;
    if (needsTwo && lote.decididoPor === null) {
      await run(
        tx,
        'UPDATE lotes SET decidido_por = :operadorId, decidido_em = UTC_TIMESTAMP(6) WHERE id = :id',
        {
          id,
          operadorId: operador.id,
        },
      );
      await auditLote(tx, operador, id, 'lote_primeira_aprovacao');
      return 'segunda' as const;
    }
    if (needsTwo && lote.decididoPor === operador.id && (lote.horas ?? 0) < SECOND_AFTER_HOURS) {
      throw conflict(
        `São mais de ${CANCELAMENTOS_POR_UM} cancelamentos: falta a aprovação de outra pessoa.`,
        `Peça a outra pessoa, ou aprove de novo ${SECOND_AFTER_HOURS} horas depois da primeira vez.`,
      );
    }
    const who = needsTwo
      ? 'segundo_por = :operadorId, segundo_em'
      : 'decidido_por = :operadorId, decidido_em';
    await run(tx, `UPDATE lotes SET estado = 'executando', ${who} = UTC_TIMESTAMP(6) WHERE id = :id`, {
      id,
      operadorId: operador.id,
    });
    await acceptRegime(tx, id);
    await auditLote(tx, operador, id, 'lote_aprovado');
    return 'executando' as const;
  });
  if (result === 'executando') sync.wake();
  return result;
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
      throw conflict(`Este lote já está ${lote.estado}.`, 'Não há mais o que rejeitar.');
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
  const [from, to] = pausar ? ['executando', 'pausado'] : ['pausado', 'executando'];
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'UPDATE lotes SET estado = :to WHERE id = :id AND estado = :from',
      {
        id,
        to: to ?? '',
        from: from ?? '',
      },
    );
    if (affectedRows === 0) {
      await lockLote(tx, id);
      throw conflict(
        `Só um lote ${from} pode ser ${pausar ? 'pausado' : 'retomado'}.`,
        'Abra o lote de novo.',
      );
    }
    await auditLote(tx, operador, id, pausar ? 'lote_pausado' : 'lote_retomado');
  });
  if (!pausar) sync.wake();
}

async function lockLote(tx: Db, id: number): Promise<z.output<typeof StateRow>> {
  const lote = await optionalRow(
    tx,
    `SELECT estado, resumo, preparado, decidido_por AS decididoPor,
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
