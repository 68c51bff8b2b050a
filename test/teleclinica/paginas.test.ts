// Lists are walked to their real end, and a partner that repeats itself is caught.
import { describe, expect, test } from 'vitest';
import type { PageRules } from '../../src/teleclinica/formatoPedido.ts';
import { nextMark, position, readMark } from '../../src/teleclinica/paginas.ts';

const paged: PageRules = {
  style: 'page',
  param: 'p',
  first: 1,
  size: 2,
  totalPages: 'meta.pages',
  total: 'meta.total',
};

/** Walks `pages` (ids by position asked) and says what was asked for and how it ended. */
function walk(page: PageRules, answer: (asked: string | undefined) => { ids: string[]; body?: unknown }) {
  const asked: (string | undefined)[] = [];
  const ids: string[] = [];
  let proxima: string | undefined;
  for (let turn = 0; turn < 20; turn++) {
    const mark = readMark(page, proxima);
    asked.push(position(page, mark));
    const shown = answer(asked.at(-1));
    ids.push(...shown.ids);
    const next = nextMark(page, mark, shown.body ?? {}, shown.ids);
    if (next.kind !== 'next') return { asked, ids, end: next.kind };
    proxima = next.proxima;
  }
  return { asked, ids, end: 'never' };
}

describe('pages by number', () => {
  test('stop at the number of pages the partner tells', () => {
    const result = walk(paged, (asked) => ({ ids: [`a${asked}`], body: { meta: { pages: 3 } } }));
    expect(result).toEqual({ asked: ['1', '2', '3'], ids: ['a1', 'a2', 'a3'], end: 'last' });
  });

  test('without totals only an empty page is the end, because servers cap the size asked for', () => {
    const pages: Record<string, string[]> = { 1: ['a'], 2: ['b'], 3: [] };
    const result = walk(paged, (asked) => ({ ids: pages[asked ?? ''] ?? [] }));
    expect(result).toEqual({ asked: ['1', '2', '3'], ids: ['a', 'b'], end: 'last' });
  });

  test('stop when as many were seen as the partner counts', () => {
    const result = walk(paged, (asked) => ({
      ids: [`a${asked}`, `b${asked}`],
      body: { meta: { total: '4' } },
    }));
    expect(result.ids).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('a partner that ignores the page number is caught on the second page', () => {
    expect(walk(paged, () => ({ ids: ['a', 'b'] })).end).toBe('stuck');
  });
});

describe('other styles', () => {
  test('offset goes on by what was really shown, not by what was asked', () => {
    const rules: PageRules = { style: 'offset', param: 'o', size: 100, total: 'total' };
    const result = walk(rules, (asked) => ({ ids: [`x${asked}`, `y${asked}`], body: { total: 6 } }));
    expect(result.asked).toEqual(['0', '2', '4']);
  });

  test('a cursor is followed until there is none', () => {
    const rules: PageRules = { style: 'cursor', param: 'c', size: 100, next: 'next' };
    const next: Record<string, string | null> = { inicio: 'ção/1', 'ção/1': 'c2', c2: null };
    const result = walk(rules, (asked) => ({ ids: [`i${asked}`], body: { next: next[asked ?? 'inicio'] } }));
    expect(result.asked).toEqual([undefined, 'ção/1', 'c2']);
  });

  test('a cursor that repeats is caught', () => {
    const rules: PageRules = { style: 'cursor', param: 'c', size: 100, next: 'next' };
    let turn = 0;
    expect(walk(rules, () => ({ ids: [`i${turn++}`], body: { next: 'c1' } })).end).toBe('stuck');
  });

  test('a list without pages is asked for once', () => {
    expect(walk({ style: 'none' }, () => ({ ids: ['a'] }))).toEqual({
      asked: [undefined],
      ids: ['a'],
      end: 'last',
    });
  });
});
