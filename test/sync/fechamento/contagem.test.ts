// The counting of a month and the matching of an invoice: rules, edges of the month, and that every cent is explained.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findColunas, parseCentavos } from '../../../src/sync/fechamento/colunas.ts';
import { CLASSES, conferir, type LinhaDaFatura } from '../../../src/sync/fechamento/conferencia.ts';
import { cobrancaDe, contar, type Linha, type Trecho } from '../../../src/sync/fechamento/contagem.ts';
import { DIA_MS, parseMes } from '../../../src/sync/fechamento/mes.ts';
import { type Porque, porqueDe } from '../../../src/sync/fechamento/porques.ts';
import type { Regra } from '../../../src/sync/fechamento/regra.ts';

const mesDe = (nome: string) => parseMes(nome) ?? expect.unreachable();
const NOVEMBRO = mesDe('2026-11');
const em = (iso: string) => Date.parse(iso);
const trecho = (iso: string, situacao: string, planoId = 1): Trecho => ({
  desde: em(iso),
  situacao,
  planoId,
  filialId: 1,
});
const regra = (modo: Regra['modo'], mais: Partial<Regra> = {}): Regra => ({
  modo,
  dia: 10,
  bloqueadoConta: true,
  ...mais,
});
const centavos = (trechos: Trecho[], uma: Regra, mes = NOVEMBRO) =>
  cobrancaDe(trechos, mes, uma, (id) => id * 1000).reduce((sum, parte) => sum + parte.centavos, 0);

describe('a month', () => {
  test('begins and ends at midnight in Brasília, and February of a leap year has 29 days', () => {
    expect(new Date(NOVEMBRO.de).toISOString()).toBe('2026-11-01T03:00:00.000Z');
    expect([mesDe('2028-02').dias, mesDe('2027-02').dias, NOVEMBRO.dias]).toEqual([29, 28, 30]);
    expect([parseMes('2026-13'), parseMes('x')]).toEqual([undefined, undefined]);
  });

  test('an account cancelled a moment before it began owes nothing; a moment after, one day', () => {
    const until = (iso: string) => [trecho('2026-10-01T00:00:00Z', 'ativo'), trecho(iso, 'cancelado')];
    expect(centavos(until('2026-11-01T02:59:59.999Z'), regra('qualquer_dia'))).toBe(0);
    expect(centavos(until('2026-11-01T03:00:00.001Z'), regra('qualquer_dia'))).toBe(1000);
    expect(centavos(until('2026-11-01T03:00:00.001Z'), regra('pro_rata'))).toBe(33);
  });
});

