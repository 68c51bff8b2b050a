// The shipped profile against the simulator, a process of its own that implements the assumed contract.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { createTeleClinica } from '../../src/teleclinica/adaptador.ts';
import { readPerfil } from '../../src/teleclinica/perfil.ts';
import type { TeleClinica, UserKey } from '../../src/teleclinica/port.ts';

const shipped = readFileSync(new URL('../../plugin/perfis/teleclinica-v1.json', import.meta.url), 'utf8');
const readShipped = readPerfil('teleclinica-v1.json', shipped);
if (!readShipped.ok) throw new Error(readShipped.erros.join('\n'));
const { perfil } = readShipped;

const pessoa = {
  nome: 'Maria Exemplo da Silva',
  cpf: '11144477735',
  nascimento: '1988-04-09',
  email: 'maria@example.com',
  celular: '54999990000',
};
const input = { externalId: 'ixc-a-1-1', planoCodigo: 'clinico-24h', pessoa };

let simulador: Simulador;
let tc: TeleClinica;
let keys = 0;
const write = () => ({ timeoutMs: 5000, idempotencyKey: `teste-${String(++keys).padStart(6, '0')}` });
const reading = { timeoutMs: 5000 };

beforeAll(async () => {
  simulador = await startSimulador();
  const connection = {
    urlBase: simulador.url,
    usuario: simulador.usuario,
    senha: simulador.senha,
    tenant: null,
  };
  tc = createTeleClinica(perfil, connection, { hosts: [new URL(simulador.url).host] });
});
afterAll(() => simulador.stop());
beforeEach(() => simulador.zera());

/** Creates the person and answers the key for further calls. */
async function create(): Promise<UserKey> {
  const { outcome } = await tc.createUser(input, write());
  if (outcome.kind !== 'ok') throw new Error(outcome.kind);
  return { remotoId: outcome.value.id, externalId: input.externalId, planoCodigo: input.planoCodigo };
}

