// What holds for every base, every rule and every history: rules, wish, modes and brake together.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AdesaoParaDesejo,
  type Desejo,
  type Ordens,
  strongestOf,
  wishOf,
} from '../../../src/sync/desejo.ts';
import { ACOES, type ModoSalvo, modoFor } from '../../../src/sync/modos.ts';
import { ACESSO, meaningOf, type RegraContrato, STATUS } from '../../../src/sync/regras.ts';
import { everyCell, SIGNIFICADOS } from '../../../src/sync/regrasSalvas.ts';
import type { Acao, Significado } from '../../../src/sync/tipos.ts';
import { decide } from '../../../src/sync/varredura/decisao.ts';
import { judge, type Passado } from '../../../src/sync/varredura/freio.ts';
import type { Mudanca } from '../../../src/sync/varredura/mudancas.ts';

const numRuns = process.env['LONGO'] === '1' ? 500_000 : 5_000;
const AGORA = 1_000_000;
const check = <T>(arbitrary: fc.Arbitrary<T>, holds: (each: T) => void, runs = numRuns): void =>
  fc.assert(
    fc.property(arbitrary, (each) => {
      holds(each);
    }),
    { numRuns: runs },
  );

const significado = fc.constantFrom<Significado>(...SIGNIFICADOS);
const regras = fc
  .array(fc.tuple(fc.constantFrom(...everyCell()), significado), { maxLength: 12 })
  .map((cells) => new Map(cells));
const contrato: fc.Arbitrary<RegraContrato> = fc.record({
  status: fc.oneof(fc.constantFrom<string>(...STATUS), fc.string({ maxLength: 3 })),
  statusInternet: fc.oneof(fc.constantFrom<string>(...ACESSO), fc.string({ maxLength: 3 })),
  suspenso: fc.boolean(),
  tipo: fc.constantFrom('I', 'T', 'S', 'SVA'),
  naoBloquearAte: fc.constantFrom(null, '2026-05-09', '2026-05-10', '2026-05-11'),
  desbloqueioConfianca: fc.boolean(),
});
const adesao: fc.Arbitrary<AdesaoParaDesejo> = fc.record({
  significado,
  planoId: fc.constantFrom(null, 1, 2),
  planoOrigem: fc.constantFrom('contrato', 'adicional', 'plano', 'plano_de_venda', 'operador'),
});
const quando = fc.constantFrom(null, AGORA - 1, AGORA, AGORA + 1);
const ordens: fc.Arbitrary<Ordens> = fc.record({
  bloqueioManual: fc.boolean(),
  cancelarEm: quando,
  cancelarRegraEm: quando,
  emCarencia: fc.boolean(),
});
const desejo: fc.Arbitrary<Desejo> = fc.record({
  desejada: fc.constantFrom('ativo', 'bloqueado', 'cancelado'),
  planoId: fc.constantFrom(null, 1, 2),
  retida: fc.constant(null),
});
const NONE: Ordens = { bloqueioManual: false, cancelarEm: null, cancelarRegraEm: null, emCarencia: false };
const cena = fc.record({ adesoes: fc.array(adesao, { maxLength: 5 }), ordens, atual: desejo });

describe('a code that nobody knows', () => {
  test('never means block or cancel, whatever rules were chosen', () => {
    check(fc.tuple(contrato, regras), ([each, chosen]) => {
      const known =
        STATUS.some((status) => status === each.status) &&
        (each.status !== 'A' || ACESSO.some((acesso) => acesso === each.statusInternet));
      if (known || (each.status === 'A' && each.suspenso)) return;
      expect(meaningOf(each, chosen, '2026-05-10')).toBe('perguntar');
    });
  });

  test('of every contract of a person leaves the wish as it is, and plans nothing', () => {
    check(cena, ({ adesoes, atual }) => {
      const unknown = adesoes.map((each) => ({ ...each, significado: 'perguntar' as const }));
      expect(wishOf(unknown, NONE, atual, AGORA)).toEqual({ ...atual, retida: null });
    });
  });
});

describe('IXC’s own shields', () => {
  test('turn the automatic block into active and change nothing else', () => {
    check(contrato, (each) => {
      const bare = { ...each, naoBloquearAte: null, desbloqueioConfianca: false };
      const before = meaningOf(bare, undefined, '2026-05-10');
      const after = meaningOf(each, undefined, '2026-05-10');
      const shielded = each.desbloqueioConfianca === true || (each.naoBloquearAte ?? '') >= '2026-05-10';
      const automatic = each.status === 'A' && each.statusInternet === 'CA' && !each.suspenso;
      expect(after).toBe(shielded && automatic ? 'ativo' : before);
    });
  });
});