describe('the rules', () => {
  const blocked = [trecho('2026-10-01T00:00:00Z', 'ativo'), trecho('2026-11-05T12:00:00Z', 'bloqueado')];

  test('blocked counts or not', () => {
    expect(centavos(blocked, regra('dia'))).toBe(1000);
    expect(centavos(blocked, regra('dia', { bloqueadoConta: false }))).toBe(0);
    expect(centavos(blocked, regra('pro_rata', { bloqueadoConta: false }))).toBe(167);
  });

  test('day 31 is the last day of a shorter month', () => {
    const late = [trecho('2026-11-30T20:00:00Z', 'ativo')];
    expect(centavos(late, regra('dia', { dia: 31 }))).toBe(1000);
    expect(centavos(late, regra('dia', { dia: 29 }))).toBe(0);
  });

  test('pro rata charges each plano for its own days, the day of the change in the new one', () => {
    const changed = [trecho('2026-10-01T00:00:00Z', 'ativo', 1), trecho('2026-11-16T12:00:00Z', 'ativo', 2)];
    const partes = cobrancaDe(changed, NOVEMBRO, regra('pro_rata'), (id) => id * 1000);
    expect(partes.map((parte) => [parte.planoId, parte.centavos]).sort()).toEqual([
      [1, 500],
      [2, 1000],
    ]);
  });

  test('counts created, blocked, cancelled, at the end, at any time and days', () => {
    const linhas = new Map<string, Linha>();
    contar(
      linhas,
      [
        trecho('2026-11-05T12:00:00Z', 'ativo'),
        trecho('2026-11-07T12:00:00Z', 'bloqueado'),
        trecho('2026-11-09T12:00:00Z', 'cancelado'),
      ],
      NOVEMBRO,
      [],
    );
    contar(linhas, [trecho('2026-10-01T00:00:00Z', 'ativo')], NOVEMBRO, []);
    expect([...linhas.values()]).toEqual([
      {
        planoId: 1,
        filialId: 1,
        ativasNoFim: 1,
        ativasNoMes: 2,
        criadas: 1,
        bloqueadas: 1,
        canceladas: 1,
        diasAtivos: 33,
        esperadoCentavos: 0,
      },
    ]);
  });

  test('pro rata of any history is between nothing and the whole month, and never counts a day twice', () => {
    const historia = fc.array(
      fc.record({
        dia: fc.double({ min: -40, max: 40, noNaN: true }),
        situacao: fc.constantFrom('ativo', 'bloqueado', 'cancelado'),
      }),
    );
    fc.assert(
      fc.property(historia, (passos) => {
        const trechos = passos
          .sort((a, b) => a.dia - b.dia)
          .map(({ dia, situacao }) => ({
            desde: NOVEMBRO.de + dia * DIA_MS,
            situacao,
            planoId: 3,
            filialId: 1,
          }));
        const total = centavos(trechos, regra('pro_rata'));
        const days = Array.from({ length: 30 }, (_, n) => {
          const [de, ate] = [NOVEMBRO.de + n * DIA_MS, NOVEMBRO.de + (n + 1) * DIA_MS];
          return trechos.some(
            (t, i) =>
              t.situacao !== 'cancelado' &&
              Math.max(t.desde, de) < Math.min(trechos[i + 1]?.desde ?? ate, ate),
          );
        }).filter(Boolean).length;
        expect(total).toBe(days * 100);
      }),
    );
  });
});

describe('an invoice with planted errors', () => {
  test.each([600, ...(process.env['LONGO'] ? [50_000] : [])])(
    'of %i people: all of them and no other',
    (people) => {
      const esperadas = new Map(
        Array.from({ length: people }, (_, n) => [
          n + 1,
          [{ planoId: 1 + (n % 2), filialId: 1, centavos: 4990 + (n % 2) * 1010 }],
        ]),
      );
      const planted = new Map<string, number>();
      const porques = new Map<number, Porque>();
      const fatura: LinhaDaFatura[] = [];
      const push = (linha: Omit<LinhaDaFatura, 'linha'>) =>
        fatura.push({ linha: fatura.length + 2, ...linha });
      for (const [usuarioId, [parte]] of esperadas) {
        if (parte === undefined) continue;
        const { planoId, centavos: valor } = parte;
        const kind = CLASSES[usuarioId % 50];
        if (kind) planted.set(kind, (planted.get(kind) ?? 0) + 1);
        if (kind === 'cobrado_cancelado' || kind === 'cobrado_sem_contar') {
          esperadas.delete(usuarioId);
          porques.set(usuarioId, {
            causa: kind === 'cobrado_cancelado' ? 'cancelado' : 'bloqueado',
            desde: 0,
            ate: 1,
          });
        }
        if (kind === 'nao_cobrado') continue;
        if (kind === 'desconhecido') push({ usuarioId: null, planoId: 1, centavos: 700 });
        if (kind === 'cobrado_duas_vezes') push({ usuarioId, planoId, centavos: valor });
        push({
          usuarioId,
          planoId: kind === 'plano_errado' ? 3 - planoId : planoId,
          centavos: kind === 'valor_errado' ? valor + 1 : valor,
        });
      }
      const found = conferir(fatura, esperadas, porques);
      const byClass = new Map<string, number>();
      for (const { classe, usuarioId } of found) {
        byClass.set(classe, (byClass.get(classe) ?? 0) + 1);
        if (usuarioId !== null) expect(CLASSES[usuarioId % 50]).toBe(classe);
      }
      expect(byClass).toEqual(planted);
      const total = (list: number[]) => list.reduce((sum, each) => sum + each, 0);
      expect(total(found.map(({ cobrado, esperado }) => cobrado - esperado))).toBe(
        total(fatura.map((linha) => linha.centavos)) -
          total([...esperadas.values()].flat().map((parte) => parte.centavos)),
      );
    },
  );
});

