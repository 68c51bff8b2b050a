// The pause: nothing is sent while it lasts, and no wish is lost. Global, by operation or by branch; also a file.
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { type Db, rows, run, transaction } from '../db.ts';
import { invalid, notFound } from '../problem.ts';
import { audit } from './auditoria.ts';
import { parseId } from './campos.ts';
import type { Sync } from './contexto.ts';
import { parseMotivo } from './texto.ts';
import type { AcaoDeOperacao, AcaoDoMotor, Operador } from './tipos.ts';

/** What a pause may stop by itself, beside everything: each that the engine sends for a person. */
export const PAUSAVEIS = [
  'criar',
  'bloquear',
  'desbloquear',
  'trocar_plano',
  'atualizar',
  'cancelar',
] as const satisfies readonly AcaoDoMotor[];

export interface Pausa {
  id: number;
  /** '' = every operation */
  operacao: '' | AcaoDoMotor;
  /** 0 = every branch */
  filialId: number;
  motivo: string;
  operadorId: number;
  criadoEm: string;
}

const PausaRow = z.object({
  id: z.number(),
  operacao: z.enum(['', ...PAUSAVEIS]),
  filialId: z.number(),
  motivo: z.string(),
  operadorId: z.number(),
  criadoEm: z.string(),
});

/** Every pause in force. */
export const listPausas = (db: Db): Promise<Pausa[]> =>
  rows(
    db,
    `SELECT id, operacao, filial_id AS filialId, motivo, operador_id AS operadorId, criado_em AS criadoEm
     FROM pausas ORDER BY id`,
    {},
    PausaRow,
  );

/** Whether the pause file exists: it works when the database does not. */
export const isPausedByFile = (sync: Pick<Sync, 'config'>): boolean =>
  sync.config.pausaArquivo !== undefined && existsSync(sync.config.pausaArquivo);

/** Whether these pauses stop this action for a person of this branch. Reads are never destructive and stop only with a global pause. */
export function isPaused(
  pausas: readonly Pick<Pausa, 'operacao' | 'filialId'>[],
  acao: AcaoDeOperacao | 'ler',
  filialId: number,
): boolean {
  return pausas.some(
    (pausa) =>
      (pausa.operacao === '' || pausa.operacao === acao) &&
      (pausa.filialId === 0 || pausa.filialId === filialId),
  );
}

/** Starts or rewords a pause. @throws Problem 422 on motivo, operacao, filial_id. */
export async function savePausa(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<void> {
  const motivo = parseMotivo(form['motivo'] ?? '');
  const scope = parseScope(form);
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      `INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em)
       VALUES (:operacao, :filialId, :motivo, :operadorId, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE motivo = VALUES(motivo), operador_id = VALUES(operador_id), criado_em = VALUES(criado_em)`,
      { ...scope, motivo, operadorId: operador.id },
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'pausa',
      filialId: scope.filialId,
      detalhe: { operacao: scope.operacao, motivo },
    });
  });
}

/** Ends a pause. @throws Problem 404 when there is none in that scope. */
export async function deletePausa(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<void> {
  const scope = parseScope(form);
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'DELETE FROM pausas WHERE operacao = :operacao AND filial_id = :filialId',
      { ...scope },
    );
    if (affectedRows === 0) throw notFound('Esta pausa');
    await audit(tx, {
      operadorId: operador.id,
      evento: 'pausa_encerrada',
      filialId: scope.filialId,
      detalhe: { operacao: scope.operacao },
    });
  });
  // Who was stopped by it waits for a later look; nobody else is due sooner than a failure allows. Once the end can be
  // seen by all: whoever is stopped only now looks for it.
  await run(
    sync.db,
    `UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)
     WHERE trabalho = 1 AND retida IS NULL AND falhas = 0 AND proxima_em > UTC_TIMESTAMP(6)`,
  );
  sync.wake();
}

function parseScope(form: Record<string, string | undefined>): Pick<Pausa, 'operacao' | 'filialId'> {
  const typed = (form['operacao'] ?? '').trim();
  const operacao = typed === '' ? '' : PAUSAVEIS.find((acao) => acao === typed);
  if (operacao === undefined) {
    throw invalid({ operacao: `Escolha uma operação: ${PAUSAVEIS.join(', ')}, ou nenhuma para todas.` });
  }
  const filialId = parseId(form['filial_id']);
  if (filialId === undefined) throw invalid({ filial_id: 'Escolha uma filial da lista.' });
  return { operacao, filialId };
}
