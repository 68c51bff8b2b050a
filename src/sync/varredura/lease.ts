// The one row of the scan: which process has it, and how far it has come.
import { z } from 'zod';
import { type Db, row, run } from '../../db.ts';

/** How long a process keeps the scan without looking again. */
export const LEASE_SECONDS = 120;
/** The mark of a scan that has not begun. */
export const NEVER = '1970-01-01 00:00:01';

/** The hold of one process on the scan. Another token = somebody else had it in between. */
export interface Posse {
  dono: string;
  token: number;
}

/** Another process scans now: whatever was about to be written must not be. */
export class LeaseLost extends Error {
  constructor() {
    super('another process scans now');
  }
}

/** What is remembered of IXC's base, in SQL, and how it is read. */
export const MEMORIA_SQL =
  'completa_total AS completaTotal, estrutura, mais_nova AS maisNova, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs';
export const MemoriaRow = z.object({
  completaTotal: z.number().nullable(),
  estrutura: z
    .string()
    .nullable()
    .transform((text) => text?.split('\n') ?? null),
  maisNova: z.string().nullable(),
  agoraMs: z.coerce.number(),
});

const EstadoRow = MemoriaRow.extend({
  token: z.number(),
  marcaContratoEm: z.string(),
  marcaClienteEm: z.string(),
  completaHaMs: z.coerce.number().nullable(),
  regime: z.instanceof(Buffer).nullable(),
});
export type Estado = z.output<typeof EstadoRow> & { posse: Posse };

/** Takes or renews the scan for this process; undefined while another one has it. */
export async function takeLease(db: Db, dono: string): Promise<Estado | undefined> {
  const { affectedRows } = await run(
    db,
    // Assigned from left to right: the token is compared with who had it before.
    `UPDATE varredura SET lease_token = lease_token + IF(dono <=> :dono, 0, 1), dono = :dono2,
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = 1 AND (dono = :dono3 OR dono IS NULL OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { dono, dono2: dono, dono3: dono },
  );
  if (affectedRows !== 1) return undefined;
  const estado = await row(
    db,
    `SELECT ${MEMORIA_SQL}, lease_token AS token, marca_contrato_em AS marcaContratoEm, marca_cliente_em AS marcaClienteEm,
       TIMESTAMPDIFF(MICROSECOND, completa_em, UTC_TIMESTAMP(6)) / 1000 AS completaHaMs, regime
     FROM varredura WHERE id = 1`,
    {},
    EstadoRow,
  );
  return { ...estado, posse: { dono, token: estado.token } };
}

/**
 * Renews it. Last in a transaction that puts something in force, it makes the transaction this process's own: another one
 * cannot have begun to scan before the commit. @throws LeaseLost when it has.
 */
export async function keepLease(tx: Db, { dono, token }: Posse): Promise<void> {
  const { affectedRows } = await run(
    tx,
    `UPDATE varredura SET lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = 1 AND dono = :dono AND lease_token = :token`,
    { dono, token },
  );
  if (affectedRows !== 1) throw new LeaseLost();
}

/** Lets another process scan at once. */
export async function leaveLease(db: Db, dono: string): Promise<void> {
  await run(db, 'UPDATE varredura SET dono = NULL WHERE id = 1 AND dono = :dono', { dono });
}

/** How far a run has come. UTC, as IXC's own rows say it. */
export interface Marcas {
  contratoEm: string;
  clienteEm: string;
  maisNova: string;
}

/** Saves how far a run has come, and after a complete one what it met. @throws LeaseLost. */
export async function saveMarks(
  db: Db,
  { dono, token }: Posse,
  marcas: Marcas,
  completa?: { total: number; estrutura: string[] },
): Promise<void> {
  const met = completa && { total: completa.total, estrutura: completa.estrutura.join('\n') };
  const { affectedRows } = await run(
    db,
    `UPDATE varredura SET marca_contrato_em = :contratoEm, marca_cliente_em = :clienteEm,
       mais_nova = GREATEST(COALESCE(mais_nova, ''), :maisNova)
       ${met ? ', completa_em = UTC_TIMESTAMP(6), completa_total = :total, estrutura = :estrutura' : ''}
     WHERE id = 1 AND dono = :dono AND lease_token = :token`,
    { ...marcas, dono, token, ...met },
  );
  if (affectedRows !== 1) throw new LeaseLost();
}
