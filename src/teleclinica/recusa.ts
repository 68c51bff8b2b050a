// Which fields a refusal of data is about, in our words and with the partner's reason made safe to keep. Pure.
import type { Formato } from './formato.ts';
import { maskText } from './mascara.ts';
import type { FieldError } from './port.ts';
import { getPath } from './transformar.ts';

/**
 * The fields named in the body of a refusal; empty when it names none. A field of the vendor's that the profile does not
 * translate keeps its name. `mensagem` stands in where a field has no reason of its own; `known` values are hidden.
 */
export function readFields(
  { list, fields }: Formato['errors'],
  body: unknown,
  mensagem: string,
  known: readonly string[],
): FieldError[] {
  const items: unknown = list && getPath(body, list.path);
  if (!list || !Array.isArray(items)) return [];
  return items.slice(0, 20).flatMap((item: unknown) => {
    const word = readWord(getPath(item, list.field));
    if (word === undefined) return [];
    const said = list.message === undefined ? undefined : readWord(getPath(item, list.message));
    const campo = Object.hasOwn(fields, word) ? fields[word] : undefined;
    return [{ campo: campo ?? maskText(word).slice(0, 40), mensagem: maskText(said ?? mensagem, known) }];
  });
}

/** A word of the partner's, written as text or as a number; undefined for anything else. */
export function readWord(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
