// Several at once: who goes, who stays out, and that the refusal of one says nothing about the next.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conflict, invalid } from '../../src/problem.ts';
import { availableActions } from '../../src/sync/acoes.ts';
import { orderEach, sortOperacoes, sortUsuarios } from '../../src/sync/selecao.ts';
import type { UsuarioDaGrade } from '../../src/sync/usuarios.ts';

const ativa: UsuarioDaGrade = {
  id: 1,
  integracaoId: 1,
  integracaoNome: 'Tele Clínica',
  vez: 1,
  remotoId: 'r1',
  bloqueioManual: false,
  cancelarEm: null,
  desejada: 'ativo',
  desejadoPlanoId: 1,
  desejadoPlanoNome: 'Individual',
  geracao: 1,
  observada: 'ativo',
  observadoPlano: 'clinico-24h',
  aguardaAcesso: false,
  observadaEm: null,
  trabalho: false,
  proximaEm: '2026-11-24 13:00:00.000000',
  conferirEm: null,
  falhas: 0,
  retida: null,
  retidaDetalhe: [],
  mensagem: null,
  adesoes: [],
  outrasFiliais: 0,
  cancelarRegraEm: null,
  carenciaAte: null,
};
const why = (acao: 'bloquear' | 'desbloquear' | 'cancelar', fatos: Partial<UsuarioDaGrade>) =>
  sortUsuarios(acao, [{ ...ativa, ...fatos }]).ficam[0]?.porque ?? 'vai';

describe('of several people', () => {
  test.each<['bloquear' | 'desbloquear' | 'cancelar', Partial<UsuarioDaGrade>, string]>([
    ['bloquear', {}, 'vai'],
    ['bloquear', { desejada: 'bloqueado', observada: 'bloqueado', bloqueioManual: true }, 'já bloqueada'],
    ['bloquear', { carenciaAte: '2026-11-30' }, 'em carência'],
    ['bloquear', { desejada: 'ausente', observada: 'ausente' }, 'sem conta na Tele Clínica'],
    ['bloquear', { desejada: 'cancelado', observada: 'cancelado' }, 'já cancelada'],
    [
      'bloquear',
      { cancelarEm: '2026-11-30 00:00:00', desejada: 'bloqueado', observada: 'bloqueado' },
      'com cancelamento marcado',
    ],
    ['desbloquear', {}, 'já desbloqueada'],
    ['desbloquear', { desejada: 'bloqueado', observada: 'bloqueado' }, 'vai'],
    ['desbloquear', { desejada: 'bloqueado', observada: 'ativo' }, 'vai'],
    ['cancelar', {}, 'vai'],
    ['cancelar', { desejada: 'bloqueado', observada: 'bloqueado' }, 'vai'],
    ['cancelar', { desejada: 'cancelado', cancelarEm: '2026-11-01 00:00:00' }, 'já cancelada'],
  ])('%s with %o: %s', (acao, fatos, expected) => {
    expect(why(acao, fatos)).toBe(expected);
  });

  test('nobody is lost, and nobody goes whom the single click would not offer the action to', () => {
    const person = fc.record({
      desejada: fc.constantFrom('ausente', 'ativo', 'bloqueado', 'cancelado'),
      observada: fc.constantFrom('ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido'),
      bloqueioManual: fc.boolean(),
      cancelarEm: fc.constantFrom(null, '2026-12-01 00:00:00'),
      carenciaAte: fc.constantFrom(null, '2026-12-01'),
    });
    fc.assert(
      fc.property(
        fc.array(person, { maxLength: 20 }),
        fc.constantFrom('bloquear', 'desbloquear', 'cancelar'),
        (people, acao) => {
          const usuarios = people.map((each, index) => ({ ...ativa, ...each, id: index }));
          const { vao, ficam } = sortUsuarios(acao, usuarios);
          const ids = [...vao, ...ficam.map(({ item }) => item)].map(({ id }) => id);
          expect(ids.sort((a, b) => a - b)).toEqual(usuarios.map(({ id }) => id));
          for (const each of vao) {
            expect(availableActions(each, undefined).map((one) => one.acao)).toContain(acao);
          }
        },
      ),
    );
  });
});

test.each([
  ['reenviar', { estado: 'aberta', reenviavel: true }, 'vai'],
  ['reenviar', { estado: 'aberta', reenviavel: false }, 'já em andamento'],
  ['reenviar', { estado: 'recusada', reenviavel: false }, 'há um pedido mais novo'],
  ['reenviar', { estado: 'feita', reenviavel: false }, 'já encerrada'],
  ['descartar', { estado: 'aberta', reenviavel: false }, 'vai'],
  ['descartar', { estado: 'descartada', reenviavel: false }, 'já encerrada'],
] as const)('an operação to %s that is %o: %s', (acao, fatos, expected) => {
  expect(sortOperacoes(acao, [fatos as never]).ficam[0]?.porque ?? 'vai').toBe(expected);
});

describe('orders for several', () => {
  const sync = (said: unknown[] = []) =>
    ({ log: { error: (...words: unknown[]) => said.push(words) } }) as never;

  test('are each of their own: a refusal is told in its words, and the next one goes on', async () => {
    const done = await orderEach(sync(), [1, 2, 3], async (n) => {
      if (n === 1) throw conflict('Há um cancelamento.', 'Desfaça antes.');
      if (n === 2) throw invalid({ cpf: 'O CPF não existe.' });
      return n;
    });

    expect(done).toEqual([
      { item: 1, usuarioId: null, recusa: 'Há um cancelamento. Desfaça antes.' },
      { item: 2, usuarioId: null, recusa: 'O CPF não existe.' },
      { item: 3, usuarioId: 3, recusa: null },
    ]);
  });

  test('stop when our database goes away, and a bug says nothing of itself', async () => {
    const said: unknown[] = [];
    const tried: number[] = [];
    const gone = Object.assign(new Error('senha=123'), { code: 'ECONNREFUSED' });

    const done = await orderEach(sync(said), [1, 2, 3], async (n) => {
      tried.push(n);
      throw n === 1 ? new Error('segredo') : gone;
    });

    expect(tried).toEqual([1, 2]);
    expect(done.map(({ recusa }) => recusa)).toEqual(
      Array(3).fill(expect.stringContaining('Repita mais tarde')),
    );
    expect(JSON.stringify(done)).not.toMatch(/segredo|senha/);
    expect(said).toHaveLength(2);
  });
});
