// The way in: one good token opens one session; everything else is refused alike and creates nothing.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { createApp } from '../../src/web/app.ts';
import { BASE, cookieOf, type Mundo, ORIGEM_DO_IXC, startMundo } from './mundo.ts';

const ADMIN = OPERADORES.administrador.id;

let mundo: Mundo;

beforeAll(async () => {
  mundo = await startMundo();
});
afterAll(() => mundo.stop());

const now = () => Math.floor(Date.now() / 1000);

const countSessions = async (): Promise<number> => {
  const sql = 'SELECT (SELECT COUNT(*) FROM sessoes) + (SELECT COUNT(*) FROM tokens_usados) AS total';
  return (await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }))).total;
};

test('a good token lands on its path with a session cookie', async () => {
  const answer = await mundo.launch(
    await mundo.token(ADMIN, { path: '/contratos/301?acao=bloquear', contrato: 301 }),
  );

  expect(answer.status).toBe(303);
  expect(answer.headers['location']).toBe(`${BASE}/contratos/301?acao=bloquear`);
  expect(answer.headers['set-cookie']).toHaveLength(1);
  expect(answer.headers['set-cookie']?.[0]).toMatch(
    /^tc_sessao=[\w-]{43}; Path=\/addons\/tele-clinica; HttpOnly; SameSite=Lax$/,
  );
});

test('behind HTTPS the cookie is Secure', async () => {
  const answer = await mundo.launch(await mundo.token(ADMIN)).set('X-Forwarded-Proto', 'https');

  expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure;/);
});

const tampered: [string, () => Promise<string>][] = [
  ['another audience', () => mundo.token(ADMIN, { aud: 'outro' })],
  ['a list of audiences', () => mundo.token(ADMIN, { aud: ['tele-clinica', 'outro'] })],
  ['another issuer', () => mundo.token(ADMIN, { iss: 'https://outro.example.com' })],
  ['an expired life', () => mundo.token(ADMIN, { iat: now() - 90, exp: now() - 30 })],
  ['a life that begins in the future', () => mundo.token(ADMIN, { iat: now() + 30, exp: now() + 60 })],
  ['a life of more than a minute', () => mundo.token(ADMIN, { exp: now() + 120 })],
  ['a life that ends before it begins', () => mundo.token(ADMIN, { iat: now() + 5, exp: now() + 1 })],
  ['no jti', () => mundo.token(ADMIN, { jti: undefined })],
  ['a short jti', () => mundo.token(ADMIN, { jti: '1' })],
  ['no expiry', () => mundo.token(ADMIN, { exp: undefined })],
  ['no subject', () => mundo.token(ADMIN, { sub: undefined })],
  ['a subject that is no id', () => mundo.token(ADMIN, { sub: "1' OR '1'='1" })],
  ['an unknown operator', () => mundo.token(999_999)],
  ['an inactive operator', () => mundo.token(OPERADORES.inativo.id)],
  ['another type', () => mundo.token(ADMIN, {}, { header: { typ: 'JWT' } })],
  ['another key', () => mundo.token(ADMIN, {}, { segredo: randomBytes(32) })],
  ['a longer digest', () => mundo.token(ADMIN, {}, { header: { alg: 'HS512' }, segredo: randomBytes(64) })],
  ['algorithm none', async () => unsigned(await mundo.token(ADMIN))],
  ['its signature cut off', async () => (await mundo.token(ADMIN)).replace(/\.[^.]+$/, '.')],
  ['a path to another host', () => mundo.token(ADMIN, { path: '//outro.example.com/' })],
  ['an absolute address', () => mundo.token(ADMIN, { path: 'https://outro.example.com/' })],
  ['a path that climbs out', () => mundo.token(ADMIN, { path: '/../admin' })],
  ['an encoded climb', () => mundo.token(ADMIN, { path: '/%2e%2e/admin' })],
  ['a backslash', () => mundo.token(ADMIN, { path: '/\\outro.example.com' })],
  ['a line break in the path', () => mundo.token(ADMIN, { path: '/a\r\nSet-Cookie: b=c' })],
  ['no path', () => mundo.token(ADMIN, { path: undefined })],
  [
    'a contract that is not the one in the path',
    () => mundo.token(ADMIN, { path: '/contratos/301', contrato: 302 }),
  ],
  [
    'a contract and a path of something else',
    () => mundo.token(ADMIN, { path: '/usuarios/301', contrato: 301 }),
  ],
  ['a contract that only begins alike', () => mundo.token(ADMIN, { path: '/contratos/3010', contrato: 301 })],
  ['nothing in it', async () => ''],
  ['no token shape', async () => 'a.b.c'],
  ['a hundred kilobytes', async () => 'x'.repeat(100_000)],
  ['five kilobytes of claims', () => mundo.token(ADMIN, { extra: 'x'.repeat(5_000) })],
];

test.each(tampered)('T-51: a token with %s is refused and creates nothing', async (_what, make) => {
  const before = await countSessions();

  const answer = await mundo.launch(await make());

  expect(answer.status).toBe(403);
  expect(answer.headers['set-cookie']).toBeUndefined();
  expect(answer.text).toContain('Não foi possível entrar na Tele Clínica.');
  expect(await countSessions()).toBe(before);
});

const unsigned = (token: string): string => {
  const [, claims] = token.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'launch+jwt' })).toString('base64url');
  return `${header}.${claims}.`;
};

test('a body that is no form is refused in the same way', async () => {
  const answer = await request(mundo.origem).post(`${BASE}/launch`).send({ token: 'a.b.c' });

  expect(answer.status).toBe(403);
});

