// From several contracts and the orders of people to one wish (decisions 2, 9).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdesaoParaDesejo, type Desejo, type Ordens, wishOf } from '../../src/sync/desejo.ts';
import type { OrigemDoPlano, Significado } from '../../src/sync/tipos.ts';

const AGORA = 1_000_000;
const ninguem: Ordens = { bloqueioManual: false, cancelarEm: null, cancelarRegraEm: null, emCarencia: false };
const antes: Desejo = { desejada: 'ausente', planoId: null, retida: null };

const adesao = (
  significado: Significado,
  planoId: number | null = 1,
  planoOrigem: OrigemDoPlano = 'contrato',
): AdesaoParaDesejo => ({ significado, planoId, planoOrigem });
const means = (...significados: Significado[]) => significados.map((each) => adesao(each));

describe('the most permissive contract wins', () => {
  it.each<[Significado[], Desejo['desejada']]>([
    [['ativo'], 'ativo'],
    [['bloqueado'], 'bloqueado'],
    [['cancelar'], 'bloqueado'],
    [['ativo', 'bloqueado', 'cancelar'], 'ativo'],
    [['cancelar', 'ativo'], 'ativo'],
    [['cancelar', 'bloqueado'], 'bloqueado'],
    [['cancelar', 'cancelar'], 'bloqueado'],
    [['esperar', 'bloqueado'], 'bloqueado'],
    [['perguntar', 'ativo'], 'ativo'],
    [['perguntar', 'cancelar'], 'bloqueado'],
  ])('%j gives %s', (significados, desejada) => {
    expect(wishOf(means(...significados), ninguem, antes, AGORA).desejada).toBe(desejada);
  });

  it.each<Significado[]>([[], ['esperar'], ['perguntar'], ['esperar', 'perguntar', 'esperar']])(
    'contracts that only wait or ask change nothing: %j %j %j',
    (...significados) => {
      const atual: Desejo = { desejada: 'ativo', planoId: 4, retida: null };
      expect(wishOf(means(...significados), ninguem, atual, AGORA)).toEqual(atual);
    },
  );

  it('a rule alone never cancels', () => {
    const significado = fc.constantFrom<Significado>(
      'ativo',
      'bloqueado',
      'cancelar',
      'esperar',
      'perguntar',
    );
    fc.assert(
      fc.property(fc.array(significado), fc.boolean(), (significados, bloqueioManual) => {
        const wish = wishOf(
          means(...significados),
          { bloqueioManual, cancelarEm: null, cancelarRegraEm: null, emCarencia: false },
          antes,
          AGORA,
        );
        expect(wish.desejada).not.toBe('cancelado');
      }),
    );
  });
});

describe('orders of a person', () => {
  it.each<[string, Ordens, Significado, Desejo['desejada']]>([
    [
      'block an active person',
      { bloqueioManual: true, cancelarEm: null, cancelarRegraEm: null, emCarencia: false },
      'ativo',
      'bloqueado',
    ],
    [
      'block who is blocked anyway',
      { bloqueioManual: true, cancelarEm: null, cancelarRegraEm: null, emCarencia: false },
      'bloqueado',
      'bloqueado',
    ],
    [
      'cancel at once',
      { bloqueioManual: false, cancelarEm: AGORA, cancelarRegraEm: null, emCarencia: false },
      'ativo',
      'cancelado',
    ],
    [
      'cancel at the end of the prazo: blocked first',
      { bloqueioManual: false, cancelarEm: AGORA + 1, cancelarRegraEm: null, emCarencia: false },
      'ativo',
      'bloqueado',
    ],
    [
      'cancel once the prazo is over',
      { bloqueioManual: false, cancelarEm: AGORA - 1, cancelarRegraEm: null, emCarencia: false },
      'bloqueado',
      'cancelado',
    ],
    [
      'cancel and block: cancel',
      { bloqueioManual: true, cancelarEm: AGORA - 1, cancelarRegraEm: null, emCarencia: false },
      'ativo',
      'cancelado',
    ],
  ])('%s', (_, ordens, significado, desejada) => {
    expect(wishOf(means(significado), ordens, antes, AGORA)).toMatchObject({
      desejada,
      planoId: 1,
      retida: null,
    });
  });

  it('hold also while every contract waits', () => {
    const atual: Desejo = { desejada: 'ativo', planoId: 4, retida: null };
    const blocked = { bloqueioManual: true, cancelarEm: null, cancelarRegraEm: null, emCarencia: false };
    expect(wishOf(means('esperar'), blocked, atual, AGORA).desejada).toBe('bloqueado');
    expect(
      wishOf(
        [],
        { bloqueioManual: false, cancelarEm: AGORA, cancelarRegraEm: null, emCarencia: false },
        atual,
        AGORA,
      ).desejada,
    ).toBe('cancelado');
  });

  it('never bring a person up: nobody without a contract becomes active or blocked by an order', () => {
    const blocked = { bloqueioManual: true, cancelarEm: null, cancelarRegraEm: null, emCarencia: false };
    expect(wishOf([], blocked, antes, AGORA).desejada).toBe('ausente');
  });
});

