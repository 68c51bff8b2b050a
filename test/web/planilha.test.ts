// Tables that people send: what is read out of each kind of file, and what is refused with a word on how to fix it.
import { deflateRawSync } from 'node:zlib';
import { writeXlsx } from 'hucre/xlsx';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { readPlanilha } from '../../src/web/planilha.ts';

const read = async (bytes: Buffer | string): Promise<string[][]> => {
  const rows: string[][] = [];
  const envio = { nome: 'lista', bytes: Buffer.from(bytes) };
  for await (const { celulas } of readPlanilha(envio)) rows.push(celulas);
  return rows;
};
const refusal = async (bytes: Buffer | string): Promise<string> => {
  const error = await read(bytes).catch((thrown: unknown) => thrown);
  if (!(error instanceof Problem)) throw new Error(`not refused: ${error}`);
  expect(error.status).toBe(422);
  return error.fields['arquivo'] ?? '';
};
const xlsx = async (rows: (string | number | boolean | Date | null)[][]): Promise<Buffer> =>
  Buffer.from(await writeXlsx({ sheets: [{ name: 'Lista', rows }] }));

// A ZIP of one file that says it unpacks to `size`.
function zip(name: string, data: Buffer, size: number): Buffer {
  const packed = deflateRawSync(data);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(8, 8);
  local.writeUInt32LE(packed.length, 18);
  local.writeUInt32LE(size, 22);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(size, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + name.length, 12);
  end.writeUInt32LE(30 + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}

describe('CSV', () => {
  const expected = [
    ['Contrato', 'Observação'],
    ['12', 'a; "b"\nc'],
    ['13', 'ção'],
  ];
  const text = 'Contrato;Observação\r\n12;"a; ""b""\nc"\r\n\r\n13;ção\r\n';

  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${text}`)],
    ['Windows-1252', Buffer.from(text, 'latin1')],
    ['UTF-16 of Excel', Buffer.from(`\uFEFF${text.replaceAll(';', '\t').replace('a\t', 'a;')}`, 'utf16le')],
    ['with commas', Buffer.from(text.replaceAll(';', ',').replace('a,', 'a;'))],
  ])('in %s is read, quotes and all', async (_what, bytes) => {
    expect(await read(bytes)).toEqual(expected);
  });

  test('keeps leading zeros and long numbers as they were typed', async () => {
    expect(await read('CPF\n00123456789\n12345678901234567890\n')).toEqual([
      ['CPF'],
      ['00123456789'],
      ['12345678901234567890'],
    ]);
  });
});

describe('XLSX', () => {
  test('is read like a CSV: numbers, days and words as text, blank rows left out', async () => {
    const bytes = await xlsx([
      ['Contrato', 'Desde', 'Pago'],
      [12, new Date('2026-11-03T00:00:00Z'), true],
      [null, null, null],
      ['013', null, false],
    ]);

    expect(await read(bytes)).toEqual([
      ['Contrato', 'Desde', 'Pago'],
      ['12', '2026-11-03', 'sim'],
      ['013', '', 'não'],
    ]);
  });

  test('tells the row that Excel shows', async () => {
    const bytes = await xlsx([['Contrato'], [null], [12]]);
    const lines: number[] = [];
    for await (const { linha } of readPlanilha({ nome: 'x', bytes })) lines.push(linha);

    expect(lines).toEqual([1, 3]);
  });
});

describe('refused', () => {
  test.each([
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0]), 'não é CSV nem XLSX'],
    ['a PDF', Buffer.from('%PDF-1.7\nabc'), 'não é CSV nem XLSX'],
    ['an old .xls', Buffer.from('d0cf11e0a1b11ae1000000000000', 'hex'), 'Salve a lista como'],
    ['a ZIP that is no workbook', zip('leia.txt', Buffer.from('oi'), 2), 'não é uma planilha XLSX'],
    ['a cut workbook', zip('xl/workbook.xml', Buffer.from('<x/>'), 4).subarray(0, 60), 'danificada'],
    ['a workbook without sheets', zip('xl/workbook.xml', Buffer.from('<x/>'), 4), 'danificada'],
    [
      'one that unpacks to 3 GB',
      zip('xl/workbook.xml', Buffer.from('<x/>'), 3e9),
      'grande demais por dentro',
    ],
  ])('%s', async (_what, bytes, words) => {
    expect(await refusal(bytes)).toContain(words);
  });

  test('a list without an end', async () => {
    expect(await refusal('1\n'.repeat(200_001))).toContain('mais de 200.000 linhas');
  });

  test('a workbook that lies about its size is stopped where it said it ends', async () => {
    expect(await refusal(zip('xl/workbook.xml', Buffer.alloc(50_000_000, 'a'), 1_000))).toContain(
      'danificada',
    );
  });
});
