// Money as people type it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCentavos } from '../../src/sync/planoForm.ts';

describe('a monthly price', () => {
  it.each([
    ['49,90', 4_990],
    ['49.90', 4_990],
    ['49', 4_900],
    ['49,9', 4_990],
    ['0,05', 5],
    ['0', 0],
    ['R$ 49,90', 4_990],
    [' R$\u00a01.234,56 ', 123_456],
    ['1.234', 123_400],
    ['1234,5', 123_450],
    ['99.999,99', 9_999_999],
    ['1,1', 110],
  ])('“%s” is %i centavos', (text, centavos) => {
    expect(parseCentavos(text)).toBe(centavos);
  });

  it.each([
    '',
    'R$',
    'grátis',
    '-5',
    '1,234',
    '1,234.56',
    '49,',
    ',90',
    '1.23.456',
    '12.34,56',
    '49,90,00',
    '1e3',
    '0x10',
    '100.000,00',
    '99999999999999999999',
    'NaN',
  ])('“%s” is no price', (text) => {
    expect(parseCentavos(text)).toBeUndefined();
  });

  it('is read back to the centavo from what a screen would show', () => {
    const money = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999_999 }), (centavos) => {
        expect(parseCentavos(money.format(centavos / 100))).toBe(centavos);
      }),
    );
  });
});
