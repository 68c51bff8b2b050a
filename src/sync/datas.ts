// Dates that change what a person has without anything else changing: the carência and the prazo of a rule's cancellation.
import { z } from 'zod';
import { type Db, row } from '../db.ts';
import { IN_CARENCIA } from './desejos.ts';

export interface DatasDoUsuario {
  /** The carência in force; null when there is none or its last day has passed. */
  carencia: { ate: string; motivo: string | null; operadorId: number | null } | null;
  /** UTC; when the rules cancel this account, unless the contract goes back before. */
  cancelarRegraEm: string | null;
}

/** The dates of one usuário. */
export async function readDatas(db: Db, usuarioId: number): Promise<DatasDoUsuario> {
  const found = await row(
    db,
    `SELECT carencia_ate AS ate, carencia_motivo AS motivo, carencia_operador_id AS operadorId, ${IN_CARENCIA} AS emCarencia,
       cancelar_regra_em AS cancelarRegraEm
     FROM usuarios WHERE id = :usuarioId`,
    { usuarioId },
    z.object({
      ate: z.string().nullable(),
      motivo: z.string().nullable(),
      operadorId: z.number().nullable(),
      emCarencia: z.coerce.number(),
      cancelarRegraEm: z.string().nullable(),
    }),
  );
  const { ate, motivo, operadorId, cancelarRegraEm } = found;
  const carencia = found.emCarencia === 1 && ate !== null ? { ate, motivo, operadorId } : null;
  return { carencia, cancelarRegraEm };
}