describe('the main job', () => {
  test('register, plans, create, find, block, unblock, change plan, correct, cancel', async () => {
    expect(
      (await tc.registerIntegration({ cnpj: '11222333000181', nome: 'Provedor' }, write())).outcome.kind,
    ).toBe('ok');
    expect((await tc.ping(reading)).outcome).toEqual({ kind: 'ok', value: { ambiente: 'simulador' } });
    const plano = await tc.createPlan(
      { externalId: 'ixc-plano-1', nome: 'Ouro', descricao: 'Tudo' },
      write(),
    );
    expect(plano.outcome).toMatchObject({ kind: 'ok', value: { nome: 'Ouro', externalId: 'ixc-plano-1' } });
    if (plano.outcome.kind !== 'ok') return;
    const ouro = plano.outcome.value.id;
    const renamed = await tc.updatePlan({ remotoId: ouro, nome: 'Ouro Mais', descricao: '' }, write());
    expect(renamed.outcome).toMatchObject({ kind: 'ok', value: { nome: 'Ouro Mais' } });
    expect((await tc.listPlans(undefined, reading)).outcome).toMatchObject({
      kind: 'ok',
      value: { itens: { length: 3 } },
    });

    const key = await create();
    for (const by of [{ remotoId: key.remotoId }, { externalId: key.externalId }, { cpf: pessoa.cpf }]) {
      expect((await tc.findUser(by, reading)).outcome).toMatchObject({
        kind: 'ok',
        value: [{ id: key.remotoId, situacao: 'ativo' }],
      });
    }
    expect((await tc.block(key, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'bloqueado' },
    });
    expect((await tc.block(key, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'bloqueado' },
    });
    expect((await tc.unblock(key, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'ativo' },
    });
    expect((await tc.changePlan(key, ouro, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { planoCodigo: ouro },
    });
    expect((await tc.updateUser(key, { ...pessoa, nome: 'Maria da Silva' }, write())).outcome.kind).toBe(
      'ok',
    );
    expect((await tc.cancel(key, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'cancelado' },
    });
    expect((await tc.unblock(key, write())).outcome.kind).toBe('wrong_state');
    expect(await simulador.pessoas()).toMatchObject([
      { status: 'cancelled', name: 'Maria da Silva', planId: ouro },
    ]);
  });

  test('nobody is not_found by every key', async () => {
    for (const by of [{ remotoId: 'nada' }, { externalId: 'nada' }, { cpf: pessoa.cpf }]) {
      expect((await tc.findUser(by, reading)).outcome).toEqual({ kind: 'not_found' });
    }
    expect(
      (await tc.block({ remotoId: 'nada', externalId: 'nada', planoCodigo: null }, write())).outcome.kind,
    ).toBe('not_found');
  });

  test('a partner that answers 404 to a search that finds nobody says the same', async () => {
    await simulador.opcoes({ buscaVazia: '404' });
    for (const by of [{ externalId: 'nada' }, { cpf: pessoa.cpf }]) {
      expect((await tc.findUser(by, reading)).outcome).toEqual({ kind: 'not_found' });
    }
  });

  test('a login that gives a token works as Basic does, with one line of the profile changed', async () => {
    await simulador.opcoes({ auth: 'bearer' });
    expect((await tc.ping(reading)).outcome.kind).toBe('credentials');
    const body = { username: { from: 'usuario' }, password: { from: 'senha' } };
    const login = {
      type: 'login',
      method: 'POST',
      path: '/auth/login',
      body,
      token: 'access_token',
      expiresIn: 'expires_in',
    };
    const read = readPerfil('x.json', JSON.stringify({ ...JSON.parse(shipped), auth: login }));
    if (!read.ok) throw new Error(read.erros.join());
    const connection = {
      urlBase: simulador.url,
      usuario: simulador.usuario,
      senha: simulador.senha,
      tenant: null,
    };
    const hosts = [new URL(simulador.url).host];
    const withToken = createTeleClinica(read.perfil, connection, { hosts });
    expect((await withToken.createUser(input, write())).outcome.kind).toBe('ok');
    const wrong = createTeleClinica(read.perfil, { ...connection, senha: 'errada' }, { hosts });
    expect((await wrong.ping(reading)).outcome.kind).toBe('credentials');
  });

  test('hundreds of people come back page by page, each once', async () => {
    for (let number = 0; number < 230; number++) {
      await simulador.planta({ externalId: `ixc-a-${number}-1`, status: 'active', planId: 'clinico-24h' });
    }
    const ids = new Set<string>();
    let proxima: string | undefined;
    let pages = 0;
    do {
      const { outcome } = await tc.listUsers(proxima, reading);
      if (outcome.kind !== 'ok') throw new Error(outcome.kind);
      for (const { id } of outcome.value.itens) ids.add(id);
      proxima = outcome.value.proxima;
      pages++;
    } while (proxima !== undefined);
    expect([ids.size, pages]).toEqual([230, 3]);
  });
});

describe('duplicates', () => {
  test('the same reference and CPF give the same account; another reference is a duplicate here', async () => {
    const key = await create();
    expect((await tc.createUser(input, write())).outcome).toMatchObject({
      kind: 'ok',
      value: { id: key.remotoId },
    });
    expect((await tc.createUser({ ...input, externalId: 'ixc-a-2-1' }, write())).outcome).toMatchObject({
      kind: 'duplicate_here',
      existente: { id: key.remotoId, situacao: 'ativo', externalId: 'ixc-a-1-1' },
    });
  });

  test('our reference with another CPF breaks the contract; another ISP’s person is elsewhere', async () => {
    await create();
    const other = { ...input, pessoa: { ...pessoa, cpf: '52998224725' } };
    expect((await tc.createUser(other, write())).outcome.kind).toBe('contract_broken');
    await simulador.zera();
    await simulador.planta({
      tenant: 'outro-provedor',
      cpf: pessoa.cpf,
      externalId: 'x-1',
      status: 'active',
    });
    expect((await tc.createUser(input, write())).outcome.kind).toBe('duplicate_elsewhere');
  });

  test('a burnt idempotency key asks for a new one', async () => {
    const options = write();
    await tc.createUser(input, options);
    const other = { ...input, externalId: 'ixc-a-5-1', pessoa: { ...pessoa, cpf: '52998224725' } };
    expect((await tc.createUser(other, options)).outcome).toMatchObject({
      kind: 'uncertain',
      novaChave: true,
    });
  });

  test('refused data names our fields', async () => {
    const bad = { ...pessoa, cpf: '11144477734', celular: '123' };
    expect((await tc.createUser({ ...input, pessoa: bad }, write())).outcome).toMatchObject({
      kind: 'refused_data',
      campos: [{ campo: 'cpf' }, { campo: 'celular' }],
    });
    expect((await tc.createUser({ ...input, planoCodigo: 'nada' }, write())).outcome).toMatchObject({
      kind: 'refused_data',
      campos: [{ campo: 'plano' }],
    });
  });
});

describe('faults', () => {
  test.each([
    ['applyThenDrop', { kind: 'applyThenDrop' }, 'uncertain', 1],
    ['dropBefore', { kind: 'dropBefore' }, 'uncertain', 0],
    ['500', { kind: 'status', status: 500 }, 'uncertain', 0],
    ['500 after applying', { kind: 'statusAfterApply', status: 500 }, 'uncertain', 1],
    ['503', { kind: 'status', status: 503 }, 'uncertain', 0],
    ['HTML', { kind: 'html200' }, 'uncertain', 0],
    ['empty', { kind: 'empty200' }, 'uncertain', 0],
    ['truncated, cut', { kind: 'truncated', how: 'cut' }, 'uncertain', 1],
    ['truncated, short', { kind: 'truncated', how: 'short' }, 'uncertain', 1],
    ['huge', { kind: 'huge', mb: 5 }, 'uncertain', 1],
    ['wrong JSON', { kind: 'wrongJson' }, 'uncertain', 0],
    ['success false in a 200', { kind: 'success200WithError' }, 'uncertain', 0],
    ['unknown status word', { kind: 'unknownStatus' }, 'uncertain', 1],
    ['401', { kind: 'unauthorized' }, 'credentials', 0],
    ['403', { kind: 'forbidden' }, 'forbidden', 0],
    ['429', { kind: 'rateLimited', retryAfter: 7 }, 'rate_limited', 0],
    ['redirect', { kind: 'redirect', url: 'http://169.254.169.254/' }, 'uncertain', 0],
  ] as const)('%s on a create', async (_, regra, kind, people) => {
    await simulador.falha({ operation: 'createUser', ...regra });
    const { outcome } = await tc.createUser(input, write());
    expect(outcome.kind).toBe(kind);
    if (outcome.kind === 'rate_limited') expect(outcome.esperarMs).toBe(7000);
    expect(await simulador.pessoas()).toHaveLength(people);
  });

  test('a slow drip ends at the deadline', async () => {
    const key = await create();
    await simulador.falha({ operation: 'blockUser', kind: 'slowDrip', bytesPerSecond: 1 });
    const answer = await tc.block(key, { timeoutMs: 500 });
    expect(answer.outcome.kind).toBe('uncertain');
    expect(answer.trace.duracaoMs).toBeLessThan(1500);
  });

  test('an asynchronous partner answers accepted', async () => {
    await simulador.opcoes({ assincrono: 50 });
    expect((await tc.createUser(input, write())).outcome.kind).toBe('accepted');
  });

  test('a cancel refused for being too early says how long to wait', async () => {
    const key = await create();
    await simulador.opcoes({ minAgeBeforeCancelS: 900 });
    const { outcome } = await tc.cancel(key, write());
    expect(outcome.kind).toBe('wrong_state');
    expect(outcome).toMatchObject({ esperarMs: expect.any(Number) });
  });
});
