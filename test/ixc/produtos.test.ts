// Which additional services still count, and which no longer do.
import { expect, it } from 'vitest';
import { isRecorrente } from '../../src/ixc/produtos.ts';

const HOJE = '2026-11-24';
const mensal = { repetir: 'S', quantidade: null, execucoes: null, validade: null };
const vezes = { ...mensal, repetir: 'V', quantidade: 3, execucoes: 2 };

it.each([
  ['every month', mensal, true],
  ['every month, last day today', { ...mensal, validade: HOJE }, true],
  ['every month, ended yesterday', { ...mensal, validade: '2026-11-23' }, false],
  ['three times, two done', vezes, true],
  ['three times, three done', { ...vezes, execucoes: 3 }, false],
  ['three times, none noted', { ...vezes, execucoes: null }, true],
  ['a number of times nobody wrote down', { ...vezes, quantidade: null, execucoes: null }, false],
  ['three times, two done, ended yesterday', { ...vezes, validade: '2026-11-23' }, false],
  ['an empty rule', { ...mensal, repetir: '' }, false],
])('a service %s', (_, servico, conta) => {
  expect(isRecorrente(servico, HOJE)).toBe(conta);
});
