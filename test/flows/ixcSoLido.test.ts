// What IXC's account really sends while people are created, blocked, scanned for and looked up: MariaDB's own log of it.
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { searchContratos } from '../../src/ixc/contratos.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

let mariadb: Mariadb;
let mundo: Mundo;
let processo: Processo | undefined;

beforeAll(async () => {
  mariadb = await startMariadb();
  mundo = await createMundo({ contratos: 100, rootUrl: mariadb.rootUrl });
}, 120_000);
afterAll(async () => {
  await processo?.kill();
  await mundo?.end();
  await mariadb?.stop();
}, 60_000);

test('is nothing but SELECT and the settings of its own sessions', async () => {
  const root = await mysql.createConnection(mariadb.rootUrl);
  try {
    await root.query("SET GLOBAL log_output = 'TABLE'");
    await root.query('SET GLOBAL general_log = 1');
    processo = await startPlugin(mundo.env, []);
    const [contrato = 0] = await mundo.gente(1);
    const id = await mundo.criar(contrato);
    await eventually(async () => (await mundo.usuario(id)).observada === 'ativo', 20_000);
    await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'teste');
    await eventually(async () => (await mundo.usuario(id)).observada === 'bloqueado', 20_000);
    await eventually(async () => (await scans()) > 0, 20_000);
    await searchContratos(mundo.sync.ixc, { busca: PESSOAS.ativa.nome, filiais: 'todas', limite: 25 });
    await processo.stop();

    const leitor = new URL(mundo.env['IXC_DATABASE_URL'] ?? '').username;
    const [found] = await root.query<mysql.RowDataPacket[]>(
      `SELECT DISTINCT CONVERT(argument USING utf8mb4) AS texto FROM mysql.general_log
       WHERE user_host LIKE ? AND command_type IN ('Prepare', 'Execute', 'Query')`,
      [`${leitor}[%`],
    );
    const sent = found.map(({ texto }) => String(texto).trim().replace(/\s+/g, ' '));
    expect(sent.filter((sql) => sql.startsWith('SELECT')).length).toBeGreaterThan(10);
    expect(sent.filter((sql) => !sql.startsWith('SELECT') && !SESSION.test(sql))).toEqual([]);
    expect(sent.filter((sql) => LOCKS.test(sql))).toEqual([]);
  } finally {
    await root.end();
  }
}, 120_000);

const SESSION =
  /^SET (SESSION TRANSACTION READ ONLY|time_zone = '\+00:00'|SESSION max_statement_time = [\d.]+)$/;
const LOCKS = /\bFOR UPDATE\b|\bLOCK IN SHARE MODE\b|\bINTO (OUTFILE|DUMPFILE|@)/i;

async function scans(): Promise<number> {
  const [found] = await mundo.nosso.query<mysql.RowDataPacket[]>(
    "SELECT COUNT(*) AS total FROM varreduras WHERE decisao = 'feita'",
  );
  return Number(found[0]?.['total']);
}
