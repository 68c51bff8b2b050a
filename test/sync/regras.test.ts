// What each status pair of IXC means (decisions 8), read as a table: a line is a status, a column an access.
import { describe, expect, it } from 'vitest';
import { meaningOf, type RegraContrato } from '../../src/sync/regras.ts';
import type { Significado } from '../../src/sync/tipos.ts';

const ACESSOS = ['A', 'FA', 'CM', 'CA', 'D', 'AA', 'CE', '', 'XX'] as const;
const WORDS: Record<string, Significado> = {
  ativo: 'ativo',
  bloq: 'bloqueado',
  canc: 'cancelar',
  espera: 'esperar',
  '?': 'perguntar',
};
//          A      FA     CM     CA     D      AA     CE     ''     XX
const TABLE: [status: string, cells: string][] = [
  ['A', '   ativo  ativo  bloq   bloq   bloq   espera ?      ?      ?     '],
  ['N', '   bloq   bloq   bloq   bloq   bloq   bloq   bloq   bloq   bloq  '],
  ['P', '   espera espera espera espera espera espera espera espera espera'],
  ['I', '   canc   canc   canc   canc   canc   canc   canc   canc   canc  '],
  ['D', '   canc   canc   canc   canc   canc   canc   canc   canc   canc  '],
  ['', '    ?      ?      ?      ?      ?      ?      ?      ?      ?     '],
  ['C', '   ?      ?      ?      ?      ?      ?      ?      ?      ?     '],
  ['a', '   ?      ?      ?      ?      ?      ?      ?      ?      ?     '],
];
const cases = TABLE.flatMap(([status, cells]) =>
  cells
    .trim()
    .split(/\s+/)
    .map((word, at) => ({ status, acesso: ACESSOS[at] ?? '', means: WORDS[word] })),
);

const contrato = (change: Partial<RegraContrato>): RegraContrato => ({
  status: 'A',
  statusInternet: 'A',
  suspenso: false,
  tipo: 'I',
  ...change,
});

describe('the meaning of a contract', () => {
  it('is written down for every pair', () => {
    expect(cases).toHaveLength(TABLE.length * ACESSOS.length);
    expect(cases.every(({ means }) => means !== undefined)).toBe(true);
  });

  it.each(cases)('with status “$status” and access “$acesso” is $means', ({ status, acesso, means }) => {
    expect(meaningOf(contrato({ status, statusInternet: acesso }))).toBe(means);
  });

  it.each(cases.filter(({ status }) => status === 'A'))(
    'suspended is bloqueado, whatever the access (“$acesso”)',
    ({ acesso }) => {
      expect(meaningOf(contrato({ statusInternet: acesso, suspenso: true }))).toBe('bloqueado');
    },
  );

  it.each(cases.filter(({ status }) => status !== 'A'))(
    'suspended never softens or hardens another status (“$status”)',
    ({ status, acesso, means }) => {
      expect(meaningOf(contrato({ status, statusInternet: acesso, suspenso: true }))).toBe(means);
    },
  );

  it('of a SVA contract counts an empty access as active, and nothing else of it', () => {
    expect(meaningOf(contrato({ tipo: 'SVA', statusInternet: '' }))).toBe('ativo');
    expect(meaningOf(contrato({ tipo: 'SVA', statusInternet: 'CA' }))).toBe('bloqueado');
    expect(meaningOf(contrato({ tipo: 'SVA', statusInternet: 'XX' }))).toBe('perguntar');
    expect(meaningOf(contrato({ tipo: 'SVA', statusInternet: '', status: 'I' }))).toBe('cancelar');
    expect(meaningOf(contrato({ tipo: 'SVA', statusInternet: '', suspenso: true }))).toBe('bloqueado');
  });

  it.each(['toString', '__proto__', 'constructor'])('is not fooled by the word %s', (word) => {
    expect(meaningOf(contrato({ status: word }))).toBe('perguntar');
    expect(meaningOf(contrato({ statusInternet: word }))).toBe('perguntar');
  });
});
