// Is everything as it was? Rows and files, before and after.
import type mysql from 'mysql2/promise';
import { expect } from 'vitest';

const tables = [
  'usuarios',
  'adesoes',
  'operacoes',
  'tentativas',
  'integracoes',
  'configuracoes',
  'migracoes',
];

/** Every row of the tables that hold what somebody asked for, byte by byte. */
export async function contentsOf(root: mysql.Connection): Promise<string> {
  const found = [];
  for (const table of tables) {
    const [rows] = await root.query(`SELECT * FROM teleclinica.${table} ORDER BY 1, 2`);
    found.push(rows);
  }
  return JSON.stringify(found);
}

/** People in the queue, due tomorrow so that nobody serves them meanwhile: bytes, JSON, quotes, accents and emoji among them. */
export async function fillQueue(root: mysql.Connection, total: number): Promise<void> {
  await root.query('USE teleclinica');
  await root.query(`INSERT INTO teleclinica.integracoes (nome, ambiente, url_base, usuario, senha, perfil, registro, criado_em, atualizado_em)
    VALUES ('Clínica “1”; d''água 🩺', 'simulador', 'http://127.0.0.1:9/v1', 'u', X'00FF27', 'teleclinica-v1', 'dispensado', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`);
  await root.query(`INSERT INTO teleclinica.usuarios (integracao_id, impressao, desejada, proxima_em, retida_detalhe, criado_em)
    SELECT (SELECT MAX(id) FROM teleclinica.integracoes), UNHEX(SHA2(seq, 256)), 'ativo', UTC_TIMESTAMP(6) + INTERVAL 1 DAY, '{"campo":"é"}', UTC_TIMESTAMP(6)
    FROM seq_1_to_${total}`);
}

/** The same files, but for those whose name matches one of `except`. */
export function expectSame(found: Map<string, string>, wanted: Map<string, string>, except: RegExp[]): void {
  const relevant = (map: Map<string, string>) =>
    [...map].filter(([name]) => !except.some((each) => each.test(name)));
  expect(relevant(found)).toEqual(relevant(wanted));
}