describe('the wish', () => {
  test('is destructive only when every deciding contract or a person says so', () => {
    check(cena, ({ adesoes, ordens: orders, atual }) => {
      const wish = wishOf(adesoes, orders, atual, AGORA);
      const strongest = strongestOf(adesoes);
      if (strongest === undefined || wish.desejada === 'ativo') return;
      const byPerson = orders.bloqueioManual || orders.cancelarEm !== null;
      expect(byPerson || strongest !== 'ativo').toBe(true);
      if (wish.desejada === 'cancelado') {
        const ripe = (em: number | null) => em !== null && em <= AGORA;
        expect(ripe(orders.cancelarEm) || (strongest === 'cancelar' && ripe(orders.cancelarRegraEm))).toBe(
          true,
        );
      }
    });
  });

  test('in carência no rule blocks or cancels', () => {
    check(cena, ({ adesoes, ordens: orders, atual }) => {
      if (strongestOf(adesoes) === undefined) return;
      const byNobody = { ...orders, emCarencia: true, bloqueioManual: false, cancelarEm: null };
      expect(wishOf(adesoes, byNobody, atual, AGORA).desejada).toBe('ativo');
    });
  });

  test('is made of the newest facts alone: what was wished before plays no part, and made again it is the same', () => {
    check(fc.tuple(cena, desejo), ([{ adesoes, ordens: orders, atual }, other]) => {
      const wish = wishOf(adesoes, orders, atual, AGORA);
      expect(wishOf(adesoes, orders, wish, AGORA).desejada).toBe(wish.desejada);
      if (strongestOf(adesoes) === undefined) return;
      expect(wishOf(adesoes, orders, other, AGORA)).toEqual(wish);
      expect(wishOf([...adesoes].reverse(), orders, atual, AGORA)).toEqual(wish);
    });
  });

  test('one more active contract never takes anything away', () => {
    check(cena, ({ adesoes, ordens: orders, atual }) => {
      const more = [
        ...adesoes,
        { significado: 'ativo' as const, planoId: 1, planoOrigem: 'contrato' as const },
      ];
      const ORDER = ['cancelado', 'bloqueado', 'ativo'];
      if (strongestOf(adesoes) === undefined) return;
      const rank = (wish: Desejo) => ORDER.indexOf(wish.desejada);
      expect(rank(wishOf(more, orders, atual, AGORA))).toBeGreaterThanOrEqual(
        rank(wishOf(adesoes, orders, atual, AGORA)),
      );
    });
  });
});

const filial = fc.nat({ max: 3 });
const acao = fc.constantFrom<Acao>(...ACOES);
const mudancas = fc
  .array(fc.record({ acao, filialId: filial }), { maxLength: 120, size: 'max' })
  .map((list) =>
    list.map(
      (each, n): Mudanca => ({
        ...each,
        usuarioId: n + 1,
        contratoId: n + 1,
        clienteId: n + 1,
        de: 'ativo',
        para: 'bloqueado',
        planoId: 1,
        motivo: '',
      }),
    ),
  );
const modos: fc.Arbitrary<ModoSalvo[]> = fc.array(
  fc.record({
    operacao: fc.constantFrom('', ...ACOES),
    filialId: filial,
    modo: fc.constantFrom('observar', 'sugerir', 'automatico', 'automatico'),
  }),
  { maxLength: 5 },
);
const historia: fc.Arbitrary<Passado> = fc.record({
  ativos: fc.nat({ max: 2_000 }),
  maiorDiaIgual: fc.nat({ max: 300 }),
  ultimas24h: fc.nat({ max: 20 }),
  ultimos7dias: fc.nat({ max: 40 }),
});
const corrida = fc.record({
  mudancas,
  modos,
  aceito: fc.boolean(),
  // By branch, 0–3, and for all.
  passados: fc.array(historia, { minLength: 5, maxLength: 5 }),
});
const FEW = Math.max(500, Math.round(numRuns / 10));

