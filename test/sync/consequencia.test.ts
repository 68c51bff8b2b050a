// What every answer of the partner means: the state afterwards, whether the operação is over, who is held, when to look again.
import { describe, expect, it } from 'vitest';
import {
  afterRead,
  afterWrite,
  backoffMs,
  type Estado,
  type PassoDeEscrita,
  type Tempos,
  uncertain,
} from '../../src/sync/consequencia.ts';
import type { Outcome, RemoteUser } from '../../src/teleclinica/port.ts';

const AGORA = 5_000_000;
const D = 60_000;
const REF = 'ixc-aa-1-1';
const tempos: Tempos = { agora: AGORA, confirmacaoMs: D, sorte: 0 };
const PASSOS: PassoDeEscrita[] = ['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar'];

const ativo: Estado = {
  desejada: 'ativo',
  planoDesejado: 'P1',
  observada: 'ativo',
  planoObservado: 'P1',
  aguardaAcesso: false,
  lido: true,
  remotoId: 'u1',
  conferirEm: null,
  conferencias: 0,
  incertaEm: null,
  criarNaoAntes: null,
  duplicado: false,
  falhas: 0,
};
const ausente: Estado = { ...ativo, observada: 'ausente', planoObservado: null, remotoId: null };
const perdida: Estado = uncertain(ausente, 'criar', tempos);

const conta = (change: Partial<RemoteUser> = {}): RemoteUser => ({
  id: 'u1',
  situacao: 'ativo',
  aguardaPrimeiroAcesso: false,
  externalId: REF,
  planoCodigo: 'P1',
  ...change,
});
const wrote = (outcome: Outcome<RemoteUser>, passo: PassoDeEscrita = 'bloquear', estado: Estado = ativo) =>
  afterWrite(estado, passo, outcome, REF, tempos);
const sees = (outcome: Outcome<RemoteUser[]>, estado: Estado, agora = AGORA) =>
  afterRead(estado, outcome, REF, { ...tempos, agora });
const sawNobody: Outcome<RemoteUser[]> = { kind: 'not_found' };
const saw = (...value: RemoteUser[]): Outcome<RemoteUser[]> => ({ kind: 'ok', value });

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

describe('answers that mean the same to a write and to a reading', () => {
  const both = (
    outcome: Extract<
      Outcome<never>,
      {
        kind:
          | 'forbidden'
          | 'refused_data'
          | 'contract_broken'
          | 'credentials'
          | 'rate_limited'
          | 'unavailable';
      }
    >,
    estado = ativo,
  ) => [...PASSOS.map((passo) => wrote(outcome, passo, estado)), sees(outcome, estado)];

  it('forbidden holds this person only', () => {
    for (const cons of both({ kind: 'forbidden', mensagem: 'não' })) {
      expect(cons).toMatchObject({
        estado: ativo,
        retida: { causa: 'proibido' },
        sinal: { kind: 'respondeu' },
      });
    }
  });

  it('refused data holds with the field, the reason and what to correct', () => {
    const campos = [{ campo: 'email', mensagem: 'inválido' }];
    for (const { retida, operacao } of both({ kind: 'refused_data', campos, mensagem: 'recusado' })) {
      expect(operacao).toBe('recusada');
      expect(retida).toEqual({
        causa: 'dados',
        campos: [
          {
            campo: 'email',
            motivo: 'A Tele Clínica recusou: inválido',
            correcao: 'Corrija no cadastro do cliente no IXC.',
          },
        ],
      });
    }
  });

  it('a broken contract holds, and nothing is believed', () => {
    for (const { estado, retida } of both({ kind: 'contract_broken', mensagem: 'x'.repeat(400) })) {
      expect(estado.observada).toBe('desconhecido');
      expect(retida?.causa).toBe('contrato_quebrado');
    }
  });

  it('refused credentials stop the integração and are nobody’s fault', () => {
    for (const { estado, sinal, retida, operacao } of both({ kind: 'credentials', mensagem: '' })) {
      expect({ estado, sinal, retida, operacao }).toEqual({
        estado: ativo,
        sinal: { kind: 'credencial' },
        retida: null,
        operacao: 'aberta',
      });
    }
  });

  it.each([
    [7_000, 7_000],
    [undefined, 5_000],
  ])('a rate limit (%s) slows the integração by %i ms, without a failure counted', (esperarMs, wait) => {
    for (const { estado, sinal, esperarAte } of both({ kind: 'rate_limited', esperarMs })) {
      expect({ estado, sinal, esperarAte }).toEqual({
        estado: ativo,
        sinal: { kind: 'limite', esperarMs: wait },
        esperarAte: AGORA + wait,
      });
    }
  });

  it('unavailable is surely not applied: the same again, later and later', () => {
    const outcome = { kind: 'unavailable', esperarMs: undefined, mensagem: 'fora' } as const;
    for (const { estado, sinal, esperarAte } of both(outcome, { ...ativo, falhas: 2 })) {
      expect(estado).toEqual({ ...ativo, falhas: 3 });
      expect({ sinal, esperarAte }).toEqual({ sinal: { kind: 'fora' }, esperarAte: AGORA + 4_000 });
    }
  });

  it('unavailable with Retry-After waits at least that long', () => {
    for (const { esperarAte } of both({ kind: 'unavailable', esperarMs: 90_000, mensagem: '' })) {
      expect(esperarAte).toBe(AGORA + 90_000);
    }
  });
});
