// What a person waits for without being held: the carência, the prazo of a rule's cancellation, a register to be sent.
import { z } from 'zod';
import { type Db, row } from '../db.ts';
import { IN_CARENCIA } from './desejos.ts';

export interface DatasDoUsuario {
  /** The carência in force; null when there is none or its last day has passed. */
  carencia: { ate: string; motivo: string | null; operadorId: number | null } | null;
  /** UTC; when the rules cancel this account, unless the contract goes back before. */
  cancelarRegraEm: string | null;
  /** The register moved on in IXC and waits to be sent: for the mode, or held by the brake. */
  cadastroEspera: 'modo' | 'freio' | null;
}

/** The dates of one usuário. */
export async function readDatas(db: Db, usuarioId: number): Promise<DatasDoUsuario> {
  const found = await row(
    db,
    `SELECT carencia_ate AS ate, carencia_motivo AS motivo, carencia_operador_id AS operadorId, ${IN_CARENCIA} AS emCarencia,
       cancelar_regra_em AS cancelarRegraEm, IF(duvida IS NULL, cadastro_espera, NULL) AS cadastroEspera
     FROM usuarios WHERE id = :usuarioId`,
    { usuarioId },
    z.object({
      ate: z.string().nullable(),
      motivo: z.string().nullable(),
      operadorId: z.number().nullable(),
      emCarencia: z.coerce.number(),
      cancelarRegraEm: z.string().nullable(),
      cadastroEspera: z.enum(['modo', 'freio']).nullable(),
    }),
  );
  const { ate, motivo, operadorId, cancelarRegraEm, cadastroEspera } = found;
  const carencia = found.emCarencia === 1 && ate !== null ? { ate, motivo, operadorId } : null;
  return { carencia, cancelarRegraEm, cadastroEspera };
}
