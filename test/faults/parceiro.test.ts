// A partner that cuts, delays, garbles and refuses: what it did is found out, never guessed.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FalhaInput } from '../../src/demo/simulador/falhas.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { requestBloqueio, requestCancelamento, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { requestUsuario } from '../../src/sync/pedidoUsuario.ts';
import { discardOperacao, resendOperacao } from '../../src/sync/reenvio.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({
    contratos: 100,
    env: { CONFIRMACAO_SEGUNDOS: '0.4', TELECLINICA_TIMEOUT_MS: '500' },
  });
  await mundo.simulador.opcoes({ cpfUnico: false, externalIdUnico: false, idempotencia: false });
  mundo.startWorker();
});
afterEach(() => mundo.simulador.semFalhas());
afterAll(() => mundo.end());

interface Alguem {
  id: number;
  contrato: number;
  externalId: string;
}

const novo = async (falha?: FalhaInput): Promise<Alguem> => {
  const [contrato = 0] = await mundo.gente(1);
  if (falha) await mundo.simulador.falha(falha);
  const id = await mundo.criar(contrato);
  return { id, contrato, externalId: externalIdOf(mundo.sync, id, 1) };
};

const ativo = async (): Promise<Alguem> => {
  const alguem = await novo();
  await becomes(alguem, 'ativo');
  return alguem;
};

const becomes = ({ id }: Alguem, observada: string, ms?: number) =>
  eventually(async () => (await mundo.usuario(id)).observada === observada, ms);

const held = ({ id }: Alguem, causa: string) =>
  eventually(async () => (await mundo.usuario(id)).retida === causa);

const calls = async ({ externalId }: Alguem, operacao: string) =>
  (await mundo.simulador.historico({ operacao })).filter((call) => call.externalId === externalId);

const account = async ({ externalId }: Alguem) => {
  const found = await mundo.simulador.pessoas({ externalId });
  expect(found).toHaveLength(1);
  return found[0];
};

const block = async ({ id }: Alguem) =>
  requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'pediu na recepção');
const unblock = async ({ id }: Alguem) =>
  requestDesbloqueio(mundo.sync, mundo.operador, await mundo.usuario(id));

describe('a create whose answer never comes', () => {
  test('is found by a reading when it was applied, and not sent again', async () => {
    const alguem = await novo({ kind: 'applyThenDrop', operation: 'createUser', times: 1 });
    await becomes(alguem, 'ativo');
    expect(await calls(alguem, 'createUser')).toHaveLength(1);
    await account(alguem);
  });

  test('is waited for when it lands late, whatever is wished meanwhile', async () => {
    const alguem = await novo({ kind: 'applyLate', ms: 300, operation: 'createUser', times: 1 });
    await eventually(async () => (await mundo.usuario(alguem.id)).observada === 'ausente');
    await eventually(async () => (await calls(alguem, 'createUser')).length === 1);
    await block(alguem);
    await unblock(alguem);
    await block(alguem);
    await unblock(alguem);
    await becomes(alguem, 'ativo');
    expect(await calls(alguem, 'createUser')).toHaveLength(1);
    await account(alguem);
  });

  test('is sent again only after the second reading, when it was never applied', async () => {
    const alguem = await novo({ kind: 'dropBefore', operation: 'createUser', times: 1 });
    await becomes(alguem, 'ativo');
    const [first, second, ...more] = await calls(alguem, 'createUser');
    expect(more).toEqual([]);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(400);
    await account(alguem);
  });

  test('a 500 after applying and a 500 before applying both end in one account', async () => {
    const after = await novo({ kind: 'statusAfterApply', status: 500, operation: 'createUser', times: 1 });
    await becomes(after, 'ativo');
    const before = await novo({ kind: 'status', status: 500, operation: 'createUser', times: 1 });
    await becomes(before, 'ativo');
    expect(await calls(after, 'createUser')).toHaveLength(1);
    expect(await calls(before, 'createUser')).toHaveLength(2);
  });
});

