// What every reading means: which account is ours, who is held, and when to read or write again.
import { describe, expect, it } from 'vitest';
import { backoffMs, type Estado, uncertain } from '../../../src/sync/atendimento/estado.ts';
import type { Outcome, RemoteUser } from '../../../src/teleclinica/port.ts';
import { AGORA, ativo, ausente, conta, D, perdida, saw, sawNobody, sees, tempos } from './respostas.ts';

describe('the readings after an uncertain create', () => {
  it('come at once, after the confirmation time, after fifteen times that, and then end', () => {
    const first = sees(sawNobody, perdida).estado;
    expect(first).toMatchObject({ observada: 'ausente', conferencias: 2, conferirEm: AGORA + D });
    const second = sees(sawNobody, first, AGORA + D).estado;
    expect(second).toMatchObject({ conferencias: 3, conferirEm: AGORA + 15 * D, criarNaoAntes: AGORA + D });
    const third = sees(sawNobody, second, AGORA + 15 * D).estado;
    expect(third).toMatchObject({ conferencias: 0, conferirEm: null, incertaEm: null, criarNaoAntes: null });
  });

  it('made late are made up for, never skipped', () => {
    const first = sees(sawNobody, perdida, AGORA + 3 * D).estado;
    expect(first).toMatchObject({ conferencias: 2, conferirEm: AGORA + 3 * D });
    const second = sees(sawNobody, first, AGORA + 3 * D).estado;
    expect(second).toMatchObject({ conferencias: 3, conferirEm: AGORA + 15 * D });
  });

  it('made early do not count', () => {
    const first = sees(sawNobody, perdida).estado;
    expect(sees(sawNobody, first, AGORA + D - 1).estado).toEqual(first);
  });

  it.each<Outcome<RemoteUser[]>>([
    { kind: 'unavailable', esperarMs: undefined, mensagem: 'fora' },
    { kind: 'uncertain', mensagem: '', novaChave: false },
    { kind: 'accepted', esperarMs: 1 },
    { kind: 'wrong_state', mensagem: '', esperarMs: undefined },
  ])('without a readable answer do not count either: $kind', (outcome) => {
    const { estado, esperarAte, sinal } = sees(outcome, perdida);
    expect(estado).toEqual({ ...perdida, falhas: 1 });
    expect(esperarAte).toBeGreaterThan(AGORA);
    expect(sinal).toEqual({ kind: 'fora' });
  });
});

describe('a reading', () => {
  it('finds our account by reference, among others', () => {
    const { estado } = sees(
      saw(conta({ id: 'u9', externalId: 'x', situacao: 'cancelado' }), conta()),
      perdida,
    );
    expect(estado).toMatchObject({ observada: 'ativo', remotoId: 'u1', lido: true });
  });

  it('finds our account by id when the partner shows no reference', () => {
    const { estado, retida } = sees(saw(conta({ externalId: null, situacao: 'bloqueado' })), ativo);
    expect(estado.observada).toBe('bloqueado');
    expect(retida).toBeNull();
  });

  it('keeps the plano last known when the partner does not tell it', () => {
    expect(sees(saw(conta({ planoCodigo: null })), ativo).estado.planoObservado).toBe('P1');
  });

  it('of a living account under another reference is for a person', () => {
    const { estado, retida } = sees(saw(conta({ id: 'u7', externalId: 'x' })), {
      ...ausente,
      duplicado: true,
    });
    expect(retida?.causa).toBe('ja_existe');
    expect(estado).toMatchObject({ observada: 'ausente', remotoId: null, duplicado: false });
  });

  it('of a cancelled account under another reference is nobody', () => {
    const { estado, retida } = sees(
      saw(conta({ id: 'u7', externalId: 'x', situacao: 'cancelado' })),
      ausente,
    );
    expect(estado).toMatchObject({ observada: 'ausente', lido: true });
    expect(retida).toBeNull();
  });

  it('of a word the profile does not know writes nothing and is for a person', () => {
    const { estado, retida } = sees(saw(conta({ situacao: 'desconhecido' })), ativo);
    expect(estado.observada).toBe('desconhecido');
    expect(retida?.causa).toBe('contrato_quebrado');
  });

  it('finding nobody where we knew an account is for a person: no blind create', () => {
    expect(sees(sawNobody, ativo).retida?.causa).toBe('sumiu');
    expect(sees(sawNobody, { ...ativo, desejada: 'bloqueado' }).retida?.causa).toBe('sumiu');
  });

  it('finding nobody where a cancel was wished is the end of that reference', () => {
    const { estado, retida } = sees(sawNobody, {
      ...ativo,
      desejada: 'cancelado',
      observada: 'desconhecido',
    });
    expect(estado.observada).toBe('cancelado');
    expect(retida).toBeNull();
    expect(sees(sawNobody, { ...ausente, desejada: 'cancelado' }).estado.observada).toBe('ausente');
  });

  it('finding nobody after “already registered” means another provider has the person', () => {
    const { estado, retida } = sees(sawNobody, { ...ausente, duplicado: true });
    expect(retida?.causa).toBe('outro_parceiro');
    expect(estado.duplicado).toBe(false);
  });

  it.each(['duplicate', 'duplicate_here'] as const)(
    'answered with “%s” is no answer to a question',
    (kind) => {
      const outcome = { kind, mensagem: '', existente: undefined };
      expect(sees(outcome, ativo).retida?.causa).toBe('contrato_quebrado');
    },
  );
});

describe('a write that is not repeated at once', () => {
  const tried = (falhas: number): Estado => ({
    ...uncertain(ativo, 'bloquear', tempos),
    desejada: 'bloqueado',
    falhas,
  });

  it.each([
    [1, 1_000],
    [2, 2_000],
    [6, 32_000],
  ])('after %i that took no effect: %i ms from the write', (falhas, waitMs) => {
    const { estado, esperarAte } = sees(saw(conta()), tried(falhas));
    expect(esperarAte).toBe(AGORA + waitMs);
    expect(estado.falhas).toBe(falhas);
  });

  it('but is forgotten once the reading shows what was wished', () => {
    const { estado, esperarAte } = sees(saw(conta({ situacao: 'bloqueado' })), tried(6));
    expect({ falhas: estado.falhas, esperarAte }).toEqual({ falhas: 0, esperarAte: null });
  });

  it('nor is there any wait when only readings had failed', () => {
    const { estado, esperarAte } = sees(sawNobody, { ...ausente, lido: false, falhas: 9 });
    expect({ falhas: estado.falhas, esperarAte }).toEqual({ falhas: 0, esperarAte: null });
  });

  it('reaches the thirty minutes and stays there', () => {
    expect(backoffMs(40, 0)).toBe(15 * 60_000);
    expect(backoffMs(40, 0.999_999)).toBeCloseTo(30 * 60_000, -3);
    expect(backoffMs(0, 0)).toBe(500);
  });
});
