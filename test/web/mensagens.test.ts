// The message of a failure: what happened, whether Tele Clínica heard it, what happens next, what one can do.
import { describe, expect, test } from 'vitest';
import { conflict, forbidden, invalid, notFound, Problem } from '../../src/problem.ts';
import { type Mensagem, messageOf } from '../../src/web/mensagens.ts';

const escrita = { escrita: true, naPagina: true, numero: 'abc' };
const leitura = { ...escrita, escrita: false };
const problem = (status: number) => new Problem(status, 'Aconteceu.', 'Faça isto.');
const whole = (m: Mensagem) => [m.titulo, m.ouviu, m.depois, m.fazer].filter(Boolean).join(' ');

describe('a write', () => {
  test.each([
    ['a refused one', forbidden('cancelar')],
    ['one on something missing', notFound('Este usuário')],
    ['one against the state', conflict('Já cancelado.', 'Abra de novo.')],
    ['a wrong one', invalid({ motivo: 'Escreva o motivo.' })],
    ['one without a session', problem(401)],
  ])('%s says that nothing was sent', (_what, refusal) => {
    expect(messageOf(refusal, escrita).ouviu).toMatch(/nada foi enviado à Tele Clínica/);
  });

  test('that broke does not claim to know', () => {
    const message = messageOf(problem(500), escrita);

    expect(message.ouviu).toMatch(/Não sabemos/);
    expect(message.depois).toMatch(/segue sozinho/);
    expect(message).toMatchObject({ tom: 'erro', numero: 'abc' });
  });

  test('says that what was typed is still there when it is only a matter of trying again', () => {
    const texts = [401, 429, 503].map((status) => messageOf(problem(status), escrita).depois);

    expect(new Set(texts)).toEqual(new Set(['O que você digitou continua nesta página.']));
    expect(messageOf(problem(503), { ...escrita, naPagina: false }).depois).toBe('');
  });

  test('tells what is wrong in each field', () => {
    expect(messageOf(invalid({ nome: 'Curto.', valor: 'Alto.' }), escrita).itens).toEqual([
      'Curto.',
      'Alto.',
    ]);
  });

  test('may know better whether Tele Clínica heard', () => {
    const heard = new Problem(409, 'Já foi.', 'Veja.', {}, undefined, { ouviu: 'Ela já recebeu.' });

    expect(messageOf(heard, escrita).ouviu).toBe('Ela já recebeu.');
  });
});

test('a look changes nothing, and does not speak of sending', () => {
  expect(whole(messageOf(problem(404), leitura))).toBe('Aconteceu. Faça isto.');
  expect(messageOf(problem(503), leitura).depois).toMatch(/nada mudou/);
});

describe('the way back into a session', () => {
  test('is offered in a page that is still open, never on a page of its own', () => {
    const csrf = new Problem(403, 'Outra sessão.', 'Recarregue.', {}, undefined, { retomavel: true });

    expect(messageOf(problem(401), escrita).retomada).toBeDefined();
    expect(messageOf(csrf, escrita).retomada).toBeDefined();
    expect(messageOf(csrf, { ...escrita, naPagina: false }).retomada).toBeUndefined();
    expect(messageOf(forbidden('operar'), escrita).retomada).toBeUndefined();
  });
});
