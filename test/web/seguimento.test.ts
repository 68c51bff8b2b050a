// What follows itself until it is over, what it offers meanwhile, and which pause it speaks of.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { optionalRow, row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { describeChamada } from '../../src/sync/historia.ts';
import { CHAMADAS } from '../../src/sync/tipos.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };
const CNPJ = '11222333000181';

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

const sql = (statement: string) => run(mundo.sync.db, statement);
const read = async (path: string): Promise<string> => (await mundo.get(path, admin).set(PARTIAL)).text;
/** The opening tag of the element with this id. */
const tagOf = (html: string, id: string): string =>
  new RegExp(`<[^<>]*id="${id}"[^]*?>`).exec(html)?.[0] ?? '';

describe('the registration of an integração', () => {
  const address = () => `/integracoes/${dados.integracaoId}`;
  const id = () => `registro-da-integracao-${dados.integracaoId}`;
  const form = { nome: 'Tele Clínica', ambiente: 'simulador', usuario: 'u', perfil: 'teleclinica-v1' };
  const save = (cnpj: string) =>
    mundo.write('put', address(), admin, { ...form, url_base: 'http://127.0.0.1:9/v1', cnpj }).set(PARTIAL);

  test('follows itself after Salvar until Tele Clínica has answered', async () => {
    const saved = await save(CNPJ);
    const waiting = await read(`${address()}/registro`);
    await sql("UPDATE integracoes SET registro = 'registrado'");
    const over = await read(`${address()}/registro`);

    expect(saved.text).toContain('A Tele Clínica está sendo chamada para o registro.');
    for (const html of [saved.text, waiting]) {
      expect(tagOf(html, id())).toContain(`hx-get="${BASE}${address()}/registro"`);
      expect(tagOf(html, id())).toContain('every 15s');
    }
    expect(over).toContain('Registrado na Tele Clínica');
    expect(tagOf(over, id())).not.toContain('hx-get');
  });

  test('is none without a CNPJ, and nothing says that Tele Clínica is being called', async () => {
    const saved = await save('');

    expect(saved.text).toContain('A Tele Clínica não foi chamada ao salvar.');
    expect(tagOf(saved.text, id())).toBe('');
  });
});

test('Testar conexão leaves its row behind', async () => {
  await mundo.write('post', `/integracoes/${dados.integracaoId}/teste`, admin).set(PARTIAL);

  const found = await optionalRow(
    mundo.sync.db,
    "SELECT resultado, escrita FROM tentativas WHERE chamada = 'testar' ORDER BY id DESC LIMIT 1",
    {},
    z.object({ resultado: z.string(), escrita: z.number() }),
  );
  expect(found).toEqual({ resultado: 'unavailable', escrita: 0 });
});

describe('one operação', () => {
  const address = () => `/operacoes/${dados.operacaoId}`;
  const tag = (html: string) => tagOf(html, `operacao-${dados.operacaoId}`);

  beforeEach(async () => {
    await sql(`UPDATE operacoes SET estado = 'aberta' WHERE id = ${dados.operacaoId}`);
    await sql(`DELETE FROM operacoes WHERE id > ${dados.operacaoId}`);
    await sql('UPDATE usuarios SET retida = NULL, trabalho = 1, falhas = 0');
  });

  test('follows itself while it is under way, later and later, and survives a failed look', async () => {
    const first = tag(await read(address()));
    const fifth = tag(await read(`${address()}?passo=5`));

    expect(first).toContain(`hx-get="${BASE}${address()}?passo=2"`);
    expect(first).toMatch(/hx-trigger="load delay:300ms, every 15s"/);
    expect(first).toContain('hx-status:5xx="target:#operacao-');
    expect(Number(/delay:(\d+)ms/.exec(fifth)?.[1])).toBeGreaterThan(1_000);
  });

  test('follows itself after Reenviar too', async () => {
    await sql("UPDATE usuarios SET retida = 'dados'");
    const answer = await mundo.write('post', `${address()}/reenvio`, admin).set(PARTIAL);

    expect(answer.text).toContain('Pedido de reenvio guardado');
    expect(tag(answer.text)).toContain('hx-get');
  });

  test('stops when it is over or held', async () => {
    await sql("UPDATE usuarios SET retida = 'dados'");
    const held = tag(await read(address()));
    await sql('UPDATE usuarios SET retida = NULL');
    await sql(`UPDATE operacoes SET estado = 'feita' WHERE id = ${dados.operacaoId}`);
    const over = tag(await read(address()));

    expect([held, over].filter((each) => each.includes('hx-get'))).toEqual([]);
  });

  test('offers Reenviar when it is refused, but not once a newer one took its place', async () => {
    await sql(`UPDATE operacoes SET estado = 'recusada' WHERE id = ${dados.operacaoId}`);
    const refused = await read(address());
    await sql(`INSERT INTO operacoes (integracao_id, usuario_id, acao, estado, causa, criado_em)
      VALUES (${dados.integracaoId}, ${dados.usuarioId}, 'criar', 'aberta', 'operador', UTC_TIMESTAMP(6))`);
    const replaced = await read(address());
    const max = 'SELECT MAX(id) AS id FROM operacoes';
    const { id } = await row(mundo.sync.db, max, {}, z.object({ id: z.number() }));

    expect(refused).toContain(`hx-post="${BASE}${address()}/reenvio"`);
    expect(replaced).not.toContain('/reenvio"');
    expect(replaced).toContain(`href="${BASE}/operacoes/${id}"`);
  });

  test('in the grid its row survives a failed look as well', async () => {
    const linha = tag(await read(`${address()}?linha=2`));

    expect(linha).toMatch(/hx-trigger="load delay:\d+ms, every 15s"/);
    expect(linha).toContain('hx-status:5xx="swap:none"');
  });
});

test('every call has words of its own', () => {
  for (const chamada of CHAMADAS) expect(describeChamada(chamada)).toMatch(/^[A-Z][^_]+$/);
});

describe('the sentence about a pause', () => {
  const speaksOfPause = async () =>
    (await read(`/usuarios/${dados.usuarioId}`)).includes('o envio está em pausa');
  const pause = async (form: Record<string, string>) => {
    await sql('DELETE FROM pausas');
    const answer = await mundo.write('put', '/pausa', admin, { motivo: 'teste', ...form });
    expect(answer.status).toBe(303);
  };

  beforeEach(async () => {
    await sql('UPDATE usuarios SET retida = NULL, trabalho = 1, falhas = 0');
    await sql(`DELETE FROM operacoes WHERE id > ${dados.operacaoId}`);
    await sql(`UPDATE operacoes SET estado = 'aberta', acao = 'criar', filial_id = 1`);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['of everything', {}, true],
    ['of the person’s branch', { filial_id: '1' }, true],
    ['of what is under way', { operacao: 'criar' }, true],
    ['of what is under way, in the branch', { operacao: 'criar', filial_id: '1' }, true],
    ['of another branch', { filial_id: '2' }, false],
    ['of something else', { operacao: 'bloquear' }, false],
    ['of what is under way, elsewhere', { operacao: 'criar', filial_id: '2' }, false],
    ['of updates, which can be paused too', { operacao: 'atualizar' }, false],
  ])('%s', async (_which, form, speaks) => {
    await pause(form);
    expect(await speaksOfPause()).toBe(speaks);
  });
});
