// The bridge on real PHP behind real nginx and Apache: who may launch whom where, and what the web server shows of it.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFreePort } from '../../src/demo/mariadb.ts';
import { type CasaPhp, startCasaPhp } from '../../src/demo/php/casa.ts';
import { PONTE } from '../../src/demo/php/instalacao.ts';
import { own } from '../../src/demo/php/processos.ts';
import { forward } from '../../src/demo/proxy.ts';
import { placesIn } from '../../src/instalar/obra.ts';
import { type Instalacao, installInCasa } from '../setup/instalado.ts';
import { BASE, type Mundo, startMundo } from '../web/mundo.ts';
import { startApache } from './apache.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

let mundo: Mundo;
let php: CasaPhp;
let apache: CasaPhp | undefined;
let instalacao: Instalacao | undefined;
let escuta: Server;
let ixc: string;
let ixcApache: string;
let sessao: string;
const cookiesSeen: (string | undefined)[] = [];

beforeAll(async () => {
  const [port, portApache, portPlugin] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  ixc = `http://127.0.0.1:${port}`;
  ixcApache = `http://127.0.0.1:${portApache}`;
  mundo = await startMundo({
    LAUNCH_SECRET: '',
    LAUNCH_PUBLIC_KEY: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    IXC_ORIGIN: `${ixc},${ixcApache}`,
  });
  // Between web server and plugin: hears which cookies are passed on.
  escuta = createServer((req, res) => {
    cookiesSeen.push(req.headers.cookie);
    forward(req, res, { port: Number(new URL(mundo.origem).port) });
  }).listen(portPlugin, '127.0.0.1');
  php = await startCasaPhp({ port, origens: [ixc, ixcApache], ixcDsn: mundo.bancos.ixcEscritaUrl });
  const dadas = { porta: portPlugin, chave: privateKey };
  instalacao = await installInCasa(php, dadas);
  apache = await startApache(php, portApache);
  // Run once more, told of the other web server: bridge, keys and databases are as they should be already.
  if (apache) await installInCasa(apache, dadas);
  sessao = await entrar(ixc);
}, 240_000);

afterAll(async () => {
  await apache?.stop();
  await php?.stop();
  await instalacao?.drop();
  escuta?.close();
  await mundo?.stop();
});

async function entrar(where: string): Promise<string> {
  const body = new URLSearchParams({ email: 'operador1@example.com', password: 'nunca-lida' });
  const answer = await fetch(`${where}/api-module/auth/login`, { method: 'POST', body, redirect: 'manual' });
  return answer.headers.getSetCookie().at(-1)?.split(';')[0] ?? '';
}

async function launched(where: string) {
  const cookie = await entrar(where);
  const html = await (await ponte(pathOf('/contratos'), { cookie }, where)).text();
  const { status, headers } = await fetch(`${where}${BASE}/launch`, {
    method: 'POST',
    body: new URLSearchParams({ token: tokenOf(html) }),
    redirect: 'manual',
    headers: { cookie: `outra=1; ${cookie}` },
  });
  return { cookie, status, ours: headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}

const ponte = (query: string, headers: Record<string, string> = { cookie: sessao }, where = ixc) =>
  fetch(`${where}${PONTE}/ponte.php${query}`, { headers });
const pathOf = (target: string) => `?path=${encodeURIComponent(target)}`;
const tokenOf = (html: string) => /name="token" value="([^"]+)"/.exec(html)?.[1] ?? '';

test('the token says who, where and for how long, is signed with Ed25519, and is in no address', async () => {
  const answer = await ponte(pathOf('/contratos/301?acao=bloquear'));
  const html = await answer.text();
  const { payload, protectedHeader } = await jwtVerify(tokenOf(html), publicKey);

  expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'launch+jwt' });
  expect(payload).toMatchObject({
    iss: ixc,
    aud: 'tele-clinica',
    sub: '1',
    path: '/contratos/301?acao=bloquear',
    contrato: 301,
    exp: (payload.iat ?? 0) + 60,
  });
  expect(payload.jti).toMatch(/^[\w-]{32}$/);
  expect(html).toContain(`action="${BASE}/launch"`);
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'self'/);
  expect(answer.headers.getSetCookie()).toEqual([]);
});

