// Role × route × filial, and attacks on every line of the route table: made from the table itself, so that no route is left out.
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import type { Papel } from '../../src/sync/tipos.ts';
import type { Rota } from '../../src/web/rota.ts';
import { rotas } from '../../src/web/rotas.ts';
import { openIxcEscrita } from '../setup/ixc.ts';
import { addressOf, isOfFilial } from './enderecos.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let dados: Dados;

// Before the application starts, which keeps the clock it finds.
const clock = Date.now;
let shift = 0;

beforeAll(async () => {
  Date.now = () => clock() + shift;
  mundo = await startMundo();
  dados = await addDados(mundo);
});
afterAll(async () => {
  Date.now = clock;
  await mundo.stop();
});

/** Both people hold exactly these roles: one sees every filial, the other only one that is not the data's. */
async function loginPair(papeis: readonly Papel[]): Promise<{ propria: Sessao; outra: Sessao }> {
  const mapa = {
    [OPERADORES.administrador.grupo]: PAPEIS,
    [OPERADORES.gerente.grupo]: papeis,
    [OPERADORES.outraFilial.grupo]: papeis,
  };
  const valor = JSON.stringify(mapa);
  await run(mundo.sync.db, "REPLACE INTO configuracoes (chave, valor) VALUES ('papeis', :valor)", { valor });
  return {
    propria: await mundo.login(OPERADORES.gerente.id),
    outra: await mundo.login(OPERADORES.outraFilial.id),
  };
}

const call = (rota: Rota, sessao: Sessao, id?: number) => {
  const address = addressOf(rota, dados, id);
  return rota.method === 'get' ? mundo.get(address, sessao) : mundo.write(rota.method, address, sessao);
};

const nameOf = ({ method, path }: Rota) => `${method.toUpperCase()} ${path}`;
// What holds for every filial is not for somebody who sees one.
const SO_QUEM_VE_TUDO = new Set([
  'PUT /sincronizacao/regras',
  'POST /sincronizacao/estrutura',
  'GET /configuracoes/direitos/padrao',
  'PUT /configuracoes/direitos',
  'DELETE /configuracoes/direitos',
  'PUT /configuracoes/contatos',
  'PUT /configuracoes/textos',
  'POST /fechamentos/:mes',
]);

const writes = rotas.filter(({ method }) => method !== 'get');

// 401 and 403 are the only refusals that speak of the person; any other answer means that it was let in.
const classOf = (status: number): string =>
  status === 401 || status === 403 || status === 404 ? String(status) : 'entra';

// Three of the six in the short run: recusas.test.ts takes each role away in turn.
const SOZINHOS = PAPEIS.filter(
  (papel) => process.env['LONGO'] === '1' || ['ver', 'operar', 'configurar'].includes(papel),
);

describe.each(SOZINHOS)('T-57: with the role %s alone', (papel) => {
  test('every route in both filiais answers as the table says', async () => {
    const { propria, outra } = await loginPair([papel]);
    const found: Record<string, string[]> = {};
    const expected: Record<string, string[]> = {};
    for (const rota of rotas) {
      const holds = rota.papel === papel || rota.papel === 'ver';
      const allowed = holds ? 'entra' : '403';
      // A write that is let in may meet what an earlier write of this very walk has removed.
      const settled = (status: string) =>
        holds && status === '404' && rota.method !== 'get' ? allowed : status;
      const own = classOf((await call(rota, propria)).status);
      const other = classOf((await call(rota, outra)).status);
      const elsewhere = SO_QUEM_VE_TUDO.has(nameOf(rota)) ? '403' : allowed;
      found[nameOf(rota)] = [settled(own), isOfFilial(rota) ? other : settled(other)];
      expected[nameOf(rota)] = [allowed, isOfFilial(rota) ? '404' : elsewhere];
    }
    expect(found).toEqual(expected);
  });
});

test('T-56: what is of another filial answers byte for byte as what does not exist, on every route that names it', async () => {
  const { outra } = await loginPair(PAPEIS);
  const plain = (text: string) => text.replaceAll(/\d+|content="[^"]*"/g, '#');
  const different: string[] = [];
  for (const rota of rotas.filter(isOfFilial)) {
    const foreign = await call(rota, outra);
    const missing = await call(rota, outra, 99_999_999);
    if (foreign.status !== 404 || plain(foreign.text) !== plain(missing.text)) different.push(nameOf(rota));
  }
  expect(different).toEqual([]);
});

