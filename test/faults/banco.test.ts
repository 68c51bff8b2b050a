// Our database killed and started again in the middle of a long drain: what was acknowledged is not lost.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isDatabaseDown } from '../../src/db.ts';
import { type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

const LONGO = process.env['LONGO'] === '1';
const PEOPLE = LONGO ? 400 : 80;
const KILLS = LONGO ? 12 : 3;

let mariadb: Mariadb;
let mundo: Mundo;
let worker: Processo;

beforeAll(async () => {
  mariadb = await startMariadb({ durable: true });
  mundo = await createMundo({
    contratos: 100,
    rootUrl: mariadb.rootUrl,
    env: { CONFIRMACAO_SEGUNDOS: '0.3', LEASE_SEGUNDOS: '1.5', TELECLINICA_TIMEOUT_MS: '500' },
  });
  await mundo.simulador.opcoes({
    cpfUnico: false,
    externalIdUnico: false,
    idempotencia: false,
    latencyMs: 40,
  });
  worker = await startPlugin(mundo.env);
}, 120_000);
afterAll(async () => {
  await worker?.kill();
  await mundo?.end();
  await mariadb?.stop();
}, 60_000);

test(
  'every acknowledged wish is carried out, once, and the worker was never restarted',
  async () => {
    const ids: number[] = [];
    for (const contrato of await mundo.gente(PEOPLE)) ids.push(await mundo.criar(contrato));
    await assentar(mundo, 60_000);
    const acknowledged = new Set<number>();
    let refused = 0;
    const clicks = (async () => {
      for (const id of ids) {
        try {
          await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'fatura vencida');
          acknowledged.add(id);
        } catch (error) {
          // A click that met the dead database was never promised anything.
          if (!isDatabaseDown(error)) throw error;
          refused += 1;
          await eventually(() => isUp(), 20_000);
        }
      }
    })();
    for (let kills = 0; kills < KILLS; kills += 1) {
      const calls = (await mundo.simulador.historico()).length;
      await eventually(async () => (await mundo.simulador.historico()).length > calls + 10, 20_000);
      await mariadb.kill();
      await mariadb.restart();
    }
    await clicks;
    await assentar(mundo, 60_000);

    const { erros, ...counts } = await conferir(mundo);
    console.log(JSON.stringify({ kills: KILLS, acknowledged: acknowledged.size, refused, ...counts }));
    expect(erros).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(PEOPLE / 2);
    for (const id of acknowledged) expect(await mundo.usuario(id)).toMatchObject({ observada: 'bloqueado' });
    expect(worker.erros()).toEqual([]);
    expect(await worker.stop()).toBe(0);
  },
  LONGO ? 600_000 : 120_000,
);

const isUp = (): Promise<boolean> =>
  valor(mundo, 'SELECT 1').then(
    () => true,
    () => false,
  );
