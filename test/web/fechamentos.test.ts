// The closing and the invoice on the screen: counted, frozen, matched, refused with what was typed, by branch and role.
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { recordSituacao } from '../../src/sync/situacoes.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const MES = '2026-10';
let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let north: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  north = await mundo.login(OPERADORES.outraFilial.id);
  const { usuarioId } = dados;
  const sql = `UPDATE usuarios SET observada = 'ativo', observada_em = '2026-10-05 12:00:00' WHERE id = :usuarioId`;
  await run(mundo.sync.db, sql, { usuarioId });
  await recordSituacao(mundo.sync.db, usuarioId);
  await recordSituacao(mundo.sync.db, usuarioId);
});
afterAll(() => mundo?.stop());

const send = (csv: string, fields: Record<string, string> = {}, sessao = admin) => {
  const test = request(mundo.origem)
    .post(`${BASE}/fechamentos/${MES}/fatura`)
    .set({ Cookie: sessao.cookie, 'X-CSRF-Token': sessao.csrf, Origin: mundo.origem, Accept: 'text/html' });
  for (const [name, value] of Object.entries(fields)) test.field(name, value);
  return test.attach('arquivo', Buffer.from(csv), 'fatura.csv');
};
const count = async (table: string) =>
  (await row(mundo.sync.db, `SELECT COUNT(*) AS n FROM ${table}`, {}, z.object({ n: z.coerce.number() }))).n;

test('a month counts what was confirmed, each change once, and only in its branch', async () => {
  expect(await count('situacoes')).toBe(1);
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  const other = await mundo.get(`/fechamentos/${MES}`, north);
  expect(page.text).toContain('49,90');
  expect(other.text).toContain('Nenhum usuário neste mês nas suas filiais.');
  expect((await mundo.get('/fechamentos', admin)).text).toContain(`data-mes="${MES}"`);
  expect((await mundo.get(`/fechamentos/${MES}.csv`, admin)).text).toContain('"49,9"');
  expect((await mundo.get('/fechamentos/2026-13', admin)).status).toBe(404);
});

test('an invoice is matched to the cent, names nobody in our tables, and takes the place of an earlier one', async () => {
  const ref = externalIdOf(mundo.sync, dados.usuarioId, 1);
  expect((await send(`Referencia;CPF;Nome;Plano;Valor\n${ref};;;Individual;49,90\n`)).status).toBe(303);
  expect((await mundo.get(`/fechamentos/${MES}`, admin)).text).toMatch(/data-total>R\$\s0,00/);
  const csv = `Referencia;CPF;Nome;Plano;Valor\n;${PESSOAS.ativa.cpf};${PESSOAS.ativa.nome};Individual;49,91\n;;Fulano;;10,00\n`;
  expect((await send(csv)).status).toBe(303);
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect([...page.text.matchAll(/data-divergencia="(\w+)"/g)].map(([, each]) => each)).toEqual([
    'valor_errado',
    'desconhecido',
  ]);
  expect(page.text).toMatch(/data-total>R\$\s10,01/);
  expect(page.text).toContain(PESSOAS.ativa.nome);
  expect(page.text).not.toContain(PESSOAS.ativa.cpf);
  const one = await mundo.get(`/fechamentos/${MES}?classe=desconhecido`, admin);
  expect(one.text).not.toContain('data-divergencia="valor_errado"');
  expect((await mundo.get(`/fechamentos/${MES}/fatura.csv`, admin)).text).toContain('"49,91"');
  expect((await mundo.get(`/fechamentos/${MES}/fatura.xlsx`, admin)).status).toBe(200);
  expect((await mundo.get(`/fechamentos/${MES}`, north)).text).not.toContain('data-divergencia');
  expect([await count('faturas'), await count('fatura_linhas')]).toEqual([1, 2]);
});

test.each([
  ['a;b\n1;2\n', {}, 'Não achamos a coluna do valor'],
  ['CPF;Valor\n1;abc\n', {}, 'Linha 2: não dá para ler o valor'],
  ['CPF;Valor\n', {}, 'não tem nenhuma linha'],
  ['CPF;Valor\n1;2\n', { coluna_valor: 'Meu preço' }, 'value="Meu preço"'],
])('a wrong file %j is refused, what was typed is kept, nothing changes', async (csv, fields, says) => {
  const answer = await send(csv, fields as Record<string, string>);
  expect(answer.status).toBe(422);
  expect(answer.text).toContain(says);
  expect(await count('fatura_linhas')).toBe(2);
});

test('closing freezes the numbers, says why they differ later, and is of the provider as a whole', async () => {
  expect((await mundo.write('post', `/fechamentos/${MES}`, north)).status).toBe(403);
  expect((await mundo.write('post', '/fechamentos/2026-11', admin)).status).toBe(
    new Date() < new Date('2026-12-01T03:00:00Z') ? 409 : 303,
  );
  expect((await mundo.write('post', `/fechamentos/${MES}`, admin)).status).toBe(303);
  expect((await mundo.write('post', `/fechamentos/${MES}`, admin)).status).toBe(409);
  await run(mundo.sync.db, "INSERT INTO situacoes VALUES (:id, '2026-10-06 12:00:00', 'cancelado', 0, 1)", {
    id: dados.usuarioId,
  });
  await run(mundo.sync.db, 'UPDATE planos SET valor_centavos = 9990');
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(page.text).toContain('confirmou depois do fechamento');
  expect(page.text).toContain('valor de um plano mudou');
  expect(page.text).not.toContain('99,90');
});

test('the rule is refused with what was typed, saved, and lost to nobody unseen', async () => {
  const regra = { modo: 'dia', dia: '32', bloqueado_conta: 'sim', versao: 'nenhuma' };
  const wrong = await mundo.write('put', '/fechamentos/regra', admin, regra);
  expect([wrong.status, wrong.text.includes('value="32"')]).toEqual([422, true]);
  expect((await mundo.write('put', '/fechamentos/regra', admin, { ...regra, dia: '31' })).status).toBe(303);
  expect((await mundo.write('put', '/fechamentos/regra', admin, { ...regra, dia: '5' })).status).toBe(409);
});