test('clocks may differ by ten seconds', async () => {
  const late = await mundo.launch(await mundo.token(ADMIN, { iat: now() - 65, exp: now() - 5 }));
  const early = await mundo.launch(await mundo.token(ADMIN, { iat: now() + 5, exp: now() + 60 }));

  expect([late.status, early.status]).toEqual([303, 303]);
});

test('T-50: of fifty copies at the same instant exactly one enters', async () => {
  const before = await countSessions();
  const token = await mundo.token(ADMIN);

  const answers = await Promise.all(Array.from({ length: 50 }, () => mundo.launch(token)));

  expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 403)).toHaveLength(49);
  expect(await countSessions()).toBe(before + 2);
});

test('the same person launching again keeps session and CSRF token, somebody else gets their own', async () => {
  const first = await mundo.login(ADMIN);

  const again = await mundo.launch(await mundo.token(ADMIN)).set('Cookie', first.cookie);
  const page = await mundo.get('/', first);
  const other = await mundo.launch(await mundo.token(OPERADORES.outraFilial.id)).set('Cookie', first.cookie);

  expect(again.headers['set-cookie']).toBeUndefined();
  expect(page.text).toContain(first.csrf);
  expect(cookieOf(other.headers['set-cookie'])).not.toBe(first.cookie);
  expect((await mundo.get('/', first)).status).toBe(401);
});

test('the table keeps a hash, not the cookie', async () => {
  const { cookie } = await mundo.login(ADMIN);
  const value = cookie.split('=')[1] ?? '';

  const found = await row(
    mundo.sync.db,
    'SELECT COUNT(*) AS total FROM sessoes WHERE resumo = :value OR HEX(resumo) = HEX(:value2)',
    { value, value2: value },
    z.object({ total: z.number() }),
  );

  expect(value).toHaveLength(43);
  expect(found.total).toBe(0);
});

describe('with an Ed25519 key', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const app = () => {
    const config = { ...mundo.sync.config, launchKey: { alg: 'EdDSA', pem } as const };
    return createApp({ sync: { ...mundo.sync, config }, versao: '9.9.9' });
  };
  const claims = () => ({
    iss: ORIGEM_DO_IXC,
    aud: 'tele-clinica',
    sub: String(ADMIN),
    path: '/',
    iat: now(),
    exp: now() + 60,
    jti: randomBytes(16).toString('hex'),
  });
  const post = (token: string) => request(app()).post(`${BASE}/launch`).type('form').send({ token });

  test('its own signature enters', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'EdDSA', typ: 'launch+jwt' })
      .sign(privateKey);

    expect((await post(token)).status).toBe(303);
  });

  test('the public key used as an HMAC secret does not', async () => {
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', typ: 'launch+jwt' })
      .sign(Buffer.from(pem));

    expect((await post(token)).status).toBe(403);
  });
});

test('a session that cannot be stored sets no cookie', async () => {
  await run(mundo.sync.db, 'RENAME TABLE sessoes TO sessoes_fora');

  const answer = await mundo.launch(await mundo.token(ADMIN));
  await run(mundo.sync.db, 'RENAME TABLE sessoes_fora TO sessoes');

  expect(answer.status).toBe(403);
  expect(answer.headers['set-cookie']).toBeUndefined();
});

test('each refusal leaves a row with its reason, who when the signature was good, and never the token', async () => {
  const last = async () => {
    const sql =
      "SELECT operador_id AS quem, detalhe FROM auditoria WHERE evento = 'launch_recusado' ORDER BY id DESC LIMIT 1";
    return row(
      mundo.sync.db,
      sql,
      {},
      z.object({ quem: z.number().nullable(), detalhe: z.record(z.string(), z.unknown()) }),
    );
  };
  // A window of its own: those before may have filled theirs.
  const app = createApp({ sync: mundo.sync, versao: '9.9.9' });
  const refuse = async (token: string) => {
    const { status } = await request(app).post(`${BASE}/launch`).type('form').send({ token });
    const { quem, detalhe } = await last();
    return [status, quem, detalhe['motivo']];
  };
  const used = await mundo.token(ADMIN);
  await request(app).post(`${BASE}/launch`).type('form').send({ token: used });

  expect(await refuse(used)).toEqual([403, ADMIN, 'repetido']);
  expect(await refuse(`${(await mundo.token(ADMIN)).slice(0, -4)}AAAA`)).toEqual([403, null, 'assinatura']);
  expect(await refuse(await mundo.token(ADMIN, { aud: 'outro' }))).toEqual([403, null, 'destino']);
  expect(await refuse(await mundo.token(ADMIN, { iat: now() - 90, exp: now() - 30 }))).toEqual([
    403,
    null,
    'vencido',
  ]);
  expect(await refuse(await mundo.token(999_999))).toEqual([403, 999_999, 'operador']);
  expect(await refuse(await mundo.token(ADMIN, { path: '//outro' }))).toEqual([403, ADMIN, 'caminho']);
  expect(await refuse('lixo')).toEqual([403, null, 'formato']);
  expect(JSON.stringify(await last())).not.toContain('lixo');
});

// Last: it leaves the limiter of this application full.
test('a flood of bad tokens meets 429, and a good one still enters', async () => {
  const answers = await Promise.all(Array.from({ length: 120 }, () => mundo.launch('a.b.c')));
  const good = await mundo.launch(await mundo.token(ADMIN));

  const sql =
    "SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'launch_recusado' AND operador_id IS NULL";
  const { total } = await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }));
  expect(total).toBeLessThan(50);

  expect(answers.at(-1)?.status).toBe(429);
  expect(answers.every(({ status }) => status === 403 || status === 429)).toBe(true);
  expect(good.status).toBe(303);
});
