// Sessions end when they should, and only a person's own requests keep them alive.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { cookieOf, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let sessao: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
});
afterAll(() => mundo.stop());

const setAge = (column: 'vista_em' | 'criada_em', minutes: number) =>
  run(mundo.sync.db, `UPDATE sessoes SET ${column} = UTC_TIMESTAMP(3) - INTERVAL :minutes MINUTE`, {
    minutes,
  });

const idleSeconds = async (): Promise<number> => {
  const sql = 'SELECT TIMESTAMPDIFF(SECOND, MAX(vista_em), UTC_TIMESTAMP(3)) AS parada FROM sessoes';
  return (await row(mundo.sync.db, sql, {}, z.object({ parada: z.number() }))).parada;
};

test('T-59: 31 idle minutes end a session, 29 do not', async () => {
  sessao = await mundo.login(OPERADORES.administrador.id);

  await setAge('vista_em', 29);
  const still = await mundo.get('/', sessao);
  await setAge('vista_em', 31);
  const over = await mundo.get('/', sessao);

  expect([still.status, over.status]).toEqual([200, 401]);
});

test('T-59: eight hours end a session in use', async () => {
  sessao = await mundo.login(OPERADORES.administrador.id);

  await setAge('criada_em', 8 * 60 + 1);

  expect((await mundo.get('/', sessao)).status).toBe(401);
});

test('a person’s request counts as use, a fragment that follows itself does not', async () => {
  sessao = await mundo.login(OPERADORES.administrador.id);
  await setAge('vista_em', 20);

  await mundo.get('/', sessao).set('X-Acompanha', '1');
  const afterFollowing = await idleSeconds();
  await mundo.get('/', sessao);
  const afterPerson = await idleSeconds();

  expect(afterFollowing).toBeGreaterThanOrEqual(20 * 60);
  expect(afterPerson).toBeLessThan(60);
});

test('without a session a page says how to come back', async () => {
  const answer = await mundo.get('/contratos');

  expect(answer.status).toBe(401);
  expect(answer.text).toContain('Volte ao IXC e abra a Tele Clínica');
});

test('without a session htmx is sent to a page that needs none', async () => {
  const answer = await mundo.get('/contratos').set({ 'HX-Request': 'true', 'HX-Request-Type': 'partial' });
  const path = answer.headers['hx-redirect'] ?? '';
  const page = await mundo.get(path.replace('/addons/tele-clinica', ''));

  expect(answer.status).toBe(401);
  expect(page.status).toBe(200);
  expect(page.text).toContain('Sua sessão terminou');
});

test('T-59: an invented cookie is no session', async () => {
  const answer = await mundo.get('/', { cookie: `tc_sessao=${'a'.repeat(43)}`, csrf: '' });

  expect(answer.status).toBe(401);
});

test('T-59: a cookie planted before the launch never becomes the session', async () => {
  const planted = `tc_sessao=${'b'.repeat(43)}`;

  const launched = await mundo.launch(await mundo.token(OPERADORES.administrador.id)).set('Cookie', planted);

  expect(cookieOf(launched.headers['set-cookie'])).not.toBe(planted);
  expect((await mundo.get('/', { cookie: planted, csrf: '' })).status).toBe(401);
});

test('T-59: a session that somebody else’s launch closed opens nothing to whoever kept its cookie', async () => {
  const stolen = await mundo.login(OPERADORES.administrador.id);

  await mundo.launch(await mundo.token(OPERADORES.gerente.id)).set('Cookie', stolen.cookie);

  expect((await mundo.get('/', stolen)).status).toBe(401);
});
