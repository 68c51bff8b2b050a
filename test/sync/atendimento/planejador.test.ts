// The next step for every wish, every seen state and everything that may be pending.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Desejado,
  type Observado,
  type Passo,
  type Pendencias,
  plan,
} from '../../../src/sync/atendimento/planejador.ts';
import type { Desejada, Situacao } from '../../../src/sync/tipos.ts';

const AGORA = 1_000_000;
const DEPOIS = AGORA + 5_000;
const MAIS_TARDE = AGORA + 9_000;
const OBSERVADAS: Situacao[] = ['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido'];
const nada: Pendencias = { conferirEm: null, criarNaoAntes: null };
const HELD: Passo = { passo: 'reter', causa: 'cancelado_no_parceiro' };

const next = (
  desejada: Desejada,
  observada: Situacao,
  pendencias: Partial<Pendencias> = {},
  change: { desejado?: Partial<Desejado>; observado?: Partial<Observado>; trocarPlano?: boolean } = {},
) =>
  plan(
    { situacao: desejada, plano: 'P1', ...change.desejado },
    { situacao: observada, plano: 'P1', lido: true, ...change.observado },
    { ...nada, ...pendencias },
    { trocarPlano: change.trocarPlano ?? true },
    AGORA,
  );

// wished ↓  seen →           ausente  ativo     bloqueado    cancelado  desconhecido
const TABLE: [Desejada, string][] = [
  ['ausente', '              nada     nada      nada         nada       ler'],
  ['ativo', '                criar    nada      desbloquear  reter      ler'],
  ['bloqueado', '            nada     bloquear  nada         reter      ler'],
  ['cancelado', '            nada     cancelar  cancelar     nada       ler'],
];
const cells = TABLE.flatMap(([desejada, line]) =>
  line
    .trim()
    .split(/\s+/)
    .map((passo, at) => ({ desejada, observada: OBSERVADAS[at] ?? 'desconhecido', passo })),
);

describe('with nothing pending', () => {
  it.each(cells)('wished $desejada, seen $observada: $passo', ({ desejada, observada, passo }) => {
    expect(next(desejada, observada)).toEqual(passo === 'reter' ? HELD : { passo });
  });

  it.each(cells)('never read before: only a create reads first ($desejada, $observada)', (cell) => {
    const expected = cell.passo === 'criar' ? 'ler' : cell.passo;
    expect(next(cell.desejada, cell.observada, {}, { observado: { lido: false } }).passo).toBe(expected);
  });
});

describe('with a reading pending', () => {
  it.each(cells)('that is due, everything else waits ($desejada, $observada)', ({ desejada, observada }) => {
    expect(next(desejada, observada, { conferirEm: AGORA })).toEqual({ passo: 'ler' });
    expect(next(desejada, observada, { conferirEm: AGORA - 1, criarNaoAntes: DEPOIS })).toEqual({
      passo: 'ler',
    });
  });

  it.each(cells)('for later, work goes on and rest waits for it ($desejada, $observada)', (cell) => {
    const expected = cell.passo === 'nada' ? { passo: 'esperar', ate: DEPOIS } : { passo: cell.passo };
    expect(next(cell.desejada, cell.observada, { conferirEm: DEPOIS })).toMatchObject(expected);
  });
});

describe('after an uncertain create', () => {
  it('no other leaves before its time', () => {
    expect(next('ativo', 'ausente', { criarNaoAntes: DEPOIS })).toEqual({ passo: 'esperar', ate: DEPOIS });
    expect(next('ativo', 'ausente', { criarNaoAntes: AGORA + 1 })).toEqual({
      passo: 'esperar',
      ate: AGORA + 1,
    });
    expect(next('ativo', 'ausente', { criarNaoAntes: AGORA })).toEqual({ passo: 'criar' });
  });

  it('the wait ends early for a reading, not for a create', () => {
    const both = { conferirEm: DEPOIS, criarNaoAntes: MAIS_TARDE };
    expect(next('ativo', 'ausente', both)).toEqual({ passo: 'esperar', ate: DEPOIS });
    expect(next('ativo', 'ausente', { ...both, conferirEm: MAIS_TARDE + 1 })).toEqual({
      passo: 'esperar',
      ate: MAIS_TARDE,
    });
  });

  it.each(cells.filter(({ passo }) => passo !== 'criar'))(
    'nothing but a create waits ($desejada, $observada)',
    ({ desejada, observada }) => {
      expect(next(desejada, observada, { criarNaoAntes: DEPOIS })).toEqual(next(desejada, observada));
    },
  );
});

describe('the plano of an active account', () => {
  it.each<[string, string | null, string | null, boolean, Passo]>([
    ['the same', 'P1', 'P1', true, { passo: 'nada' }],
    ['another', 'P2', 'P1', true, { passo: 'trocar_plano' }],
    ['another, and the partner cannot change it', 'P2', 'P1', false, { passo: 'nada' }],
    ['never told by the partner', 'P2', null, true, { passo: 'nada' }],
    ['not registered yet', null, 'P1', true, { passo: 'reter', causa: 'plano_nao_registrado' }],
  ])('%s', (_, desejado, observado, trocarPlano, passo) => {
    const change = { desejado: { plano: desejado }, observado: { plano: observado }, trocarPlano };
    expect(next('ativo', 'ativo', {}, change)).toEqual(passo);
  });

  it.each<[Desejada, Situacao, string]>([
    ['ativo', 'bloqueado', 'desbloquear'],
    ['bloqueado', 'bloqueado', 'nada'],
    ['bloqueado', 'ativo', 'bloquear'],
    ['cancelado', 'ativo', 'cancelar'],
  ])('matters only once active: wished %s, seen %s', (desejada, observada, passo) => {
    for (const plano of ['P2', null]) {
      expect(next(desejada, observada, {}, { desejado: { plano } })).toEqual({ passo });
    }
  });
});

const tempo = fc.option(fc.integer({ min: AGORA - 10, max: AGORA + 10 }), { nil: null });
const plano = fc.constantFrom('P1', 'P2', null);

it('there is always exactly one next step, and it never harms on doubt', () => {
  fc.assert(
    fc.property(
      fc.record({ situacao: fc.constantFrom<Desejada>('ausente', 'ativo', 'bloqueado', 'cancelado'), plano }),
      fc.record({ situacao: fc.constantFrom(...OBSERVADAS), plano, lido: fc.boolean() }),
      fc.record({ conferirEm: tempo, criarNaoAntes: tempo }),
      fc.record({ trocarPlano: fc.boolean() }),
      (desejado, observado, pendencias, podem) => {
        const { passo, ...rest } = plan(desejado, observado, pendencias, podem, AGORA);
        if (observado.situacao === 'desconhecido') expect(passo).toBe('ler');
        if (passo === 'esperar') expect(rest).toHaveProperty('ate', expect.any(Number));
        if ('ate' in rest) expect(rest.ate).toBeGreaterThan(AGORA);
        if (passo === 'bloquear') expect(desejado.situacao).toBe('bloqueado');
        if (passo === 'cancelar') expect(desejado.situacao).toBe('cancelado');
        if (passo === 'criar') expect([desejado.situacao, observado.situacao]).toEqual(['ativo', 'ausente']);
      },
    ),
    { numRuns: 20_000 },
  );
});
