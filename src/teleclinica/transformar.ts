// The closed list of transforms a profile may apply to a value, and dotted paths into bodies. Pure; no expression language.

export type Scalar = string | number | boolean | null;
export type Tables = Readonly<Record<string, Readonly<Record<string, Scalar>>>>;
/** `omit` = leave the field out; `untranslated` = the profile's table has no line for this value. */
export type Transformed = { kind: 'value'; value: Scalar } | { kind: 'omit' } | { kind: 'untranslated' };

const DATE_PATTERNS = ['yyyy-MM-dd', 'dd/MM/yyyy', 'dd-MM-yyyy', 'ddMMyyyy', 'yyyyMMdd'] as const;

const simple: Record<string, (text: string) => Scalar> = {
  digits: (text) => text.replace(/\D/g, ''),
  cpfFormatted: (text) => text.replace(/\D/g, '').replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4'),
  upperAscii: (text) =>
    text
      .normalize('NFD')
      .replace(/[^\p{ASCII}]/gu, '')
      .toUpperCase(),
  trim: (text) => text.trim(),
  phoneE164: (text) => `+55${nationalPhone(text)}`,
  phoneNational: nationalPhone,
  phoneDdi: () => '55',
  number: (text) => Number(text),
};

/** What a person may write in `use`, for error messages. */
export const TRANSFORM_NAMES = [
  ...Object.keys(simple),
  ...DATE_PATTERNS.map((pattern) => `date:${pattern}`),
  'map:<tabela>',
  'default:<valor>',
  'omitEmpty',
] as const;

/** Is this a transform of the closed list? Tables named by `map:` are checked elsewhere. */
export function isTransform(name: string): boolean {
  if (Object.hasOwn(simple, name) || name === 'omitEmpty') return true;
  const [kind, argument = ''] = splitName(name);
  if (kind === 'date') return datePattern(argument) !== undefined;
  return (kind === 'map' || kind === 'default') && argument !== '';
}

/** Applies the transforms in order. Null and empty text pass untouched until `default:` or `omitEmpty` speaks of them. */
export function transform(input: string | null, names: readonly string[], tables: Tables): Transformed {
  let current: Transformed = { kind: 'value', value: input };
  for (const name of names) current = step(current, name, tables);
  return current;
}

/** Reads `a.b.0.c` from a parsed body; `$` is the body itself. Undefined when any step is missing. */
export function getPath(body: unknown, path: string): unknown {
  if (path === '$') return body;
  let current: unknown = body;
  for (const key of path.split('.')) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) return undefined;
    current = Reflect.get(current, key);
  }
  return current;
}

/** Writes `value` at `a.b.0.c`, making objects, and arrays where a step is a number. Steps must pass `isSafePath`. */
export function setPath(target: object, path: string, value: unknown): void {
  const keys = path.split('.');
  let current = target;
  keys.forEach((key, position) => {
    const next = keys[position + 1];
    if (next === undefined) {
      Reflect.set(current, key, value);
      return;
    }
    const existing: unknown = Object.hasOwn(current, key) ? Reflect.get(current, key) : undefined;
    const child = typeof existing === 'object' && existing !== null ? existing : emptyFor(next);
    Reflect.set(current, key, child);
    current = child;
  });
}

/** A dotted path that is well formed and cannot reach an object's prototype. */
export function isSafePath(path: string): boolean {
  if (path === '$') return true;
  return path
    .split('.')
    .every((key) => /^[^\s.$]{1,60}$/.test(key) && !FORBIDDEN_KEYS.has(key) && !/^\d{3,}$/.test(key));
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'prototype', 'constructor']);

function step(current: Transformed, name: string, tables: Tables): Transformed {
  const [kind, argument = ''] = splitName(name);
  const empty = current.kind !== 'value' || current.value === null || current.value === '';
  if (kind === 'default') return empty ? { kind: 'value', value: argument } : current;
  if (name === 'omitEmpty') return empty && current.kind === 'value' ? { kind: 'omit' } : current;
  if (current.kind !== 'value' || empty) return current;
  const text = String(current.value);
  if (kind === 'map') return translate(tables[argument], text);
  if (kind === 'date') return { kind: 'value', value: formatDate(text, argument) };
  return { kind: 'value', value: simple[name]?.(text) ?? text };
}

function translate(table: Readonly<Record<string, Scalar>> | undefined, text: string): Transformed {
  const value = table && Object.hasOwn(table, text) ? table[text] : undefined;
  return value === undefined ? { kind: 'untranslated' } : { kind: 'value', value };
}

// Text in, text out: a date of birth has no time zone, so it never becomes a Date.
function formatDate(text: string, argument: string): string {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === '') return text;
  return (datePattern(argument) ?? 'yyyy-MM-dd')
    .replace('yyyy', year)
    .replace('MM', month)
    .replace('dd', day);
}

function datePattern(text: string): (typeof DATE_PATTERNS)[number] | undefined {
  return DATE_PATTERNS.find((pattern) => pattern === text);
}

function nationalPhone(text: string): string {
  const digits = text.replace(/\D/g, '');
  return digits.length > 11 && digits.startsWith('55') ? digits.slice(2) : digits;
}

function splitName(name: string): [string, string | undefined] {
  const colon = name.indexOf(':');
  return colon < 0 ? [name, undefined] : [name.slice(0, colon), name.slice(colon + 1)];
}

function emptyFor(nextKey: string): object {
  return /^\d+$/.test(nextKey) ? [] : {};
}