describe('the plano', () => {
  it.each<[string, AdesaoParaDesejo[], number]>([
    [
      'an operator’s choice beats a contract product',
      [adesao('ativo', 1, 'contrato'), adesao('ativo', 2, 'operador')],
      2,
    ],
    [
      'a contract product beats an additional service',
      [adesao('ativo', 1, 'adicional'), adesao('ativo', 2, 'contrato')],
      2,
    ],
    [
      'an additional service beats a plan product',
      [adesao('ativo', 1, 'plano'), adesao('ativo', 2, 'adicional')],
      2,
    ],
    [
      'a plan product beats the plano de venda',
      [adesao('ativo', 1, 'plano_de_venda'), adesao('ativo', 2, 'plano')],
      2,
    ],
    [
      'a contract that loses has no say',
      [adesao('bloqueado', 1, 'operador'), adesao('ativo', 2, 'plano_de_venda')],
      2,
    ],
    [
      'a contract without plano has no say',
      [adesao('ativo', null, 'operador'), adesao('ativo', 2, 'plano')],
      2,
    ],
    ['the same plano twice is no doubt', [adesao('ativo', 2), adesao('ativo', 2)], 2],
  ])('%s', (_, adesoes, planoId) => {
    expect(wishOf(adesoes, ninguem, antes, AGORA)).toEqual({ desejada: 'ativo', planoId, retida: null });
  });

  it('two different ones of the same strength hold the person', () => {
    const wish = wishOf([adesao('ativo', 1), adesao('ativo', 2)], ninguem, antes, AGORA);
    expect(wish).toEqual({ desejada: 'ativo', planoId: null, retida: 'mais_de_um_plano' });
  });

  it('none at all holds the person', () => {
    const wish = wishOf([adesao('ativo', null)], ninguem, antes, AGORA);
    expect(wish).toEqual({ desejada: 'ativo', planoId: null, retida: 'sem_plano' });
  });

  it.each<[string, Ordens, Significado]>([
    [
      'a block by a person',
      { bloqueioManual: true, cancelarEm: null, cancelarRegraEm: null, emCarencia: false },
      'ativo',
    ],
    [
      'a cancel by a person',
      { bloqueioManual: false, cancelarEm: AGORA, cancelarRegraEm: null, emCarencia: false },
      'ativo',
    ],
    ['a block by a rule', ninguem, 'bloqueado'],
  ])('in doubt holds nobody back from %s', (_, ordens, significado) => {
    const wish = wishOf([adesao(significado, 1), adesao(significado, 2)], ordens, antes, AGORA);
    expect(wish.retida).toBeNull();
    expect(wish.desejada).not.toBe('ativo');
  });
});