describe('a block applied late, after the person has paid', () => {
  test('is seen by a later reading and undone', async () => {
    const alguem = await ativo();
    await mundo.simulador.falha({ kind: 'applyLate', ms: 1_000, operation: 'blockUser', times: 1 });
    await block(alguem);
    await eventually(async () => (await calls(alguem, 'blockUser')).length === 1);
    await unblock(alguem);
    await becomes(alguem, 'ativo');
    await eventually(async () => (await account(alguem))?.status === 'blocked');
    await eventually(async () => (await account(alguem))?.status === 'active', 12_000);
    expect((await calls(alguem, 'unblockUser')).length).toBeGreaterThan(0);
  });
});

describe('an answer that says nothing', () => {
  const GARBAGE: Record<string, FalhaInput> = {
    HTML: { kind: 'html200' },
    'an empty body': { kind: 'empty200' },
    'a body cut in half': { kind: 'truncated', how: 'cut', apply: false },
    'JSON that stops half-way': { kind: 'truncated', how: 'short' },
    '“success”: false': { kind: 'success200WithError' },
    'JSON of another shape': { kind: 'wrongJson' },
    'a redirect': { kind: 'redirect', url: 'http://169.254.169.254/' },
    'one byte a second': { kind: 'slowDrip', bytesPerSecond: 2 },
  };
  const people = new Map<string, Alguem>();

  beforeAll(async () => {
    for (const [what, falha] of Object.entries(GARBAGE)) {
      const alguem = await ativo();
      people.set(what, alguem);
      const { id: userId } = (await account(alguem)) ?? { id: '' };
      await mundo.simulador.falha({ ...falha, operation: 'blockUser', times: 1, userId });
    }
    for (const alguem of people.values()) await block(alguem);
    for (const alguem of people.values()) {
      await eventually(async () => (await calls(alguem, 'blockUser')).length > 0);
    }
  });

  test.each(Object.keys(GARBAGE))('%s with status 200 is never taken for done', async (what) => {
    const alguem = people.get(what);
    if (alguem === undefined) throw new Error(`nobody for ${what}`);
    const [first] = await calls(alguem, 'blockUser');
    await becomes(alguem, 'bloqueado');
    expect(await account(alguem)).toMatchObject({ status: 'blocked' });
    // Blocked because a reading or a second block proved it, not because of that answer.
    const readings = (await mundo.simulador.historico({ operacao: 'getUser' })).filter(
      ({ userId, seq }) => userId === first?.userId && seq > (first?.seq ?? 0),
    );
    expect(readings.length).toBeGreaterThan(0);
  });

  test('the account of somebody else is not believed: the person is held and nothing is assumed', async () => {
    const other = await ativo();
    const body = { ...(await account(other)), status: 'blocked' };
    const alguem = await ativo();
    await mundo.simulador.falha({ kind: 'wrongJson', body, operation: 'blockUser', times: 1 });
    await block(alguem);
    await becomes(alguem, 'bloqueado');
    expect(await account(other)).toMatchObject({ status: 'active' });
    expect(await account(alguem)).toMatchObject({ status: 'blocked' });
  });

  test('a status word that the profile does not know causes no write', async () => {
    const alguem = await ativo();
    const { id: userId } = (await account(alguem)) ?? { id: '' };
    await mundo.simulador.falha({ kind: 'unknownStatus', operation: ['blockUser', 'getUser'], userId });
    await block(alguem);
    await held(alguem, 'contrato_quebrado');
    const before = (await mundo.simulador.historico()).filter(
      ({ operation }) => operation !== 'getUser',
    ).length;
    await unblock(alguem);
    await held(alguem, 'contrato_quebrado');
    const after = (await mundo.simulador.historico()).filter(
      ({ operation }) => operation !== 'getUser',
    ).length;
    expect(after).toBe(before);
    await mundo.simulador.semFalhas();
    await unblock(alguem);
    await becomes(alguem, 'ativo');
  });
});

describe('a partner that answers readings and fails every block', () => {
  test('is not hammered: each try waits longer', async () => {
    const alguem = await ativo();
    await mundo.simulador.falha({ kind: 'status', status: 500, operation: 'blockUser' });
    await block(alguem);
    await eventually(async () => (await calls(alguem, 'blockUser')).length >= 3, 12_000);
    const times = (await calls(alguem, 'blockUser')).map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(900);
    expect(gaps[1]).toBeGreaterThanOrEqual(1_900);
    await mundo.simulador.semFalhas();
    await unblock(alguem);
    await becomes(alguem, 'ativo');
  });
});

