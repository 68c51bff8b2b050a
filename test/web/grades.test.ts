// The grids: filters in the address, what waits, the list as CSV, and acting on several marked rows at once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rows, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };
const { ativa, produtoNoContrato, produtoAdicional, outraFilial, bloqueioAutomatico, empresa, semProduto } =
  PESSOAS;

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
/** Usuários of contracts of the Matriz, by contract. */
const usuarios = new Map<number, number>();

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  const ids = [produtoNoContrato, produtoAdicional, outraFilial].map(({ contrato }) => contrato).join();
  await mundo.write('post', '/contratos/selecao/usuario', admin, { ids });
  const found = await query('SELECT contrato_id AS chave, usuario_id AS valor FROM adesoes');
  for (const { chave, valor } of found) usuarios.set(Number(chave), Number(valor));
});
afterAll(() => mundo.stop());

const Pair = z.object({ chave: z.coerce.string(), valor: z.coerce.string() });
const query = (sql: string) => rows(mundo.sync.db, sql, {}, Pair);
const set = (sql: string) => run(mundo.sync.db, `UPDATE usuarios SET ${sql}`);
const idOf = ({ contrato }: { contrato: number }): number => usuarios.get(contrato) ?? 0;
const rowsOf = (html: string): number[] =>
  [...html.matchAll(/<tr id="(?:usuario|operacao)-(\d+)"/g)].map(([, id]) => Number(id));
