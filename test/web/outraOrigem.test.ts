// At an origin of its own: a partitioned cookie, and for a browser that keeps none a short token in a header.
import { SignJWT } from 'jose';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { BASE, type Mundo, startMundo } from './mundo.ts';

const ADMIN = OPERADORES.administrador.id;

let mundo: Mundo;
let casa: Mundo;

beforeAll(async () => {
  [mundo, casa] = await Promise.all([startMundo({ PLUGIN_ORIGIN: 'http://127.0.0.1' }), startMundo()]);
});
afterAll(() => Promise.all([mundo.stop(), casa.stop()]));
afterEach(() => {
  vi.useRealTimers();
});

async function launchSemCookie(where = mundo) {
  const token = await where.token(ADMIN, { path: '/contratos' });
  return request(where.origem).post(`${BASE}/launch`).type('form').send({ token, modo: 'cabecalho' });
}
const tokenOf = (html: string) => /data-sem-cookie="([^"]+)"/.exec(html)?.[1] ?? '';
const get = (token: string, where = mundo) => where.get('/contratos').set('X-Sessao', token);

test('the cookie is partitioned, bound to this host, and opens the session', async () => {
  const answer = await mundo.launch(await mundo.token(ADMIN));
  const [cookie = ''] = [answer.headers['set-cookie'] ?? ''].flat();

  expect(answer.status).toBe(303);
  expect(cookie).toMatch(
    /^__Host-tc_sessao=[\w-]{43}; Path=\/; HttpOnly; Secure; Partitioned; SameSite=None$/,
  );
  const inside = await mundo.get('/', { cookie: cookie.split(';')[0] ?? '', csrf: '' });
  expect(inside.status).toBe(200);
  expect(
    (await mundo.get('/', { cookie: cookie.replace('__Host-', '').split(';')[0] ?? '', csrf: '' })).status,
  ).toBe(401);
});

test('without a cookie the page of the launch holds a token, and every answer brings the next one', async () => {
  const page = await launchSemCookie();
  const first = tokenOf(page.text);
  const inside = await get(first);

  expect([page.status, inside.status]).toEqual([200, 200]);
  expect(page.headers['set-cookie']).toBeUndefined();
  expect(page.headers['cache-control']).toBe('no-store');
  expect(page.text).toContain(`href="${BASE}/contratos"`);
  expect((await get(inside.headers['x-sessao'] ?? '')).status).toBe(200);
});

test('a write needs the CSRF token beside it', async () => {
  const page = await launchSemCookie();
  const csrf = /name="csrf-token" content="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const write = () =>
    request(mundo.origem)
      .post(`${BASE}/prevoo`)
      .set({ 'X-Sessao': tokenOf(page.text), Origin: mundo.origem, Accept: 'text/html' });

  expect((await write()).status).toBe(403);
  expect((await write().set('X-CSRF-Token', csrf)).status).not.toBe(403);
});

test('it lasts five minutes, and no longer', async () => {
  const token = tokenOf((await launchSemCookie()).text);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 290_000 });
  const before = await get(token);
  vi.setSystemTime(Date.now() + 12_000);
  const after = await get(token);

  expect([before.status, after.status]).toEqual([200, 401]);
});

test('a session that is gone takes its tokens with it', async () => {
  const token = tokenOf((await launchSemCookie()).text);
  await run(mundo.sync.db, 'DELETE FROM sessoes');

  expect((await get(token)).status).toBe(401);
});

test('a launch token, a token of another key and a changed one open nothing', async () => {
  const token = tokenOf((await launchSemCookie()).text);
  const [header = '', claims = '', signature = ''] = token.split('.');
  const other = new SignJWT().setProtectedHeader({ alg: 'HS256', typ: 'sessao+jwt' }).setSubject('x');
  const bad = [
    await mundo.token(ADMIN),
    await other.setExpirationTime('5m').sign(mundo.segredo),
    [header, Buffer.from('{"sub":"x","exp":4102444800}').toString('base64url'), signature].join('.'),
    `${header}.${claims}.`,
    '',
  ];

  expect((await Promise.all(bad.map((each) => get(each)))).map(({ status }) => status)).toEqual(
    bad.map(() => 401),
  );
});

test('a session token is no launch token', async () => {
  const token = tokenOf((await launchSemCookie()).text);

  expect((await mundo.launch(token)).status).toBe(403);
});

test('under IXC’s own host there is no such token: the cookie comes, and a header opens nothing', async () => {
  const launched = await launchSemCookie(casa);
  const token = tokenOf((await launchSemCookie()).text);

  expect(launched.status).toBe(303);
  expect(launched.headers['set-cookie']?.[0]).toMatch(/^tc_sessao=.*SameSite=Lax$/);
  expect((await get(token, casa)).status).toBe(401);
});
