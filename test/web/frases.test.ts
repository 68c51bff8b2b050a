// The sentence at the top of a usuário: what happened, whether Tele Clínica heard it, what happens next.
import { expect, test } from 'vitest';
import type { Usuario } from '../../src/sync/tipos.ts';
import { sentenceOf } from '../../src/web/frases.ts';

const usuario = (over: Partial<Usuario>): Usuario => ({
  id: 7,
  integracaoId: 1,
  integracaoNome: 'Tele Clínica',
  vez: 1,
  remotoId: 'r-1',
  bloqueioManual: false,
  cancelarEm: null,
  desejada: 'ativo',
  desejadoPlanoId: 1,
  desejadoPlanoNome: 'Individual',
  geracao: 1,
  observada: 'ativo',
  observadoPlano: 'individual',
  aguardaAcesso: false,
  observadaEm: '2026-03-01 12:00:00.000000',
  trabalho: false,
  proximaEm: '2026-03-01 12:00:00.000000',
  conferirEm: null,
  falhas: 0,
  retida: null,
  retidaDetalhe: [],
  mensagem: null,
  adesoes: [],
  ...over,
});

test('settled: what is, and when Tele Clínica confirmed it', () => {
  expect(sentenceOf(usuario({}), false)).toEqual({
    tom: 'certo',
    titulo: 'A pessoa pode usar a Tele Clínica.',
    detalhe: 'Confirmado pela Tele Clínica em 01/03/2026 09:00:00.',
  });
});

test('waiting for the first access is told', () => {
  expect(sentenceOf(usuario({ aguardaAcesso: true }), false).detalhe).toContain('primeiro acesso');
});

test('blocked on request: only an operator undoes it', () => {
  const frase = sentenceOf(usuario({ observada: 'bloqueado', bloqueioManual: true }), false);

  expect(frase.tom).toBe('neutro');
  expect(frase.detalhe).toContain('só um operador o desfaz');
});

test('a cancellation to come is told with its day', () => {
  const frase = sentenceOf(usuario({ observada: 'bloqueado', cancelarEm: '2026-03-08 12:00:00' }), false);

  expect(frase.detalhe).toContain('Cancelamento marcado para 08/03/2026');
});

test('under way: nothing to do but wait', () => {
  expect(sentenceOf(usuario({ trabalho: true }), false)).toMatchObject({
    tom: 'seguindo',
    titulo: 'Avisando a Tele Clínica…',
  });
});

test('failing: what Tele Clínica said and when the next attempt is', () => {
  const frase = sentenceOf(
    usuario({ trabalho: true, falhas: 2, mensagem: 'A Tele Clínica não respondeu.' }),
    false,
  );

  expect(frase.tom).toBe('atencao');
  expect(frase.detalhe).toMatch(/^A Tele Clínica não respondeu\. Próxima tentativa: /);
});

test('paused: kept, not sent', () => {
  expect(sentenceOf(usuario({ trabalho: true }), true).titulo).toBe(
    'Pedido guardado; o envio está em pausa.',
  );
});

test('held: why, and what to do about it', () => {
  const frase = sentenceOf(usuario({ trabalho: true, retida: 'dados' }), false);

  expect(frase).toMatchObject({ tom: 'atencao', titulo: 'Parado: Cadastro precisa de correção' });
  expect(frase.detalhe).toContain('Corrija o cadastro do cliente no IXC');
});
