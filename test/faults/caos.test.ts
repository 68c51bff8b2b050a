// Everything at once: two workers killed again and again, a partner that fails a third of the calls, wishes that keep changing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FalhaInput } from '../../src/demo/simulador/falhas.ts';
import { requestBloqueio, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, type Mundo } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

const LONGO = process.env['LONGO'] === '1';
const CHAOS_MS = LONGO ? 240_000 : 15_000;
const PEOPLE = LONGO ? 300 : 60;
const KILL_EVERY_MS = 300;
const LEAST_KILLS = LONGO ? 100 : 8;

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({
    contratos: 100,
    env: { CONFIRMACAO_SEGUNDOS: '0.6', LEASE_SEGUNDOS: '1', TELECLINICA_TIMEOUT_MS: '400' },
  });
  await mundo.simulador.opcoes({ cpfUnico: false, externalIdUnico: false, idempotencia: false });
});
afterAll(() => mundo.end());

// Late answers land inside the confirmation time, which is what that time is for.
const FAULTS: FalhaInput[] = [
  { kind: 'applyThenDrop', probability: 0.06, seed: 11 },
  { kind: 'dropBefore', probability: 0.06, seed: 12 },
  { kind: 'applyLate', ms: 300, answer: 'hang', probability: 0.06, seed: 13 },
  { kind: 'applyLate', ms: 300, answer: 'drop', probability: 0.03, seed: 14 },
  { kind: 'statusAfterApply', status: 500, probability: 0.04, seed: 15 },
  { kind: 'status', status: 503, probability: 0.04, seed: 16 },
  { kind: 'html200', apply: true, probability: 0.03, seed: 17 },
  { kind: 'truncated', how: 'cut', probability: 0.03, seed: 18 },
  { kind: 'rateLimited', retryAfter: 0, probability: 0.01, seed: 19 },
];

test(
  'kill -9, cut answers and changing wishes: nothing lost, nothing twice, nothing wrong in the end',
  async () => {
    for (const falha of FAULTS) await mundo.simulador.falha(falha);
    const ids: number[] = [];
    for (const contrato of await mundo.gente(PEOPLE)) ids.push(await mundo.criar(contrato));

    // One worker lives through it, as on another machine, so that there is always work in flight to be cut.
    const steady = mundo.startWorker();
    const end = Date.now() + CHAOS_MS;
    const wishes = changeWishes(ids, end);
    const kills = await killWorkers(end);
    const pedidos = await wishes;

    await mundo.simulador.semFalhas();
    // The solo lane and the third reading of the last uncertain write take their time.
    await assentar(mundo, LONGO ? 120_000 : 60_000);
    const conferencia = await conferir(mundo);
    await steady.stop();

    const claims = Number(await valor(mundo, 'SELECT SUM(lease_token) FROM usuarios'));
    const { erros, ...counts } = conferencia;
    console.log(JSON.stringify({ kills, pedidos, claims, ...counts, erros: erros.length }));
    expect(erros).toEqual([]);
    expect(kills).toBeGreaterThanOrEqual(LEAST_KILLS);
    expect(conferencia.estragadas).toBeGreaterThan(20);
  },
  CHAOS_MS + 200_000,
);

// Two workers, up or coming up: whoever was started first dies, a moment after it is up.
async function killWorkers(end: number): Promise<number> {
  let kills = 0;
  const up: Promise<Processo>[] = [startPlugin(mundo.env), startPlugin(mundo.env)];
  while (Date.now() < end || kills < LEAST_KILLS) {
    const [oldest] = up;
    const processo = await oldest;
    await new Promise((resolve) => setTimeout(resolve, KILL_EVERY_MS));
    up.shift();
    up.push(startPlugin(mundo.env));
    await processo?.kill();
    kills += 1;
  }
  for (const each of up) await (await each).kill();
  return kills + up.length;
}

async function changeWishes(ids: number[], end: number): Promise<number> {
  let pedidos = 0;
  while (Date.now() < end) {
    const id = ids[Math.floor(Math.random() * ids.length)] ?? 0;
    const usuario = await mundo.usuario(id);
    if (usuario.desejada === 'ativo') await requestBloqueio(mundo.sync, mundo.operador, usuario, 'em caos');
    else await requestDesbloqueio(mundo.sync, mundo.operador, usuario);
    pedidos += 1;
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  return pedidos;
}
