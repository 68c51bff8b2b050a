// The closing and the invoice on the screen: counted, frozen, matched, refused with what was typed, by branch and role.
import { writeXlsx } from 'hucre/xlsx';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { row, rows, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { recordSituacoes } from '../../src/sync/situacoes.ts';
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
  await recordSituacoes(mundo.sync.db, [usuarioId]);
  await recordSituacoes(mundo.sync.db, [usuarioId]);
});
afterAll(() => mundo?.stop());

const send = (
  file: string | Buffer,
  fields: Record<string, string> = {},
  sessao = admin,
  nome = 'fatura.csv',
) => {
  const test = request(mundo.origem)
    .post(`${BASE}/fechamentos/${MES}/fatura`)
    .set({ Cookie: sessao.cookie, 'X-CSRF-Token': sessao.csrf, Origin: mundo.origem, Accept: 'text/html' });
  for (const [name, value] of Object.entries(fields)) test.field(name, value);
  return test.attach('arquivo', Buffer.from(file), nome);
};
// Whatever an earlier invoice taught is not to be used: the headings say it.
const LIVRES = { coluna_valor: '', coluna_referencia: '', coluna_id: '', coluna_cpf: '', coluna_plano: '' };
const xlsx = async (linhas: (string | number)[][]): Promise<Buffer> =>
  Buffer.from(await writeXlsx({ sheets: [{ name: 'Fatura', rows: linhas }] }));

// A workbook whose index says that it unpacks to 3 GB.
async function bomb(): Promise<Buffer> {
  const bytes = await xlsx([['CPF', 'Valor']]);
  const entry = bytes.indexOf(Buffer.from('504b0102', 'hex'));
  bytes.writeUInt32LE(3e9, entry + 24);
  return bytes;
}
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

const MB = 1024 * 1024;
test.each<[string, () => Buffer | string | Promise<Buffer>, string, string]>([
  ['above 20 MB', () => Buffer.alloc(23 * MB, 'CPF;Valor\n'), 'fatura.csv', 'Envie um arquivo de até 20 MB.'],
  [
    'a broken workbook',
    async () => (await xlsx([['CPF', 'Valor']])).subarray(0, 400),
    'fatura.xlsx',
    'danificada',
  ],
  ['a bomb', () => bomb(), 'fatura.xlsx', 'grande demais por dentro'],
  ['a picture', () => Buffer.from('89504e470d0a1a0a0000', 'hex'), 'fatura.csv', 'não é CSV nem XLSX'],
  ['nothing in it', () => '', 'fatura.csv', 'está vazio'],
])('%s is refused: what was typed is kept, nothing changes', async (_what, make, nome, says) => {
  const answer = await send(await make(), { coluna_valor: 'Preço digitado' }, admin, nome);
  expect(answer.status).toBe(422);
  expect(answer.text).toContain(says);
  expect(answer.text).toContain('value="Preço digitado"');
  expect([await count('faturas'), await count('fatura_linhas')]).toEqual([1, 2]);
});

