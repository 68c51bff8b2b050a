// Our schema on a real MariaDB: made once, whoever starts, and never on top of something else.
import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openPool, type Pool, rows, run } from '../src/db.ts';
import { migrate } from '../src/migrate.ts';
import { type Bancos, createBancos } from './setup/banco.ts';

const FILES = readdirSync(new URL('../migrations/', import.meta.url))
  .filter((name) => name.endsWith('.sql'))
  .sort();

let bancos: Bancos;
let db: Pool;

beforeEach(async () => {
  bancos = await createBancos({ contratos: 100 });
  db = openPool(bancos.url, 3);
});

afterEach(async () => {
  await db?.end();
  await bancos?.drop();
});

const Name = z.object({ nome: z.string() });
const names = async (sql: string) => (await rows(db, sql, {}, Name)).map(({ nome }) => nome);
const tables = () =>
  names(
    'SELECT table_name AS nome FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1',
  );
const applied = () => names('SELECT nome FROM migracoes ORDER BY nome');

describe('bringing the schema up to date', () => {
  it('makes an empty one whole, and a second time finds nothing to do', async () => {
    expect(await migrate(db)).toEqual(FILES);
    expect(await tables()).toEqual(
      expect.arrayContaining(['usuarios', 'adesoes', 'operacoes', 'tentativas']),
    );
    expect(await migrate(db)).toEqual([]);
    expect(await applied()).toEqual(FILES);
  });

  it('is done by one of several that start at once', async () => {
    const pools = Array.from({ length: 3 }, () => openPool(bancos.url, 1));
    const done = await Promise.all(pools.map((pool) => migrate(pool)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(done.flat()).toEqual(FILES);
    expect(await applied()).toEqual(FILES);
  });

  it('goes on where a process died: tables made, nothing noted yet', async () => {
    await migrate(db);
    const before = await tables();
    await run(db, 'DELETE FROM migracoes');
    expect(await migrate(db)).toEqual(FILES);
    expect(await tables()).toEqual(before);
  });

  it('leaves the lock to the next one, also after a refusal', async () => {
    await migrate(db);
    await run(db, "UPDATE migracoes SET nome = '9999_futuro.sql' LIMIT 1");
    await expect(migrate(db)).rejects.toThrow();
    await expect(migrate(db)).rejects.toThrow('9999_futuro.sql');
  });
});

describe('a schema that is not ours to change', () => {
  it('is refused when an applied file was edited afterwards, by name', async () => {
    await migrate(db);
    await run(db, "UPDATE migracoes SET conferencia = REPEAT('x', 32) WHERE nome = :nome", {
      nome: FILES[0] ?? '',
    });
    await expect(migrate(db)).rejects.toThrow(`${FILES[0]} was changed after it was applied`);
  });

  it('is refused when it is newer than this program, and nothing is touched', async () => {
    await migrate(db);
    await run(db, "INSERT INTO migracoes VALUES ('9999_futuro.sql', REPEAT('x', 32), UTC_TIMESTAMP(3))");
    const before = await tables();
    await expect(migrate(db)).rejects.toThrow('9999_futuro.sql');
    expect(await tables()).toEqual(before);
  });
});
