// What is measured: IXC databases of two sizes on one durable MariaDB, and installations of ours beside them.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RowDataPacket } from 'mysql2';
import mysql from 'mysql2/promise';
import { loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { createIxcDatabase, grantIxcReader } from '../../src/demo/ixc/dados.ts';
import { SUJEIRA_LAST } from '../../src/demo/ixc/sujeira.ts';
import type { Mariadb } from '../../src/demo/mariadb.ts';
import type { Simulador } from '../../src/demo/simulador/processo.ts';
import { isValidCpf } from '../../src/ixc/valores.ts';
import { createLog } from '../../src/log.ts';
import { migrate } from '../../src/migrate.ts';
import { createSync, impressaoDoCpf, type Sync } from '../../src/sync/contexto.ts';
import { saveIntegracao } from '../../src/sync/integracoes.ts';
import { savePlano } from '../../src/sync/planos.ts';
import type { Operador } from '../../src/sync/tipos.ts';
import { createDireitos } from '../../src/web/direitos.ts';
import { type Navegador, openNavegador } from './navegador.ts';
import { type Plugin, ROOT } from './plugin.ts';

export interface Ixc {
  nome: string;
  contratos: number;
  /** Reads with exactly the manifest's grants. */
  url: string;
}

export interface Instalacao {
  ixc: Ixc;
  sync: Sync;
  operador: Operador;
  planoId: number;
  /** For a process of the plugin. */
  env: Record<string, string>;
  /** May do everything on both databases; its default is ours. */
  raiz: mysql.Connection;
  entrar(plugin: Plugin): Promise<Navegador>;
  end(): Promise<void>;
}

export const BASE_PATH = '/addons/tele-clinica';
const ORIGEM = 'https://ixc.example.com';

/** An IXC database of that many contracts with a reader of its own. */
export async function createIxc(mariadb: Mariadb, nome: string, contratos: number): Promise<Ixc> {
  const password = randomBytes(9).toString('hex');
  const manifest = JSON.parse(readFileSync(path.join(ROOT, 'manifest.json'), 'utf8'));
  await createIxcDatabase(mariadb.rootUrl, nome, { contratos });
  await grantIxcReader(mariadb.rootUrl, nome, `${nome}_leitor`, password, manifest);
  return { nome, contratos, url: mariadb.url(nome, `${nome}_leitor`, password) };
}

/** A new schema of ours on that IXC, with one integração at the simulator and one plano. */
export async function createInstalacao(
  mariadb: Mariadb,
  ixc: Ixc,
  nome: string,
  simulador: Simulador,
): Promise<Instalacao> {
  const segredo = randomBytes(32);
  const url = await createSchema(mariadb, nome);
  const env = {
    DATABASE_URL: url,
    IXC_DATABASE_URL: ixc.url,
    BASE_PATH,
    IXC_ORIGIN: ORIGEM,
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_SECRET: segredo.toString('base64'),
    TELECLINICA_HOSTS: `127.0.0.1:${simulador.port}`,
  };
  const db = openPool(url, 8);
  const ixcPool = openIxcPool(ixc.url, 4);
  await migrate(db);
  const log = createLog('silent');
  const sync = await createSync({ db, ixc: ixcPool, config: loadConfig(env), log, wake: () => undefined });
  const operador = await createDireitos(sync).find(OPERADORES.administrador.id);
  if (operador === undefined) throw new Error('falta o administrador');
  const planoId = await registerPlano(sync, operador, simulador);
  const raiz = await mysql.createConnection({ uri: `${mariadb.rootUrl}/${nome}` });
  return {
    ixc,
    sync,
    operador,
    planoId,
    env,
    raiz,
    entrar: ({ port }) =>
      openNavegador({ port, basePath: BASE_PATH, segredo, origem: ORIGEM, operador: operador.id }),
    end: async () => {
      await Promise.all([db.end(), ixcPool.end(), raiz.end()]);
    },
  };
}

async function createSchema(mariadb: Mariadb, nome: string): Promise<string> {
  const password = randomBytes(9).toString('hex');
  const owner = await mysql.createConnection({ uri: mariadb.rootUrl });
  await owner.query(`CREATE DATABASE ${nome} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
  await owner.query(`CREATE USER ${nome} IDENTIFIED BY '${password}'`);
  await owner.query(`GRANT ALL ON ${nome}.* TO ${nome}`);
  await owner.end();
  return mariadb.url(nome, nome, password);
}

async function registerPlano(sync: Sync, operador: Operador, simulador: Simulador): Promise<number> {
  const integracaoId = await saveIntegracao(sync, operador, undefined, {
    nome: 'Tele Clínica',
    ambiente: 'simulador',
    url_base: simulador.url,
    usuario: simulador.usuario,
    senha: simulador.senha,
    perfil: 'teleclinica-v1',
  });
  const plano = { nome: 'Clínico 24 h', descricao: '', valor: '49,90', codigo: 'clinico-24h' };
  return savePlano(sync, operador, undefined, { ...plano, integracao_id: String(integracaoId) });
}

/**
 * Gives ordinary contracts spread over the whole base a settled usuário each, about `quantos`: rows as the engine leaves
 * them, with the fingerprint of their person, written in bulk. A planted usuário has the id of its contract.
 */
export async function plantUsuarios(instalacao: Instalacao, quantos: number): Promise<void> {
  const people = await choosePeople(instalacao, quantos);
  for (let start = 0; start < people.length; start += PLANTADOS_POR_VEZ)
    await plant(instalacao, people.slice(start, start + PLANTADOS_POR_VEZ));
}

const PLANTADOS_POR_VEZ = 2_000;

interface Plantado {
  id: number;
  cliente: number;
  filial: number;
  impressao: string;
}

// One contract of each CPF: an integração knows a person once.
async function choosePeople({ raiz, ixc, sync }: Instalacao, quantos: number): Promise<Plantado[]> {
  const every = Math.max(1, Math.floor(ixc.contratos / quantos));
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT c.id, c.id_cliente AS cliente, COALESCE(c.id_filial, 0) AS filial, cl.cnpj_cpf AS cpf
     FROM ${ixc.nome}.cliente_contrato c JOIN ${ixc.nome}.cliente cl ON cl.id = c.id_cliente
     WHERE c.id > ${SUJEIRA_LAST.contrato} AND c.id % ${every} = 0`,
  );
  const people = new Map<string, Plantado>();
  for (const { id, cliente, filial, cpf } of found) {
    const digits = String(cpf).replace(/\D/g, '');
    if (!isValidCpf(digits) || people.has(digits)) continue;
    const impressao = impressaoDoCpf(sync, digits).toString('hex');
    people.set(digits, { id: Number(id), cliente: Number(cliente), filial: Number(filial), impressao });
  }
  return [...people.values()];
}

async function plant({ raiz, planoId }: Instalacao, people: Plantado[]): Promise<void> {
  const rows = people.map(({ id, impressao }) => [
    ...[id, 1, Buffer.from(impressao, 'hex'), `bench-${id}`, id % 7 === 0 ? 1 : 0],
    ...[situacaoOf(id), planoId, situacaoOf(id), 'clinico-24h', 'resposta', AGORA, 0, AGORA, AGORA],
  ]);
  await raiz.query(
    `INSERT INTO usuarios (id, integracao_id, impressao, remoto_id, bloqueio_manual, desejada, desejado_plano_id,
       observada, observado_plano, observada_por, observada_em, trabalho, proxima_em, criado_em) VALUES ?`,
    [rows],
  );
  await raiz.query(
    `INSERT INTO adesoes (usuario_id, contrato_id, vigente, cliente_id, filial_id, plano_id, plano_origem, significado,
       criado_em) VALUES ?`,
    [
      people.map(({ id, cliente, filial }) => [
        ...[id, id, id, cliente, filial, planoId, 'operador', 'ativo', AGORA],
      ]),
    ],
  );
}

const AGORA = new Date().toISOString().slice(0, 23).replace('T', ' ');
const situacaoOf = (id: number): string => (id % 7 === 0 ? 'bloqueado' : 'ativo');
