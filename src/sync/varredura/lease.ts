// The one row of the scan: which process has it, and how far it has come.
import { z } from 'zod';
import { type Db, row, run } from '../../db.ts';

/** How long a process keeps the scan without looking again. */
export const LEASE_SECONDS = 120;
/** The mark of a scan that has not begun. */
export const NEVER = '1970-01-01 00:00:01';

const EstadoRow = z.object({
  marcaContratoEm: z.string(),
  marcaClienteEm: z.string(),
  completaHaMs: z.coerce.number().nullable(),
  completaTotal: z.number().nullable(),
  estrutura: z.instanceof(Buffer).nullable(),
  regime: z.instanceof(Buffer).nullable(),
  agoraMs: z.coerce.number(),
});
export type Estado = z.output<typeof EstadoRow>;

/** Takes or renews the scan for this process; undefined while another one has it. */
export async function takeLease(db: Db, dono: string): Promise<Estado | undefined> {
  const { affectedRows } = await run(
    db,
    `UPDATE varredura SET dono = :dono, lease_token = lease_token + 1,
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = 1 AND (dono = :dono2 OR dono IS NULL OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { dono, dono2: dono },
  );
  if (affectedRows !== 1) return undefined;
  return row(
    db,
    `SELECT marca_contrato_em AS marcaContratoEm, marca_cliente_em AS marcaClienteEm,
       TIMESTAMPDIFF(MICROSECOND, completa_em, UTC_TIMESTAMP(6)) / 1000 AS completaHaMs,
       completa_total AS completaTotal, estrutura, regime, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs
     FROM varredura WHERE id = 1`,
    {},
    EstadoRow,
  );
}

/** Renews it in the middle of a long run. Throws when another process has taken over. */
export async function keepLease(db: Db, dono: string): Promise<void> {
  const { affectedRows } = await run(
    db,
    `UPDATE varredura SET lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND WHERE id = 1 AND dono = :dono`,
    { dono },
  );
  if (affectedRows !== 1) throw new Error('another process scans now');
}

/** Lets another process scan at once. */
export async function leaveLease(db: Db, dono: string): Promise<void> {
  await run(db, 'UPDATE varredura SET dono = NULL WHERE id = 1 AND dono = :dono', { dono });
}

/** Saves how far a run has come, and after a complete one what it met. */
export async function saveMarks(
  db: Db,
  contratoEm: string,
  clienteEm: string,
  completa?: { total: number; estrutura: Buffer },
): Promise<void> {
  await run(
    db,
    `UPDATE varredura SET marca_contrato_em = :contratoEm, marca_cliente_em = :clienteEm
       ${completa ? ', completa_em = UTC_TIMESTAMP(6), completa_total = :total, estrutura = :estrutura' : ''}
     WHERE id = 1`,
    { contratoEm, clienteEm, ...completa },
  );
}
