// What every answer to a write means: the state afterwards, whether the operação is over, who is held, when to look again.
import { describe, expect, it } from 'vitest';
import { type Estado, type PassoDeEscrita, uncertain } from '../../../src/sync/atendimento/estado.ts';
import type { Outcome, RemoteUser } from '../../../src/teleclinica/port.ts';
import { AGORA, ativo, ausente, conta, D, PASSOS, saw, sees, tempos, wrote } from './respostas.ts';

describe('a write that says how the account is', () => {
  it.each(PASSOS)('is done: %s', (passo) => {
    for (const kind of ['ok', 'already'] as const) {
      const value = conta({ situacao: 'bloqueado', planoCodigo: 'P2', aguardaPrimeiroAcesso: true });
      const { estado, ...rest } = wrote({ kind, value }, passo, { ...ativo, falhas: 3 });
      expect(rest).toEqual({
        sinal: { kind: 'respondeu' },
        operacao: 'feita',
        mensagem: null,
        retida: null,
        esperarAte: null,
      });
      expect(estado).toEqual({
        ...ativo,
        observada: 'bloqueado',
        planoObservado: 'P2',
        aguardaAcesso: true,
        falhas: 0,
      });
    }
  });

  it.each<[PassoDeEscrita, string]>([
    ['criar', 'P2'],
    ['trocar_plano', 'P2'],
    ['bloquear', 'P1'],
  ])('and does not tell the plano: after %s it is %s', (passo, plano) => {
    const before = { ...ativo, planoDesejado: 'P2' };
    const { estado } = wrote({ kind: 'ok', value: conta({ planoCodigo: null }) }, passo, before);
    expect(estado.planoObservado).toBe(plano);
  });

  it('keeps the readings that an earlier doubt ordered', () => {
    const doubtful = { ...ativo, conferirEm: AGORA + D, conferencias: 2, incertaEm: AGORA - 5 };
    const { estado } = wrote({ kind: 'ok', value: conta() }, 'desbloquear', doubtful);
    expect(estado).toMatchObject({ conferirEm: AGORA + D, conferencias: 2, incertaEm: AGORA - 5 });
  });

  it('under somebody else’s reference is believed by nobody', () => {
    const { estado, operacao, retida } = wrote({ kind: 'ok', value: conta({ externalId: 'other' }) });
    expect({ observada: estado.observada, operacao, causa: retida?.causa }).toEqual({
      observada: 'desconhecido',
      operacao: 'recusada',
      causa: 'contrato_quebrado',
    });
  });

  it('in a word the profile does not know is read back', () => {
    const { estado, operacao } = wrote({ kind: 'ok', value: conta({ situacao: 'desconhecido' }) });
    expect(estado).toMatchObject({
      observada: 'desconhecido',
      conferirEm: AGORA,
      conferencias: 1,
      falhas: 1,
    });
    expect(operacao).toBe('aberta');
  });
});

describe('a write that nobody answered', () => {
  it.each(PASSOS)('is unknown, read at once, and only a create must wait: %s', (passo) => {
    const { estado, operacao, sinal, retida } = wrote(
      { kind: 'uncertain', mensagem: 'caiu', novaChave: false },
      passo,
    );
    expect(estado).toEqual({
      ...ativo,
      observada: 'desconhecido',
      conferirEm: AGORA,
      conferencias: 1,
      incertaEm: AGORA,
      criarNaoAntes: passo === 'criar' ? AGORA + D : null,
      falhas: 1,
    });
    expect({ operacao, sinal, retida }).toEqual({
      operacao: 'aberta',
      sinal: { kind: 'fora' },
      retida: null,
    });
  });

  it('never shortens a longer wait of an earlier create', () => {
    const waiting = { ...ausente, criarNaoAntes: AGORA + 10 * D };
    expect(uncertain(waiting, 'criar', tempos).criarNaoAntes).toBe(AGORA + 10 * D);
    expect(uncertain(waiting, 'bloquear', tempos).criarNaoAntes).toBe(AGORA + 10 * D);
  });

  it('closes the operação when its idempotency key is burnt', () => {
    expect(wrote({ kind: 'uncertain', mensagem: '', novaChave: true }).operacao).toBe('recusada');
  });

  it.each([
    [10_000, AGORA + D],
    [3 * D, AGORA + 3 * D],
  ])('with 202 and Retry-After %i ms: read then, and no create before', (esperarMs, criarNaoAntes) => {
    const { estado, esperarAte, sinal } = wrote({ kind: 'accepted', esperarMs }, 'criar', ausente);
    expect(estado).toMatchObject({ observada: 'desconhecido', conferirEm: AGORA + esperarMs, criarNaoAntes });
    expect(esperarAte).toBe(AGORA + esperarMs);
    expect(sinal).toEqual({ kind: 'respondeu' });
  });

  it('with 202 and no word of when: two seconds', () => {
    expect(wrote({ kind: 'accepted', esperarMs: undefined }).esperarAte).toBe(AGORA + 2_000);
  });
});

