// What a row says that somebody waits for.
import { describe, expect, test } from 'vitest';
import { esperaDaOperacao, esperasOf } from '../../src/web/espera.ts';
import { CAUSA } from '../../src/web/palavras.ts';

// 11:00 in Brasília.
const AGORA = new Date('2026-11-24T14:00:00Z');
type Fatos = Parameters<typeof esperasOf>[0];

const quieta: Fatos = {
  retida: null,
  trabalho: false,
  falhas: 0,
  proximaEm: '2026-11-24 13:00:00.000000',
  mensagem: null,
  observada: 'ativo',
  cancelarEm: null,
  cancelarRegraEm: null,
  carenciaAte: null,
  aguardaAcesso: false,
};
const words = (fatos: Partial<Fatos>) =>
  esperasOf({ ...quieta, ...fatos }, AGORA).map(({ palavra }) => palavra);

describe('a person of a grid', () => {
  test.each<[string, Partial<Fatos>, string[]]>([
    ['waits for nothing', {}, []],
    ['is in the queue', { trabalho: true }, ['na fila']],
    [
      'is tried again today',
      { trabalho: true, falhas: 2, proximaEm: '2026-11-24 17:32:00.000000' },
      ['próxima tentativa 14:32'],
    ],
    [
      'is tried again on another day of Brasília',
      { trabalho: true, falhas: 9, proximaEm: '2026-11-25 03:05:00.000000' },
      ['próxima tentativa 25/11 00:05'],
    ],
    ['is read back later', { trabalho: true, proximaEm: '2026-11-24 14:01:00.000000' }, ['confere 11:01']],
    ['is held', { retida: 'dados', trabalho: true }, [CAUSA.dados]],
    ['is cancelled today', { cancelarEm: '2026-11-25 02:59:00.000000' }, ['cancela hoje']],
    ['is cancelled tomorrow by a rule', { cancelarRegraEm: '2026-11-25 12:00:00' }, ['cancela amanhã']],
    ['is cancelled in three days', { cancelarEm: '2026-11-27 14:00:00.000000' }, ['cancela em 3 dias']],
    ['was cancelled', { cancelarEm: '2026-11-27 14:00:00.000000', observada: 'cancelado' }, []],
    ['is in carência', { carenciaAte: '2026-11-30' }, ['carência até 30/11/2026']],
    ['has not entered yet', { aguardaAcesso: true }, ['aguarda primeiro acesso']],
    [
      'waits for several things, the most pressing first',
      { retida: 'sem_plano', carenciaAte: '2026-11-30' },
      [CAUSA.sem_plano, 'carência até 30/11/2026'],
    ],
  ])('%s', (_what, fatos, expected) => {
    expect(words(fatos)).toEqual(expected);
  });
});

test('an operação that is over waits for nothing', () => {
  const operacao = { retida: null, falhas: 0, proximaEm: null, mensagem: null };

  const over = esperaDaOperacao({ ...operacao, estado: 'feita' } as never, AGORA);
  const open = esperaDaOperacao({ ...operacao, estado: 'aberta' } as never, AGORA);

  expect([over, open?.palavra]).toEqual([undefined, 'na fila']);
});