describe.each([
  ['nginx', () => ixc],
  ['Apache', () => ixcApache],
])('on %s', (name, where) => {
  test('login, bridge, launch and screen, through one host; IXC’s session never reaches the plugin', async (context) => {
    if (name === 'Apache' && apache === undefined) context.skip();
    cookiesSeen.length = 0;
    const { cookie, ours, status } = await launched(where());
    const page = await fetch(`${where()}${BASE}/contratos`, {
      headers: { cookie: `${cookie}; ${ours}; outra=1` },
    });
    const text = await page.text();

    expect([status, page.status]).toEqual([303, 200]);
    expect(text).toContain('Marina Prado');
    expect(text).not.toContain('botoes.js');
    expect(page.headers.get('content-security-policy')).toContain('frame-ancestors');
    expect(cookiesSeen.map((each = '') => each.replaceAll(/^[;\s]+|[;\s]+$/g, ''))).toEqual(['', ours]);
  });

  test('an upload of 21 MB passes: who sends too much is told so by the plugin, in words', async (context) => {
    if (name === 'Apache' && apache === undefined) context.skip();
    const { ours } = await launched(where());
    const page = await (await fetch(`${where()}${BASE}/lotes`, { headers: { cookie: ours } })).text();
    const csrf = /name="csrf-token" content="([^"]+)"/.exec(page)?.[1] ?? '';
    const headers = {
      cookie: ours,
      origin: where(),
      'x-csrf-token': csrf,
      accept: 'application/problem+json',
    };
    const send = async (megabytes: number) => {
      const body = new FormData();
      body.set('arquivo', new Blob([Buffer.alloc(megabytes * 2 ** 20)]), 'lista.csv');
      const answer = await fetch(`${where()}${BASE}/lotes`, { method: 'POST', headers, body });
      return `${answer.status} ${await answer.text()}`;
    };
    expect(await send(21)).toMatch(/^413 .*O arquivo passa de 20 MB/);
    expect(await send(23)).toMatch(/^413 /);
  });

  test('IXC’s pages carry the script once, and nothing else of the folder can be read', async (context) => {
    if (name === 'Apache' && apache === undefined) context.skip();
    const page = await (await fetch(`${where()}/`)).text();
    const bridge = await (await ponte('', { cookie: sessao }, where())).text();
    const files = [
      'botoes.js',
      'lancar.js',
      'configuracao.php',
      'lancamento-privada.pem',
      'manifest.json',
      'seletores.json',
      '',
    ];
    const answers = await Promise.all(files.map((file) => fetch(`${where()}${PONTE}/${file}`)));

    expect(
      page.match(/<script src="\/addons\/tele-clinica-ixc\/botoes\.js" defer><\/script><\/body>/g),
    ).toHaveLength(1);
    expect(bridge).not.toContain('botoes.js');
    expect(answers.slice(0, 2).map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.slice(2).every(({ status }) => status === 403 || status === 404)).toBe(true);
    expect(answers[0]?.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answers[0]?.headers.get('content-type')).toMatch(/javascript/);
  });
});

const LOST: [string, () => string | undefined][] = [
  ['no cookie', () => undefined],
  ['a session that does not exist', () => 'IXC_Session=abcdefghijklmnopqrstuvwxyz'],
  ['a cookie that is no id', () => 'IXC_Session=../../etc/passwd'],
  ['a session of somebody who has not logged in', () => anonymous],
];
let anonymous: string | undefined;

test.each(LOST)('%s: refused politely, nothing made', async (_what, cookie) => {
  const first = await fetch(`${ixc}/`);
  anonymous = first.headers.getSetCookie()[0]?.split(';')[0];
  const value = cookie();
  const headers = value === undefined ? {} : { cookie: value };

  const answer = await ponte(pathOf('/'), headers);
  const html = await answer.text();

  expect(answer.status).toBe(401);
  expect(html).toContain('Entre no IXC e abra a Tele Clínica de novo');
  expect(tokenOf(html)).toBe('');
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect((await ponte('?manifesto', headers)).status).toBe(204);
});

test('the session is only read: same file, same content', async () => {
  const file = path.join(php.run, 'sessoes', `sess_${sessao.split('=')[1]}`);
  const before = readFileSync(file, 'utf8');
  const others = readdirSync(path.join(php.run, 'sessoes')).length;
  await ponte(pathOf('/'));
  expect(readFileSync(file, 'utf8')).toBe(before);
  expect(readdirSync(path.join(php.run, 'sessoes')).length).toBe(others);
});

