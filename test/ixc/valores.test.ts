// Whatever IXC stores becomes a typed value; CPF and CNPJ are judged and hidden as they should be.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCnpj,
  formatCpf,
  isValidCnpj,
  isValidCpf,
  maskDocumento,
  parseCodigo,
  parseData,
  parseDocumento,
  parseEmails,
  parseId,
  parseTelefones,
  parseTexto,
  parseTipoPessoa,
} from '../../src/ixc/valores.ts';

const digits = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: length, maxLength: length });
const letras = fc.string({
  unit: fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  minLength: 12,
  maxLength: 12,
});

/** Modulo-11 digit with weights from 2 upwards, from the right, starting again after `last`. Written apart on purpose. */
function checkDigit(text: string, last: number): number {
  let weight = 2;
  let sum = 0;
  for (const char of [...text].reverse()) {
    sum += (char.charCodeAt(0) - 48) * weight;
    weight = weight === last ? 2 : weight + 1;
  }
  return sum % 11 < 2 ? 0 : 11 - (sum % 11);
}

function complete(base: string, last: number): string {
  const first = `${base}${checkDigit(base, last)}`;
  return `${first}${checkDigit(first, last)}`;
}

const cpf = digits(9)
  .map((base) => complete(base, 99))
  .filter((text) => !/^(.)\1*$/.test(text));
const cnpj = letras.map((base) => complete(base, 9)).filter((text) => !/^(.)\1*$/.test(text));

describe('parseTexto', () => {
  it.each([
    ['  Ana \t\n  Lima ', 'Ana Lima'],
    ['JosÃ© da ConceiÃ§Ã£o', 'José da Conceição'],
    ['Ana\u00a0Lima\u200b', 'Ana Lima'],
    ['\u202Eמרים כהן\u202C', 'מרים כהן'],
    ['Nando 👨‍👩‍👧 Rios', 'Nando 👨‍👩‍👧 Rios'],
    ['Jose\u0301', 'José'],
    ["Zé'); -- <script>", "Zé'); -- <script>"],
    ['\u0093Bia\u0094', '“Bia”'],
    [null, ''],
    [undefined, ''],
    [42, '42'],
    [{}, ''],
  ])('reads %j as %j', (valor, texto) => {
    expect(parseTexto(valor)).toBe(texto);
  });

  it('answers one line without controls for every string, and the same when read again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (valor) => {
        const texto = parseTexto(valor);
        expect(texto).not.toMatch(/\p{Cc}|^\s|\s$|\s\s/u);
        expect(parseTexto(texto)).toBe(texto);
      }),
    );
  });
});

describe('parseData', () => {
  it.each([
    ['1985-06-20', '1985-06-20'],
    ['2026-01-31 10:20:30', '2026-01-31'],
    ['1900-01-01', '1900-01-01'],
    ['2024-02-29', '2024-02-29'],
    ['0000-00-00', null],
    ['0000-00-00 00:00:00', null],
    ['2026-00-10', null],
    ['2026-10-00', null],
    ['2026-02-30', null],
    ['0000-10-10', null],
    ['20/06/1985', null],
    ['', null],
    [null, null],
    [19850620, null],
  ])('reads %j as %j', (valor, data) => {
    expect(parseData(valor)).toBe(data);
  });
});

describe('ids and codes', () => {
  it.each([
    [7, 7],
    ['7', 7],
    [0, null],
    ['0', null],
    ['', null],
    [-1, null],
    [1.5, null],
    [null, null],
    ['abc', null],
  ])('reads the id %j as %j', (valor, id) => {
    expect(parseId(valor)).toBe(id);
  });

  it('lets empty and unknown codes through, and NULL is empty', () => {
    expect(['CA', '', 'XYZ', null, undefined].map(parseCodigo)).toEqual(['CA', '', 'XYZ', '', '']);
    expect(['F', 'J', 'E', '1', '', null].map(parseTipoPessoa)).toEqual(['F', 'J', 'E', '', '', '']);
  });
});

describe('parseEmails', () => {
  it.each([
    ['Ana@Exemplo.com', ['ana@exemplo.com']],
    ['um@example.com; dois@example.com', ['um@example.com', 'dois@example.com']],
    ['um@example.com,dois@example.com', ['um@example.com', 'dois@example.com']],
    ['Um <um@example.com> / dois@example.com', ['um@example.com', 'dois@example.com']],
    ['um@example.com um@example.com', ['um@example.com']],
    ['mailto:um@example.com.', ['um@example.com']],
    ['a@b', ['a@b']],
    ['naotem', []],
    ['@', []],
    ['', []],
    [null, []],
  ])('finds in %j the addresses %j', (valor, emails) => {
    expect(parseEmails(valor)).toEqual(emails);
  });
});