describe('a refusal for one person', () => {
  test('403 holds that person with the partner’s words while others go on', async () => {
    const alguem = await ativo();
    const { id: userId } = (await account(alguem)) ?? { id: '' };
    await mundo.simulador.falha({ kind: 'forbidden', operation: 'blockUser', userId });
    await block(alguem);
    await held(alguem, 'proibido');
    expect((await mundo.usuario(alguem.id)).mensagem).toContain('Not allowed');

    const other = await ativo();
    await block(other);
    await becomes(other, 'bloqueado');
    await mundo.simulador.semFalhas();
    await unblock(alguem);
    await becomes(alguem, 'ativo');
  });

  test('202 is read back after the time that the partner asked for', async () => {
    await mundo.simulador.opcoes({ assincrono: 700 });
    const alguem = await novo();
    await becomes(alguem, 'ativo');
    expect(await calls(alguem, 'createUser')).toHaveLength(1);
    expect((await calls(alguem, 'createUser'))[0]).toMatchObject({ status: 202 });
    await mundo.simulador.opcoes({ assincrono: 0 });
    await account(alguem);
  });

  test('an account that the partner no longer finds is held, never made again by itself', async () => {
    const alguem = await ativo();
    const { id = '' } = (await account(alguem)) ?? {};
    await mundo.simulador.some(id);
    await block(alguem);
    await held(alguem, 'sumiu');
    expect(await mundo.simulador.pessoas({ externalId: alguem.externalId })).toEqual([]);
  });

  test.each(['Reenviar', 'Descartar'])('and %s leads out of it', async (verbo) => {
    const alguem = await ativo();
    const { id: gone = '' } = (await account(alguem)) ?? {};
    await mundo.simulador.some(gone);
    await block(alguem);
    await held(alguem, 'sumiu');
    await unblock(alguem);
    await held(alguem, 'sumiu');
    const { operacoes } = await listOperacoes(mundo.sync.db, {
      filiais: 'todas',
      usuarioId: alguem.id,
      limite: 1,
    });
    const [operacao] = operacoes;
    if (operacao === undefined) throw new Error('no operação');
    if (verbo === 'Reenviar') await resendOperacao(mundo.sync, mundo.operador, operacao);
    else {
      await discardOperacao(mundo.sync, mundo.operador, operacao);
      expect(await mundo.usuario(alguem.id)).toMatchObject({ desejada: 'ausente', retida: null });
      await mundo.criar(alguem.contrato);
    }
    await becomes(alguem, 'ativo');
    const [again] = await mundo.simulador.pessoas({ externalId: alguem.externalId });
    expect(again?.id).not.toBe(gone);
    expect(again).toMatchObject({ status: 'active' });
  });

  test('an account cancelled behind our back is held, and a click starts a new one', async () => {
    const alguem = await ativo();
    const { id = '' } = (await account(alguem)) ?? {};
    await mundo.simulador.muda(id, { status: 'cancelled' });
    await block(alguem);
    await held(alguem, 'cancelado_no_parceiro');
    const found = await findContrato(mundo.sync.ixc, alguem.contrato, 'todas');
    if (found === undefined) throw new Error('no contrato');
    await requestUsuario(mundo.sync, mundo.operador, found, mundo.planoId);
    await becomes(alguem, 'ativo');
    expect(
      await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, alguem.id, 2) }),
    ).toHaveLength(1);
  });

  test('a cancellation too early waits the time that the partner says, and then happens', async () => {
    const alguem = await ativo();
    await mundo.simulador.opcoes({ minAgeBeforeCancelS: 2 });
    const pedido = { motivo: 'não quer mais', confirmacao: String(alguem.contrato), quando: 'agora' };
    await requestCancelamento(mundo.sync, mundo.operador, await mundo.usuario(alguem.id), pedido);
    await becomes(alguem, 'cancelado');
    await mundo.simulador.opcoes({ minAgeBeforeCancelS: 0 });
    expect((await calls(alguem, 'cancelUser')).length).toBe(2);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo, 25_000);
  const { erros } = await conferir(mundo, ['sumiu']);
  expect(erros).toEqual([]);
});
