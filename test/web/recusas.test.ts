// Who is refused what, in which order: session, CSRF, existence and branch, role, input, state.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import type { Papel } from '../../src/sync/tipos.ts';
import { PAPEIS } from '../../src/web/direitos.ts';
import type { Rota } from '../../src/web/rota.ts';
import { rotas } from '../../src/web/rotas.ts';
import { addDados, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

const names = rotas.map((rota) => [`${rota.method.toUpperCase()} ${rota.path}`, rota] as const);

// The address of a route with ids that exist.
function addressOf({ path }: Rota): string {
  const ids: Record<string, number> = {
    integracoes: dados.integracaoId,
    planos: dados.planoId,
    contratos: dados.contratoId,
    usuarios: dados.usuarioId,
    operacoes: dados.operacaoId,
    lotes: dados.loteId,
  };
  const id = ids[path.split('/')[1] ?? ''] ?? 0;
  return path
    .replace(':mes', '2026-10')
    .replace(':id', String(id))
    .replace(':vinculo', String(dados.vinculoId))
    .replace(':tela', 'contratos');
}

const call = (rota: Rota, sessao: Sessao) =>
  rota.method === 'get'
    ? mundo.get(addressOf(rota), sessao)
    : mundo.write(rota.method, addressOf(rota), sessao);

describe.each(names)('%s', (_name, rota) => {
  test('without a session answers 401', async () => {
    expect((await call(rota, { cookie: '', csrf: '' })).status).toBe(401);
  });
});

describe.each(PAPEIS.filter((papel) => papel !== 'ver' && papel !== 'dados'))(
  'without the role %s',
  (missing) => {
    test('every route that needs it answers 403 and no other does', async () => {
      const sessao = await mundo.loginWith(PAPEIS.filter((papel) => papel !== missing));

      const reads = rotas.filter((rota) => rota.papel === missing || rota.method === 'get');
      const answers = await Promise.all(
        reads.map(async (rota) => ({ rota, status: (await call(rota, sessao)).status })),
      );

      const refused = answers.filter(({ status }) => status === 403).map(({ rota }) => rota);
      expect(refused).toEqual(rotas.filter(({ papel }) => papel === missing));
    });
  },
);

test('without any role everything answers 403', async () => {
  const sessao = await mundo.loginWith([]);

  const statuses = await Promise.all(rotas.map(async (rota) => (await call(rota, sessao)).status));

  expect(new Set(statuses)).toEqual(new Set([403]));
});

test('every role implies ver', async () => {
  const sessao = await mundo.loginWith(['dados']);

  expect((await mundo.get('/contratos', sessao)).status).toBe(200);
});

test('until a mapping is saved administrators hold every role and others none', async () => {
  const fresh = await startMundo();

  const administrador = await fresh.login(OPERADORES.administrador.id);
  const gerente = await fresh.login(OPERADORES.gerente.id);
  const statuses = [await fresh.get('/integracoes/nova', administrador), await fresh.get('/', gerente)];
  await fresh.stop();

  expect(statuses.map(({ status }) => status)).toEqual([200, 403]);
});

describe('a write', () => {
  const block = () =>
    mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, admin, { motivo: 'a pedido' });
  const orders = async (): Promise<number> => {
    const sql = "SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'bloqueio_pedido'";
    return (await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }))).total;
  };

  const attacks: [string, () => ReturnType<typeof block>][] = [
    ['without the token', () => block().unset('X-CSRF-Token')],
    ['with another token', () => block().set('X-CSRF-Token', 'a'.repeat(43))],
    ['from another origin', () => block().set('Origin', 'https://outro.example.com')],
    ['from IXC’s own pages', () => block().set('Origin', 'https://ixc.example.com')],
    ['from origin null', () => block().set('Origin', 'null')],
    ['from no browser and without the token', () => block().unset('Origin').unset('X-CSRF-Token')],
    ['that the browser calls cross-site', () => block().set('Sec-Fetch-Site', 'cross-site')],
    ['that the browser calls same-site', () => block().set('Sec-Fetch-Site', 'same-site')],
    ['that the browser calls typed by hand', () => block().set('Sec-Fetch-Site', 'none')],
  ];

  test.each(attacks)('%s answers 403 and changes nothing', async (_what, attack) => {
    expect((await attack()).status).toBe(403);
    expect(await orders()).toBe(0);
  });

  test('a program that is no browser writes with the token alone', async () => {
    const address = `/usuarios/${dados.usuarioId}/cancelamento`;

    expect((await mundo.write('delete', address, admin).unset('Origin')).status).toBe(303);
  });

  test('that the browser calls same-origin needs no Origin', async () => {
    const address = `/usuarios/${dados.usuarioId}/cancelamento`;

    const answer = await mundo
      .write('delete', address, admin)
      .unset('Origin')
      .set('Sec-Fetch-Site', 'same-origin');

    expect(answer.status).toBe(303);
  });
});

describe('the order of refusals', () => {
  const missing = '/usuarios/999999/bloqueio';
  const onlyVer: readonly Papel[] = ['ver'];

  test('CSRF comes before existence', async () => {
    const answer = await mundo.write('post', missing, admin).unset('X-CSRF-Token');

    expect(answer.status).toBe(403);
  });

  test('existence comes before role', async () => {
    const sessao = await mundo.loginWith(onlyVer);

    expect((await mundo.write('post', missing, sessao)).status).toBe(404);
  });

  test('role comes before input', async () => {
    const sessao = await mundo.loginWith(onlyVer);

    expect((await mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, sessao)).status).toBe(403);
  });

  test('input comes before state', async () => {
    const address = `/contratos/${PESSOAS.bloqueioAutomatico.contrato}/usuario`;
    const block = await mundo.write('post', `/usuarios/${dados.usuarioId}/bloqueio`, admin);
    const forbidden = await mundo.write('post', address, admin);

    expect([block.status, forbidden.status]).toEqual([422, 409]);
  });
});

describe('branches', () => {
  const withoutIds = (html: string): string => html.replaceAll(/\d+|content="[^"]*"/g, '#');

  test('a contract, a usuário, an operação and a lote of another branch answer as missing ones do', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const pairs = [
      [`/contratos/${dados.contratoId}`, '/contratos/99999999'],
      [`/usuarios/${dados.usuarioId}`, '/usuarios/99999999'],
      [`/operacoes/${dados.operacaoId}`, '/operacoes/99999999'],
      [`/lotes/${dados.loteId}`, '/lotes/99999999'],
    ];

    const answers = await Promise.all(pairs.flat().map((path) => mundo.get(path, north)));

    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(404));
    expect(new Set(answers.map(({ text }) => withoutIds(text))).size).toBe(4);
  });

  test('lists hold the operator’s own branches only', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);

    const contratos = await mundo.get(`/contratos?busca=${encodeURIComponent(PESSOAS.ativa.nome)}`, north);
    const usuarios = await mundo.get('/usuarios', north);

    expect(contratos.text).toContain('Nenhum contrato encontrado');
    expect(usuarios.text).toContain('Nenhum usuário encontrado');
  });

  test('whoever sees some branches may pause those only', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const pause = (filial: string) =>
      mundo.write('put', '/pausa', north, { motivo: 'teste', filial_id: filial });

    const everywhere = await pause('');
    const elsewhere = await pause('1');
    const own = await pause('2');

    expect([everywhere.status, elsewhere.status, own.status]).toEqual([422, 404, 303]);
  });
});
