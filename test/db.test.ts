// The door to MariaDB, on a real one: all or nothing, again when another was quicker, and the sessions we rely on.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Db,
  inList,
  isDatabaseDown,
  isDuplicate,
  openIxcPool,
  openPool,
  optionalRow,
  type Pool,
  row,
  rows,
  run,
  transaction,
} from '../src/db.ts';
import { type Bancos, createBancos } from './setup/banco.ts';

const Conta = z.object({ id: z.number(), saldo: z.number() });

let bancos: Bancos;
let db: Pool;

beforeAll(async () => {
  bancos = await createBancos({ contratos: 100 });
  db = openPool(bancos.url, 4);
  await run(db, 'CREATE TABLE contas (id INT PRIMARY KEY, saldo INT NOT NULL) ENGINE=InnoDB');
});

afterAll(async () => {
  await db?.end();
  await bancos?.drop();
});

beforeEach(async () => {
  await run(db, 'DELETE FROM contas');
  await run(db, 'INSERT INTO contas VALUES (1, 10), (2, 20), (3, 30)');
});

const saldos = async () =>
  (await rows(db, 'SELECT id, saldo FROM contas ORDER BY id', {}, Conta)).map(({ saldo }) => saldo);
const add = (tx: Db, id: number, valor: number) =>
  run(tx, 'UPDATE contas SET saldo = saldo + :valor WHERE id = :id', { id, valor });

/** A door that opens when `count` have arrived. */
function meeting(count: number): () => Promise<void> {
  let open: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived >= count) open();
    return opened;
  };
}

describe('rows', () => {
  it('are checked one by one: a row that does not fit is an error, not a surprise', async () => {
    await expect(
      rows(db, 'SELECT id, saldo FROM contas', {}, z.object({ id: z.string() })),
    ).rejects.toBeInstanceOf(z.ZodError);
  });

  it('may be none, unless one is promised', async () => {
    const sql = 'SELECT id, saldo FROM contas WHERE id = :id';
    expect(await optionalRow(db, sql, { id: 9 }, Conta)).toBeUndefined();
    expect(await row(db, sql, { id: 2 }, Conta)).toEqual({ id: 2, saldo: 20 });
    await expect(row(db, sql, { id: 9 }, Conta)).rejects.toThrow('no row');
  });

  it('written are counted', async () => {
    expect((await run(db, 'UPDATE contas SET saldo = 0 WHERE id IN (1, 2)')).affectedRows).toBe(2);
    expect((await run(db, 'UPDATE contas SET saldo = 0 WHERE id = 9')).affectedRows).toBe(0);
  });
});

describe('a transaction', () => {
  it('keeps everything and answers what its work answered', async () => {
    const answer = await transaction(db, async (tx) => {
      await add(tx, 1, -5);
      await add(tx, 2, 5);
      return 'pronto';
    });
    expect(answer).toBe('pronto');
    expect(await saldos()).toEqual([5, 25, 30]);
  });

  it('keeps nothing when its work fails, tries no second time, and leaves the connection clean', async () => {
    let tries = 0;
    const failing = transaction(db, async (tx) => {
      tries += 1;
      await add(tx, 1, -5);
      throw new Error('no meio');
    });
    await expect(failing).rejects.toThrow('no meio');
    expect(tries).toBe(1);
    expect(await saldos()).toEqual([10, 20, 30]);
    await Promise.all([1, 2, 3, 4].map((valor) => transaction(db, (tx) => add(tx, 3, valor))));
    expect(await saldos()).toEqual([10, 20, 40]);
  });

  it('keeps nothing when its connection is killed in the middle', async () => {
    const killed = transaction(db, async (tx) => {
      await add(tx, 1, -5);
      const { id } = await row(tx, 'SELECT CONNECTION_ID() AS id', {}, z.object({ id: z.coerce.number() }));
      await run(db, `KILL ${id}`);
      await add(tx, 2, 5);
    });
    await expect(killed).rejects.toSatisfy(isDatabaseDown);
    expect(await saldos()).toEqual([10, 20, 30]);
  });

  it('lost in a deadlock starts over by itself, and both take effect', async () => {
    const bothHoldOne = meeting(2);
    let works = 0;
    const move = (from: number, to: number) =>
      transaction(db, async (tx) => {
        works += 1;
        await add(tx, from, -1);
        await bothHoldOne();
        await add(tx, to, 1);
      });
    await Promise.all([move(1, 2), move(2, 1)]);
    expect(works).toBe(3);
    expect(await saldos()).toEqual([10, 20, 30]);
  });

  it('that keeps losing gives up after five tries and says why', async () => {
    let works = 0;
    const impatient = openPool(bancos.url, 1);
    const hold = await db.getConnection();
    try {
      await hold.beginTransaction();
      await add(hold, 1, 1);
      const losing = transaction(impatient, async (tx) => {
        works += 1;
        await run(tx, 'SET SESSION innodb_lock_wait_timeout = 0');
        await add(tx, 1, 1);
      });
      await expect(losing).rejects.toMatchObject({ code: 'ER_LOCK_WAIT_TIMEOUT' });
      expect(works).toBe(5);
    } finally {
      await hold.rollback();
      hold.release();
      await impatient.end();
    }
  });
});

