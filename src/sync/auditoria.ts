// The audit trail: who did what to whom, written in the transaction of the act itself.
import { type Db, run } from '../db.ts';

export interface Ato {
  /** null = the program itself. */
  operadorId: number | null;
  evento: string;
  filialId?: number;
  usuarioId?: number | null;
  contratoId?: number | null;
  /** Ids, states, field names. Never personal data. */
  detalhe?: Record<string, string | number | boolean | null | string[]>;
}

/** Records one act. */
export async function audit(tx: Db, ato: Ato): Promise<void> {
  await run(
    tx,
    `INSERT INTO auditoria (em, operador_id, evento, filial_id, usuario_id, contrato_id, detalhe)
     VALUES (UTC_TIMESTAMP(6), :operadorId, :evento, :filialId, :usuarioId, :contratoId, :detalhe)`,
    {
      operadorId: ato.operadorId,
      evento: ato.evento,
      filialId: ato.filialId ?? 0,
      usuarioId: ato.usuarioId ?? null,
      contratoId: ato.contratoId ?? null,
      detalhe: JSON.stringify(ato.detalhe ?? {}),
    },
  );
}
