// IXC's codes in IXC's own words.
import { expect, it } from 'vitest';
import { describeAcesso, describeStatus, isKnownAcesso, isKnownStatus } from '../../src/ixc/status.ts';

it.each([
  ['A', 'Ativo'],
  ['P', 'Pré-contrato'],
  ['I', 'Inativo'],
  ['N', 'Negativado'],
  ['D', 'Desistiu'],
  ['', 'Sem status'],
  ['C', 'código desconhecido “C”'],
])('the status %j is called %j', (status, palavras) => {
  expect(describeStatus(status)).toBe(palavras);
});

it.each([
  ['A', 'Ativo'],
  ['D', 'Desativado'],
  ['CM', 'Bloqueio manual'],
  ['CA', 'Bloqueio automático'],
  ['FA', 'Financeiro em atraso'],
  ['AA', 'Aguardando assinatura'],
  ['CE', 'código desconhecido “CE”'],
  ['', 'Sem status de acesso'],
])('the access %j is called %j', (acesso, palavras) => {
  expect(describeAcesso(acesso)).toBe(palavras);
});

it('knows no code that IXC does not document', () => {
  expect(['A', 'P', 'I', 'N', 'D', '', 'C', 'a'].filter(isKnownStatus)).toEqual(['A', 'P', 'I', 'N', 'D']);
  expect(['A', 'CE', 'CA', '', 'toString'].filter(isKnownAcesso)).toEqual(['A', 'CA']);
});
