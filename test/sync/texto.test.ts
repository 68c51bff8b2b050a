// A reason is kept for years: it may say why, never who.
import { describe, expect, it } from 'vitest';
import { cpfDigits, maskCpf } from '../../src/demo/ixc/sorteio.ts';
import { Problem } from '../../src/problem.ts';
import { parseMotivo } from '../../src/sync/texto.ts';

const CPF = cpfDigits(5, 8);
const spaced = CPF.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1 $2 $3 $4');

const refusal = (text: string): string => {
  try {
    parseMotivo(text);
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return error.fields['motivo'] ?? '';
    throw error;
  }
  return 'taken';
};

describe('a reason', () => {
  it.each([
    ['  pedido \n do   cliente ', 'pedido do cliente'],
    ['inadimplente desde 12/03/2026', 'inadimplente desde 12/03/2026'],
    ['contrato 123456, valor R$ 1.234,56', 'contrato 123456, valor R$ 1.234,56'],
    ['protocolo 202600012345678', 'protocolo 202600012345678'],
    ['atendimento nº 1234567', 'atendimento nº 1234567'],
    ['falar com @suporte', 'falar com @suporte'],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('“%s” is kept', (text, kept) => {
    expect(parseMotivo(text)).toBe(kept);
  });

  it.each([
    ['', /Diga o motivo/],
    [' \n\t ', /Diga o motivo/],
    ['x'.repeat(201), /200 caracteres/],
  ])('“%s” is refused', (text, sentence) => {
    expect(refusal(text)).toMatch(sentence);
  });

  it.each([CPF, maskCpf(CPF), spaced, `cpf:${CPF}.`, `(${maskCpf(CPF)})`, maskCpf(CPF).replace('-', '/')])(
    'with the CPF %s is refused',
    (text) => {
      expect(refusal(`titular ${text} pediu`)).toMatch(/CPF/);
    },
  );

  it.each(['ana@example.com', 'ANA.SOUZA@mail.example.com.br', '<ana@example.com>'])(
    'with the e-mail %s is refused',
    (text) => {
      expect(refusal(`escreveu de ${text} ontem`)).toMatch(/e-mail/);
    },
  );

  it.each([
    '(11) 98765-4321',
    '11 9 8765-4321',
    '(11)3333-4444',
    '1133334444',
    '11.98765.4321',
    '+55 11 98765 4321',
    '5511987654321',
    '(011) 98765-4321',
    '011 98765-4321',
    '98765-4321',
    '3333-4444',
  ])('with the phone %s is refused', (text) => {
    expect(refusal(`ligou do ${text} hoje`)).toMatch(/telefone|CPF/);
  });

  it('is judged before it is cut or shown: the sentence never repeats it', () => {
    expect(refusal(`titular ${CPF}`)).not.toContain(CPF);
  });
});
