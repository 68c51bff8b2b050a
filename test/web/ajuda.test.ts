// Help: a page for every screen, a description for every route, and the table of roles as the code has it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { rotas } from '../../src/web/rotas.ts';
import { DESCRICOES } from '../../src/web/rotasDescritas.ts';
import { helpOf, TELAS } from '../../src/web/telas.ts';
import { BASE, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

const names = rotas.map(({ method, path }) => `${method.toUpperCase()} ${path}`);

test('every route has a description, and every description a route', () => {
  expect(Object.keys(DESCRICOES).sort()).toEqual([...names].sort());
  expect(Object.values(DESCRICOES).filter((text) => text.length < 10)).toEqual([]);
});

test('every screen of the route table has a page of help', () => {
  const screens = new Set(rotas.map(({ path }) => path.split('/')[1]?.split('.')[0] ?? ''));
  const without = [...screens].filter((screen) => !['ajuda', 'sessao'].includes(screen)).map((s) => `/${s}`);

  expect(without.filter((path) => helpOf(path) === '/ajuda')).toEqual([]);
});

test.each([
  ['/', '/ajuda/painel'],
  ['/contratos/12', '/ajuda/contratos'],
  ['/ajuda/lotes', '/ajuda'],
  ['/nada', '/ajuda'],
  ['/constructor', '/ajuda'],
])('the help of %s is %s', (path, help) => {
  expect(helpOf(path)).toBe(help);
});

test.each(Object.entries(TELAS))(
  'the page of %s says what to do and what the words mean',
  async (nome, tela) => {
    const page = await mundo.get(`/ajuda/${nome}`, admin);

    expect(page.status).toBe(200);
    expect(page.text).toContain(`<h1>${tela.nome}</h1>`);
    expect(page.text.match(/<dt>/g)?.length).toBeGreaterThan(1);
    expect(page.text.match(/<li>/g)?.length).toBeGreaterThan(1);
  },
);

describe('the table of roles', () => {
  test('holds every route under the role that it asks for', async () => {
    const { text } = await mundo.get('/ajuda/papeis', admin);
    const sections = new Map(
      PAPEIS.map((papel) => [papel, text.split(`id="papel-${papel}"`)[1]?.split('</section>')[0] ?? '']),
    );

    for (const { method, path, papel } of rotas)
      expect(sections.get(papel)).toContain(`<code>${method.toUpperCase()} ${path}</code>`);
    expect(text.match(/<code>/g)).toHaveLength(rotas.length);
  });

  test('says which roles are the reader’s own', async () => {
    const sessao = await mundo.loginWith(['operar']);

    const { text } = await mundo.get('/ajuda/papeis', sessao);

    expect(text.match(/você tem/g)).toHaveLength(2);
  });
});

test('a page of help that does not exist is a calm 404 that leads to the list', async () => {
  const answer = await mundo.get('/ajuda/nada', admin);
  const proto = await mundo.get('/ajuda/constructor', admin);

  expect([answer.status, proto.status]).toEqual([404, 404]);
  expect(answer.text).toContain(`href="${BASE}/ajuda"`);
});

test('the glossary and the list of help open', async () => {
  const [glossario, lista] = await Promise.all(
    ['/ajuda/glossario', '/ajuda'].map((path) => mundo.get(path, admin)),
  );

  expect(glossario?.text).toContain('<dt>Carência</dt>');
  for (const nome of Object.keys(TELAS)) expect(lista?.text).toContain(`${BASE}/ajuda/${nome}`);
});
