// Pieces of SQL that several queries on IXC share: lists of ids, the operator's branches, words of a name.
import { inList, type Params } from '../db.ts';
import type { Filiais } from './tipos.ts';

export interface Trecho {
  sql: string;
  params: Params;
}

// Ids per statement; longer lists are read in several statements.
const CHUNK = 1_000;
const MAX_WORDS = 6;

/**
 * An IN list of ids padded to a power of two by repeating the last one: every length would otherwise leave one more
 * prepared statement on IXC's server, which has a fixed number of them for everybody (max_prepared_stmt_count).
 */
export function idList(prefix: string, ids: readonly number[]): Trecho {
  const last = ids.at(-1);
  if (last === undefined) return inList(prefix, []);
  const length = 2 ** Math.ceil(Math.log2(ids.length));
  return inList(prefix, [...ids, ...Array<number>(length - ids.length).fill(last)]);
}

/** Reads the rows for all `ids`, without repetition, some at a time. */
export async function readInChunks<T>(
  ids: readonly number[],
  read: (ids: readonly number[]) => Promise<T[]>,
): Promise<T[]> {
  const unique = [...new Set(ids)];
  const found: T[] = [];
  for (let start = 0; start < unique.length; start += CHUNK) {
    found.push(...(await read(unique.slice(start, start + CHUNK))));
  }
  return found;
}

/** True for a contract `c` in the operator's branches. A contract without branch belongs only to who sees all. */
export function visibleTo(filiais: Filiais): Trecho {
  if (filiais === 'todas') return { sql: 'TRUE', params: {} };
  const { sql, params } = idList('filial', validFiliais(filiais));
  return { sql: `c.id_filial IN (${sql})`, params };
}

/** The operator's branches without repetition and without 0, which is IXC's "none". */
export function validFiliais(filiais: readonly number[]): number[] {
  return [...new Set(filiais)].filter((id) => id > 0);
}

/** True where `column` holds every word of `texto`, in any order and place. Wildcards in it mean themselves. */
export function containsWords(column: string, texto: string): Trecho {
  const words = splitWords(texto);
  const params: Params = {};
  words.forEach((word, index) => {
    params[`palavra${index}`] = `%${escapeLike(word)}%`;
  });
  const tests = words.map((word, index) => `${readable(column, word)} LIKE :palavra${index} ESCAPE '!'`);
  return { sql: tests.length === 0 ? 'TRUE' : tests.join(' AND '), params };
}

/** The words a search goes by: the first six, without repetition. */
export function splitWords(texto: string): string[] {
  return [...new Set(texto.split(' ').filter((word) => word !== ''))].slice(0, MAX_WORDS);
}

// MariaDB refuses to compare a latin1 column with a character that latin1 lacks, so the column is converted first; and
// to its older collations all emoji are the same letter.
function readable(column: string, word: string): string {
  return /[^\p{ASCII}\u0080-\u00ff]/u.test(word)
    ? `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_unicode_520_ci`
    : column;
}

// Escaped by `!` and not by a backslash, whose meaning depends on the server's sql_mode.
function escapeLike(word: string): string {
  return word.replace(/[!%_]/g, '!$&');
}

/** True when the server cut a statement short at the time limit of IXC's sessions (ER_STATEMENT_TIMEOUT). */
export function isTooSlow(error: unknown): boolean {
  return error instanceof Error && 'errno' in error && error.errno === 1969;
}
