// Any list as a file: `.csv` without an end, `.xlsx` up to what Excel opens well.
import { type Celula, type Exportacao, sendCsv } from './csv.ts';
import type { Exchange } from './exchange.ts';
import { sendXlsx } from './xlsx.ts';

/**
 * Answers the list as the file that the address ends in. Taking it away is a recorded act.
 * @throws Problem 422 for an XLSX of more than 100,000 lines.
 */
export const sendLista = (exchange: Exchange, exportacao: Exportacao): Promise<void> =>
  exchange.req.path.endsWith('.xlsx') ? sendXlsx(exchange, exportacao) : sendCsv(exchange, exportacao);

/** The pages of a list that is short by nature: one. */
export async function* onePage(cells: Celula[][]): AsyncGenerator<Celula[][]> {
  yield cells;
}
