// IXC is only read, and only what the manifest lists: the code asks for nothing else, and the server would refuse it.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIxcPool, type Pool } from '../../src/db.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Bancos, createBancos } from '../setup/banco.ts';

const SOURCE = new URL('../../src/ixc/', import.meta.url);
const files = readdirSync(SOURCE).filter((name) => name.endsWith('.ts'));

// In any letters: MariaDB does not mind. Not the function REPLACE(…), nor a method of ours.
const WRITES =
  /(?<![.\w])(INSERT|UPDATE|DELETE|REPLACE(?!\()|TRUNCATE|ALTER|DROP|CREATE|CALL|LOAD|LOCK|GET_LOCK|HANDLER)\b/i;
const LOCKS = /\bFOR\s+UPDATE\b|\bLOCK\s+IN\s+SHARE\s+MODE\b|\bINTO\s+(OUTFILE|DUMPFILE)\b/i;
const withoutComments = (code: string): string => code.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

let bancos: Bancos;
let ixc: Pool;

beforeAll(async () => {
  bancos = await createBancos();
  ixc = openIxcPool(bancos.ixcUrl, 1);
});

afterAll(async () => {
  await ixc?.end();
  await bancos?.drop();
});

describe('the code', () => {
  it('is all looked at', () => {
    expect(files).toEqual(
      expect.arrayContaining(['contratos.ts', 'clientes.ts', 'planos.ts', 'operadores.ts']),
    );
  });

  it.each(files)('of %s holds no statement that writes or locks', (file) => {
    const code = withoutComments(readFileSync(new URL(file, SOURCE), 'utf8'));
    expect(code).not.toMatch(LOCKS);
    expect(code).not.toMatch(WRITES);
    expect(code).not.toMatch(/\bSELECT\s+(DISTINCT\s+)?(\w+\.)?\*/i);
  });

  it('would be caught if it did', () => {
    expect('SELECT id FROM cliente FOR\n UPDATE').toMatch(LOCKS);
    for (const sql of [
      'UPDATE cliente SET',
      'delete from cliente',
      'Replace into cliente',
      'lock tables x read',
    ])
      expect(sql).toMatch(WRITES);
    expect('SELECT id FROM cliente lock in share mode').toMatch(LOCKS);
  });
});

describe('the server', () => {
  const { cliente, contrato } = PESSOAS.ativa;

  it.each([
    ['a password', `SELECT senha FROM cliente WHERE id = ${cliente}`],
    ['every column', `SELECT * FROM cliente_contrato WHERE id = ${contrato}`],
    ['an operator’s password', 'SELECT senha FROM usuarios WHERE id = 1'],
    ['a filter on a hidden column', `SELECT id FROM cliente WHERE senha LIKE 'a%'`],
    ['a table outside the manifest', 'SELECT id FROM fn_areceber LIMIT 1'],
    ['a secret of a partner', 'SELECT token FROM sva_configuracoes LIMIT 1'],
  ])('refuses to show %s', async (_, sql) => {
    await expect(ixc.execute(sql)).rejects.toMatchObject({
      code: expect.stringMatching(/^ER_(COLUMNACCESS|TABLEACCESS)_DENIED_ERROR$/),
    });
  });

  it.each([
    `UPDATE cliente SET ativo = 'N' WHERE id = ${cliente}`,
    `DELETE FROM cliente_contrato WHERE id = ${contrato}`,
    `INSERT INTO filial (id, razao) VALUES (99, 'x')`,
    `REPLACE INTO filial (id, razao) VALUES (99, 'x')`,
    `SELECT id FROM cliente WHERE id = ${cliente} FOR UPDATE`,
    `LOCK TABLES cliente READ`,
    `SELECT id INTO OUTFILE '/tmp/never' FROM cliente`,
  ])('refuses %s', async (sql) => {
    await expect(ixc.execute(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^ER_/) });
  });

  it('would let a reader hold writers back, so our own door refuses it', async () => {
    const sql = `SELECT id FROM cliente WHERE id = ${cliente} lock  in\n share mode`;
    await expect(ixc.execute(sql)).rejects.toThrow('must not lock rows');
  });

  it('refuses to write even for an account that could, because the session is read only', async () => {
    const forte = openIxcPool(bancos.ixcEscritaUrl, 1);
    await expect(forte.execute(`UPDATE cliente SET ativo = 'N' WHERE id = ${cliente}`)).rejects.toMatchObject(
      {
        code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
      },
    );
    await forte.end();
  });

  it('cuts a statement short that takes too long', async () => {
    const impaciente = openIxcPool(bancos.ixcUrl, 1, 0.05);
    await expect(
      impaciente.execute('SELECT COUNT(*) FROM cliente a, cliente b, cliente c, cliente d'),
    ).rejects.toMatchObject({ errno: 1969 });
    await impaciente.end();
  });
});
