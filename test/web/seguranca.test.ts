// What every answer carries, who may use plain HTTP, and what machines may read.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { BASE, type Mundo, ORIGEM_DO_IXC, startMundo } from './mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await startMundo();
});
afterAll(() => mundo.stop());

describe('headers', () => {
  test('the content policy allows our own files and nothing inline, and IXC may frame us', async () => {
    const { headers } = await mundo.get('/', await mundo.login(OPERADORES.administrador.id));
    const policy = headers['content-security-policy'] ?? '';

    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain(`frame-ancestors 'self' ${ORIGEM_DO_IXC}`);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers['x-frame-options']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('no page holds inline script, style or handlers', async () => {
    const sessao = await mundo.login(OPERADORES.administrador.id);
    const pages = await Promise.all(
      [
        '/',
        '/contratos',
        '/contratos/301',
        '/usuarios',
        '/operacoes',
        '/planos',
        '/planos/novo',
        '/integracoes/nova',
      ].map((path) => mundo.get(path, sessao)),
    );
    const html = pages.map(({ text }) => text).join();

    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(html).not.toMatch(/<style|\sstyle="|\son\w+="|hx-on|js:|hx-trigger="[^"]*\[/);
  });

  test('files may be kept for ever, and are all that a first page needs', async () => {
    const page = await mundo.get('/sessao');
    const addresses = [...page.text.matchAll(/(?:href|src)="([^"]+\.(?:css|js|svg)[^"]*)"/g)].map(
      ([, url]) => url ?? '',
    );
    const files = await Promise.all(
      [...new Set(addresses)].map((url) => request(mundo.origem).get(url).set('Accept-Encoding', 'gzip')),
    );

    expect(files.map(({ status }) => status)).toEqual(files.map(() => 200));
    expect(files.length).toBeLessThanOrEqual(5);
    for (const { headers } of files)
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });
});

describe('plain HTTP', () => {
  const get = (headers: Record<string, string>, path = '/sessao') =>
    request(mundo.origem).get(`${BASE}${path}`).set(headers);

  test('at another name is refused with the way out', async () => {
    const answer = await get({ Host: 'ixc.example.com' });

    expect(answer.status).toBe(403);
    expect(answer.text).toContain('só pode ser aberta por HTTPS');
  });

  test('for a visitor behind a proxy is refused even when the proxy calls itself localhost', async () => {
    const byAddress = await get({ 'X-Forwarded-For': '203.0.113.9' });
    const byName = await get({ 'X-Forwarded-Host': 'ixc.example.com' });

    expect([byAddress.status, byName.status]).toEqual([403, 403]);
  });

  test('is fine behind a local proxy that received HTTPS', async () => {
    const answer = await get({
      Host: 'ixc.example.com',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-For': '203.0.113.9',
    });

    expect(answer.status).toBe(200);
  });

  test('keeps the launch out too, and leaves /healthz', async () => {
    const token = await mundo.token(OPERADORES.administrador.id);
    const launched = await mundo.launch(token).set('Host', 'ixc.example.com');

    expect(launched.status).toBe(403);
    expect(launched.headers['set-cookie']).toBeUndefined();
    expect((await get({ Host: 'ixc.example.com' }, '/healthz')).status).toBe(200);
  });
});

describe('machines', () => {
  test('read life, readiness and version', async () => {
    const [live, ready, version] = await Promise.all(
      ['/healthz', '/readyz', '/version'].map((path) => mundo.get(path)),
    );

    expect([live?.status, ready?.status, version?.status]).toEqual([200, 200, 200]);
    expect(version?.body).toEqual({ name: 'tele-clinica', version: '9.9.9' });
  });

  test('read metrics from this machine only, and not through the proxy', async () => {
    const local = await mundo.get('/metrics');
    const proxied = await mundo.get('/metrics').set({ 'X-Forwarded-For': '127.0.0.1' });

    expect(local.status).toBe(200);
    expect(local.text).toContain('teleclinica_usuarios{situacao="ativo"} 0');
    expect(local.text).not.toMatch(/rota="[^"]*\d{3}/);
    expect(proxied.status).toBe(403);
  });

  test('with METRICS_TOKEN need it, from anywhere', async () => {
    const guarded = await startMundo({ METRICS_TOKEN: 'um-token-longo' });
    const read = (authorization: string) => guarded.get('/metrics').set('Authorization', authorization);

    const statuses = [
      (await guarded.get('/metrics')).status,
      (await read('Bearer outro')).status,
      (await read('Bearer um-token-longo')).status,
    ];
    await guarded.stop();

    expect(statuses).toEqual([403, 403, 200]);
  });
});

test('with an empty BASE_PATH everything lives at the root', async () => {
  const root = await startMundo({ BASE_PATH: '' });
  const answer = await request(root.origem)
    .post('/launch')
    .type('form')
    .send({ token: await root.token(OPERADORES.administrador.id, { path: '/contratos' }) });
  const cookie = answer.headers['set-cookie']?.[0] ?? '';
  const page = await request(root.origem)
    .get('/contratos')
    .set('Cookie', cookie.split(';')[0] ?? '');
  await root.stop();

  expect([answer.status, answer.headers['location']]).toEqual([303, '/contratos']);
  expect(cookie).toContain('Path=/;');
  expect(page.status).toBe(200);
  expect(page.text).toContain('href="/app.css?v=');
});