test('T-56: no list, export or search of another filial shows the person', async () => {
  const { outra } = await loginPair(PAPEIS);
  const lists = rotas.filter(({ method, path }) => method === 'get' && !path.includes(':'));
  for (const rota of lists) {
    for (const busca of [
      '',
      `?busca=${encodeURIComponent(PESSOAS.ativa.nome)}`,
      `?busca=${PESSOAS.ativa.cpf}`,
    ]) {
      const { text = '' } = await mundo.get(`${rota.path}${busca}`, outra);
      // The field of a search shows what was typed into it.
      const shown = text.replaceAll(/value="[^"]*"|content="[^"]*"|busca=[^"&]*/g, '');
      expect(shown.includes(`contrato ${dados.contratoId}`), `${nameOf(rota)}${busca}`).toBe(false);
      expect(shown.includes(`data-contrato="${dados.contratoId}"`), `${nameOf(rota)}${busca}`).toBe(false);
    }
  }
});

describe('T-54: a write that did not start from our page', () => {
  const auditoria = async (): Promise<number> => {
    const sql = 'SELECT COUNT(*) AS total FROM auditoria';
    return (await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }))).total;
  };
  const attacks: [string, (test: request.Test) => request.Test][] = [
    ['foreign Origin', (test) => test.set('Origin', 'https://outro.example.com')],
    ['Origin null', (test) => test.set('Origin', 'null')],
    ['a sibling of IXC’s domain', (test) => test.set('Origin', 'https://outro.ixc.example.com')],
    ['neither Origin nor token', (test) => test.unset('Origin').unset('X-CSRF-Token')],
    [
      'a text/plain form',
      (test) =>
        test
          .unset('X-CSRF-Token')
          .type('text/plain')
          .serialize(() => 'motivo=x'),
    ],
    ['the token as a field', (test) => test.unset('X-CSRF-Token').type('form').query({ csrf: 'x' })],
    ['a cross-site frame', (test) => test.set('Sec-Fetch-Site', 'cross-site')],
    ['a same-site neighbour', (test) => test.set('Sec-Fetch-Site', 'same-site')],
  ];

  test.each(attacks)('%s: 403 on every write, and nothing changed', async (_what, attack) => {
    const { propria } = await loginPair(PAPEIS);
    const before = await auditoria();
    const entered: string[] = [];
    for (const rota of writes)
      if ((await attack(call(rota, propria))).status !== 403) entered.push(nameOf(rota));
    expect(entered).toEqual([]);
    expect(await auditoria()).toBe(before);
  });
});

test('T-55: every answer names who may frame it: pages, fragments, refusals, files, machines', async () => {
  const { propria } = await loginPair(['ver']);
  const gets = rotas.filter(({ method }) => method === 'get');
  const inside = await Promise.all(gets.map((rota) => call(rota, propria)));
  const outside = await Promise.all(gets.map((rota) => call(rota, { cookie: '', csrf: '' })));
  const others = await Promise.all([
    ...['/app.css', '/app.js', '/icone.svg', '/healthz', '/readyz', '/version', '/sessao', '/nada', '/%'].map(
      (path) => mundo.get(path),
    ),
    mundo.launch('a.b.c'),
    request(mundo.origem).get('/fora-do-plugin'),
    request(mundo.origem).options(`${BASE}/`),
  ]);
  const policies = [...inside, ...outside, ...others].map(({ headers, status }) =>
    /frame-ancestors 'self' https:\/\/ixc\.example\.com$/.test(headers['content-security-policy'] ?? '')
      ? 'ok'
      : status,
  );
  expect(new Set(policies)).toEqual(new Set(['ok']));
});

describe('T-58: fields that a form does not have', () => {
  test('are ignored, and a field sent twice counts once', async () => {
    const { propria } = await loginPair(PAPEIS);
    const body =
      'motivo=a+pedido&filial_id=2&operador_id=99&desejada=cancelado&observada=cancelado&papel=configurar' +
      '&__proto__[papeis]=aprovar&constructor.prototype.x=1&id=77&motivo=segundo';
    const sql =
      'SELECT desejada, observada, (SELECT COUNT(*) FROM usuarios) AS total FROM usuarios WHERE id = :id';
    const state = z.object({ desejada: z.string(), observada: z.string(), total: z.number() });
    const read = () => row(mundo.sync.db, sql, { id: dados.usuarioId }, state);
    const before = await read();

    const answer = await mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, propria).send(body);
    const after = await read();

    expect(answer.status).toBe(303);
    expect(after).toEqual({ ...before, desejada: 'bloqueado' });
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

test('T-52: made inactive, or taken out of the filial, after the launch: refused within five minutes, session closed', async () => {
  const ixc = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
  const { outra, propria } = await loginPair(PAPEIS);
  try {
    await ixc.change('usuarios', OPERADORES.outraFilial.id, { status: 'I' });
    shift = 5 * 60_000 + 1;
    expect((await mundo.get('/', outra)).status).toBe(403);
    expect((await mundo.get('/', outra)).status).toBe(401);
    expect((await mundo.get('/', propria)).status).toBe(200);
  } finally {
    shift = 0;
    await ixc.change('usuarios', OPERADORES.outraFilial.id, { status: 'A' });
    await ixc.end();
  }
});
