// Lists as XLSX: packed while the pages are read, sent once they all fit, so that a list is never cut without a word.
import { type CellValue, writeXlsxStream } from 'hucre/xlsx';
import { Problem } from '../problem.ts';
import { audit } from '../sync/auditoria.ts';
import type { Celula, Exportacao } from './csv.ts';
import type { Exchange } from './exchange.ts';

export const MAX_LINHAS_XLSX = 100_000;
const TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
// Excel refuses longer text in a cell.
const MAX_TEXT = 32_767;
const WIDTH = { min: 8, max: 48 };

/**
 * Answers the list as a file. The packed file, a tenth of the list, is the only thing held in memory. Taking it away is a
 * recorded act. @throws Problem 422 above 100,000 lines.
 */
export async function sendXlsx(
  exchange: Exchange,
  { nome, colunas, filtro, paginas }: Exportacao,
): Promise<void> {
  const { sync, operador, res } = exchange;
  const columns = colunas.map((header) => ({ header, width: widthOf(header) }));
  const options = { name: nome.slice(0, 31), columns, freezePane: { rows: 1 } };
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeXlsxStream(linesOf(paginas), options)) chunks.push(chunk);
  const detalhe = { lista: nome, formato: 'xlsx', ...filtro };
  await audit(sync.db, { operadorId: operador.id, evento: 'exportou', detalhe });
  // It is packed already.
  res.set('Cache-Control', 'no-store, no-transform').type(TYPE).attachment(`${nome}.xlsx`);
  res.send(Buffer.concat(chunks));
}

async function* linesOf(paginas: AsyncIterable<Celula[][]>): AsyncGenerator<CellValue[]> {
  let total = 0;
  for await (const pagina of paginas) {
    total += pagina.length;
    if (total > MAX_LINHAS_XLSX) throw tooLong();
    for (const linha of pagina) yield linha.map(cellOf);
  }
}

// Text stays text: nothing that begins with “=” is ever a formula. Characters that XML cannot carry are left out.
const cellOf = (cell: Celula): CellValue =>
  typeof cell === 'number' ? cell : cell.replace(NOT_XML, '').slice(0, MAX_TEXT);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that XML 1.0 has no way to write.
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const widthOf = (header: string): number =>
  Math.min(WIDTH.max, Math.max(WIDTH.min, header.length + 6, LONG.has(header) ? 36 : 0));

// Columns that hold a sentence or a name.
const LONG = new Set([
  'Pessoa',
  'Cliente',
  'Nome',
  'Motivo',
  'Mensagem',
  'Resposta',
  'O que fazer',
  'O que houve',
]);

const tooLong = (): Problem =>
  new Problem(
    422,
    `A lista tem mais de ${MAX_LINHAS_XLSX.toLocaleString('pt-BR')} linhas, e o XLSX vai só até aí.`,
    'Baixe em CSV, que não tem limite, ou filtre a lista antes.',
  );
