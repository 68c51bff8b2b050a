// Repairs text whose UTF-8 bytes were once read as latin1 (`JosÃ©` → `José`), only where no other reading is possible.

// What MariaDB's latin1 (really windows-1252) shows for the bytes 0x80 to 0x9F; five of them stay control characters.
const HIGH_CONTROLS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

// Characters a Brazilian register can hold. A decoding that gives anything else was a coincidence, not a repair.
const PLAUSIBLE =
  /^[\p{ASCII}\p{Script=Latin}\p{Extended_Pictographic}\p{Emoji_Component}ªº°´¨§·–—‘’“”…•€\u00a0]*$/u;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text as it was meant. Every non-ASCII character must be part of a valid UTF-8 sequence, otherwise the text
 * comes back unchanged: `SÃO` and `Conceição` are never touched. Text encoded several times is repaired as often.
 */
export function repairMojibake(text: string): string {
  let meant = text;
  for (let decoded = decode(text); decoded !== undefined; decoded = decode(decoded)) {
    if (PLAUSIBLE.test(decoded)) meant = decoded;
  }
  return meant;
}

/** Control characters U+0080–U+009F are windows-1252 bytes that nobody translated: `\x93` → `“`. */
export function translateHighControls(text: string): string {
  return text.replace(/[\u0080-\u009f]/g, (char) => HIGH_CONTROLS.charAt(char.charCodeAt(0) - 0x80));
}

function decode(text: string): string | undefined {
  const bytes = /[^\p{ASCII}]/u.test(text) ? toBytes(text) : undefined;
  if (bytes === undefined) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function toBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const byte = code <= 0xff ? code : 0x80 + HIGH_CONTROLS.indexOf(text.charAt(index));
    if (byte < 0x80 && code > 0xff) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}