const contratosOf = (html: string): number[] =>
  [...html.matchAll(/class="nome" href="[^"]*\/contratos\/(\d+)"/g)].map(([, id]) => Number(id));
const grid = async (path: string, sessao = admin): Promise<string> => {
  const answer = await mundo.get(path, sessao).set(PARTIAL);
  expect(answer.status).toBe(200);
  return answer.text;
};

describe('filters', () => {
  test('of usuários narrow by situação, by what they wait for and by plano, together', async () => {
    await set(`observada = 'ativo', desejada = 'ativo', trabalho = 0`);
    await set(`retida = 'dados', trabalho = 1 WHERE id = ${idOf(ativa)}`);
    await set(`carencia_ate = CURRENT_DATE + INTERVAL 9 DAY WHERE id = ${idOf(produtoNoContrato)}`);
    await set(`trabalho = 1, falhas = 2 WHERE id = ${idOf(produtoAdicional)}`);
    const of = async (search: string) => rowsOf(await grid(`/usuarios?${search}`));

    expect(await of('espera=parado')).toEqual([idOf(ativa)]);
    expect(await of('espera=dados')).toEqual([idOf(ativa)]);
    expect(await of('retida=dados')).toEqual([idOf(ativa)]);
    expect(await of('espera=sumiu')).toEqual([]);
    expect(await of('espera=carencia')).toEqual([idOf(produtoNoContrato)]);
    expect(await of('espera=tentando&situacao=ativo')).toEqual([idOf(produtoAdicional)]);
    expect(await of('espera=tentando&situacao=cancelado')).toEqual([]);
    expect(await of(`plano=${dados.planoId}`)).toHaveLength(4);
    expect(await of(`busca=${ativa.contrato}&espera=parado`)).toEqual([idOf(ativa)]);
  });

  test('of contratos find those whose person waits, inside the operator’s branches only', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    await set(`retida = 'dados' WHERE id IN (${idOf(ativa)}, ${idOf(outraFilial)})`);

    const all = contratosOf(await grid('/contratos?espera=parado'));
    const own = contratosOf(await grid('/contratos?espera=parado', north));
    const named = contratosOf(await grid(`/contratos?espera=parado&busca=${encodeURIComponent(ativa.nome)}`));
    await set('retida = NULL');

    expect(all).toEqual([outraFilial.contrato, ativa.contrato].sort((a, b) => b - a));
    expect(own).toEqual([outraFilial.contrato]);
    expect(named).toEqual([ativa.contrato]);
  });

  test('of operações find a person by contract, CPF and name, and by estado, ação, integração and days', async () => {
    const of = async (search: string) => rowsOf(await grid(`/operacoes?${search}`));
    const [hers] = await of(`busca=${ativa.contrato}`);
    await run(
      mundo.sync.db,
      `UPDATE operacoes SET criado_em = '2020-02-10 02:59:59' WHERE id = ${hers ?? 0}`,
    );

    expect(await of(`busca=${ativa.cpf}`)).toEqual([hers]);
    expect(await of(`busca=${encodeURIComponent(ativa.nome)}`)).toEqual([hers]);
    expect((await of('acao=criar')).length).toBeGreaterThan(3);
    expect(await of('acao=cancelar')).toEqual([]);
    expect(await of(`integracao=${dados.integracaoId}&acao=criar&estado=aberta`)).toHaveLength(4);
    // 23:59:59 of the 9th in Brasília.
    expect(await of('de=2020-02-09&ate=2020-02-09')).toEqual([hers]);
    expect(await of('ate=2020-02-08')).toEqual([]);
    await run(mundo.sync.db, `UPDATE operacoes SET criado_em = UTC_TIMESTAMP(6)`);
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format();
    expect(await of(`de=${today}&ate=${today}&acao=criar`)).toHaveLength(4);
  });

  test('days are a range of ids that loses nobody at its ends', async () => {
    const moments = [
      '2026-01-01 02:59:59',
      '2026-01-01 03:00:00',
      '2026-01-03 02:59:59',
      '2026-01-03 03:00:00',
    ];
    const ids = (await query('SELECT id AS chave, id AS valor FROM operacoes ORDER BY id')).map(({ chave }) =>
      Number(chave),
    );
    for (const [index, id] of ids.entries()) {
      const moment = moments[Math.min(index, moments.length - 1)];
      await run(mundo.sync.db, `UPDATE operacoes SET criado_em = '${moment}' WHERE id = ${id}`);
    }

    const found = rowsOf(await grid('/operacoes?de=2026-01-01&ate=2026-01-02'));
    const after = rowsOf(await grid('/operacoes?de=2026-01-03'));
    await run(mundo.sync.db, 'UPDATE operacoes SET criado_em = UTC_TIMESTAMP(6)');

    expect(found).toEqual([ids[2], ids[1]]);
    expect(after).toEqual(ids.slice(3).reverse());
  });

  test('stay in the address when paging, each can be taken back, and nonsense is left out', async () => {
    const page = await mundo.get(
      '/usuarios?busca=helena%20d&situacao=ativo&espera=nada&plano=x&de=ontem&estado=feita',
      admin,
    );
    const chips = [...page.text.matchAll(/class="ficha" href="([^"]*)"[^>]*><bdi>([^<]*)/g)].map(
      ([, href, text]) => [text, href?.replaceAll('&amp;', '&').replaceAll('&#38;', '&')],
    );

    expect(chips).toEqual([
      ['Busca', `${BASE}/usuarios?situacao=ativo`],
      ['Situação: Ativo', `${BASE}/usuarios?busca=helena+d`],
    ]);
    expect(page.text).toContain('value="helena d"');
    expect(page.text).toContain('<option value="ativo" selected>');
  });

  test('of planos narrow by word without accents, and by what a plano waits for', async () => {
    const page = (search: string) => grid(`/planos?${search}`);

    expect(await page('busca=INDIVÍDUAL')).toContain('>Individual</a>');
    expect(await page('busca=familia')).toContain('Nenhum plano com este filtro');
    expect(await page('espera=registro')).toContain('registro na Tele Clínica');
    expect(await page('espera=vinculo')).toContain('Nenhum plano com este filtro');
  });
});

