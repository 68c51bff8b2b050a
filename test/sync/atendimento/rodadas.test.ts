// What is asked in rounds stays true for each: a claim is one service's, a row locked by others delays nobody else, odd texts survive.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claim } from '../../../src/sync/atendimento/fila.ts';
import { tableOf } from '../../../src/sync/atendimento/juntos.ts';
import { createRodadas } from '../../../src/sync/atendimento/rodadas.ts';
import { createMundo, type Mundo } from '../../setup/mundo.ts';

const LEASE_MS = 60_000;
let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
});
afterAll(() => mundo.end());

const people = async (total: number): Promise<number[]> => {
  const ids: number[] = [];
  for (const contrato of await mundo.gente(total)) ids.push(await mundo.criar(contrato));
  return ids;
};

describe('a round of claims', () => {
  test('takes each person once, also one asked for twice and one taken by an earlier round', async () => {
    const [one = 0, two = 0, three = 0] = await people(3);
    const first = await claim(mundo.sync.db, [one, two, one], 'a', LEASE_MS);
    expect(first.map((each) => each?.id)).toEqual([one, two, undefined]);
    const second = await claim(mundo.sync.db, [two, three], 'a', LEASE_MS);
    expect(second.map((each) => each?.id)).toEqual([undefined, three]);
  });

  test('gives every person to one of two processes that ask at the same moment', async () => {
    const ids = await people(20);
    const rounds = await Promise.all([
      claim(mundo.sync.db, ids, 'a', LEASE_MS),
      claim(mundo.sync.db, [...ids].reverse(), 'b', LEASE_MS),
    ]).catch(() => undefined);
    // One of the two may have met a row in the other's hands and given up at once: then it is tried one by one.
    const taken = (rounds ?? []).flat().flatMap((each) => (each ? [each.id] : []));
    expect(new Set(taken).size).toBe(taken.length);
    const [found] = await mundo.nosso.query(
      `SELECT COUNT(*) AS claimed, COUNT(DISTINCT lease_token) AS tokens FROM usuarios
       WHERE id IN (?) AND lease_dono IS NOT NULL AND abertas = 1`,
      [ids],
    );
    expect(found).toEqual([{ claimed: 20, tokens: 1 }]);
  });

  test('waits for nobody: a person whose row another transaction holds delays only itself', async () => {
    const ids = await people(5);
    const [held = 0, ...free] = ids;
    const rodadas = createRodadas(mundo.sync, 'c');
    const other = await mundo.sync.db.getConnection();
    await other.beginTransaction();
    await other.execute('SELECT id FROM usuarios WHERE id = :held FOR UPDATE', { held });
    let done = false;
    const late = rodadas.claim(held).finally(() => {
      done = true;
    });
    // Also when it comes first and is a round of its own.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const others = await Promise.all(free.map(rodadas.claim));
    expect(others.map((each) => each?.id)).toEqual(free);
    expect(done).toBe(false);
    await other.rollback();
    other.release();
    expect((await late)?.id).toBe(held);
  });
});

test('a list in a statement keeps every text, and a half of a pair becomes a sign that says so', async () => {
  const texts = ["Zé “aspas” \\ '", '😀', 'a\u0000b\nc', 'cortado\ud83d'];
  const list = tableOf(
    't',
    { texto: 'VARCHAR(40)' },
    texts.map((texto) => ({ texto })),
  );
  const [found] = await mundo.sync.db.execute(`SELECT texto FROM ${list.sql}`, list.params);
  expect(found).toEqual([...texts.slice(0, 3), 'cortado\ufffd'].map((texto) => ({ texto })));
});
