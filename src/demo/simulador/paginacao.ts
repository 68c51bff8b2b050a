// Pages of a list, by number or by cursor, as GET /plans and GET /users answer them.
import { type Answer, problem } from './resposta.ts';

interface Page<T> {
  data: T[];
  meta: Record<string, number | string | null>;
}

/**
 * One page of `all`. A cursor wins over a page number; `meta.nextCursor` is always given when more follows.
 * A pageSize over `cap` is cut to it, as many servers do without a word. Answers 400 for a bad parameter.
 */
export function paginate<T>(
  all: readonly T[],
  query: URLSearchParams,
  cap: number,
): { page: Page<T> } | { refusal: Answer } {
  const size = positive(query.get('pageSize'), 50);
  const number = positive(query.get('page'), 1);
  const cursor = query.get('cursor');
  const start = cursor === null ? null : decodeCursor(cursor);
  if (size === null || number === null || Number.isNaN(start)) {
    return { refusal: problem(400, 'BAD_REQUEST', 'page, pageSize or cursor is not valid') };
  }
  const pageSize = Math.min(size, cap);
  const from = start ?? (number - 1) * pageSize;
  const data = all.slice(from, from + pageSize);
  const nextCursor = from + pageSize < all.length ? encodeCursor(from + pageSize) : null;
  const totals = { total: all.length, totalPages: Math.ceil(all.length / pageSize), nextCursor };
  const meta = cursor === null ? { page: number, pageSize, ...totals } : { pageSize, ...totals };
  return { page: { data, meta } };
}

function positive(value: string | null, missing: number): number | null {
  if (value === null) return missing;
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : null;
}

const encodeCursor = (offset: number) => Buffer.from(`o:${offset}`).toString('base64url');

function decodeCursor(cursor: string): number {
  const match = /^o:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match ? Number(match[1]) : Number.NaN;
}
