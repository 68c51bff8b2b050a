// A long queue: a partner that is away, that allows few calls, that is paused, and a person who has just paid.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { deletePausa, savePausa } from '../../src/sync/pausas.ts';
import { requestBloqueio, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

const LONGO = process.env['LONGO'] === '1';
const WISHES = LONGO ? 2_000 : 200;
const BLOCKS = LONGO ? 2_000 : 300;
const PAUSA = path.join(tmpdir(), `tele-clinica-pausa-${process.pid}`);

let mundo: Mundo;
const ids: number[] = [];

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100, env: { PAUSA_ARQUIVO: PAUSA, CONFIRMACAO_SEGUNDOS: '0.2' } });
  for (const contrato of await mundo.gente(BLOCKS)) ids.push(await mundo.criar(contrato));
  mundo.startWorker();
  await assentar(mundo, 120_000);
}, 600_000);
afterEach(async () => {
  await mundo.simulador.semFalhas();
  await mundo.simulador.opcoes({ latencyMs: 0 });
  rmSync(PAUSA, { force: true });
});
afterAll(() => mundo.end());

const count = async (where: string) =>
  Number(await valor(mundo, `SELECT COUNT(*) FROM usuarios WHERE ${where}`));
const total = async () => (await mundo.simulador.historico()).length;
const block = async (id: number) =>
  requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'fatura vencida');
const unblock = async (id: number) => requestDesbloqueio(mundo.sync, mundo.operador, await mundo.usuario(id));
const inParallel = async (all: number[], work: (id: number) => Promise<void>) => {
  const rest = [...all];
  const lane = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) await work(id);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
};
const quiet = async (ms: number) => {
  const before = await total();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (await total()) - before;
};

describe('a pause', () => {
  const scopes: [string, Record<string, string>][] = [
    ['of everything', { operacao: '', filial_id: '0' }],
    ['of one operation', { operacao: 'bloquear', filial_id: '0' }],
    ['of one branch', { operacao: '', filial_id: '1' }],
  ];
  test.each(scopes)('%s stops its calls at once, loses no wish, and ends at once', async (_, scope) => {
    await assentar(mundo);
    const [id = 0, other = 0] = ids;
    await savePausa(mundo.sync, mundo.operador, { ...scope, motivo: 'manutenção do parceiro' });
    const before = (await mundo.simulador.historico({ operacao: 'blockUser' })).length;
    await block(id);
    expect(await quiet(600)).toBe(0);
    expect((await mundo.simulador.historico({ operacao: 'blockUser' })).length).toBe(before);
    expect(await mundo.usuario(id)).toMatchObject({
      desejada: 'bloqueado',
      observada: 'ativo',
      trabalho: true,
    });

    await deletePausa(mundo.sync, mundo.operador, scope);
    await eventually(async () => (await mundo.usuario(id)).observada === 'bloqueado', 2_000);
    await unblock(id);
    await eventually(async () => (await mundo.usuario(id)).observada === 'ativo', 2_000);
    expect(await mundo.usuario(other)).toMatchObject({ observada: 'ativo' });
  });

  test('of one operation lets the others through, however many wait', async () => {
    await savePausa(mundo.sync, mundo.operador, {
      operacao: 'bloquear',
      motivo: 'conferir com o financeiro',
    });
    const waiting = ids.slice(10, 110);
    await inParallel(waiting, block);
    const [contrato = 0] = await mundo.gente(1);
    const created = await mundo.criar(contrato);
    ids.push(created);
    await eventually(async () => (await mundo.usuario(created)).observada === 'ativo', 2_000);
    expect(await count("desejada = 'bloqueado' AND observada = 'ativo'")).toBe(100);
    await inParallel(waiting, unblock);
    await deletePausa(mundo.sync, mundo.operador, { operacao: 'bloquear' });
    await assentar(mundo);
    expect(await count("observada = 'bloqueado'")).toBe(0);
  });

  test('by file works without the database, and lets calls in flight end', async () => {
    await mundo.simulador.opcoes({ latencyMs: 400 });
    const [id = 0, next = 0] = ids.slice(120);
    await block(id);
    await eventually(async () =>
      (await mundo.simulador.historico({ operacao: 'blockUser' })).some(({ end }) => end === 'open'),
    );
    writeFileSync(PAUSA, '');
    await block(next);
    await eventually(async () => (await mundo.usuario(id)).observada === 'bloqueado');
    expect(await quiet(600)).toBe(0);
    expect(existsSync(PAUSA)).toBe(true);
    rmSync(PAUSA);
    await eventually(async () => (await mundo.usuario(next)).observada === 'bloqueado', 5_000);
    await Promise.all([unblock(id), unblock(next)]);
    await assentar(mundo);
  });
});

describe('a person who has just paid', () => {
  test('is unblocked within two seconds while hundreds of blocks wait at 200 ms a call', async () => {
    const [paid = 0] = ids;
    await block(paid);
    await assentar(mundo);
    await mundo.simulador.opcoes({ latencyMs: 200 });
    // Asked for while blocks are paused, so that they all wait, however slowly they are asked for.
    await savePausa(mundo.sync, mundo.operador, { motivo: 'teste', operacao: 'bloquear' });
    await inParallel(ids.slice(1), block);
    await deletePausa(mundo.sync, mundo.operador, { operacao: 'bloquear' });
    mundo.sync.wake();
    expect(await count("prioridade = 4 AND trabalho = 1 AND observada = 'ativo'")).toBeGreaterThan(50);
    const clicked = Date.now();
    await unblock(paid);
    await eventually(async () => (await mundo.usuario(paid)).observada === 'ativo', 2_000);
    expect(Date.now() - clicked).toBeLessThan(2_000);
    expect(await count("prioridade = 4 AND trabalho = 1 AND observada = 'ativo'")).toBeGreaterThan(10);
    await mundo.simulador.opcoes({ latencyMs: 0 });
    await assentar(mundo, 60_000);
    expect(await mundo.usuario(paid)).toMatchObject({ observada: 'ativo' });
  });
});

describe('a partner that is away', () => {
  test('is asked little, loses no wish, and gets only the newest one of each person', async () => {
    await assentar(mundo, 60_000);
    const some = ids.slice(0, WISHES);
    await mundo.simulador.falha({ kind: 'down' });
    const before = await total();
    await inParallel(some, unblock);
    await inParallel(some, block);
    await inParallel(some, unblock);
    await eventually(
      async () => (await valor(mundo, 'SELECT fora_desde IS NOT NULL FROM integracoes')) === 1,
    );
    const asked = (await total()) - before;
    expect(asked).toBeLessThan(60);
    expect(await quiet(2_000)).toBeLessThan(8);

    await mundo.simulador.semFalhas();
    const up = await total();
    await eventually(
      async () => (await count(`id <= ${some.at(-1)} AND observada <> 'ativo'`)) === 0,
      30_000,
    );
    const writes = (await mundo.simulador.historico())
      .slice(up)
      .filter(({ operation, end }) => end === 'sent' && operation !== 'getUser');
    expect(writes.every(({ operation }) => operation === 'unblockUser')).toBe(true);
    const perPerson = new Map<string | null, number>();
    for (const { userId } of writes) perPerson.set(userId, (perPerson.get(userId) ?? 0) + 1);
    expect(Math.max(...perPerson.values())).toBe(1);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo, 60_000);
  expect((await conferir(mundo)).erros).toEqual([]);
});
