// Reads a table that a person sent, CSV or XLSX, told apart by what is in it; every cell comes out as text.
import { setImmediate } from 'node:timers/promises';
import { streamCsvRows } from 'hucre/csv';
import { streamXlsxRows } from 'hucre/xlsx';
import { invalid, type Problem } from '../problem.ts';
import type { Envio } from './envio.ts';
import { checkPacote, isPacote } from './pacote.ts';

export const MAX_LINHAS = 200_000;
const MAX_COLUNAS = 200;
// After so many rows whoever else waits is served: reading is work of this process alone.
const FOLEGO = 1_000;

/**
 * The rows of the first sheet, in order, blank ones left out; `linha` is the number that Excel shows beside each. A CSV
 * may be UTF-8 (with or without its mark), UTF-16 or Windows-1252, and separated by `;`, tab or `,`.
 * @throws Problem 422 `arquivo` when it is neither, is damaged, or has more than 200,000 rows or 200 columns.
 */
export async function* readPlanilha({ bytes }: Envio): AsyncGenerator<{ linha: number; celulas: string[] }> {
  const rows = isPacote(bytes) ? xlsxRows(bytes) : csvRows(bytes);
  let total = 0;
  try {
    for await (const { linha, celulas } of rows) {
      if (celulas.every((text) => text === '')) continue;
      total += 1;
      if (total > MAX_LINHAS) throw tooLong();
      if (total % FOLEGO === 0) await setImmediate();
      if (celulas.length > MAX_COLUNAS) throw wrong(`A linha ${linha} tem mais de ${MAX_COLUNAS} colunas.`);
      yield { linha, celulas };
    }
  } catch (error) {
    if (isLibraryError(error)) throw wrong('A planilha está danificada ou protegida por senha.');
    throw error;
  }
}

async function* xlsxRows(bytes: Buffer) {
  checkPacote(bytes);
  for await (const { index, values } of streamXlsxRows(bytes)) {
    yield { linha: index + 1, celulas: withoutTail(values.map(textOf)) };
  }
}

function* csvRows(bytes: Buffer) {
  const text = decode(bytes);
  const firstLine =
    text
      .slice(0, 10_000)
      .split(/\r?\n/)
      .find((line) => line.trim() !== '') ?? '';
  const delimiter = [';', '\t', ','].find((each) => firstLine.includes(each)) ?? ';';
  let linha = 0;
  for (const values of streamCsvRows(text, { delimiter, typeInference: false })) {
    linha += 1;
    yield { linha, celulas: withoutTail(values.map(textOf)) };
  }
}

// Excel in Portuguese saves “CSV” as Windows-1252 and “Texto Unicode” as UTF-16; everybody else UTF-8.
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  const isText = !bytes
    .subarray(0, 8_192)
    .some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
  if (!isText || bytes.subarray(0, 5).toString('latin1') === '%PDF-') {
    throw wrong(
      'O arquivo não é CSV nem XLSX. Salve a lista como “CSV” ou “Pasta de trabalho do Excel (.xlsx)”.',
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date)
    return value
      .toISOString()
      .replace(/T00:00:00\.000Z$/, '')
      .slice(0, 19);
  if (typeof value === 'boolean') return value ? 'sim' : 'não';
  return String(value).trim();
}

function withoutTail(cells: string[]): string[] {
  const last = cells.findLastIndex((text) => text !== '');
  return cells.slice(0, last + 1);
}

const isLibraryError = (error: unknown): boolean =>
  error instanceof Error && /^(ZipError|ParseError|XmlError|EncryptedFileError|HucreError)/.test(error.name);

const tooLong = (): Problem =>
  wrong(`A lista tem mais de ${MAX_LINHAS.toLocaleString('pt-BR')} linhas. Divida-a em partes.`);

const wrong = (sentence: string): Problem => invalid({ arquivo: sentence });
