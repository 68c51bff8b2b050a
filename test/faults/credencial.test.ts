// A partner that refuses the whole integração, or asks it to slow down.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findIntegracao, saveIntegracao } from '../../src/sync/integracoes.ts';
import { deletePausa, savePausa } from '../../src/sync/pausas.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { testIntegracao } from '../../src/sync/testeDeConexao.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;
let ids: number[] = [];
let folder: string;
let pausaArquivo: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'credencial-'));
  pausaArquivo = path.join(folder, 'pausa');
  mundo = await createMundo({ contratos: 100, env: { PAUSA_ARQUIVO: pausaArquivo } });
});
afterEach(() => mundo.simulador.semFalhas());
afterAll(async () => {
  await mundo.end();
  rmSync(folder, { recursive: true });
});

const recusas = async () => Number(await valor(mundo, 'SELECT credencial_recusas FROM integracoes'));
const pings = async () =>
  (await mundo.simulador.historico({ operacao: 'getCurrentIntegration' })).filter(({ end }) => end !== 'open')
    .length;
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

  test('that refusal counts too, and Salvar without a new password forgets neither it nor the stop', async () => {
    const before = await recusas();
    await testIntegracao(mundo.sync, mundo.operador, mundo.integracaoId);
    expect(await recusas()).toBe(before + 1);
    await save('');
    await save(mundo.simulador.senha);
    expect(await recusas()).toBe(before + 1);
    expect((await integracao()).credencialParadaEm).not.toBeNull();
  });

  test('is probed after 1, 15 and 60 minutes, then hourly, however many calls were refused together', async () => {
    const untilProbe = `SELECT ROUND(TIMESTAMPDIFF(SECOND, credencial_parada_em, sonda_em) / 60) FROM integracoes`;
    expect(Number(await valor(mundo, untilProbe))).toBe(1);
    await mundo.nosso.query('UPDATE integracoes SET credencial_recusas = 3');
    for (const minutes of [15, 60, 60]) {
      const made = await pings();
      await mundo.nosso.query('UPDATE integracoes SET sonda_em = UTC_TIMESTAMP(6)');
      await eventually(async () => (await pings()) === made + 1);
      const wait = 'SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), sonda_em) / 60 FROM integracoes';
      expect(Math.ceil(Number(await valor(mundo, wait)))).toBe(minutes);
    }
    await eventually(async () => (await recusas()) === 6);
  });

  test('is not probed while a pause stands, by order or by file', async () => {
    const made = await pings();
    const due = () => mundo.nosso.query('UPDATE integracoes SET sonda_em = UTC_TIMESTAMP(6)');
    await savePausa(mundo.sync, mundo.operador, { motivo: 'manutenção' });
    await due();
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await pings()).toBe(made);
    writeFileSync(pausaArquivo, '');
    await deletePausa(mundo.sync, mundo.operador, {});
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await pings()).toBe(made);
    rmSync(pausaArquivo);
    await eventually(async () => (await pings()) === made + 1);
  });

  test('is never probed so often that the account would be locked', async () => {
    const lockout = mundo.sync.perfis.get('teleclinica-v1')?.limits.lockoutAfter ?? 0;
    expect(lockout).toBeGreaterThan(1);
    const made = await pings();
    await mundo.nosso.query(
      'UPDATE integracoes SET credencial_recusas = ?, sonda_em = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR',
      [lockout - 1],
    );
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await pings()).toBe(made);
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
