// The process of one comparison of three sides (`comparar`), or of its bare parts: the same rows and the same pages read and dropped (`base`).
import mysql from 'mysql2';
import { z } from 'zod';
import { environment, loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool, row } from '../../src/db.ts';
import { createLog } from '../../src/log.ts';
import { createSync } from '../../src/sync/contexto.ts';
import { runComparacao } from '../../src/sync/divergencias/execucao.ts';
import { dropRows, type Medida, serveMedidas } from './medida.ts';

const OURS = [
  `SELECT id, integracao_id, impressao, observada, observada_em, desejada, desejado_plano_id, bloqueio_manual, cancelar_em,
     cancelar_regra_em, carencia_ate, retida, trabalho, falhas, conferir_em FROM usuarios ORDER BY id`,
  `SELECT usuario_id, contrato_id, cliente_id, filial_id, lido_significado, significado, lido_plano_id, plano_id,
     lido_plano_origem, plano_origem, ausencias, lido_em FROM adesoes WHERE vigente IS NOT NULL ORDER BY usuario_id`,
];
const THEIRS = [
  `SELECT id, id_cliente, id_filial, id_vd_contrato, tipo, status, status_internet, contrato_suspenso,
     data_final_suspensao, nao_bloquear_ate, desbloqueio_confianca_ativo, tipo_produtos_plano FROM cliente_contrato ORDER BY id`,
  `SELECT id, razao, cnpj_cpf, data_nascimento, email, telefone_celular, whatsapp, telefone_comercial, fone FROM cliente`,
];

const config = loadConfig(environment());
const work = process.argv[2] === 'comparar' ? await createComparison() : createBase();
serveMedidas(work);

async function createComparison(): Promise<() => Promise<Omit<Medida, 'memoriaMb'>>> {
  // As many connections as the scanner's part has in the plugin.
  const db = openPool(config.databaseUrl, 2);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 1);
  const sync = await createSync({ db, ixc, config, log: createLog('silent'), wake: () => undefined });
  return async () => {
    await db.execute('INSERT INTO comparacoes (pedida_em) VALUES (UTC_TIMESTAMP(6))');
    const start = performance.now();
    await runComparacao(sync, 'bench');
    const ms = performance.now() - start;
    const last = await row(
      db,
      'SELECT estado, contas FROM comparacoes ORDER BY id DESC LIMIT 1',
      {},
      z.object({ estado: z.string(), contas: z.number() }),
    );
    if (last.estado !== 'feita') throw new Error(`a comparação terminou ${last.estado}`);
    return { ms, total: last.contas };
  };
}

function createBase(): () => Promise<Omit<Medida, 'memoriaMb'>> {
  const ours = mysql.createConnection({ uri: config.databaseUrl, dateStrings: true });
  const theirs = mysql.createConnection({ uri: config.ixcDatabaseUrl, dateStrings: true });
  const url = process.env['BENCH_LISTA'] ?? '';
  return async () => {
    const start = performance.now();
    for (const sql of OURS) await dropRows(ours, sql);
    for (const sql of THEIRS) await dropRows(theirs, sql);
    let total = 0;
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const answer = await fetch(`${url}/users?page=${page}&pageSize=100`);
      const { data, meta } = Pagina.parse(await answer.json());
      total += data.length;
      pages = meta.totalPages;
    }
    return { ms: performance.now() - start, total };
  };
}

const Pagina = z.object({ data: z.array(z.unknown()), meta: z.object({ totalPages: z.number() }) });
