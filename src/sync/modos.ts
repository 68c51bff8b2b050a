// How far the scan may go by itself, per operation and branch: observar, sugerir, automático.
import { z } from 'zod';
import { type Db, rows, run, transaction } from '../db.ts';
import { invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import type { Acao, AcaoDoMotor, Operador } from './tipos.ts';

export const MODOS = ['observar', 'sugerir', 'automatico'] as const;
export type Modo = (typeof MODOS)[number];
export const ACOES: readonly Acao[] = ['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar'];
/** What a mode may be set for: every change of a run, and sending a register that moved on. */
export const COM_MODO: readonly AcaoDoMotor[] = [...ACOES, 'atualizar'];

export interface ModoSalvo {
  /** '' = every operation */
  operacao: string;
  /** 0 = every branch */
  filialId: number;
  modo: Modo;
}

/** Every mode that somebody set. */
export const listModos = (db: Db): Promise<ModoSalvo[]> =>
  rows(
    db,
    'SELECT operacao, filial_id AS filialId, modo FROM modos ORDER BY operacao, filial_id',
    {},
    z.object({ operacao: z.string(), filialId: z.number(), modo: z.enum(MODOS) }),
  );

/** The mode for one operation in one branch: the most specific that was set, else observar. Pure. */
export function modoFor(modos: ModoSalvo[], operacao: AcaoDoMotor, filialId: number): Modo {
  const scopes: [string, number][] = [
    [operacao, filialId],
    [operacao, 0],
    ['', filialId],
    ['', 0],
  ];
  for (const [op, filial] of scopes) {
    const found = modos.find((each) => each.operacao === op && each.filialId === filial);
    if (found) return found.modo;
  }
  return 'observar';
}

/** Sets a mode. @throws Problem 422 on modo, operacao, filial_id. */
export async function saveModo(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<void> {
  const modo = MODOS.find((each) => each === form['modo']);
  if (modo === undefined) throw invalid({ modo: 'Escolha observar, sugerir ou automático.' });
  const operacao = (form['operacao'] ?? '').trim();
  if (operacao !== '' && !COM_MODO.some((acao) => acao === operacao)) {
    throw invalid({ operacao: 'Escolha uma operação da lista, ou nenhuma para todas.' });
  }
  const filialId = Number(form['filial_id'] || 0);
  if (!Number.isInteger(filialId) || filialId < 0)
    throw invalid({ filial_id: 'Escolha uma filial da lista.' });
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      `INSERT INTO modos (operacao, filial_id, modo, operador_id, alterado_em)
       VALUES (:operacao, :filialId, :modo, :operadorId, UTC_TIMESTAMP(3))
       ON DUPLICATE KEY UPDATE modo = VALUES(modo), operador_id = VALUES(operador_id), alterado_em = VALUES(alterado_em)`,
      { operacao, filialId, modo, operadorId: operador.id },
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'modo_alterado',
      filialId,
      detalhe: { operacao, modo },
    });
  });
}
