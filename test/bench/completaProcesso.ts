// The process of one complete scan (`varrer`), or of reading the same columns of the same rows and nothing else (`ler`).
import mysql from 'mysql2';
import { z } from 'zod';
import { environment, loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool, rows, run } from '../../src/db.ts';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { createLog } from '../../src/log.ts';
import { createSync } from '../../src/sync/contexto.ts';
import { listCorridas } from '../../src/sync/varredura/registro.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { dropRows, type Medida, serveMedidas } from './medida.ts';

const LINKED = `id_produto IN (${PRODUTOS.individual.id}, ${PRODUTOS.familia.id})`;
const CLIENTE = `SELECT id, razao, nome_social, tipo_pessoa, cnpj_cpf, data_nascimento, email, telefone_celular, whatsapp,
  telefone_comercial, fone, ativo FROM cliente`;
const PESSOAS_POR_VEZ = 1_000;
const STATEMENTS = [
  `SELECT id, id_cliente AS clienteId, id_filial AS filialId, id_vd_contrato AS planoDeVendaId, tipo, status,
     status_internet AS statusInternet, contrato_suspenso AS suspenso, data_final_suspensao AS fimSuspensao,
     nao_bloquear_ate AS naoBloquearAte, desbloqueio_confianca_ativo AS desbloqueioConfianca,
     tipo_produtos_plano AS fonteDosProdutos FROM cliente_contrato ORDER BY id`,
  `SELECT id_contrato, id_produto, id_vd_contrato FROM vd_contratos_produtos WHERE ${LINKED}`,
  `SELECT id_contrato, id_produto, repetir, repetir_qtde, execucoes, data_validade FROM cliente_contrato_servicos
   WHERE ${LINKED} AND status = 'A' AND tipo_acres_desc = 'A'`,
];

const config = loadConfig(environment());
const work = process.argv[2] === 'varrer' ? await createScan() : await createReading();
serveMedidas(work);

async function createScan(): Promise<() => Promise<Omit<Medida, 'memoriaMb'>>> {
  // As many connections as the scanner has in the plugin.
  const db = openPool(config.databaseUrl, 2);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 1);
  const sync = await createSync({ db, ixc, config, log: createLog('silent'), wake: () => undefined });
  const varredura = createVarredura(sync, 'bench');
  return async () => {
    await run(db, 'UPDATE varredura SET completa_em = NULL WHERE id = 1');
    const start = performance.now();
    await varredura.look();
    const ms = performance.now() - start;
    const [last] = await listCorridas(db, 1);
    if (last?.tipo !== 'completa' || last.decisao !== 'feita')
      throw new Error(`a varredura não foi feita: ${JSON.stringify(last)}`);
    return { ms, total: last.lidos };
  };
}

async function createReading(): Promise<() => Promise<Omit<Medida, 'memoriaMb'>>> {
  const connection = mysql.createConnection({ uri: config.ixcDatabaseUrl, dateStrings: true });
  // The registers that a complete scan compares are rows too.
  const ids = await listClienteIds();
  return async () => {
    const start = performance.now();
    let total = 0;
    for (const sql of STATEMENTS) total += await dropRows(connection, sql);
    for (let from = 0; from < ids.length; from += PESSOAS_POR_VEZ) {
      const part = ids.slice(from, from + PESSOAS_POR_VEZ);
      await dropRows(connection, `${CLIENTE} WHERE id IN (${part.join(', ')})`);
    }
    return { ms: performance.now() - start, total };
  };
}

// As many as one complete scan compares in its turn.
async function listClienteIds(): Promise<number[]> {
  const db = openPool(config.databaseUrl, 1);
  const sql =
    'SELECT cliente_id AS id FROM adesoes WHERE vigente IS NOT NULL ORDER BY usuario_id LIMIT 20000';
  const found = await rows(db, sql, {}, z.object({ id: z.number() }));
  await db.end();
  return found.map(({ id }) => id);
}
