// Where a list goes on: turns an answer into the opaque mark of the next page, and the mark back into a question. Pure.
import { z } from 'zod';
import type { PageRules } from './formatoPedido.ts';
import { getPath } from './transformar.ts';

/** What a mark remembers: where to ask next, how many items were seen, and the first id of the page before. */
export interface Mark {
  at: string;
  seen: number;
  first: string;
}

const mark = z.tuple([z.string().max(1000), z.int().min(0), z.string().max(200)]);

/** Reads a mark made by `nextMark`; undefined for the first page. Throws RangeError for text that is no mark of ours. */
export function readMark(page: PageRules, proxima: string | undefined): Mark {
  if (proxima === undefined) return { at: firstPosition(page), seen: 0, first: '' };
  const parsed = mark.safeParse(JSON.parse(Buffer.from(proxima, 'base64url').toString('utf8')));
  if (!parsed.success) throw new RangeError('marca de página desconhecida');
  const [at, seen, first] = parsed.data;
  return { at, seen, first };
}

/** The position to ask for, as `pageParams` wants it. */
export function position(page: PageRules, { at }: Mark): string | undefined {
  return page.style === 'none' || at === '' ? undefined : at;
}

/** The mark of the next page, undefined after the last, or `stuck` when the partner shows the same page again. */
export function nextMark(
  page: PageRules,
  current: Mark,
  body: unknown,
  ids: readonly string[],
): { kind: 'next'; proxima: string } | { kind: 'last' } | { kind: 'stuck' } {
  const first = ids[0];
  if (page.style === 'none') return { kind: 'last' };
  if (first !== undefined && first === current.first) return { kind: 'stuck' };
  const seen = current.seen + ids.length;
  const at = nextPosition(page, current, body, ids.length, seen);
  if (at === undefined) return { kind: 'last' };
  if (at === current.at) return { kind: 'stuck' };
  const text = JSON.stringify([at, seen, first ?? '']);
  return { kind: 'next', proxima: Buffer.from(text, 'utf8').toString('base64url') };
}

// A short page is no proof of the end (servers cap the size asked for): without totals only an empty page is.
function nextPosition(
  page: Exclude<PageRules, { style: 'none' }>,
  current: Mark,
  body: unknown,
  count: number,
  seen: number,
): string | undefined {
  if (page.style === 'cursor') return cursorOf(getPath(body, page.next));
  if (count === 0) return undefined;
  const total = page.total === undefined ? undefined : numberOf(getPath(body, page.total));
  if (page.style === 'offset') return total !== undefined && seen >= total ? undefined : String(seen);
  const number = Number(current.at);
  const pages = page.totalPages === undefined ? undefined : numberOf(getPath(body, page.totalPages));
  if (pages !== undefined) return number - page.first + 1 >= pages ? undefined : String(number + 1);
  return total !== undefined && seen >= total ? undefined : String(number + 1);
}

function firstPosition(page: PageRules): string {
  if (page.style === 'page') return String(page.first);
  return page.style === 'offset' ? '0' : '';
}

function cursorOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
