// Lists as people take them away: CSV that Excel in Portuguese opens, safe against formulas, sent page by page.
import { pipeline } from 'node:stream/promises';
import { audit } from '../sync/auditoria.ts';
import type { Exchange } from './exchange.ts';

/** One line of a CSV with `;`: quoted, and safe against formulas (CWE-1236): such a cell begins with an apostrophe. */
export const csvLine = (cells: readonly Celula[]): string => `${cells.map(csvCell).join(';')}\r\n`;

// Spreadsheets look past blanks, control and invisible characters, and take the full-width forms of Asian keyboards.
const FORMULA = /^[\s\p{Cc}\p{Cf}]*[=+\-@|%＝＋－＠﹦﹢﹣﹫]|^[\t\r\n]/u;

function csvCell(cell: Celula): string {
  if (typeof cell === 'number') return `"${String(cell).replace('.', ',')}"`;
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** A number is written as one: with a comma in CSV, to be added up in XLSX. */
export type Celula = string | number;

export interface Exportacao {
  /** Of the file, without its ending. */
  nome: string;
  colunas: readonly string[];
  /** What the list was narrowed by, for the audit trail: names of filters and closed words, never what was searched. */
  filtro: Record<string, string>;
  /** The lines, a page at a time: only one page is ever in memory. */
  paginas: AsyncIterable<Celula[][]>;
}

/**
 * Answers the list as a file. Taking it away is a recorded act. Failing before the first page it throws like any read;
 * after that the connection is broken, so that half a list never looks whole.
 */
export async function sendCsv(
  exchange: Exchange,
  { nome, colunas, filtro, paginas }: Exportacao,
): Promise<void> {
  const { sync, operador, res } = exchange;
  const iterator = paginas[Symbol.asyncIterator]();
  const first = await iterator.next();
  const detalhe = { lista: nome, ...filtro };
  await audit(sync.db, { operadorId: operador.id, evento: 'exportou', detalhe });
  res.type('text/csv').attachment(`${nome}.csv`);
  await pipeline(textOf(colunas, first, iterator), res).catch((error: unknown) => {
    // Who closed the window wants no more of it; anything else is worth a line.
    if (!isGone(error)) sync.log.error({ lista: nome, erro: error }, 'a lista parou no meio');
  });
}

async function* textOf(
  colunas: readonly string[],
  first: IteratorResult<Celula[][]>,
  iterator: AsyncIterator<Celula[][]>,
): AsyncGenerator<string> {
  // Excel takes a file for UTF-8 only when it begins with the mark.
  yield `\uFEFF${csvLine(colunas)}`;
  for (let page = first; !page.done; page = await iterator.next()) yield page.value.map(csvLine).join('');
}

const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