describe('a line', () => {
  const parte = (planoId: number, centavos: number) => ({ planoId, filialId: 1, centavos });
  const linha = (linhaNoArquivo: number, centavos: number, planoId: number | null = null) => ({
    linha: linhaNoArquivo,
    usuarioId: 7,
    planoId,
    centavos,
  });
  const match = (
    fatura: LinhaDaFatura[],
    partes: { planoId: number; filialId: number; centavos: number }[],
  ) =>
    conferir(fatura, new Map([[7, partes]]), new Map()).map(({ classe, linha: n, outraLinha }) => [
      classe,
      n,
      outraLinha,
    ]);

  test('may charge both planos of a month of change at once, to the cent', () => {
    const both = [parte(1, 2495), parte(2, 4495)];
    expect(match([linha(2, 6990)], both)).toEqual([]);
    expect(match([linha(2, 6990, 9)], both)).not.toEqual([]);
    expect(match([linha(2, 6991)], both)).toEqual([
      ['valor_errado', 2, null],
      ['nao_cobrado', null, null],
    ]);
  });

  test('that charges again names the one before; what costs nothing is not missed', () => {
    expect(match([linha(2, 4990), linha(5, 4990)], [parte(1, 4990)])).toEqual([['cobrado_duas_vezes', 5, 2]]);
    expect(match([], [parte(0, 0)])).toEqual([]);
  });
});

describe('why nothing is due', () => {
  const why = (trechos: Trecho[], uma = regra('qualquer_dia', { bloqueadoConta: false })) => {
    const { causa, desde } = porqueDe(trechos, NOVEMBRO, uma);
    return [causa, desde === null ? null : new Date(desde).toISOString().slice(0, 10)];
  };
  const ativo = trecho('2026-09-01T12:00:00Z', 'ativo');

  test.each<[unknown, Trecho[], Regra?]>([
    [
      ['cancelado', '2026-10-10'],
      [ativo, trecho('2026-10-10T12:00:00Z', 'cancelado')],
    ],
    [
      ['bloqueado', '2026-10-10'],
      [ativo, trecho('2026-10-10T12:00:00Z', 'bloqueado')],
    ],
    // In another branch since, and blocked since before.
    [
      ['bloqueado', '2026-10-10'],
      [ativo, trecho('2026-10-10T12:00:00Z', 'bloqueado'), trecho('2026-11-10T12:00:00Z', 'bloqueado', 2)],
    ],
    [['sem_conta', null], []],
    [['sem_conta', null], [trecho('2026-12-02T12:00:00Z', 'ativo')]],
    [['sem_conta', null], [trecho('2026-11-20T12:00:00Z', 'ativo')], regra('dia')],
    [
      ['cancelado', '2026-11-05'],
      [ativo, trecho('2026-11-05T12:00:00Z', 'cancelado'), trecho('2026-11-20T12:00:00Z', 'ativo')],
      regra('dia'),
    ],
    [['fechado', '2026-09-01'], [ativo]],
  ])('%j', (expected, trechos, uma) => {
    expect(why(trechos, uma)).toEqual(expected);
  });
});

describe('columns and amounts', () => {
  test('headings are guessed, named ones must exist', () => {
    expect(findColunas(['CPF', 'Nome', 'Plano', 'Valor (R$)'], {}).onde).toEqual({
      cpf: 0,
      plano: 2,
      valor: 3,
    });
    expect(findColunas(['CPF', 'Valor'], { valor: 'Preço' }).erros).toHaveProperty('coluna_valor');
    expect(findColunas(['529.982.247-25', '49,90'], { cpf: '529.982.247-25' }).erros).toHaveProperty(
      'coluna_cpf',
    );
    expect(Object.keys(findColunas(['a', 'b'], {}).erros)).toEqual(['coluna_valor', 'coluna_referencia']);
  });

  test.each([
    ['R$ 1.234,56', 123456],
    ['49.9', 4990],
    ['1,234.50', 123450],
    ['-3,00', -300],
    ['49,905', undefined],
    ['x', undefined],
  ])('%s', (text, cents) => {
    expect(parseCentavos(text)).toBe(cents);
  });
});
