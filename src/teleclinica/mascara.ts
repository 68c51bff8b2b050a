// Makes the partner's own words safe to keep: no CPF, phone, e-mail or anything we sent about the person, and short.

const MASK = '•••';
const MAX_LENGTH = 200;
const EMAIL = /\S+@\S+/g;
// Eight digits or more, also when dots, dashes, slashes, brackets or blanks stand between them: CPF, phone, date of birth.
const DIGITS = /\d(?:[\s.\-/()]{0,2}\d){7,}/g;

/** `text` without e-mails, without runs of 8 or more digits, without the `known` values (any case), cut at 200 characters. */
export function maskText(text: string, known: readonly string[] = []): string {
  const flat = stripControls(text.slice(0, 4000)).replace(/\s+/g, ' ').trim();
  const hidden = known.reduce(hide, flat);
  const masked = hidden.replace(EMAIL, MASK).replace(DIGITS, MASK);
  return masked.length > MAX_LENGTH ? `${masked.slice(0, MAX_LENGTH - 1)}…` : masked;
}

function hide(text: string, value: string): string {
  if (value.trim().length < 3) return text;
  const pattern = value.trim().split(/\s+/).map(escapePattern).join('\\s+');
  return text.replace(new RegExp(pattern, 'giu'), MASK);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function stripControls(text: string): string {
  return Array.from(text, (char) => (/\p{Cc}|\p{Cf}|\p{Cs}/u.test(char) ? ' ' : char)).join('');
}
