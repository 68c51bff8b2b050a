// Retry-After in both of its forms, and in the forms it should not have.
import { expect, test } from 'vitest';
import { readRetryAfter } from '../../src/teleclinica/espera.ts';

const now = Date.parse('2026-11-24T12:00:00Z');

test.each([
  ['120', 120_000],
  [' 2 ', 2000],
  ['0', 0],
  ['0.5', 500],
  ['3600', 3_600_000],
  ['1000000000', 3_600_000],
  ['9'.repeat(400), 3_600_000],
  ['Tue, 24 Nov 2026 12:02:00 GMT', 120_000],
  ['Tue, 24 Nov 2099 12:02:00 GMT', 3_600_000],
  ['Tue, 24 Nov 2026 11:00:00 GMT', undefined],
  ['-5', undefined],
  ['logo', undefined],
  ['2026', 2_026_000],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j means %j ms', (value, wanted) => {
  expect(readRetryAfter(value, now)).toBe(wanted);
});
