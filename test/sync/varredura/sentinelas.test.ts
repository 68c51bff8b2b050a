// When a base is not to be believed, as a table: what it shows, what is remembered, and the reason.
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/crypto.ts';
import { type Base, type Memoria, refuseRun } from '../../../src/sync/varredura/sentinelas.ts';

const AGORA = Date.parse('2026-05-10T12:00:00Z');
const estrutura = sha256('como era');
const base: Base = { total: 1_000, maisNova: '2026-05-10 11:59:00', agora: '2026-05-10 12:00:00' };
const memoria: Memoria = { completaTotal: 1_000, estrutura };

const at = (text: string): Pick<Base, 'agora'> => ({ agora: `2026-05-10 ${text}` });

describe('a base is believed', () => {
  const GOOD: [string, Partial<Base>, Partial<Memoria>][] = [
    ['as it always is', {}, {}],
    ['at the first run, when nothing is remembered', {}, { completaTotal: null, estrutura: null }],
    ['with exactly 80 % of the last complete run', { total: 800 }, {}],
    ['grown', { total: 5_000 }, {}],
    ['with a clock five minutes apart', at('12:05:00'), {}],
    ['with a clock five minutes behind', at('11:55:00'), {}],
    ['quiet for seven days', { maisNova: '2026-05-03 12:00:00' }, {}],
    ['with a change dated in the future', { maisNova: '2026-05-11 12:00:00' }, {}],
  ];
  test.each(GOOD)('%s', (_, change, memory) => {
    expect(refuseRun({ ...base, ...change }, estrutura, { ...memoria, ...memory }, AGORA)).toBeUndefined();
  });
});

describe('a base is refused', () => {
  const BAD: [string, Partial<Base>, RegExp][] = [
    ['empty', { total: 0 }, /nenhum contrato/],
    ['one contract under 80 %', { total: 799 }, /799 contratos, muito menos que os 1000/],
    ['with a clock six minutes ahead', at('12:06:00'), /difere 6 minutos/],
    ['with a clock an hour behind', at('11:00:00'), /difere 60 minutos/],
    ['with a clock in another time zone', at('09:00:00'), /difere 180 minutos/],
    ['without a clock', { agora: '' }, /relógio/],
    [
      'with nothing new for eight days',
      { maisNova: '2026-05-02 11:00:00' },
      /tem 8 dias: parece uma cópia antiga/,
    ],
    ['with no date of change at all', { maisNova: null }, /muitos dias/],
  ];
  test.each(BAD)('%s', (_, change, reason) => {
    expect(refuseRun({ ...base, ...change }, estrutura, memoria, AGORA)).toMatch(reason);
  });

  test('with another structure, before anything else is looked at', () => {
    expect(refuseRun({ ...base, total: 0 }, sha256('como é'), memoria, AGORA)).toMatch(/coluna/);
  });
});
