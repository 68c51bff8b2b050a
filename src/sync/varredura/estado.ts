// How the scan is doing: who holds it, when IXC was last looked at, the last runs, and whether they are refused.
import { z } from 'zod';
import { type Db, optionalRow, row, rows } from '../../db.ts';
import { LEASE_SECONDS } from './varredura.ts';

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

const NEVER = '1970-01-01 00:00:01';

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

export interface Corrida {
  id: number;
  tipo: string;
  decisao: string;
  motivo: string | null;
  lidos: number;
  mudancas: number;
  aplicadas: number;
  retidas: number;
  duracaoMs: number | null;
  iniciadaEm: string;
  terminadaEm: string | null;
}

const COLUMNS = `id, tipo, decisao, motivo, lidos, mudancas, aplicadas, retidas, duracao_ms AS duracaoMs,
  iniciada_em AS iniciadaEm, terminada_em AS terminadaEm`;

const CorridaRow = z.object({
  id: z.number(),
  tipo: z.string(),
  decisao: z.string(),
  motivo: z.string().nullable(),
  lidos: z.number(),
  mudancas: z.number(),
  aplicadas: z.number(),
  retidas: z.number(),
  duracaoMs: z.number().nullable(),
  iniciadaEm: z.string(),
  terminadaEm: z.string().nullable(),
});

/** The last runs worth a row, newest first. */
export const listCorridas = (db: Db, limite: number): Promise<Corrida[]> =>
  rows(db, `SELECT ${COLUMNS} FROM varreduras ORDER BY id DESC LIMIT ${limite}`, {}, CorridaRow);

// A good quiet look leaves no row, so a refusal is over once looks go on without renewing it.
const RENEWED_SECONDS = 30;

/** The refusal that stands now, or undefined. `intervaloMs` is the time between two looks. */
export function findRecusa(db: Db, intervaloMs: number): Promise<Corrida | undefined> {
  const patience = RENEWED_SECONDS + Math.ceil((2 * intervaloMs) / 1000);
  return optionalRow(
    db,
    `SELECT ${COLUMNS} FROM varreduras
     WHERE id = (SELECT MAX(id) FROM varreduras) AND decisao = 'recusada'
       AND terminada_em >= COALESCE((SELECT lease_ate FROM varredura WHERE id = 1), terminada_em)
         - INTERVAL ${LEASE_SECONDS} SECOND - INTERVAL :patience SECOND`,
    { patience },
    CorridaRow,
  );
}
