// The process of one complete scan (`varrer`), or of reading the same columns of the same rows and nothing else (`ler`).
import mysql from 'mysql2';
import { environment, loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool, run } from '../../src/db.ts';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { createLog } from '../../src/log.ts';
import { createSync } from '../../src/sync/contexto.ts';
import { listCorridas } from '../../src/sync/varredura/registro.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { dropRows, type Medida, serveMedidas } from './medida.ts';

const LINKED = `id_produto IN (${PRODUTOS.individual.id}, ${PRODUTOS.familia.id})`;
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
const work = process.argv[2] === 'varrer' ? await createScan() : createReading();
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

function createReading(): () => Promise<Omit<Medida, 'memoriaMb'>> {
  const connection = mysql.createConnection({ uri: config.ixcDatabaseUrl, dateStrings: true });
  return async () => {
    const start = performance.now();
    let total = 0;
    for (const sql of STATEMENTS) total += await dropRows(connection, sql);
    return { ms: performance.now() - start, total };
  };
}