describe('an IN list', () => {
  const among = async (ids: number[]) => {
    const { sql, params } = inList('conta', ids);
    return rows(db, `SELECT id, saldo FROM contas WHERE id IN (${sql}) ORDER BY id`, params, Conta);
  };

  it('finds exactly its values, in a prepared statement', async () => {
    expect((await among([3, 1])).map(({ id }) => id)).toEqual([1, 3]);
    expect((await among([2])).map(({ id }) => id)).toEqual([2]);
  });

  it('of nothing finds nothing', async () => {
    expect(await among([])).toEqual([]);
  });

  it('carries text as a value, never as SQL', async () => {
    const { sql, params } = inList('nome', ["x') OR 1=1 -- ", 'y']);
    expect(sql).toBe(':nome0, :nome1');
    const found = await rows(db, `SELECT id, saldo FROM contas WHERE 'z' IN (${sql})`, params, Conta);
    expect(found).toEqual([]);
  });

  it('goes beside another one', async () => {
    const [one, two] = [inList('a', [1, 2]), inList('b', [2, 3])];
    const sql = `SELECT id, saldo FROM contas WHERE id IN (${one.sql}) AND id IN (${two.sql})`;
    expect(await rows(db, sql, { ...one.params, ...two.params }, Conta)).toEqual([{ id: 2, saldo: 20 }]);
  });
});

describe('the sessions', () => {
  const Session = z.object({ zone: z.string(), isolation: z.string(), readonly: z.coerce.number() });
  const SESSION = 'SELECT @@time_zone AS zone, @@tx_isolation AS isolation, @@tx_read_only AS readonly';

  it('of ours count in UTC and lock only the rows they name, on every connection', async () => {
    const sessions = await Promise.all([1, 2, 3, 4].map(() => row(db, SESSION, {}, Session)));
    for (const session of sessions) {
      expect(session).toEqual({ zone: '+00:00', isolation: 'READ-COMMITTED', readonly: 0 });
    }
  });

  it('of IXC cannot write', async () => {
    const ixc = openIxcPool(bancos.ixcUrl, 1);
    expect(await row(ixc, SESSION, {}, Session)).toMatchObject({ zone: '+00:00', readonly: 1 });
    await ixc.end();
  });
});

describe('what went wrong', () => {
  it('is told apart: a duplicate is an answer, not a failure of the database', async () => {
    const twice = run(db, 'INSERT INTO contas VALUES (1, 0)');
    await expect(twice).rejects.toSatisfy((error) => isDuplicate(error) && !isDatabaseDown(error));
  });

  it('is a database that is down when nobody listens, and a wrong statement when it is ours', async () => {
    const url = new URL(bancos.url);
    url.port = '1';
    const nowhere = openPool(url.href, 1);
    await expect(nowhere.execute('SELECT 1')).rejects.toSatisfy(isDatabaseDown);
    await nowhere.end();
    await expect(run(db, 'SELECT nada FROM contas')).rejects.toSatisfy((error) => !isDatabaseDown(error));
    expect(isDatabaseDown('ECONNREFUSED')).toBe(false);
  });
});
