// An XLSX is a ZIP: before it is opened, what it says it unpacks to is added up, so that 20 MB cannot become 20 GB.
import { invalid, type Problem } from '../problem.ts';

const MAX_UNPACKED = 200 * 1024 * 1024;
const END = 0x06054b50;
const ENTRY = 0x02014b50;
// The record of the end is 22 bytes and a comment of up to 64 KB.
const END_BYTES = 22;
const END_WITHIN = END_BYTES + 65_536;
const ENTRY_BYTES = 46;

/** Whether these bytes begin as a ZIP does. */
export const isPacote = (bytes: Buffer): boolean =>
  bytes.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'));

/**
 * Looks at the directory of a ZIP. Readers stop at the size that it states, so stating it honestly is the price of entry.
 * @throws Problem 422 `arquivo` when it is no workbook, is damaged, or unpacks to more than 200 MB.
 */
export function checkPacote(bytes: Buffer): void {
  const end = findEnd(bytes);
  let at = bytes.readUInt32LE(end + 16);
  let unpacked = 0;
  let workbook = false;
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (at + ENTRY_BYTES > end || bytes.readUInt32LE(at) !== ENTRY) throw damaged();
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameBytes = bytes.readUInt16LE(at + 28);
    if (size === 0 && packed > 2) throw damaged();
    unpacked += size;
    workbook ||=
      bytes.toString('latin1', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes) === 'xl/workbook.xml';
    at += ENTRY_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (!workbook) throw wrong('O arquivo é um ZIP, mas não é uma planilha XLSX.');
  if (unpacked > MAX_UNPACKED)
    throw wrong('A planilha é grande demais por dentro. Salve só a aba da lista, ou use CSV.');
}

function findEnd(bytes: Buffer): number {
  const start = Math.max(0, bytes.length - END_WITHIN);
  for (let at = bytes.length - END_BYTES; at >= start; at -= 1) {
    if (bytes.readUInt32LE(at) === END) return at;
  }
  throw damaged();
}

const damaged = (): Problem => wrong('A planilha está danificada ou protegida por senha.');
const wrong = (sentence: string): Problem => invalid({ arquivo: sentence });
