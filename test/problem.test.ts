// A failure that people read: what happened, and what to do about it.
import { describe, expect, it } from 'vitest';
import { conflict, forbidden, invalid, notFound, Problem } from '../src/problem.ts';

describe('a problem', () => {
  it.each([
    ['something that is not there', notFound('Este contrato'), 404],
    ['a field that is wrong', invalid({ nome: 'Escreva o nome.' }), 422],
    ['a right that is missing', forbidden('operar'), 403],
    ['a state that forbids it', conflict('Já existe.', 'Use outro.'), 409],
  ])('of %s has its status and two sentences', (_, problem, status) => {
    expect(problem).toBeInstanceOf(Problem);
    expect(problem.status).toBe(status);
    expect(problem.title).toMatch(/\.$/);
    expect(problem.action).toMatch(/\.$/);
    expect(problem.message).toBe(problem.title);
  });

  it('says beside which field it belongs', () => {
    expect(invalid({ nome: 'Escreva o nome.' }).fields).toEqual({ nome: 'Escreva o nome.' });
    expect(notFound('Isto').fields).toEqual({});
  });

  it('does not say whether something exists in another branch', () => {
    expect(notFound('Este contrato').title).toBe('Este contrato não existe ou não está nas suas filiais.');
  });

  it('names the right to ask for', () => {
    expect(forbidden('cancelar').action).toContain('“cancelar”');
  });

  it('remembers what caused it, for the log only', () => {
    const cause = new Error('dentro');
    const problem = new Problem(503, 'Fora do ar.', 'Espere.', {}, cause);
    expect(problem.cause).toBe(cause);
    expect(problem.title + problem.action).not.toContain('dentro');
  });
});
