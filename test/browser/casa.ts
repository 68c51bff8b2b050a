// An installation of a test file's own: databases on the tests' server, a simulator, the plugin's process, and a cable that can be cut.
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import type { BrowserContext } from 'playwright-core';
import { openPool } from '../../src/db.ts';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { signLancamento } from '../../src/demo/ixc/lancamento.ts';
import { findFreePort } from '../../src/demo/mariadb.ts';
import { startPlugin } from '../../src/demo/plugin.ts';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { startVigia } from '../../src/demo/vigia.ts';
import { migrate } from '../../src/migrate.ts';
import { createBancos } from '../setup/banco.ts';
import { type IxcEscrita, openIxcEscrita } from '../setup/ixc.ts';
import { skipNight } from '../setup/noite.ts';

export interface Casa {
  /** The plugin's address, BASE_PATH included. */
  plugin: string;
  simulador: Simulador;
  /** Writes IXC as IXC itself would. */
  ixc: IxcEscrita;
  banco: Cabo;
  /** IXC's database, for whoever may write it. */
  ixcDsn: string;
  /** Signs launches. */
  chave: KeyObject;
  /** The plugin's environment: another process of it may run beside. */
  settings: Record<string, string>;
  /** Logs this operator in: the context gets the session cookie that IXC's launch page would bring. */
  entrar(context: BrowserContext, operador: number): Promise<void>;
  /** A form sent without a browser, as the operator of `context`. Throws when it is refused. */
  envia(context: BrowserContext, method: string, path: string, form?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

export interface Cabo {
  url: string;
  /** Every connection breaks, and each new one at once. */
  cut(): void;
  mend(): void;
}

const BASE_PATH = '/addons/tele-clinica';
const ORIGEM = 'https://ixc.example.com';

/** What stands before the plugin starts. */
export interface Terreno {
  port: number;
  ixcDsn: string;
  chave: KeyObject;
  /** Where the partner may be called. */
  hosts: string;
}

/**
 * Starts it; `env` adds to the plugin's environment, or makes it from where the plugin will be. Nothing is registered
 * yet: see `cadastra`.
 */
export async function startCasa(
  env: Record<string, string> | ((terreno: Terreno) => Promise<Record<string, string>>) = {},
): Promise<Casa> {
  const [bancos, simulador, port] = await Promise.all([createBancos(), startSimulador(), findFreePort()]);
  const banco = await layCabo(bancos.url);
  const pool = openPool(bancos.url, 2);
  await migrate(pool);
  await pool.end();
  await skipNight(bancos.url);
  const { publicKey, privateKey: chave } = generateKeyPairSync('ed25519');
  const vigia = startVigia();
  const hosts = `127.0.0.1:${simulador.port}`;
  const settings = {
    NODE_ENV: 'production',
    LOG_LEVEL: 'silent',
    DATABASE_URL: banco.url,
    IXC_DATABASE_URL: bancos.ixcUrl,
    BASE_PATH,
    IXC_ORIGIN: ORIGEM,
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    TELECLINICA_HOSTS: hosts,
    ...(typeof env === 'function' ? await env({ port, ixcDsn: bancos.ixcEscritaUrl, chave, hosts }) : env),
  };
  const [iss = ''] = settings.IXC_ORIGIN.split(',');
  const processo = await startPlugin(port, settings, vigia);
  const plugin = `http://127.0.0.1:${port}${BASE_PATH}`;
  const ixc = await openIxcEscrita(bancos.ixcEscritaUrl);
  return {
    plugin,
    simulador,
    ixc,
    banco,
    ixcDsn: bancos.ixcEscritaUrl,
    chave,
    settings,
    entrar: async (context, operador) => {
      const token = await signLancamento({ segredo: chave, iss, operador, path: '/' });
      const landed = await context.request.post(`${plugin}/launch`, { form: { token } });
      if (!landed.ok()) throw new Error(`o launch respondeu ${landed.status()}`);
    },
    envia: (context, method, path, form = {}) => envia(context, `${plugin}${path}`, method, form),
    stop: async () => {
      await processo.stop();
      vigia.release();
      banco.cut();
      await Promise.all([simulador.stop(), ixc.end()]);
      await bancos.drop();
    },
  };
}

/** An integração at the simulator and two planos, each tied to its product. Wants an administrator's context. */
export async function cadastra(
  casa: Pick<Casa, 'simulador' | 'envia'>,
  context: BrowserContext,
): Promise<void> {
  const { url, usuario, senha } = casa.simulador;
  await casa.envia(context, 'POST', '/integracoes', {
    nome: 'Tele Clínica Matriz',
    ambiente: 'simulador',
    url_base: url,
    usuario,
    senha,
    perfil: 'teleclinica-v1',
  });
  const planos = [
    { nome: 'Clínico 24h', valor: '49,90', codigo: 'clinico-24h', produto: PRODUTOS.individual.id },
    { nome: 'Família 24h', valor: '89,90', codigo: 'familia-24h', produto: PRODUTOS.familia.id },
  ];
  for (const [index, { produto, ...plano }] of planos.entries()) {
    await casa.envia(context, 'POST', '/planos', { ...plano, descricao: '', integracao_id: '1' });
    const vinculo = { tipo: 'produto', ixc_id: String(produto) };
    await casa.envia(context, 'POST', `/planos/${index + 1}/vinculos`, vinculo);
  }
}

/** A form sent with the session of `context` to `url`, below BASE_PATH. @throws when it is refused. */
export async function envia(
  context: BrowserContext,
  url: string,
  method: string,
  form: Record<string, string>,
): Promise<void> {
  const home = await context.request.get(`${new URL(url).origin}${BASE_PATH}/`);
  const csrf = /name="csrf-token" content="([^"]+)"/.exec(await home.text())?.[1] ?? '';
  const headers = { 'X-CSRF-Token': csrf, Origin: new URL(url).origin, Accept: 'application/problem+json' };
  const answer = await context.request.fetch(url, { method, headers, form, maxRedirects: 0 });
  if (answer.status() >= 400) throw new Error(`${method} ${url}: ${answer.status()} ${await answer.text()}`);
}

async function layCabo(url: string): Promise<Cabo> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const address = server.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' && address ? address.port : 0);
  return {
    url: through.href,
    cut: () => {
      whole = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      whole = true;
    },
  };
}