test.each<[string, () => Buffer | string | Promise<Buffer>]>([
  ['commas and quotes', () => '"Documento","Preço, total"\n"{cpf}","R$ 49,90"\n'],
  ['Windows-1252', () => Buffer.from('Documento;Preço\n{cpf};49,90\nTotal geral;49,90\n', 'latin1')],
  ['UTF-16 of Excel', () => Buffer.from('\uFEFFDocumento\tPreço\n{cpf}\t49,90\n', 'utf16le')],
  [
    'XLSX with a number for an amount',
    () =>
      xlsx([
        ['Documento', 'Preço'],
        [PESSOAS.ativa.cpf, 49.9],
      ]),
  ],
])('an invoice in %s is read to the cent', async (_what, make) => {
  const made = await make();
  const whole = (text: string) => text.replace('{cpf}', PESSOAS.ativa.cpf);
  const utf16 = typeof made !== 'string' && made[0] === 0xff;
  const isXlsx = typeof made !== 'string' && made[0] === 0x50;
  const bytes =
    typeof made === 'string'
      ? whole(made)
      : isXlsx
        ? made
        : Buffer.from(whole(made.toString(utf16 ? 'utf16le' : 'latin1')), utf16 ? 'utf16le' : 'latin1');
  const fields = { coluna_valor: '', coluna_cpf: '' };
  expect((await send(bytes, fields, admin, isXlsx ? 'f.xlsx' : 'f.csv')).status).toBe(303);
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(page.text).toMatch(/data-total>R\$\s0,00/);
  expect(page.text).toContain('1 linha,');
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

test('an invoice for a closed month is matched with what was frozen of each person, in cents', async () => {
  // The test before cancelled this person and changed the price, both after the closing.
  expect((await send(`CPF;Valor\n${PESSOAS.ativa.cpf};49,90\n`, LIVRES)).status).toBe(303);
  const frozen = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(frozen.text).toMatch(/data-total>R\$\s0,00/);
  expect(frozen.text).not.toContain('data-recontado');
  expect(await count('fechamento_pessoas')).toBe(1);

  // As a month that was closed before people were frozen: counted now, which is said.
  await run(mundo.sync.db, 'DELETE FROM fechamento_pessoas');
  await run(mundo.sync.db, 'UPDATE fechamentos SET pessoas = NULL');
  await run(mundo.sync.db, "UPDATE situacoes SET desde = '2026-10-01 00:00:00' WHERE situacao = 'cancelado'");
  await run(mundo.sync.db, "UPDATE situacoes SET desde = '2026-09-01 00:00:00' WHERE situacao = 'ativo'");
  const counted = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(counted.text).toContain('data-recontado');
  expect(counted.text).toContain('data-divergencia="cobrado_cancelado"');
  expect(counted.text).toContain('Cancelado em 30/09/2026.');
});

test('somebody who was never active owes nothing for another reason than one who was cancelled', async () => {
  await run(mundo.sync.db, 'DELETE FROM situacoes');
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(page.text).toContain('data-divergencia="cobrado_sem_contar"');
  expect(page.text).toContain('Não tinha conta até o fim de 31/10/2026.');
  const sheet = await mundo.get(`/fechamentos/${MES}/fatura.csv`, admin);
  expect(sheet.text).toContain(externalIdOf(mundo.sync, dados.usuarioId, 1));
  expect(sheet.text).toContain('Não tinha conta até o fim de 31/10/2026.');
});

test('with several integrações an invoice is of one: found by its lines, or asked for', async () => {
  const { usuarioId, integracaoId } = dados;
  await run(
    mundo.sync.db,
    `INSERT INTO integracoes (nome, ambiente, url_base, usuario, senha, perfil, registro, criado_em, atualizado_em)
     SELECT 'Tele Clínica Norte', ambiente, url_base, usuario, senha, perfil, registro, criado_em, atualizado_em
     FROM integracoes`,
  );
  const outra = integracaoId + 1;
  await run(
    mundo.sync.db,
    `INSERT INTO usuarios (integracao_id, impressao, remoto_id, desejada, proxima_em, criado_em)
     SELECT :outra, impressao, 'u-1', desejada, proxima_em, criado_em FROM usuarios WHERE id = :usuarioId`,
    { outra, usuarioId },
  );
  await run(mundo.sync.db, "UPDATE usuarios SET remoto_id = 'u-1' WHERE id = :usuarioId", { usuarioId });
  const unclear = await send('Id;Valor\nu-1;49,90\n', LIVRES);
  expect(unclear.status).toBe(422);
  expect(unclear.text).toContain('Escolha a integração.');
  expect((await send('Id;Valor\nu-1;49,90\n', { ...LIVRES, integracao_id: '77' })).text).toContain(
    'Escolha uma integração da lista.',
  );
  expect(await count('faturas')).toBe(1);

  const ref = externalIdOf(mundo.sync, usuarioId, 1);
  expect((await send(`Referencia;Valor\n${ref};49,90\n`, LIVRES)).status).toBe(303);
  expect(await count('faturas')).toBe(1);
  const chosen = { ...LIVRES, integracao_id: String(outra) };
  expect((await send('Id;Valor\nu-1;10,00\n', chosen)).status).toBe(303);
  const donos = await rows(
    mundo.sync.db,
    `SELECT l.integracao_id AS linha, u.integracao_id AS pessoa FROM fatura_linhas l JOIN usuarios u ON u.id = l.usuario_id
     ORDER BY linha`,
    {},
    z.object({ linha: z.number(), pessoa: z.number() }),
  );
  expect(donos).toEqual([integracaoId, outra].map((id) => ({ linha: id, pessoa: id })));
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(page.text).toContain(`data-fatura="${outra}"`);
  expect(page.text).toContain('Tele Clínica Norte');
});

test('an invoice sent by mistake is taken away, alone, after a question, and only by who sees every filial', async () => {
  const { integracaoId } = dados;
  const path = `/fechamentos/${MES}/retirada`;
  const page = await mundo.get(`/fechamentos/${MES}`, admin);
  expect(page.text).toContain(`${path}?integracao_id=${integracaoId}`);
  const asked = await mundo.get(`${path}?integracao_id=${integracaoId}`, admin);
  expect(asked.text).toContain('Os números do mês ficam como estão.');
  expect(await count('faturas')).toBe(2);
  expect((await mundo.get(`${path}?integracao_id=99`, admin)).status).toBe(404);
  const closed = await count('fechamentos');
  const remove = (sessao: Sessao, id: string) => mundo.write('post', path, sessao, { integracao_id: id });
  expect((await remove(north, String(integracaoId))).status).toBe(403);
  expect((await remove(admin, '99')).status).toBe(404);
  expect(await count('faturas')).toBe(2);
  expect((await remove(admin, String(integracaoId))).status).toBe(303);
  expect([await count('faturas'), await count('fatura_linhas'), await count('fechamentos')]).toEqual([
    1,
    1,
    closed,
  ]);
  expect((await remove(admin, String(integracaoId))).status).toBe(404);
  expect((await mundo.get(`/fechamentos/${MES}`, admin)).text).not.toContain(`data-fatura="${integracaoId}"`);
});

test('the rule is refused with what was typed, saved, and lost to nobody unseen', async () => {
  const regra = { modo: 'dia', dia: '32', bloqueado_conta: 'sim', versao: 'nenhuma' };
  const wrong = await mundo.write('put', '/fechamentos/regra', admin, regra);
  expect([wrong.status, wrong.text.includes('value="32"')]).toEqual([422, true]);
  expect((await mundo.write('put', '/fechamentos/regra', admin, { ...regra, dia: '31' })).status).toBe(303);
  expect((await mundo.write('put', '/fechamentos/regra', admin, { ...regra, dia: '5' })).status).toBe(409);
});
