// How the scan is doing: who holds it, when IXC was last looked at, how far it has come.
import { z } from 'zod';
import { type Db, row } from '../../db.ts';
import { LEASE_SECONDS, NEVER } from './lease.ts';

export interface EstadoDaVarredura {
  /** The process that scans; null = nobody does now. */
  dono: string | null;
  /** UTC; start of the last look, null before the first. */
  olhadaEm: string | null;
  olhadaHaSegundos: number | null;
  /** IXC's own time of the newest change met. */
  marcaContratoEm: string;
  marcaClienteEm: string;
  completaEm: string | null;
  completaTotal: number | null;
  /** Hash of the rules under which somebody last decided on a run; null = nobody ever did. */
  regime: Buffer | null;
}

/** Who scans and how far it has come. */
export async function readEstado(db: Db): Promise<EstadoDaVarredura> {
  const found = await row(
    db,
    `SELECT IF(lease_ate > UTC_TIMESTAMP(6), dono, NULL) AS dono, lease_ate - INTERVAL ${LEASE_SECONDS} SECOND AS olhadaEm,
       TIMESTAMPDIFF(SECOND, lease_ate - INTERVAL ${LEASE_SECONDS} SECOND, UTC_TIMESTAMP(6)) AS olhadaHaSegundos,
       marca_contrato_em AS marcaContratoEm, marca_cliente_em AS marcaClienteEm, completa_em AS completaEm,
       completa_total AS completaTotal, regime
     FROM varredura WHERE id = 1`,
    {},
    z.object({
      dono: z.string().nullable(),
      olhadaEm: z.string().nullable(),
      olhadaHaSegundos: z.coerce.number().nullable(),
      marcaContratoEm: z.string(),
      marcaClienteEm: z.string(),
      completaEm: z.string().nullable(),
      completaTotal: z.number().nullable(),
      regime: z.instanceof(Buffer).nullable(),
    }),
  );
  const known = (em: string): string => (em === NEVER ? '' : em);
  return {
    ...found,
    marcaContratoEm: known(found.marcaContratoEm),
    marcaClienteEm: known(found.marcaClienteEm),
  };
}
