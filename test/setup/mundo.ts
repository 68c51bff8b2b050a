// A whole installation for a test: both databases, a real simulator process, our context and, if asked, a worker in this process.
import mysql from 'mysql2/promise';
import { type Config, loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool } from '../../src/db.ts';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { createLog } from '../../src/log.ts';
import { migrate } from '../../src/migrate.ts';
import { startWorker, type Worker } from '../../src/sync/atendimento/worker.ts';
import { createSync, type Sync } from '../../src/sync/contexto.ts';
import { saveIntegracao } from '../../src/sync/integracoes.ts';
import { requestUsuario } from '../../src/sync/pedidoUsuario.ts';
import { savePlano } from '../../src/sync/planos.ts';
import type { Operador, Usuario } from '../../src/sync/tipos.ts';
import { findUsuario } from '../../src/sync/usuarios.ts';
import { type Bancos, createBancos } from './banco.ts';
import { type IxcEscrita, openIxcEscrita } from './ixc.ts';

export interface Mundo {
  bancos: Bancos;
  sync: Sync;
  simulador: Simulador;
  /** Writes IXC as IXC itself would. */
  ixc: mysql.Pool;
  /** Reads and writes our schema directly, for assertions. */
  nosso: mysql.Pool;
  operador: Operador;
  integracaoId: number;
  planoId: number;
  /** The environment a child process of the plugin needs to work on this installation. */
  env: Record<string, string>;
  startWorker(): Worker;
  usuario(id: number): Promise<Usuario>;
  criar(contratoId: number, planoId?: number): Promise<number>;
  /** New people with one contract each; answers the contract ids. */
  gente(total: number): Promise<number[]>;
  /** IXC's own people at work. */
  escrita: IxcEscrita;
  end(): Promise<void>;
}

export const OPERADOR: Operador = {
  id: 1,
  nome: 'Operador de teste',
  papeis: new Set(['ver', 'operar', 'cancelar', 'aprovar', 'configurar', 'dados']),
  filiais: 'todas',
};

/** Builds an installation with one registered integração (ambiente simulador) and one plano. Call `end` in afterAll. */
export async function createMundo(
  options: {
    contratos?: number;
    env?: Record<string, string>;
    simulador?: Record<string, string>;
    /** Of a MariaDB server of the test's own. */
    rootUrl?: string;
  } = {},
): Promise<Mundo> {
  const bancos = await createBancos({ contratos: options.contratos ?? 300, rootUrl: options.rootUrl });
  const simulador = await startSimulador({ env: options.simulador ?? {} });
  const env = { ...environmentFor(bancos, simulador), ...options.env };
  const config: Config = loadConfig(env);
  const db = openPool(config.databaseUrl, 16);
  const ixcLeitor = openIxcPool(config.ixcDatabaseUrl, 4);
  await migrate(db);
  const workers: Worker[] = [];
  const sync = await createSync({
    db,
    ixc: ixcLeitor,
    config,
    log: createLog(env['LOG_LEVEL'] ?? 'fatal'),
    wake: () => {
      for (const worker of workers) worker.wake();
    },
  });
  const ixc = mysql.createPool({ uri: bancos.ixcEscritaUrl, dateStrings: true });
  const escrita = await openIxcEscrita(bancos.ixcEscritaUrl);
  const nosso = mysql.createPool({ uri: bancos.url, dateStrings: true, timezone: 'Z' });
  const integracaoId = await saveIntegracao(sync, OPERADOR, undefined, {
    nome: 'Tele Clínica de teste',
    ambiente: 'simulador',
    url_base: simulador.url,
    usuario: simulador.usuario,
    senha: simulador.senha,
    perfil: 'teleclinica-v1',
  });
  const planoId = await savePlano(sync, OPERADOR, undefined, {
    nome: 'Clínico 24 h',
    descricao: '',
    valor: '49,90',
    codigo: 'clinico-24h',
    integracao_id: String(integracaoId),
  });
  return {
    bancos,
    sync,
    simulador,
    ixc,
    nosso,
    operador: OPERADOR,
    integracaoId,
    planoId,
    env,
    startWorker() {
      const worker = startWorker(sync);
      workers.push(worker);
      return worker;
    },
    async usuario(id) {
      const found = await findUsuario(db, id, 'todas');
      if (found === undefined) throw new Error(`no usuário ${id}`);
      return found;
    },
    async criar(contratoId, plano = planoId) {
      const contrato = await findContrato(ixcLeitor, contratoId, 'todas');
      if (contrato === undefined) throw new Error(`no contrato ${contratoId}`);
      return requestUsuario(sync, OPERADOR, contrato, plano);
    },
    escrita,
    async gente(total) {
      const contratos: number[] = [];
      for (let done = 0; done < total; done += 1) {
        born += 1;
        const nascimento = new Date(Date.UTC(1950, 0, 1 + born * 7)).toISOString().slice(0, 10);
        const razao = `Pessoa ${lettersOf(born)} da Silva`;
        contratos.push(await escrita.addContrato(await escrita.addCliente({ razao, nascimento })));
      }
      return contratos;
    },
    async end() {
      await Promise.all(workers.map((worker) => worker.stop()));
      await escrita.end();
      await simulador.stop();
      await Promise.all([db.end(), ixcLeitor.end(), ixc.end(), nosso.end()]);
      await bancos.drop();
    },
  };
}

// Everybody has a birth date of their own: one shared by many would be taken for a filler.
let born = 0;

const lettersOf = (number: number): string =>
  [...String(number)].map((digit) => 'abcdefghij'[Number(digit)]).join('');

function environmentFor(bancos: Bancos, simulador: Simulador): Record<string, string> {
  return {
    DATABASE_URL: bancos.url,
    IXC_DATABASE_URL: bancos.ixcUrl,
    IXC_ORIGIN: 'http://127.0.0.1:4080',
    PORT: '0',
    APP_KEY: Buffer.alloc(32, 7).toString('base64'),
    LAUNCH_SECRET: Buffer.alloc(32, 9).toString('base64'),
    TELECLINICA_HOSTS: new URL(simulador.url).host,
    TELECLINICA_TIMEOUT_MS: '800',
    CONFIRMACAO_SEGUNDOS: '0.6',
    LEASE_SEGUNDOS: '3',
    VARREDURA_SEGUNDOS: '0.3',
    LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'fatal',
  };
}

/** Waits until `check` answers something true, looking every 20 ms. @throws with the last value after `ms`. */
export async function eventually<T>(check: () => Promise<T>, ms = 20_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > deadline) throw new Error(`still not after ${ms} ms: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