describe('an account that is not there', () => {
  it.each(PASSOS.slice(1))('is read back before anything else: %s', (passo) => {
    const { estado, retida, esperarAte } = wrote({ kind: 'not_found' }, passo);
    expect(estado).toMatchObject({ observada: 'desconhecido', conferirEm: AGORA, falhas: 1 });
    expect({ retida, esperarAte }).toEqual({ retida: null, esperarAte: null });
  });

  it('and is there again when read is asked for less and less often', () => {
    expect(wrote({ kind: 'not_found' }, 'bloquear', { ...ativo, falhas: 4 }).esperarAte).toBe(AGORA + 8_000);
  });
});

describe('a create for somebody who exists', () => {
  it('under our reference is adopted', () => {
    const existente = conta({ situacao: 'bloqueado' });
    const { estado, operacao } = wrote({ kind: 'duplicate_here', existente, mensagem: '' }, 'criar', ausente);
    expect({ observada: estado.observada, id: estado.remotoId, operacao }).toEqual({
      observada: 'bloqueado',
      id: 'u1',
      operacao: 'feita',
    });
  });

  it('under our reference and cancelled is not done: a person decides', () => {
    const existente = conta({ situacao: 'cancelado' });
    const { estado, operacao, retida } = wrote(
      { kind: 'duplicate_here', existente, mensagem: 'cancelada' },
      'criar',
      ausente,
    );
    expect(estado).toMatchObject({ observada: 'cancelado', remotoId: 'u1' });
    expect({ operacao, causa: retida?.causa }).toEqual({
      operacao: 'recusada',
      causa: 'cancelado_no_parceiro',
    });
  });

  it.each(['ativo', 'bloqueado', 'cancelado'] as const)(
    'under another reference (%s) is never overwritten',
    (situacao) => {
      const existente = conta({ id: 'u8', externalId: 'x', situacao });
      const { estado, retida } = wrote({ kind: 'duplicate_here', existente, mensagem: '' }, 'criar', ausente);
      expect(estado).toEqual(ausente);
      expect(retida?.causa).toBe('ja_existe');
    },
  );

  it.each<Outcome<RemoteUser>>([
    { kind: 'duplicate', mensagem: 'já existe' },
    { kind: 'duplicate_here', existente: undefined, mensagem: 'já existe' },
  ])('without a word of which account is looked up: $kind', (outcome) => {
    const { estado, operacao } = wrote(outcome, 'criar', ausente);
    expect(estado).toMatchObject({ observada: 'desconhecido', duplicado: true, conferirEm: AGORA });
    expect(operacao).toBe('aberta');
  });

  it('with another provider is for a person', () => {
    const { estado, retida } = wrote({ kind: 'duplicate_elsewhere', mensagem: 'outro' }, 'criar', ausente);
    expect(estado).toEqual(ausente);
    expect(retida?.causa).toBe('outro_parceiro');
  });
});

describe('a state that forbids the step', () => {
  it('is read, tried again later, and held at the third time', () => {
    const refused: Outcome<RemoteUser> = { kind: 'wrong_state', mensagem: 'não pode', esperarMs: undefined };
    let estado: Estado = { ...ativo, desejada: 'bloqueado' };
    for (const falhas of [1, 2]) {
      const cons = wrote(refused, 'bloquear', estado);
      expect(cons.estado).toMatchObject({ observada: 'desconhecido', falhas });
      expect(cons.retida).toBeNull();
      estado = sees(saw(conta()), cons.estado).estado;
      expect(estado).toMatchObject({ observada: 'ativo', falhas });
    }
    const last = wrote(refused, 'bloquear', estado);
    expect(last.retida?.causa).toBe('estado_recusado');
    expect(last.estado.falhas).toBe(0);
  });

  it('for a while is waited for as long as the partner says', () => {
    const { estado, esperarAte, retida } = wrote({ kind: 'wrong_state', mensagem: '', esperarMs: 9_000 });
    expect({ estado, esperarAte, retida }).toEqual({
      estado: ativo,
      esperarAte: AGORA + 9_000,
      retida: null,
    });
  });
});
