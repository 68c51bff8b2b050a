// The web application on a real socket, over real databases, with operators who came in through /launch.
import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import request, { type Test } from 'supertest';
import { z } from 'zod';
import { type Config, loadConfig } from '../../src/config.ts';
import { openIxcPool, openPool, row, run as runSql, transaction } from '../../src/db.ts';
import { OPERADORES, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { createLog } from '../../src/log.ts';
import { migrate } from '../../src/migrate.ts';
import { createSync, type Sync } from '../../src/sync/contexto.ts';
import { recordAchados } from '../../src/sync/divergencias/gravacao.ts';
import type { Achado } from '../../src/sync/divergencias/tipos.ts';
import { saveIntegracao } from '../../src/sync/integracoes.ts';
import { appendLinhas, insertLote } from '../../src/sync/lotes/escrita.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { requestUsuario } from '../../src/sync/pedidoUsuario.ts';
import { savePlano } from '../../src/sync/planos.ts';
import type { Operador, Papel } from '../../src/sync/tipos.ts';
import type { Mudanca } from '../../src/sync/varredura/mudancas.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { createApp } from '../../src/web/app.ts';
import { COOKIE } from '../../src/web/sessao.ts';
import { type Bancos, createBancos } from '../setup/banco.ts';
import { layCabo } from './cabo.ts';

export const ORIGEM_DO_IXC = 'https://ixc.example.com';
export const BASE = '/addons/tele-clinica';

export interface Sessao {
  cookie: string;
  csrf: string;
}

export interface Dados {
  integracaoId: number;
  planoId: number;
  vinculoId: number;
  /** A usuário of the Matriz whose contract is `contratoId`. */
  usuarioId: number;
  contratoId: number;
  operacaoId: number;
  /** Held by the brake, with one line: the block of `usuarioId`. */
  loteId: number;
  /** Open, of the same usuário: paid and blocked. */
  divergenciaId: number;
}

export interface Mundo {
  bancos: Bancos;
  sync: Sync;
  segredo: Buffer;
  origem: string;
  launch(token: string): Test;
  /** A good token of this operator; `claims` and `header` replace parts of it. */
  token(
    operadorId: number,
    claims?: Record<string, unknown>,
    options?: { header?: Record<string, string>; segredo?: Buffer },
  ): Promise<string>;
  login(operadorId: number): Promise<Sessao>;
  get(path: string, sessao?: Sessao): Test;
  write(method: 'post' | 'put' | 'delete', path: string, sessao: Sessao, form?: Record<string, string>): Test;
  /** Gives the Gerência group exactly these roles and logs its manager in. */
  loginWith(papeis: readonly Papel[]): Promise<Sessao>;
  /** Our database is gone from now on. */
  cutDb(): void;
  stop(): Promise<void>;
}

/** Starts the application with the environment `env` over the usual one. */
export async function startMundo(env: Record<string, string> = {}): Promise<Mundo> {
  const bancos = await createBancos();
  const segredo = randomBytes(32);
  const cabo = await layCabo(bancos.url);
  const config = configFor(bancos, segredo, { DATABASE_URL: cabo.url, ...env });
  const db = openPool(config.databaseUrl, 5);
  await migrate(db);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 3);
  const sync = await createSync({ db, ixc, config, log: createLog('silent'), wake: () => undefined });
  const server = createApp({ sync, versao: '9.9.9' }).listen(0, '127.0.0.1');
  const origem = await addressOf(server);
  const api = request(origem);

  const token: Mundo['token'] = (operadorId, claims = {}, options = {}) => {
    const now = Math.floor(Date.now() / 1000);
    const all = {
      iss: ORIGEM_DO_IXC,
      aud: 'tele-clinica',
      sub: String(operadorId),
      path: '/',
      iat: now,
      exp: now + 60,
      jti: randomBytes(16).toString('base64url'),
      ...claims,
    };
    return new SignJWT(all)
      .setProtectedHeader({ alg: 'HS256', typ: 'launch+jwt', ...options.header })
      .sign(options.segredo ?? segredo);
  };
  const launch = (value: string) => api.post(`${BASE}/launch`).type('form').send({ token: value });
  const get: Mundo['get'] = (path, sessao) => {
    const test = api.get(`${BASE}${path}`).set('Accept', 'text/html');
    return sessao ? test.set('Cookie', sessao.cookie) : test;
  };
  const login = async (operadorId: number): Promise<Sessao> => {
    const answer = await launch(await token(operadorId));
    if (answer.status !== 303) throw new Error(`launch answered ${answer.status}`);
    const cookie = cookieOf(answer.headers['set-cookie']);
    const page = await get('/', { cookie, csrf: '' });
    return { cookie, csrf: /name="csrf-token" content="([^"]+)"/.exec(page.text)?.[1] ?? '' };
  };
  return {
    bancos,
    sync,
    segredo,
    origem,
    launch,
    token,
    login,
    get,
    write: (method, path, sessao, form = {}) =>
      api[method](`${BASE}${path}`)
        .set({ Cookie: sessao.cookie, 'X-CSRF-Token': sessao.csrf, Origin: origem, Accept: 'text/html' })
        .type('form')
        .send(form),
    loginWith: async (papeis) => {
      await runSql(db, "REPLACE INTO configuracoes (chave, valor) VALUES ('papeis', :valor)", {
        valor: JSON.stringify({
          [OPERADORES.gerente.grupo]: papeis,
          [OPERADORES.administrador.grupo]: PAPEIS,
          [OPERADORES.outraFilial.grupo]: PAPEIS,
        }),
      });
      return login(OPERADORES.gerente.id);
    },
    cutDb: cabo.cut,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.all([db.end(), ixc.end()]);
      cabo.cut();
      await bancos.drop();
    },
  };
}

