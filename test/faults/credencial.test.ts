// A partner that refuses the whole integração, or asks it to slow down.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findIntegracao, saveIntegracao } from '../../src/sync/integracoes.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { testIntegracao } from '../../src/sync/testeDeConexao.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;
let ids: number[] = [];

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
});
afterEach(() => mundo.simulador.semFalhas());
afterAll(() => mundo.end());

const total = async () => (await mundo.simulador.historico()).length;
const integracao = async () => {
  const found = await findIntegracao(mundo.sync.db, mundo.integracaoId);
  if (found === undefined) throw new Error('no integração');
  return found;
};
const save = (senha: string) =>
  mundoForm(senha).then((form) => saveIntegracao(mundo.sync, mundo.operador, mundo.integracaoId, form));
const mundoForm = async (senha: string): Promise<Record<string, string>> => {
  const { nome, ambiente, urlBase, usuario, perfil } = await integracao();
  return { nome, ambiente, url_base: urlBase, usuario, senha, perfil };
};
const ativos = async () =>
  Number(await valor(mundo, "SELECT COUNT(*) FROM usuarios WHERE observada = 'ativo' AND trabalho = 0"));

describe('a password that the partner refuses', () => {
  test('stops the integração after at most two calls, and is charged to nobody', async () => {
    for (const contrato of await mundo.gente(40)) ids.push(await mundo.criar(contrato));
    await mundo.simulador.opcoes({ senha: 'outra-senha-do-parceiro' });
    mundo.startWorker();
    await eventually(async () => (await integracao()).credencialParadaEm !== null);
    // The worker looks again four times a second: a call more would come within the next looks.
    const looks = await valor(mundo, 'SELECT MAX(lease_token) FROM usuarios');
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await total()).toBeLessThanOrEqual(2);
    expect(await valor(mundo, 'SELECT MAX(lease_token) FROM usuarios')).toBe(looks);
    expect(Number(await valor(mundo, 'SELECT SUM(falhas) + COUNT(retida) FROM usuarios'))).toBe(0);
    expect((await integracao()).sondaEm).not.toBeNull();
  });

  test('Testar conexão says so in plain words and resumes nothing', async () => {
    expect(await testIntegracao(mundo.sync, mundo.operador, mundo.integracaoId)).toMatchObject({
      ok: false,
      mensagem: expect.stringContaining('recusou usuário ou senha'),
    });
    expect((await integracao()).credencialParadaEm).not.toBeNull();
  });

  test('the right password and Testar conexão let everybody go on', async () => {
    await save('outra-senha-do-parceiro');
    expect(await testIntegracao(mundo.sync, mundo.operador, mundo.integracaoId)).toMatchObject({ ok: true });
    await eventually(async () => (await ativos()) === 40);
    expect(await mundo.simulador.pessoas()).toHaveLength(40);
  });

  test('a probe by itself resumes when the partner takes the old password again', async () => {
    await mundo.simulador.falha({ kind: 'unauthorized' });
    for (const contrato of await mundo.gente(3)) ids.push(await mundo.criar(contrato));
    await eventually(async () => (await integracao()).credencialParadaEm !== null);
    await mundo.simulador.semFalhas();
    await mundo.nosso.query('UPDATE integracoes SET sonda_em = UTC_TIMESTAMP(6)');
    await eventually(async () => (await ativos()) === 43);
    expect((await integracao()).credencialParadaEm).toBeNull();
  });

  test('editing the integração while calls are in flight does not stall the worker', async () => {
    await mundo.simulador.opcoes({ latencyMs: 120 });
    for (const id of ids)
      await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'teste de edição');
    for (let edits = 0; edits < 12; edits += 1) await save('');
    await mundo.simulador.opcoes({ latencyMs: 0 });
    await assentar(mundo, 10_000);
    const blocked = "SELECT COUNT(*) FROM usuarios WHERE observada = 'bloqueado'";
    expect(Number(await valor(mundo, blocked))).toBe(43);
  });
});

describe('429 with Retry-After', () => {
  test('nobody is called before it ends, and then everybody is', async () => {
    const before = await total();
    await mundo.simulador.falha({ kind: 'rateLimited', retryAfter: 2, times: 1 });
    const novos = [];
    for (const contrato of await mundo.gente(15)) novos.push(await mundo.criar(contrato));
    ids = [...ids, ...novos];
    await eventually(async () => (await ativos()) === 15);
    const calls = (await mundo.simulador.historico()).slice(before);
    const limited = calls.find(({ status }) => status === 429);
    const answered = (limited?.at ?? 0) + (limited?.durationMs ?? 0);
    // Calls that had left before the answer was read may still arrive.
    const early = calls.filter(({ at }) => at > answered + 60 && at < answered + 1_990);
    expect(limited).toBeDefined();
    expect(early).toEqual([]);
    expect(Number(await valor(mundo, 'SELECT SUM(falhas) FROM usuarios'))).toBe(0);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo);
  expect((await conferir(mundo)).erros).toEqual([]);
});
