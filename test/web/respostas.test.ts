// What comes back: page or fragment, typed values kept, errors in the asked form.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

describe('a read', () => {
  test('is a page with the CSRF token, and varies by htmx’s two headers', async () => {
    const page = await mundo.get('/contratos', admin);

    expect(page.text).toMatch(/^<!doctype html>/);
    expect(page.text).toContain(`<meta name="csrf-token" content="${admin.csrf}">`);
    expect(page.headers['vary']).toMatch(/HX-Request, HX-Request-Type/);
    expect(page.headers['cache-control']).toBe('no-store');
  });

  test('is the fragment alone for a partial htmx request only', async () => {
    const fragment = await mundo.get('/contratos', admin).set(PARTIAL);
    const full = await mundo
      .get('/contratos', admin)
      .set({ 'HX-Request': 'true', 'HX-Request-Type': 'full' });
    const restored = await mundo.get('/contratos', admin).set('HX-History-Restore-Request', 'true');

    expect(fragment.text).toMatch(/^<div id="grade">/);
    expect(full.text).toMatch(/^<!doctype html>/);
    expect(restored.text).toMatch(/^<!doctype html>/);
    expect(fragment.headers['vary']).toMatch(/HX-Request, HX-Request-Type/);
  });

  test('the pages of contracts follow one another by key and hold 25', async () => {
    const first = await mundo.get('/contratos', admin);
    const next = /href="[^"]*(\/contratos\?depois=\d+)"/.exec(first.text)?.[1] ?? '';
    const second = await mundo.get(next, admin);

    const idsOf = (html: string) =>
      [...html.matchAll(/class="nome" href="[^"]*\/contratos\/(\d+)"/g)].map(([, id]) => id);
    const [one, two] = [idsOf(first.text), idsOf(second.text)];
    expect(one).toHaveLength(25);
    expect(new Set([...one, ...two]).size).toBe(50);
  });
});

describe('a write', () => {
  const pause = () => mundo.write('put', '/pausa', admin, { motivo: 'manutenção' });

  test('answers 303 to a form and 200 with the fragment to htmx', async () => {
    const form = await pause();
    const htmx = await pause().set(PARTIAL);
    const resumed = await mundo.write('delete', '/pausa', admin).set(PARTIAL);

    expect([form.status, form.headers['location']]).toEqual([303, `${BASE}/pausa`]);
    expect(htmx.status).toBe(200);
    expect(htmx.text).toMatch(/^<section id="pausa"/);
    expect(htmx.text).toContain('manutenção');
    expect(resumed.text).toContain('Funcionando');
  });

  test('that is wrong brings the form back with what was typed and a message beside each field', async () => {
    const typed = {
      nome: 'Minha "integração"',
      url_base: 'ftp://x',
      usuario: 'a:b',
      senha: 's3nha-digitada',
      perfil: '?',
    };

    const answer = await mundo.write('post', '/integracoes', admin, typed).set(PARTIAL);

    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(/^<section id="integracao-nova"/);
    expect(answer.text).toContain('value="Minha &#34;integração&#34;"');
    expect(answer.text).toContain('value="ftp://x"');
    expect(answer.text).toMatch(/id="campo-usuario-erro">O usuário não pode ter dois-pontos\./);
    expect(answer.text).toMatch(/id="campo-perfil"[^>]*aria-invalid="true"/);
    expect(answer.text).not.toContain('s3nha-digitada');
  });

  test('that is wrong without htmx is a page with the same form', async () => {
    const answer = await mundo.write('post', '/planos', admin, { nome: 'Só o nome', valor: 'muito' });

    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(/^<!doctype html>/);
    expect(answer.text).toContain('value="Só o nome"');
    expect(answer.text).toContain('value="muito"');
  });

  test('keeps reason, moment and number of a cancellation when the number is not the person’s', async () => {
    const typed = { motivo: 'mudou de cidade', confirmacao: '1', quando: 'prazo' };

    const answer = await mundo
      .write('post', `/usuarios/${dados.usuarioId}/cancelamento`, admin, typed)
      .set(PARTIAL);

    expect(answer.status).toBe(422);
    expect(answer.text).toMatch(/^<form class="confirmacao"/);
    expect(answer.text).toContain('value="mudou de cidade"');
    expect(answer.text).toContain('<option value="prazo" selected>');
    expect(answer.text).toMatch(/name="confirmacao"[^>]*value="1"[^>]*aria-invalid="true" data-foco/);
  });

  test('of personal data as a reason is refused and not stored', async () => {
    const answer = await mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, admin, {
      motivo: '123.456.789-09',
    });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Tire o CPF do motivo');
  });

  test('twice at once orders once', async () => {
    const order = () =>
      mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, admin, { motivo: 'a pedido' });

    const answers = await Promise.all([order(), order(), order()]);
    const story = await mundo.get(`/usuarios/${dados.usuarioId}`, admin);
    const undone = await mundo.write('delete', `/usuarios/${dados.usuarioId}/bloqueio`, admin);

    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(story.text.match(/Pediu o bloqueio/g)).toHaveLength(1);
    expect(undone.status).toBe(303);
  });

  test('larger than a form ever is answers 413', async () => {
    const answer = await mundo.write('put', '/pausa', admin, { motivo: 'x'.repeat(200_000) });

    expect(answer.status).toBe(413);
  });
});

describe('an error', () => {
  test('is a page with the menu for a person', async () => {
    const answer = await mundo.get('/nada', admin);

    expect(answer.status).toBe(404);
    expect(answer.text).toContain('Esta página não existe.');
    expect(answer.text).toContain(`href="${BASE}/contratos"`);
  });

  test('is a fragment for htmx', async () => {
    const answer = await mundo.get('/contratos/99999999', admin).set(PARTIAL);

    expect(answer.status).toBe(404);
    expect(answer.text).toMatch(/^<div class="frase" data-tom="atencao"/);
  });

  test('is problem+json with its fields for a program', async () => {
    const answer = await mundo
      .write('post', '/planos', admin, { nome: '' })
      .set('Accept', 'application/problem+json');

    expect(answer.status).toBe(422);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.text)).toMatchObject({
      status: 422,
      title: 'Alguns campos precisam de correção.',
      errors: { nome: expect.any(String), valor: expect.any(String), integracao_id: expect.any(String) },
    });
  });

  test('of an address that is no address is calm', async () => {
    const answers = await Promise.all(
      [
        '/contratos/0',
        '/contratos/abc',
        '/contratos/-1',
        '/usuarios/1e3',
        '/usuarios/99999999999999999999',
      ].map((path) => mundo.get(path, admin)),
    );
    const malformed = await mundo.get('/contratos/%E0%A4%A', admin);

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(malformed.status).toBe(400);
  });
});

// Last: it cuts off the database that the tests above use.
test('without our database a page is calm, says 503 and when to come back', async () => {
  await run(mundo.sync.db, 'RENAME TABLE sessoes TO sessoes_fora');
  const broken = await mundo.get('/', admin);
  await run(mundo.sync.db, 'RENAME TABLE sessoes_fora TO sessoes');
  mundo.cutDb();

  const down = await mundo.get('/', admin);
  const ready = await mundo.get('/readyz');

  expect(broken.status).toBe(500);
  expect(broken.text).toMatch(/Número para o suporte: <code>[\w-]{12}<\/code>/);
  expect([down.status, down.headers['retry-after']]).toEqual([503, '10']);
  expect(down.text).toContain('O banco de dados não respondeu.');
  expect([ready.status, ready.body.motivos]).toEqual([503, ['o banco do plugin não responde']]);
});
