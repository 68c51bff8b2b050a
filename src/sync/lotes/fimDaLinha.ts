// How a line of a lote ends, whoever carries it out.
import { type Db, run } from '../../db.ts';
import type { Problem } from '../../problem.ts';

// As much as the line holds.
const LONGEST = 255;

/** Why a line could not be done, as its message. */
export const inOneLine = ({ title, fields }: Problem): string =>
  [title, ...Object.values(fields)].join(' ').slice(0, LONGEST);

/** Ends a line. Answers whether it was still to be done: never twice, and not after a pause or a rejection. */
export async function endLine(
  tx: Db,
  loteId: number,
  n: number,
  estado: 'aplicada' | 'dispensada',
  mensagem: string | null,
): Promise<boolean> {
  const { affectedRows } = await run(
    tx,
    `UPDATE lote_linhas SET estado = :estado, mensagem = :mensagem
     WHERE lote_id = :loteId AND n = :n AND estado = 'pendente'
       AND EXISTS (SELECT 1 FROM lotes WHERE id = :loteId2 AND estado = 'executando')`,
    { loteId, loteId2: loteId, n, estado, mensagem },
  );
  return affectedRows === 1;
}
