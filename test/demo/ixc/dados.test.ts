import { createHash } from 'node:crypto';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRODUTOS } from '../../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../../src/demo/ixc/pessoas.ts';
import { cnpj, cpfDigits } from '../../../src/demo/ixc/sorteio.ts';
import { SUJEIRA } from '../../../src/demo/ixc/sujeira.ts';
import { type Bancos, createBancos } from '../../setup/banco.ts';

let bancos: Bancos;
let ixc: mysql.Connection;

beforeAll(async () => {
  bancos = await createBancos({ contratos: 1000 });
  ixc = await mysql.createConnection({ uri: bancos.ixcEscritaUrl, dateStrings: true });
});

afterAll(async () => {
  await ixc?.end();
  await bancos?.drop();
});

async function numbers(sql: string): Promise<number[]> {
  const [found] = await ixc.query<mysql.RowDataPacket[]>(sql);
  return found.map((row) => Number(Object.values(row)[0]));
}

describe('the IXC database of demo and tests', () => {
  it('has exactly as many contracts as asked for', async () => {
    expect(await numbers('SELECT COUNT(*) FROM cliente_contrato')).toEqual([1000]);
  });

  // The real tables are described outside this repository; what is kept of that description is its digest. An index that
  // it has on a column it does not list (pix_txid_recorrente) cannot be made, and is not counted.
  it.each([
    [
      'column, with its place and type',
      `SELECT CONCAT_WS(' ', table_name, ordinal_position, column_name, column_type, is_nullable)
       FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`,
      1178,
      '4b088ac83244a6a65f4d4de35c33c6fa69ce22181ad3fc4289f2b40f254c58b4',
    ],
    [
      'index, with its columns in order',
      `SELECT CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique)
       FROM information_schema.statistics WHERE table_schema = DATABASE()`,
      144,
      '44edfe4b137020d017b62f9030bafd9aa1fe6fbf67f4230a54efc980d8f14459',
    ],
  ])('has every %s, as IXC has it', async (_what, sql, total, digest) => {
    const [found] = await ixc.query<mysql.RowDataPacket[]>(sql);
    const lines = found.map((row) => String(Object.values(row)[0])).sort();
    expect(lines).toHaveLength(total);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).toBe(digest);
  });

  it('is the same world every time', async () => {
    const sum = 'SELECT SUM(CRC32(CONCAT_WS("|", id, razao, cnpj_cpf, email, data_nascimento))) FROM cliente';
    const again = await createBancos({ contratos: 1000 });
    const other = await mysql.createConnection(again.ixcEscritaUrl);
    const [found] = await other.query<mysql.RowDataPacket[]>(sum);
    expect(Number(Object.values(found[0] ?? {})[0])).toBe((await numbers(sum))[0]);
    await other.end();
    await again.drop();
  });

  it('has the dirty rows that SUJEIRA counts, and no others of those kinds', async () => {
    const clientes = (where: string) => numbers(`SELECT id FROM cliente WHERE ${where} ORDER BY id`);
    expect(await clientes("data_nascimento = '0000-00-00'")).toEqual(SUJEIRA.nascimentoZero.clientes);
    expect(await clientes("data_nascimento = '1900-01-01'")).toEqual(SUJEIRA.nascimento1900.clientes);
    expect(await clientes('data_nascimento IS NULL')).toEqual(SUJEIRA.nascimentoNulo.clientes);
    expect(await clientes("cnpj_cpf = '' AND tipo_pessoa <> 'E'")).toEqual(SUJEIRA.cpfVazio.clientes);
    expect(await clientes("tipo_pessoa = ''")).toEqual(SUJEIRA.tipoPessoaVazio.clientes);
    expect(await clientes("email = '' AND telefone_celular = ''")).toEqual(SUJEIRA.semContato.clientes);
    expect(await clientes('CHAR_LENGTH(razao) = 200')).toEqual(SUJEIRA.nomeLongo.clientes);
    expect(await clientes("razao LIKE '%🌻%' OR razao LIKE '%👧%'")).toEqual(SUJEIRA.nomeEmoji.clientes);
  });

  it('has one CPF on two client rows only where SUJEIRA says so', async () => {
    const digits = "REPLACE(REPLACE(cnpj_cpf, '.', ''), '-', '')";
    const twice = await numbers(
      `SELECT id FROM cliente WHERE ${digits} IN
         (SELECT ${digits} FROM cliente WHERE cnpj_cpf <> '' GROUP BY 1 HAVING COUNT(*) > 1) ORDER BY id`,
    );
    expect(twice).toEqual(SUJEIRA.cpfEmDuasFichas.clientes);
  });

  it('has orphan contracts', async () => {
    const orphans = await numbers(
      'SELECT c.id FROM cliente_contrato c LEFT JOIN cliente p ON p.id = c.id_cliente WHERE p.id IS NULL ORDER BY 1',
    );
    expect(orphans).toEqual(SUJEIRA.contratoOrfao.contratos);
  });

  it('has every status pair of the rules', async () => {
    const [found] = await ixc.query<mysql.RowDataPacket[]>(
      'SELECT GROUP_CONCAT(DISTINCT status ORDER BY status) s, GROUP_CONCAT(DISTINCT status_internet) a FROM cliente_contrato',
    );
    expect(String(found[0]?.['s']).split(',').sort()).toEqual(['', 'A', 'D', 'I', 'N', 'P']);
    expect(String(found[0]?.['a']).split(',').sort()).toEqual(['', 'A', 'AA', 'CA', 'CE', 'CM', 'D', 'FA']);
  });

  it('gives the walk-through people telemedicine in each of its three ways', async () => {
    const through = (papel: keyof typeof PESSOAS) =>
      numbers(
        `SELECT 1 FROM view_vd_contratos_produtos_gen WHERE cliente_contrato_id = ${PESSOAS[papel].contrato}
           AND id_produto = ${PRODUTOS.individual.id} AND id_contrato = 0
         UNION ALL SELECT 2 FROM vd_contratos_produtos WHERE id_contrato = ${PESSOAS[papel].contrato}
         UNION ALL SELECT 3 FROM cliente_contrato_servicos WHERE id_contrato = ${PESSOAS[papel].contrato}`,
      );
    expect(await through('produtoNoPlano')).toEqual([1]);
    expect(await through('produtoNoContrato')).toEqual([2]);
    expect(await through('produtoAdicional')).toEqual([3]);
    expect(await through('semProduto')).toEqual([]);
    expect(PESSOAS.tresContratos.contratos).toHaveLength(3);
  });

  it('lets the reader see the columns of the manifest and nothing else', async () => {
    const reader = await mysql.createConnection(bancos.ixcUrl);
    const refused = { code: expect.stringMatching(/ER_(COLUMN|TABLE)ACCESS_DENIED_ERROR/) };
    await expect(reader.query('SELECT id, razao FROM cliente LIMIT 1')).resolves.toBeDefined();
    await expect(reader.query('SELECT senha FROM cliente LIMIT 1')).rejects.toMatchObject(refused);
    await expect(reader.query('SELECT id FROM fn_areceber LIMIT 1')).rejects.toMatchObject(refused);
    await expect(reader.query("UPDATE cliente SET razao = 'x' WHERE id = 1")).rejects.toMatchObject(refused);
    await reader.end();
  });
});

describe('generated documents', () => {
  it('carry check digits that an independent rule accepts', () => {
    for (let i = 1; i < 5000; i += 7) {
      expect(acceptsCpf(cpfDigits(0, i))).toBe(true);
      expect(cnpj(0, i)).toMatch(/^\d{2}\.\d{3}\.\d{3}\/0001-\d{2}$/);
    }
    expect(acceptsCpf('11144477735')).toBe(true);
    expect(acceptsCpf('11144477736')).toBe(false);
  });
});

// The rule in its other form: the weighted sum with the digit included is a multiple of 11 (10 counts as 0).
function acceptsCpf(cpf: string): boolean {
  return [9, 10].every((length) => {
    const sum = [...cpf.slice(0, length)].reduce(
      (total, digit, i) => total + Number(digit) * (length + 1 - i),
      0,
    );
    return ((sum * 10) % 11) % 10 === Number(cpf[length]);
  });
}
