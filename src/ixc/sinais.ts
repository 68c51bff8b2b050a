// Small counts over IXC that the doctor judges by.
import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';

/** Among the newest clients, how many names hold UTF-8 that was read as latin1. No name leaves the database. */
export const countNomesTrocados = (ixc: Db): Promise<{ olhados: number; trocados: number }> =>
  row(
    ixc,
    `SELECT COUNT(*) AS olhados, COALESCE(SUM(razao LIKE BINARY '%Ã£%' OR razao LIKE BINARY '%Ã§%' OR razao LIKE BINARY '%Ã©%'), 0) AS trocados
     FROM (SELECT razao FROM cliente ORDER BY id DESC LIMIT 500) novos`,
    {},
    z.object({ olhados: z.coerce.number(), trocados: z.coerce.number() }),
  );

const MOST = 20_000;

/** Contracts that IXC's own SVA module serves: how many, and their ids (up to 20,000). */
export async function countNativos(ixc: Db): Promise<{ total: number; contratos: number[] }> {
  const found = await rows(
    ixc,
    `SELECT DISTINCT id_contrato AS id FROM sva_usuarios WHERE status_integracao IN ('A', 'B') AND id_contrato > 0 LIMIT ${MOST}`,
    {},
    z.object({ id: z.number() }),
  );
  return { total: found.length, contratos: found.map(({ id }) => id) };
}
