// What holds for every history: whatever is wished, whatever breaks, in whatever order. And each promise can be broken.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterWrite } from '../../../src/sync/atendimento/aposEscrita.ts';
import { afterRead } from '../../../src/sync/atendimento/aposLeitura.ts';
import { type Consequencia, type Estado, uncertain } from '../../../src/sync/atendimento/estado.ts';
import { plan } from '../../../src/sync/atendimento/planejador.ts';
import { type Cena, FALHAS, type Falha, type Historia, type Motor, type Pedido } from './modelo/cena.ts';
import { play } from './modelo/historia.ts';

const HISTORIAS = process.env['LONGO'] === '1' ? 1_000_000 : 20_000;
const MINUTO = 60_000;
const MOTOR: Motor = { plan, afterRead, afterWrite, uncertain };

const pedido = fc.record({
  depois: fc.oneof(fc.nat({ max: 30_000 }), fc.nat({ max: 20 * MINUTO })),
  desejada: fc.oneof(
    { weight: 4, arbitrary: fc.constant('ativo' as const) },
    { weight: 3, arbitrary: fc.constant('bloqueado' as const) },
    { weight: 1, arbitrary: fc.constant('cancelado' as const) },
  ),
  plano: fc.constantFrom('P1', 'P2'),
});
const falha: fc.Arbitrary<Falha> = fc.record({
  kind: fc.constantFrom(...FALHAS),
  demoraMs: fc.nat({ max: 15_000 }),
  tarde: fc.double({ min: 0, max: 0.999, noNaN: true }),
  esperarMs: fc.option(fc.nat({ max: 10 * MINUTO }), { nil: undefined }),
});
const historia: fc.Arbitrary<Historia> = fc
  .record({
    unico: fc.boolean(),
    plano: fc.constantFrom('P1', 'P2'),
    depois: fc.array(pedido, { maxLength: 8, size: 'max' }),
    falhas: fc.array(falha, { maxLength: 24, size: 'max' }),
    sorte: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ unico, plano, depois, falhas, sorte }) => ({
    unico,
    falhas,
    sorte,
    pedidos: inOrder([{ depois: 0, desejada: 'ativo', plano }, ...depois]),
  }));

function inOrder(pedidos: (Omit<Pedido, 'em'> & { depois: number })[]): Pedido[] {
  let em = 0;
  return pedidos.map(({ depois, desejada, plano }) => {
    em += depois;
    return { em, desejada, plano };
  });
}

const check = (motor: Motor, parameters: fc.Parameters<[Historia]>) =>
  fc.check(
    fc.property(historia, (each) => {
      const broken = brokenPromises(play(motor, each));
      if (broken.length > 0) throw new Error(broken.join('; '));
    }),
    parameters,
  );

// Everything that the end of a history must show, beside what was watched on the way.
function brokenPromises(cena: Cena): string[] {
  const { contas } = cena.parceiro;
  const broken = [...cena.quebras];
  if (contas.length > 1) broken.push(`${contas.length} contas para uma pessoa`);
  if (cena.chamadasDepois > MAX_CALLS_AFTER) broken.push(`${cena.chamadasDepois} chamadas depois das falhas`);
  const conta = contas[0];
  const { observada } = cena.estado;
  const real = conta?.situacao ?? 'ausente';
  if (observada !== real) broken.push(`acredita em ${observada}, e é ${real}`);
  return [...broken, ...wrongEnd(cena, real, conta?.plano)];
}

const MAX_CALLS_AFTER = 12;

function wrongEnd({ desejada, estado, retida }: Cena, real: string, plano: string | undefined): string[] {
  if (real === 'cancelado' && desejada !== 'cancelado') {
    return retida === 'cancelado_no_parceiro' ? [] : [`cancelado e não retido (${retida})`];
  }
  if (retida !== null) return [`retido no fim: ${retida}`];
  if (real === 'ausente') return desejada === 'ativo' ? ['não criou'] : [];
  if (real !== desejada) return [`pedido ${desejada}, ficou ${real}`];
  return desejada === 'ativo' && plano !== estado.planoDesejado ? ['ficou em outro plano'] : [];
}