test.each(
  [
    '//outro.example.com/',
    'https://outro.example.com/',
    '/../admin',
    '/contratos/../../admin',
    '/%2e%2e/admin',
    '/a%2fb',
    '/\\outro',
    '/a\r\nX: y',
    'contratos',
    '/"><script>',
    `/${'a'.repeat(2000)}`,
  ].map((target) => [JSON.stringify(target).slice(0, 40), target]),
)('the path %s is not inside the plugin: 400, no token', async (_name, target) => {
  const answer = await ponte(pathOf(target ?? ''));
  expect(answer.status).toBe(400);
  expect(tokenOf(await answer.text())).toBe('');
});

test.each([
  ['another contract', '/contratos/301', '302', 400],
  ['a contract and another screen', '/usuarios/301', '301', 400],
  ['the same contract', '/contratos/301/porque', '301', 200],
])('contrato: %s', async (_what, target, contrato, status) => {
  expect((await ponte(`${pathOf(target)}&contrato=${contrato}`)).status).toBe(status);
});

test('parameters that are lists, and a write, are refused', async () => {
  const lists = await Promise.all(
    ['?path[]=/', '?path=/contratos/301&contrato[]=301'].map((query) => ponte(query)),
  );
  const write = await fetch(`${ixc}${PONTE}/ponte.php`, { method: 'POST', headers: { cookie: sessao } });
  expect([...lists, write].map(({ status }) => status)).toEqual([400, 400, 403]);
});

test.each(['cross-site', 'same-site'])('opened by another site (%s): refused', async (site) => {
  expect((await ponte(pathOf('/'), { cookie: sessao, 'Sec-Fetch-Site': site })).status).toBe(403);
});

test('a Host that IXC does not have never becomes the issuer', async () => {
  const html = await (
    await ponte(pathOf('/'), { cookie: sessao, 'X-Forwarded-Host': 'outro.example.com' })
  ).text();
  expect((await jwtVerify(tokenOf(html), publicKey)).payload.iss).toBe(ixc);
});

describe('the configuration', () => {
  const config = () => path.join(php.raiz, 'opt/tele-clinica/ponte/configuracao.php');
  const chave = () => placesIn(php.raiz).launchPrivada;
  const withConfig = async (change: (text: string) => string, key: string, work: () => Promise<void>) => {
    const before = [readFileSync(config(), 'utf8'), readFileSync(chave(), 'utf8')] as const;
    const write = (text: string, secret: string) => {
      writeFileSync(config(), text);
      chmodSync(chave(), 0o600);
      writeFileSync(chave(), secret);
      own(chave());
    };
    write(change(before[0]), key);
    await work().finally(() => write(...before));
  };

  test('HS256 signs with the shared secret', async () => {
    const secret = randomBytes(32);
    await withConfig(
      (text) => text.replace('EdDSA', 'HS256'),
      secret.toString('base64'),
      async () => {
        const html = await (await ponte(pathOf('/'))).text();
        expect((await jwtVerify(tokenOf(html), secret)).protectedHeader.alg).toBe('HS256');
      },
    );
  });

  test('the id may stand deeper or flat in the session; where it is not, nobody is let in', async () => {
    const key = readFileSync(chave(), 'utf8');
    await withConfig(
      (text) => text.replace('usuario.id', 'usuario.nome'),
      key,
      async () => {
        expect((await ponte(pathOf('/'))).status).toBe(401);
      },
    );
  });

  test.each([
    ['a key that is none', (text: string) => text, 'nada'],
    ['a short secret', (text: string) => text.replace('EdDSA', 'HS256'), 'YWJj'],
    [
      'a file that is not there',
      (text: string) => text.replace("lancamento-privada.pem'", "outra.pem'"),
      'nada',
    ],
  ])('%s: a calm page without the reason, which is in the log', async (_what, change, key) => {
    await withConfig(change, key, async () => {
      const answer = await ponte(pathOf('/'));
      const html = await answer.text();
      expect(answer.status).toBe(500);
      expect(html).toContain('não está bem instalada');
      expect(html).not.toMatch(/key|chave|\/tmp/);
    });
    expect(readFileSync(path.join(php.run, 'paginas.log'), 'utf8')).toContain('tele-clinica: ');
  });
});
