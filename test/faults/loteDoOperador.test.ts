// A lote that a person asked for, interrupted by kill -9 again and again: simulated whole, and each line done exactly once.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { row, rows } from '../../src/db.ts';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { approveLote, rejectLote } from '../../src/sync/lotes/decisao.ts';
import { findLote, type Lote } from '../../src/sync/lotes/lotes.ts';
import { createPedido, type NovoPedido } from '../../src/sync/lotes/operador/pedido.ts';
import { simulateNext } from '../../src/sync/lotes/operador/simulacao.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

const LONGO = process.env['LONGO'] === '1';
const KILLS = LONGO ? 50 : 2;
const PEOPLE = LONGO ? 3_000 : 300;
// How long a process may take for its share, on a machine that others use too.
const PATIENCE_MS = LONGO ? 300_000 : 60_000;

let mundo: Mundo;
let contratos: number[];
const alive = new Set<Processo>();

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
  const { sync, operador, planoId } = mundo;
  await saveVinculo(sync, operador, planoId, { tipo: 'produto', ixc_id: String(PRODUTOS.individual.id) });
  contratos = await mundo.gente(PEOPLE);
}, 300_000);
afterEach(async () => {
  await Promise.all([...alive].map((each) => each.kill()));
  alive.clear();
});
afterAll(() => mundo.end());

const pedido = (acao: NovoPedido['acao']): NovoPedido => ({
  acao,
  planoId: null,
  motivo: acao === 'criar' ? null : 'a pedido de todos',
  quando: 'agora',
  filtro: {},
  lista: contratos.map((contratoId) => ({ contratoId })),
});
const count = async (sql: string): Promise<number> =>
  (
    await row(
      mundo.sync.db,
      `SELECT COUNT(*) AS total FROM ${sql}`,
      {},
      z.object({ total: z.coerce.number() }),
    )
  ).total;
const lote = async (id: number) => {
  const found = await findLote(mundo.sync.db, id);
  if (found === undefined) throw new Error(`no lote ${id}`);
  return found;
};

// Processes that scan, one after the other, each killed at another point of its share; the last one finishes.
async function whileKilled(kills: number, left: () => Promise<number>): Promise<void> {
  const share = Math.floor(PEOPLE / (kills + 1));
  let killed = 0;
  for (; (await left()) > 0; killed += 1) {
    const before = await left();
    const processo = await startPlugin(mundo.env, ['--only=varredura']);
    alive.add(processo);
    const upTo = killed < kills ? before - ((killed * 37) % share) : 1;
    await eventually(async () => (await left()) < upTo, PATIENCE_MS);
    await processo.kill();
    alive.delete(processo);
  }
  console.log(`${PEOPLE} linhas, ${killed} processos mortos`);
}

async function simulated(acao: NovoPedido['acao']): Promise<Lote> {
  const id = await createPedido(mundo.sync, mundo.operador, acao, pedido(acao));
  while (await simulateNext(mundo.sync, 'teste'));
  return lote(id);
}

test('killed while it is being simulated, the next process goes on with the page where it stopped', async () => {
  const { sync, operador } = mundo;
  const id = await createPedido(sync, operador, 'criar', pedido('criar'));
  // Somebody claims it and dies before the first page.
  await mundo.nosso.query(
    "UPDATE lote_pedidos SET dono = 'morto', lease_ate = UTC_TIMESTAMP(6) + INTERVAL 2 SECOND",
  );
  expect(await simulateNext(sync, 'teste')).toBe(false);
  await eventually(() => simulateNext(sync, 'teste'), 10_000);
  // And somebody else after it, without having said so.
  await mundo.nosso.query('UPDATE lotes SET preparado = 2 WHERE id = ?', [id]);
  await mundo.nosso.query("UPDATE lote_pedidos SET dono = 'morto', lease_ate = UTC_TIMESTAMP(6)");
  await simulateNext(sync, 'teste');

  const found = await lote(id);
  expect([found.total, found.preparado]).toEqual([PEOPLE, true]);
  await rejectLote(sync, operador, id);
});

test(
  `creating and blocking ${PEOPLE} people, killed ${KILLS} times, orders everybody exactly once`,
  async () => {
    const { sync, operador } = mundo;
    const criar = await simulated('criar');
    expect(criar.porEstado).toMatchObject({ pendente: PEOPLE, dispensada: 0 });
    await approveLote(sync, operador, criar.id, criar.resumo);
    await whileKilled(LONGO ? KILLS / 2 : 0, async () => (await lote(criar.id)).porEstado.pendente);
    expect(await count("auditoria WHERE evento = 'usuario_pedido'")).toBe(PEOPLE);
    expect(await count('usuarios')).toBe(PEOPLE);

    await mundo.nosso.query("UPDATE usuarios SET observada = 'ativo', trabalho = 0");
    const bloquear = await simulated('bloquear');
    await approveLote(sync, operador, bloquear.id, bloquear.resumo);
    await whileKilled(LONGO ? KILLS / 2 : KILLS, async () => (await lote(bloquear.id)).porEstado.pendente);

    const twice = await rows(
      sync.db,
      `SELECT usuario_id AS id FROM auditoria WHERE evento = 'bloqueio_pedido' GROUP BY usuario_id HAVING COUNT(*) > 1`,
      {},
      z.object({ id: z.number() }),
    );
    expect(twice).toEqual([]);
    expect(await count("auditoria WHERE evento = 'bloqueio_pedido'")).toBe(PEOPLE);
    expect(await count('usuarios WHERE bloqueio_manual = 1')).toBe(PEOPLE);
    for (const { id } of [criar, bloquear]) {
      expect((await lote(id)).porEstado).toEqual({
        pendente: 0,
        aplicada: PEOPLE,
        dispensada: 0,
        recusada: 0,
      });
    }
    // A line done twice would have opened one operação more.
    expect(await count("operacoes WHERE causa = 'operador' AND acao IN ('criar', 'bloquear')")).toBe(
      2 * PEOPLE,
    );
  },
  LONGO ? 3_000_000 : 120_000,
);