/** The engine with one thought forgotten. */
const MUTANTES: Record<string, Partial<Motor>> = {
  'the wait after an uncertain create': {
    afterWrite: (...args) => forget(afterWrite(...args), { criarNaoAntes: null }),
  },
  'the wait that a 202 asked for': {
    afterWrite: (estado, passo, outcome, externalId, tempos) => {
      const cons = afterWrite(estado, passo, outcome, externalId, tempos);
      const criarNaoAntes = tempos.agora + tempos.confirmacaoMs;
      return outcome.kind === 'accepted' && passo === 'criar' ? forget(cons, { criarNaoAntes }) : cons;
    },
  },
  'the second and third readings': {
    afterRead: (...args) => forget(afterRead(...args), { conferencias: 0, conferirEm: null }),
  },
  'the third reading': {
    afterRead: (...args) => {
      const cons = afterRead(...args);
      return cons.estado.conferencias < 3 ? cons : forget(cons, { conferencias: 0, conferirEm: null });
    },
  },
  'that a dead worker may have written': { uncertain: (estado) => estado },
  'to read before writing on an unknown state': {
    plan: (desejado, observado, ...rest) =>
      plan(
        desejado,
        observado.situacao === 'desconhecido' ? { ...observado, situacao: 'ativo' } : observado,
        ...rest,
      ),
  },
  'that a cancelled account does not come back': {
    plan: (desejado, observado, ...rest) =>
      plan(
        desejado,
        observado.situacao === 'cancelado' ? { ...observado, situacao: 'ausente' } : observado,
        ...rest,
      ),
  },
  'that to block is not to cancel': {
    plan: (...args) => {
      const passo = plan(...args);
      return passo.passo === 'bloquear' ? { passo: 'cancelar' } : passo;
    },
  },
  'the plano': {
    plan: (desejado, observado, ...rest) => plan(desejado, { ...observado, plano: desejado.plano }, ...rest),
  },
  'that it is done': {
    plan: (...args) => {
      const passo = plan(...args);
      return passo.passo === 'nada' ? { passo: 'ler' } : passo;
    },
  },
};

const forget = (cons: Consequencia, estado: Partial<Estado>): Consequencia => ({
  ...cons,
  estado: { ...cons.estado, ...estado },
});

describe('whatever is wished and whatever goes wrong', () => {
  it(`keeps every promise in ${HISTORIAS.toLocaleString('en')} histories`, () => {
    const result = check(MOTOR, { numRuns: HISTORIAS });
    expect(result.failed, fc.defaultReportMessage(result)).toBe(false);
  });

  it.each(Object.entries(MUTANTES))('is caught when the engine forgets %s', (_, mutante) => {
    const result = check({ ...MOTOR, ...mutante }, { numRuns: 20_000, seed: 20_260, endOnFailure: true });
    expect(result.failed).toBe(true);
  });

  it('plays histories long enough to matter', () => {
    const cenas = fc.sample(historia, { numRuns: 1_000, seed: 7 }).map((each) => play(MOTOR, each));
    const mean = (count: (cena: Cena) => number) =>
      cenas.reduce((sum, cena) => sum + count(cena), 0) / cenas.length;
    expect(mean(({ chamadas }) => chamadas)).toBeGreaterThan(10);
    expect(mean(({ escritas }) => escritas.length)).toBeGreaterThan(3);
    expect(mean(({ pedidosFeitos }) => pedidosFeitos)).toBeGreaterThan(3);
  });
});

describe('a partner that never does what it is told', () => {
  it.each(['perdida', 'nao_achada', 'estado_errado', 'fora', 'limite'] as const)(
    'is asked again and again, but ever more rarely: %s',
    (kind) => {
      const always = (each: Falha['kind'], count: number): Falha[] =>
        Array.from({ length: count }, () => ({ kind: each, demoraMs: 100, tarde: 0, esperarMs: undefined }));
      const { escritas } = play(
        MOTOR,
        {
          unico: true,
          sorte: 0.5,
          pedidos: [
            { em: 0, desejada: 'ativo', plano: 'P1' },
            { em: MINUTO, desejada: 'bloqueado', plano: 'P1' },
          ],
          falhas: [...always('bem', 2), ...always(kind, 5_000)],
        },
        60 * MINUTO,
      );
      const blocks = escritas.filter(({ passo }) => passo === 'bloquear');
      expect(blocks.length).toBeGreaterThan(5);
      expect(blocks.length).toBeLessThan(kind === 'limite' ? 800 : 30);
    },
  );
});