describe('a list as CSV', () => {
  const csv = async (path: string, sessao = admin): Promise<string> => (await mundo.get(path, sessao)).text;
  const lines = (text: string) => text.split('\r\n').filter((line) => line !== '');

  test('holds every row of the filter, masked, begins with the mark, and is recorded without what was searched', async () => {
    const all = await csv('/contratos.csv');
    const one = await csv(`/contratos.csv?busca=${ativa.cpf}`);
    const acts = await query(
      "SELECT id AS chave, CAST(detalhe AS CHAR) AS valor FROM auditoria WHERE evento = 'exportou' ORDER BY id DESC LIMIT 1",
    );

    const [{ valor: total } = { valor: '0' }] = await rows(
      mundo.sync.ixc,
      'SELECT 1 AS chave, COUNT(id) AS valor FROM cliente_contrato',
      {},
      Pair,
    );
    expect(all.startsWith('\uFEFF"Contrato";"Cliente"')).toBe(true);
    expect(lines(all)).toHaveLength(Number(total) + 1);
    expect(lines(one)).toHaveLength(2);
    expect(one).toContain(`"***.${ativa.cpf.slice(3, 6)}.${ativa.cpf.slice(6, 9)}-**"`);
    expect(all).not.toContain(ativa.cpf);
    expect(acts[0]?.valor).toContain('"busca":');
    expect(acts[0]?.valor).not.toContain(ativa.cpf);
  });

  test('keeps to the operator’s branches and to the filter, for usuários and operações alike', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const own = await csv('/usuarios.csv', north);
    const none = await csv('/operacoes.csv?acao=cancelar');
    const planos = await csv('/planos.csv');

    expect(lines(own)).toHaveLength(2);
    expect(own).toContain(outraFilial.nome);
    expect(lines(none)).toHaveLength(1);
    expect(lines(planos)[1]).toContain('"Individual";"";"49,9";"clinico-24h"');
  });
});