describe('a run', () => {
  test('puts every change in exactly one place, as its mode says', () => {
    check(
      corrida,
      ({ mudancas: all, modos: saved, aceito, passados }) => {
        const { aplicar, sugerir, reter, observar } = decide(all, saved, aceito, (_, id) =>
          pastOf(passados, id),
        );
        const held = reter.flatMap((each) => each.mudancas);
        const places = [...aplicar, ...sugerir, ...held, ...observar].map(({ usuarioId }) =>
          Number(usuarioId),
        );
        expect(places.sort((a, b) => a - b)).toEqual(all.map(({ usuarioId }) => usuarioId));
        for (const each of [...aplicar, ...held]) {
          expect(aceito).toBe(true);
          expect(modoFor(saved, each.acao, each.filialId)).toBe('automatico');
        }
        for (const each of observar) expect(modoFor(saved, each.acao, each.filialId)).toBe('observar');
      },
      FEW,
    );
  });

  test('never makes more of one kind by itself than the brake allows, in any branch and in all', () => {
    check(
      corrida,
      ({ mudancas: all, modos: saved, passados }) => {
        const { aplicar } = decide(all, saved, true, (_, id) => pastOf(passados, id));
        for (const kind of ACOES) {
          const mine = aplicar.filter((each) => each.acao === kind);
          for (const id of [undefined, 0, 1, 2, 3]) {
            const asked = id === undefined ? mine : mine.filter(({ filialId }) => filialId === id);
            if (asked.length === 0) continue;
            expect(judge(kind, asked.length, pastOf(passados, id)).retem).toBe(false);
          }
        }
      },
      FEW,
    );
  });

  test('holds a branch that is abnormal and lets the others go, unless all together are abnormal', () => {
    const blocks = (filialId: number, total: number): Mudanca[] =>
      Array.from({ length: total }, (_, n) => ({
        usuarioId: filialId * 1_000 + n,
        contratoId: filialId * 1_000 + n,
        clienteId: 1,
        filialId,
        acao: 'bloquear',
        de: 'ativo',
        para: 'bloqueado',
        planoId: 1,
        motivo: '',
      }));
    const automatico: ModoSalvo[] = [{ operacao: '', filialId: 0, modo: 'automatico' }];
    const quiet = { maiorDiaIgual: 0, ultimas24h: 0, ultimos7dias: 0 };
    const past = (_: unknown, id?: number) => ({
      ...quiet,
      ativos: 500,
      maiorDiaIgual: id === undefined ? 12 : 0,
    });
    const one = decide([...blocks(1, 11), ...blocks(2, 7)], automatico, true, past);
    expect(one.aplicar.map(({ filialId }) => filialId)).toEqual(Array(7).fill(2));
    expect(one.reter).toMatchObject([
      { limite: 10, motivo: '11 numa só varredura; o normal é até 10 na filial 1' },
    ]);
    const both = decide([...blocks(1, 11), ...blocks(2, 8)], automatico, true, past);
    expect(both.aplicar).toEqual([]);
    expect(both.reter[0]?.mudancas).toHaveLength(19);
  });

  test('nothing happens before somebody has accepted the rules', () => {
    check(
      corrida,
      ({ mudancas: all, modos: saved, passados }) => {
        const { aplicar, reter } = decide(all, saved, false, (_, id) => pastOf(passados, id));
        expect([aplicar, reter]).toEqual([[], []]);
      },
      FEW,
    );
  });

  test('run after run, the day’s total stays inside the limit and the runs come to an end', () => {
    check(
      fc.record({
        ativos: fc.nat({ max: 3_000 }),
        maiorDiaIgual: fc.nat({ max: 200 }),
        batches: fc.array(fc.nat({ max: 40 }), { maxLength: 60 }),
      }),
      ({ ativos, maiorDiaIgual, batches }) => {
        for (const kind of ['bloquear', 'cancelar'] as const) {
          let done = 0;
          for (const asked of batches) {
            const past = { ativos, maiorDiaIgual, ultimas24h: done, ultimos7dias: done };
            if (!judge(kind, asked, past).retem) done += asked;
          }
          const most =
            kind === 'cancelar'
              ? Math.max(5, 0.03 * ativos)
              : Math.max(10, 1.5 * maiorDiaIgual, 0.05 * ativos);
          expect(done).toBeLessThanOrEqual(most);
        }
      },
      FEW,
    );
  });
});

describe('the brake', () => {
  test('is monotonous: whoever asks for more, or did more before, is not let through more easily', () => {
    check(
      fc.tuple(acao, fc.nat({ max: 200 }), fc.nat({ max: 50 }), historia),
      ([kind, asked, more, past]) => {
        if (!judge(kind, asked, past).retem) return;
        expect(judge(kind, asked + more, past).retem).toBe(true);
        const busier = {
          ...past,
          ultimas24h: past.ultimas24h + more,
          ultimos7dias: past.ultimos7dias + more,
        };
        expect(judge(kind, asked, busier).retem).toBe(true);
      },
    );
  });

  test('names the number that was exceeded', () => {
    check(fc.tuple(acao, fc.nat({ max: 400 }), historia), ([kind, asked, past]) => {
      const { retem, limite, motivo } = judge(kind, asked, past);
      if (retem) expect(motivo).toMatch(new RegExp(`^\\d+ (numa|em) .*o normal é até ${limite}$`));
      else expect(motivo).toBe('');
    });
  });
});

const pastOf = (passados: Passado[], filialId: number | undefined): Passado =>
  passados[filialId ?? 4] ?? { ativos: 0, maiorDiaIgual: 0, ultimas24h: 0, ultimos7dias: 0 };