/** An integração, a plano with a vínculo, and a usuário of an active contract of the Matriz. */
export async function addDados({ sync }: Mundo): Promise<Dados> {
  const operador: Operador = {
    id: OPERADORES.administrador.id,
    nome: 'quem prepara',
    papeis: new Set(PAPEIS),
    filiais: 'todas',
  };
  const integracaoId = await saveIntegracao(sync, operador, undefined, {
    nome: 'Tele Clínica de teste',
    ambiente: 'simulador',
    url_base: 'http://127.0.0.1:9/v1',
    usuario: 'provedor',
    senha: 'segredo-da-integracao',
    perfil: 'teleclinica-v1',
  });
  const plano = { nome: 'Individual', descricao: '', valor: '49,90', codigo: 'clinico-24h' };
  const planoId = await savePlano(sync, operador, undefined, {
    ...plano,
    integracao_id: String(integracaoId),
  });
  const vinculo = { tipo: 'produto', ixc_id: String(PRODUTOS.individual.id) };
  const vinculoId = await saveVinculo(sync, operador, planoId, vinculo);
  const contratoId = PESSOAS.ativa.contrato;
  const contrato = await findContrato(sync.ixc, contratoId, 'todas');
  if (contrato === undefined) throw new Error('the walk-through contract is missing');
  const usuarioId = await requestUsuario(sync, operador, contrato, undefined);
  const { operacoes } = await listOperacoes(sync.db, { filiais: 'todas', limite: 10 });
  const operacaoId = operacoes.find((each) => each.usuarioId === usuarioId)?.id ?? 0;
  const { clienteId } = contrato;
  const loteId = await addLote(sync, [linhaDe({ usuarioId, contratoId, clienteId, filialId: 1 })]);
  const divergenciaId = await addDivergencia(sync, {
    integracaoId,
    usuarioId,
    contratoId,
    clienteId,
    planoId,
  });
  return { integracaoId, planoId, vinculoId, usuarioId, contratoId, operacaoId, loteId, divergenciaId };
}

/** A disagreement as a comparison leaves it, paid and blocked in the Matriz unless told otherwise; answers its id. */
export async function addDivergencia(sync: Sync, achado: Partial<Achado>): Promise<number> {
  const whole: Achado = {
    classe: 'pago_bloqueado',
    integracaoId: 1,
    chave: `usuario:${achado.usuarioId ?? 0}`,
    usuarioId: null,
    contratoId: null,
    clienteId: null,
    filialId: 1,
    remotoId: null,
    ixc: 'ativo',
    nosso: 'ativo',
    parceiro: 'bloqueado',
    para: 'ativo',
    planoId: null,
    planoParceiro: null,
    campos: [],
    valorCentavos: 4990,
    correcao: 'desbloquear',
    desde: null,
    ...achado,
  };
  await transaction(sync.db, (tx) => recordAchados(tx, 1, [whole]));
  const sql = 'SELECT id FROM divergencias WHERE classe = :classe AND chave = :chave';
  const { id } = await row(
    sync.db,
    sql,
    { classe: whole.classe, chave: whole.chave },
    z.object({ id: z.number() }),
  );
  return id;
}

/** A change of a lote: a block of an active account, unless told otherwise. */
export const linhaDe = (
  linha: Partial<Mudanca> & Pick<Mudanca, 'contratoId' | 'clienteId' | 'filialId'>,
): Mudanca => ({
  usuarioId: null,
  acao: 'bloquear',
  de: 'ativo',
  para: 'bloqueado',
  planoId: null,
  motivo: `A situação do contrato ${linha.contratoId} bloqueia.`,
  ...linha,
});

/** A lote with these lines, held by the brake unless told otherwise; answers its id. */
export function addLote(
  sync: Sync,
  linhas: Mudanca[],
  lote: Partial<Parameters<typeof insertLote>[1]> = {},
): Promise<number> {
  return transaction(sync.db, async (tx) => {
    const id = await insertLote(tx, {
      origem: 'freio',
      estado: 'aguardando',
      titulo: 'Bloqueios retidos pelo freio',
      motivo: '12 numa só varredura; o normal é até 10',
      limite: 10,
      regime: null,
      criadoPor: null,
      ...lote,
    });
    await appendLinhas(tx, id, linhas);
    return id;
  });
}

/** The one cookie of a launch answer, as a browser would send it back. */
export function cookieOf(header: string | string[] | undefined): string {
  const [first = ''] = [header ?? ''].flat();
  const value = /^[^;]+/.exec(first)?.[0] ?? '';
  if (!value.startsWith(`${COOKIE}=`)) throw new Error('no session cookie came');
  return value;
}

function configFor(bancos: Bancos, segredo: Buffer, env: Record<string, string>): Config {
  return loadConfig({
    DATABASE_URL: bancos.url,
    IXC_DATABASE_URL: bancos.ixcUrl,
    BASE_PATH: BASE,
    IXC_ORIGIN: ORIGEM_DO_IXC,
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_SECRET: segredo.toString('base64'),
    TELECLINICA_HOSTS: '127.0.0.1:9',
    ...env,
  });
}

async function addressOf(server: Server): Promise<string> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}
