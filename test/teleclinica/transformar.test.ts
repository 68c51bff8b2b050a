// The closed transforms and the dotted paths.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { getPath, isSafePath, isTransform, setPath, transform } from '../../src/teleclinica/transformar.ts';

const apply = (input: string | null, ...use: string[]) => {
  const result = transform(input, use, { tipos: { clinico: 17, vazio: null } });
  return result.kind === 'value' ? result.value : result.kind;
};

describe('each transform', () => {
  test.each([
    ['digits', '111.444.777-35', '11144477735'],
    ['cpfFormatted', '11144477735', '111.444.777-35'],
    ['upperAscii', 'João Conceição d’Ávila', 'JOAO CONCEICAO DAVILA'],
    ['trim', '  Maria ', 'Maria'],
    ['date:ddMMyyyy', '1988-04-09', '09041988'],
    ['date:yyyyMMdd', '1988-04-09', '19880409'],
    ['date:dd/MM/yyyy', '1988-04-09', '09/04/1988'],
    ['date:yyyy-MM-dd', '1988-04-09', '1988-04-09'],
    ['phoneE164', '54999990000', '+5554999990000'],
    ['phoneNational', '+5554999990000', '54999990000'],
    ['phoneDdi', '54999990000', '55'],
    ['number', '17', 17],
    ['map:tipos', 'clinico', 17],
    ['map:tipos', 'outro', 'untranslated'],
    ['map:tipos', 'constructor', 'untranslated'],
    ['default:X', '', 'X'],
    ['default:X', 'Y', 'Y'],
    ['omitEmpty', '', 'omit'],
    ['omitEmpty', 'Y', 'Y'],
  ])('%s turns %j into %j', (name, input, wanted) => {
    expect(isTransform(name)).toBe(true);
    expect(apply(input, name)).toBe(wanted);
  });

  test('what IXC does not know stays null until default or omitEmpty speaks of it', () => {
    expect(apply(null, 'digits', 'phoneE164')).toBeNull();
    expect(apply(null, 'phoneE164', 'omitEmpty')).toBe('omit');
    expect(apply(null, 'omitEmpty', 'default:0')).toBe('0');
  });

  test.each(['eval', 'date:MM', 'date:', 'map:', 'default', 'toString', 'constructor', ''])(
    '%j is not a transform',
    (name) => {
      expect(isTransform(name)).toBe(false);
    },
  );
});

describe('properties', () => {
  const digits = fc.stringMatching(/^\d{11}$/);

  test('formatting a CPF and taking the digits back gives the same CPF', () => {
    fc.assert(fc.property(digits, (cpf) => apply(cpf, 'cpfFormatted', 'digits') === cpf));
  });

  test('a birth date never moves by a day, whatever the pattern and the time zone of the machine', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2030-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const iso = date.toISOString().slice(0, 10);
        const [year, month, dia] = iso.split('-');
        return apply(iso, 'date:dd/MM/yyyy') === `${dia}/${month}/${year}`;
      }),
    );
  });

  test('upperAscii leaves nothing but ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) =>
        /^\p{ASCII}*$/u.test(String(apply(text, 'upperAscii') ?? '')),
      ),
    );
  });

  test('what setPath writes, getPath reads', () => {
    const key = fc.stringMatching(/^([a-z]{1,8}|[0-3])$/).filter(isSafePath);
    const path = fc.array(key, { minLength: 1, maxLength: 5 }).map((keys) => keys.join('.'));
    fc.assert(
      fc.property(path, fc.string(), (where, value) => {
        const target = {};
        setPath(target, where, value);
        return getPath(target, where) === value;
      }),
    );
  });
});

describe('paths', () => {
  test('numbers make arrays, names make objects', () => {
    const body = {};
    setPath(body, 'grade.0.cpf', '1');
    setPath(body, 'grade.0.nome', 'M');
    expect(body).toEqual({ grade: [{ cpf: '1', nome: 'M' }] });
  });

  test('the body itself is $, and a missing step is undefined', () => {
    expect(getPath([1], '$')).toEqual([1]);
    expect(getPath({ a: null }, 'a.b.c')).toBeUndefined();
    expect(getPath('texto', 'length')).toBeUndefined();
    expect(getPath({}, 'constructor.name')).toBeUndefined();
  });

  test.each(['__proto__.x', 'a.prototype', 'constructor', 'a..b', '', 'a b', 'lista.4294967290'])(
    '%j is refused',
    (path) => {
      expect(isSafePath(path)).toBe(false);
    },
  );
});