describe('parseTelefones', () => {
  it.each([
    [['(11) 98888-7777', '', null], ['11988887777']],
    [
      ['(11) 98888-7777', '11988887777', '(11) 3333-4444'],
      ['11988887777', '1133334444'],
    ],
    [['98888-7777/3333-4444'], ['988887777', '33334444']],
    [['9999', '(00) 00000-0000'], ['9999']],
    [['não tem'], []],
  ])('finds in %j the numbers %j', (campos, telefones) => {
    expect(parseTelefones(...campos)).toEqual(telefones);
  });
});

describe('CPF', () => {
  it('accepts every number whose check digits are right, and reads it back from its mask', () => {
    fc.assert(
      fc.property(cpf, (valido) => {
        expect(isValidCpf(valido)).toBe(true);
        expect(formatCpf(valido)).toMatch(/^\d{3}\.\d{3}\.\d{3}-\d{2}$/);
        expect(parseDocumento(` ${formatCpf(valido)} `)).toBe(valido);
      }),
    );
  });

  it('refuses it with a check digit changed', () => {
    fc.assert(
      fc.property(cpf, fc.constantFrom(9, 10), fc.integer({ min: 1, max: 9 }), (valido, posicao, soma) => {
        const outro = (Number(valido[posicao]) + soma) % 10;
        expect(isValidCpf(valido.slice(0, posicao) + outro + valido.slice(posicao + 1))).toBe(false);
      }),
    );
  });

  it.each(['', '1234567890', '111.444.777-35', '00000000000', '99999999999', '123456789012', '1114447773a'])(
    'refuses %j',
    (texto) => {
      expect(isValidCpf(texto)).toBe(false);
    },
  );

  it('knows the number that everybody publishes as an example', () => {
    expect(isValidCpf('11144477735')).toBe(true);
  });
});

describe('CNPJ', () => {
  it('accepts digits and letters whose check digits are right, and reads them back from the mask', () => {
    fc.assert(
      fc.property(cnpj, (valido) => {
        expect(isValidCnpj(valido)).toBe(true);
        expect(parseDocumento(formatCnpj(valido).toLowerCase())).toBe(valido);
      }),
    );
  });

  it('refuses it with a check digit changed', () => {
    fc.assert(
      fc.property(cnpj, fc.constantFrom(12, 13), fc.integer({ min: 1, max: 9 }), (valido, posicao, soma) => {
        const outro = (Number(valido[posicao]) + soma) % 10;
        expect(isValidCnpj(valido.slice(0, posicao) + outro + valido.slice(posicao + 1))).toBe(false);
      }),
    );
  });

  it('knows the published examples, numeric and alphanumeric', () => {
    expect(isValidCnpj('11222333000181')).toBe(true);
    expect(isValidCnpj('12ABC34501DE35')).toBe(true);
  });

  it.each(['', '00000000000000', '11222333000180', '12abc34501de35', '1122233300018', '11222333000A81'])(
    'refuses %j',
    (texto) => {
      expect(isValidCnpj(texto)).toBe(false);
    },
  );
});

describe('documents as stored', () => {
  it.each([
    ['111.444.777-35', '11144477735'],
    ['11.222.333/0001-81', '11222333000181'],
    ['12.abc.345/01de-35', '12ABC34501DE35'],
    ['ISENTO', ''],
    ['1234567890', '1234567890'],
    ['', ''],
    [null, ''],
  ])('reads %j as %j', (valor, documento) => {
    expect(parseDocumento(valor)).toBe(documento);
  });
});

describe('maskDocumento', () => {
  it('shows the middle of a CPF and of a CNPJ, and nothing of anything else', () => {
    expect(maskDocumento('12345678909')).toBe('***.456.789-**');
    expect(maskDocumento('12345678000195')).toBe('**.345.678/0001-**');
    expect(maskDocumento('12ABC34501DE35')).toBe('**.ABC.345/01DE-**');
    expect(maskDocumento('1234567890')).toBe('**********');
    expect(maskDocumento('')).toBe('');
  });

  it('never shows both ends, however long the document', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }).chain(digits), (documento) => {
        const mascara = maskDocumento(documento);
        expect(mascara.slice(0, 1)).toBe('*');
        expect(mascara.slice(-1)).toBe('*');
        const visiveis = mascara.replace(/\D/g, '').length;
        expect(visiveis).toBe(documento.length === 11 ? 6 : documento.length === 14 ? 10 : 0);
      }),
    );
  });
});
