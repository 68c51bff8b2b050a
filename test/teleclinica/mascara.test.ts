// The partner's words never carry personal data into our tables.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskText } from '../../src/teleclinica/mascara.ts';

describe('maskText', () => {
  test.each([
    ['CPF 11144477735 já existe', 'CPF ••• já existe'],
    ['CPF 111.444.777-35 já existe', 'CPF ••• já existe'],
    ['ligue (54) 99999-0000', 'ligue (•••'],
    ['nascida em 09/04/1988', 'nascida em •••'],
    ['e-mail maria@example.com recusado', 'e-mail ••• recusado'],
    ['erro 1016 na linha 42', 'erro 1016 na linha 42'],
    ['duas\n  linhas\u0000 e\u202e truque', 'duas linhas e truque'],
  ])('%j becomes %j', (text, wanted) => {
    expect(maskText(text)).toBe(wanted);
  });

  test('values we sent about the person are hidden however they are written', () => {
    const known = ['Maria  Exemplo da Silva', 'a.b*c'];
    expect(maskText('MARIA EXEMPLO DA SILVA (a.b*c) recusada', known)).toBe('••• (•••) recusada');
  });

  test('nothing longer than 200 characters is kept', () => {
    expect(maskText('não '.repeat(200))).toHaveLength(200);
  });

  test('no run of eight digits and no e-mail ever survives', () => {
    const piece = fc.oneof(
      fc.stringMatching(/^\d{1,14}$/),
      fc.emailAddress(),
      fc.constantFrom(' ', '.', '-', 'a', '/'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const masked = maskText(pieces.join(''));
        return !/\d{8}/.test(masked) && !masked.includes('@');
      }),
    );
  });
});
