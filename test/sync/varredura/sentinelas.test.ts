// When a base is not to be believed, as a table: what it shows, what is remembered, and the reason.
import { describe, expect, test } from 'vitest';
import { refuseClock } from '../../../src/sync/varredura/relogio.ts';
import { type Base, type Memoria, refuseRun } from '../../../src/sync/varredura/sentinelas.ts';

const AGORA = Date.parse('2026-05-10T12:00:00Z');
const estrutura = ['cliente.id int', 'cliente_contrato.status enum'];
const base: Base = { total: 1_000, maisNova: '2026-05-10 11:59:00', agora: '2026-05-10 12:00:00' };
const memoria: Memoria = { completaTotal: 1_000, estrutura, maisNova: '2026-05-03 12:00:00' };

const at = (text: string): Pick<Base, 'agora'> => ({ agora: `2026-05-10 ${text}` });

describe('a base is believed', () => {
  const GOOD: [string, Partial<Base>, Partial<Memoria>][] = [
    ['as it always is', {}, {}],
    [
      'at the first run, when nothing is remembered',
      {},
      { completaTotal: null, estrutura: null, maisNova: null },
    ],
    ['with exactly 80 % of the last complete run', { total: 800 }, {}],
    ['grown', { total: 5_000 }, {}],
    ['with a clock five minutes apart', at('12:05:00'), {}],
    ['with a clock five minutes behind', at('11:55:00'), {}],
    ['quiet for seven days', { maisNova: '2026-05-03 12:00:00' }, {}],
    [
      'without the row that was changed last',
      { maisNova: '2026-05-10 11:44:00' },
      { maisNova: '2026-05-10 11:59:00' },
    ],
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

  test('restored from a copy of yesterday', () => {
    const yesterday = { ...base, maisNova: '2026-05-09 11:59:00' };
    const met = { ...memoria, maisNova: '2026-05-10 11:58:00' };
    expect(refuseRun(yesterday, estrutura, met, AGORA)).toMatch(/voltou 1439 minutos no tempo/);
    const quarter = { ...base, maisNova: '2026-05-10 11:42:00' };
    expect(refuseRun(quarter, estrutura, met, AGORA)).toMatch(/voltou 16 minutos/);
  });

  const STRUCTURES: [string, string[], RegExp | undefined][] = [
    ['a column is gone', ['cliente.id int'], /coluna .* mudou de tipo: cliente_contrato\.status\. Rode/],
    [
      'a column changed its type',
      ['cliente.id int', 'cliente_contrato.status varchar'],
      /cliente_contrato\.status/,
    ],
    ['everything changed', [], /: cliente\.id, cliente_contrato\.status\. /],
    ['a column came in addition', [...estrutura, 'cliente.telefone_comercial varchar'], undefined],
    ['they came in another order', [...estrutura].reverse(), undefined],
  ];
  test.each(STRUCTURES)('when %s, before anything else is looked at', (_, now, reason) => {
    const refusal = refuseRun({ ...base, total: reason ? 0 : 1_000 }, now, memoria, AGORA);
    if (reason) expect(refusal).toMatch(reason);
    else expect(refusal).toBeUndefined();
  });
});

describe('our clock', () => {
  const MINUTE = 60_000;
  const read = (agoraMs: number, antes: number, depois = antes + 5) => ({ agoraMs, antes, depois });

  test.each([
    ['goes on as time does', read(AGORA, 1_000), read(AGORA + MINUTE, MINUTE + 1_000)],
    ['was put right by four minutes', read(AGORA, 0), read(AGORA + 5 * MINUTE, MINUTE)],
    [
      'was read by a process that was frozen for an hour',
      read(AGORA, 0, 60 * MINUTE),
      read(AGORA + 61 * MINUTE, 61 * MINUTE),
    ],
    [
      'was read before a process was frozen for an hour',
      read(AGORA, 0),
      read(AGORA + MINUTE, MINUTE, 61 * MINUTE),
    ],
  ])('is believed when it %s', (_, before, now) => {
    expect(refuseClock(before, now)).toBeUndefined();
  });

  test('is refused when it jumps ahead or back', () => {
    expect(refuseClock(read(AGORA, 0), read(AGORA + 61 * MINUTE, MINUTE))).toMatch(
      /60 minutos para a frente/,
    );
    expect(refuseClock(read(AGORA, 0), read(AGORA - 59 * MINUTE, MINUTE))).toMatch(/60 minutos para trás/);
  });
});