describe('acting on several', () => {
  const post = (path: string, form: Record<string, string>, sessao = admin) =>
    mundo.write('post', path, sessao, form);
  const three = () => [ativa, produtoNoContrato, produtoAdicional].map(idOf);
  const orders = async (evento: string) =>
    (await query(`SELECT usuario_id AS chave, evento AS valor FROM auditoria WHERE evento = '${evento}'`))
      .length;
  const settle = () =>
    set(
      `observada = 'ativo', desejada = 'ativo', bloqueio_manual = 0, cancelar_em = NULL, carencia_ate = NULL,
       retida = NULL, trabalho = 0, falhas = 0`,
    );

  test('first says who goes and who stays out, and changes nothing', async () => {
    await settle();
    await set(
      `bloqueio_manual = 1, desejada = 'bloqueado', observada = 'bloqueado' WHERE id = ${three()[1]}`,
    );
    await set(`carencia_ate = CURRENT_DATE + INTERVAL 9 DAY WHERE id = ${three()[2]}`);
    const ids = [...three(), 999_999].map((id) => `ids=${id}`).join('&');

    const page = await mundo.get(`/usuarios/selecao/bloqueio?${ids}&voltar=situacao%3Dativo`, admin);

    expect(page.status).toBe(200);
    expect(page.text).toContain('Vai bloquear 1 pessoa; 3 ficam de fora');
    expect(page.text).toContain('já bloqueada: 1');
    expect(page.text).toContain('em carência: 1');
    expect(page.text).toContain(`name="ids" value="${three()[0]}"`);
    expect(page.text).toContain(`href="${BASE}/usuarios?situacao=ativo"`);
    expect(await orders('bloqueio_pedido')).toBe(0);
  });

  test('the way back leads to our own lists whatever is asked', async () => {
    const page = await mundo.get(
      `/usuarios/selecao/bloqueio?ids=${three()[0]}&voltar=${encodeURIComponent('//outro.example.com/?"><script>')}`,
      admin,
    );

    expect(page.text).not.toContain('href="//outro');
    expect(page.text).not.toContain('"><script>');
  });

  test('orders each by itself, tells line by line, and twice is once', async () => {
    await settle();
    await set(`cancelar_em = UTC_TIMESTAMP(6) + INTERVAL 3 DAY WHERE id = ${three()[2]}`);
    const form = { ids: three().join(), motivo: 'a pedido' };

    const first = await post('/usuarios/selecao/bloqueio', form).set(PARTIAL);
    const again = await post('/usuarios/selecao/bloqueio', form).set(PARTIAL);

    expect(first.status).toBe(200);
    expect(first.text).toContain('2 bloqueios pedidos.');
    expect(first.text).toContain('Ficou de fora: com cancelamento marcado.');
    expect(first.headers['hx-replace-url']).toMatch(/\/usuarios\/selecao\?ids=/);
    expect(first.text).toMatch(/hx-get="[^"]*usuarios\/selecao\?[^"]*passo=1"[^>]*load delay:400ms/);
    expect(first.text).toContain(`hx-headers='{"X-Acompanha":"1"}'`);
    expect(again.text).toContain('Nada foi pedido.');
    expect(await orders('bloqueio_pedido')).toBe(2);
  });

  test('the progress goes on by itself ever more slowly, stops when all is told, and survives a reload', async () => {
    const ids = three().slice(0, 2);
    const page = await mundo.get(`/usuarios/selecao?ids=${ids.join()}&passo=30`, admin);
    await set('observada = desejada, trabalho = 0');
    const done = await mundo.get(`/usuarios/selecao?ids=${ids.join()}&passo=31`, admin).set(PARTIAL);

    expect(page.text).toMatch(/load delay:4000ms/);
    expect(page.text).toContain('0 de 2');
    expect(done.text).toContain('2 de 2');
    expect(done.text).not.toContain('hx-get');
  });

  test('wants a reason without personal data, and keeps what was typed', async () => {
    await settle();
    const wrong = { ids: String(three()[0]), motivo: 'ligar em 123.456.789-09' };

    const answer = await post('/usuarios/selecao/bloqueio', wrong).set(PARTIAL);
    const empty = await post('/usuarios/selecao/bloqueio', { ...wrong, motivo: '' });

    expect([answer.status, empty.status]).toEqual([422, 422]);
    expect(answer.text).toContain('value="ligar em 123.456.789-09"');
    expect(answer.text).toContain('Tire o CPF do motivo');
  });

  test('cancels only with the number of people typed, never more than one person may decide', async () => {
    await settle();
    const form = { ids: three().join(), motivo: 'mudou', quando: 'prazo' };
    const many = Array.from({ length: 51 }, (_, n) => n + 1).join();

    const unconfirmed = await post('/usuarios/selecao/cancelamento', { ...form, confirmacao: '2' });
    const tooMany = await post('/usuarios/selecao/cancelamento', { ...form, ids: many, confirmacao: '51' });
    const before = await orders('cancelamento_no_prazo_pedido');
    const confirmed = await post('/usuarios/selecao/cancelamento', { ...form, confirmacao: '3' });

    expect([unconfirmed.status, tooMany.status, before]).toEqual([422, 422, 0]);
    expect(tooMany.text).toContain('use Lotes');
    expect(confirmed.status).toBe(303);
    expect(await orders('cancelamento_no_prazo_pedido')).toBe(3);
  });

  test('more than 100 or none is refused with where to go', async () => {
    const ids = Array.from({ length: 101 }, (_, n) => n + 1).join();

    const many = await mundo.get(`/usuarios/selecao/bloqueio?ids=${ids}`, admin);
    const posted = await post('/usuarios/selecao/bloqueio', { ids, motivo: 'x' }).set(PARTIAL);
    const none = await mundo.get('/usuarios/selecao/bloqueio', admin);

    expect([many.status, posted.status, none.status]).toEqual([422, 422, 422]);
    expect(many.text).toContain('101 pessoas');
    expect(many.text).toContain('Fazer um lote com este filtro');
  });

  test('of other branches is as if they did not exist', async () => {
    await settle();
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const form = { ids: [idOf(ativa), idOf(outraFilial)].join(), motivo: 'x' };

    const answer = await post('/usuarios/selecao/bloqueio', form, north).set(PARTIAL);

    expect(answer.text).toContain('1 bloqueio pedido.');
    expect(answer.text).not.toContain(ativa.nome);
    expect(
      await query(`SELECT id AS chave, bloqueio_manual AS valor FROM usuarios WHERE id = ${idOf(ativa)}`),
    ).toEqual([{ chave: String(idOf(ativa)), valor: '0' }]);
  });

  test('offers only what the operator’s roles allow', async () => {
    const operador = await mundo.loginWith(['operar']);
    const visitor = await mundo.loginWith(['ver']);
    const page = await grid('/usuarios', await mundo.loginWith(['operar']));
    const refused = await post('/usuarios/selecao/cancelamento', { ids: '1' }, operador);
    await mundo.loginWith(['ver']);
    const plain = await grid('/usuarios', visitor);
    await mundo.loginWith(PAPEIS);

    expect(page).toContain('/usuarios/selecao/bloqueio');
    expect(page).not.toContain('/usuarios/selecao/cancelamento');
    expect(refused.status).toBe(403);
    expect(plain).not.toContain('type="checkbox"');
  });

  test('creates the usuários of the contracts that give a right to one, and says why of the others', async () => {
    const ids = [ativa, bloqueioAutomatico, empresa, semProduto, PESSOAS.financeiroEmAtraso]
      .map(({ contrato }) => contrato)
      .join();

    const page = await mundo.get(`/contratos/selecao/usuario?ids=${ids}`, admin);
    const made = await post('/contratos/selecao/usuario', { ids }).set(PARTIAL);

    expect(page.text).toContain('Vai criar usuário para 1 contrato; 4 ficam de fora');
    for (const reason of ['já tem usuário', 'no IXC está', 'nenhum plano vinculado']) {
      expect(page.text).toContain(reason);
    }
    expect(made.text).toContain('1 usuário pedido.');
    expect(made.text).toContain(PESSOAS.financeiroEmAtraso.nome);
  });

  test('sends operações again and discards them; a row alone answers as a row', async () => {
    await settle();
    const created = (await grid(`/operacoes?busca=${ativa.contrato}&acao=criar`)).match(/operacao-(\d+)/);
    const id = Number(created?.[1]);
    await run(mundo.sync.db, "UPDATE operacoes SET estado = 'substituida' WHERE estado = 'aberta'");
    await run(mundo.sync.db, `UPDATE operacoes SET estado = 'aberta' WHERE id = ${id}`);
    await set(`retida = 'dados', trabalho = 1 WHERE id = ${idOf(ativa)}`);

    const held = await grid(`/operacoes?estado=parada`);
    const row = await post(`/operacoes/${id}/reenvio?linha=1`, {}).set(PARTIAL);
    const stuck = await post('/operacoes/selecao/reenvio', { ids: String(id) }).set(PARTIAL);
    await set(`observada = 'ativo', desejada = 'ativo' WHERE id = ${idOf(ativa)}`);
    const dropped = await post('/operacoes/selecao/descarte', { ids: String(id) }).set(PARTIAL);

    expect(rowsOf(held)).toEqual([id]);
    expect(held).toContain('Reenviar<span');
    expect(row.text).toMatch(new RegExp(`^<tr id="operacao-${id}"`));
    expect(row.text).not.toContain('Reenviar<span');
    expect(row.text).toMatch(/hx-get="[^"]*linha=2"[^>]*load delay:300ms/);
    expect(row.text).toContain(`hx-headers='{"X-Acompanha":"1"}'`);
    expect(stuck.text).toContain('Ficou de fora: já em andamento.');
    expect(dropped.text).toContain('1 operação descartada.');
  });

  test('a refused operação that was sent again leads to the new one, and is not offered twice', async () => {
    await settle();
    const [id] = rowsOf(await grid(`/operacoes?busca=${produtoNoContrato.contrato}&acao=criar`));
    await run(mundo.sync.db, `UPDATE operacoes SET estado = 'descartada' WHERE estado = 'aberta'`);
    await run(mundo.sync.db, `UPDATE operacoes SET estado = 'recusada' WHERE id = ${id ?? 0}`);

    const sent = await post('/operacoes/selecao/reenvio', { ids: String(id) }).set(PARTIAL);
    const again = await post('/operacoes/selecao/reenvio', { ids: String(id) }).set(PARTIAL);
    const list = await grid(`/operacoes?estado=recusada&busca=${produtoNoContrato.contrato}`);

    expect(sent.text).toContain('1 operação reenviada.');
    expect(again.text).toContain('Ficou de fora: há um pedido mais novo.');
    expect(list).toMatch(/Pedida de novo: \d+/);
  });

  test('marks go along when paging, also those of other pages', async () => {
    const page = await mundo.get(`/contratos?ids=${bloqueioAutomatico.contrato}&ids=77&ids=abc`, admin);

    expect(page.text).toContain('<input type="hidden" name="ids" value="77">');
    expect(page.text).not.toContain('value="abc"');
    expect(page.text).toMatch(/\/contratos\?depois=\d+"[^>]*hx-include="\[name='ids'\]"/);
  });
});
