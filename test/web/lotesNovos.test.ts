// Asking something of many at once: what is refused at the form, and what a simulation says of each contract.
import { writeXlsx } from 'hucre/xlsx';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rows, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { runPedidos } from '../../src/sync/lotes/operador/execucao.ts';
import { simulateNext } from '../../src/sync/lotes/operador/simulacao.ts';
import { type IxcEscrita, openIxcEscrita } from '../setup/ixc.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const { ativa, produtoNoContrato, outraFilial, empresa, semProduto, bloqueioAutomatico } = PESSOAS;

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let ixc: IxcEscrita;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  ixc = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

type Form = Record<string, string>;
const send = (form: Form, arquivo?: Buffer | string, nome = 'lista.csv', sessao = admin) => {
  const post = request(mundo.origem)
    .post(`${BASE}/lotes`)
    .set({ Cookie: sessao.cookie, 'X-CSRF-Token': sessao.csrf, Origin: mundo.origem, Accept: 'text/html' });
  for (const [name, value] of Object.entries(form)) post.field(name, value);
  return arquivo === undefined ? post : post.attach('arquivo', Buffer.from(arquivo), nome);
};
const idOf = (answer: { status: number; headers: Record<string, string>; text: string }): number => {
  if (answer.status !== 303) throw new Error(`answered ${answer.status}`);
  return Number(/\/lotes\/(\d+)$/.exec(answer.headers['location'] ?? '')?.[1]);
};
const Linha = z.object({
  contratoId: z.number(),
  usuarioId: z.number().nullable(),
  estado: z.string(),
  texto: z.string(),
});
const linhasOf = (id: number) =>
  rows(
    mundo.sync.db,
    `SELECT contrato_id AS contratoId, usuario_id AS usuarioId, estado, COALESCE(mensagem, motivo) AS texto
     FROM lote_linhas WHERE lote_id = ${id} ORDER BY n`,
    {},
    Linha,
  );
const simulate = async (form: Form, arquivo?: Buffer | string, nome?: string) => {
  const id = idOf(await send(form, arquivo, nome));
  while (await simulateNext(mundo.sync, 'teste'));
  return { id, linhas: await linhasOf(id) };
};
const lotes = async () => (await rows(mundo.sync.db, 'SELECT id FROM lotes', {}, z.unknown())).length;
const all = (text: string) => text.replace(/\s+/g, ' ');

describe('the form', () => {
  test('is filled in from the grid that led to it, and offers cancelling to whoever may', async () => {
    const page = await mundo.get('/lotes/novo?busca=silva&situacao=ativo&retida=dados&plano=1', admin);
    const sessao = await mundo.loginWith(['operar']);
    const without = await mundo.get('/lotes/novo', sessao);

    expect(page.text).toContain('value="silva"');
    expect(page.text).toContain('<option value="ativo" selected>');
    expect(page.text).toContain('<option value="dados" selected>');
    expect(page.text).toContain('<option value="cancelar">');
    expect(without.text).not.toContain('<option value="cancelar">');
    expect((await send({ acao: 'cancelar', motivo: 'x' }, '1', 'a.csv', sessao)).status).toBe(403);
  });

  test('more than 100 marked people lead there with the same filter', async () => {
    const ids = Array.from({ length: 101 }, (_, n) => n + 1).join(',');
    const page = await mundo.get(
      `/usuarios/selecao/bloqueio?ids=${ids}&voltar=${encodeURIComponent('situacao=ativo&depois=7')}`,
      admin,
    );

    expect(page.status).toBe(422);
    expect(all(page.text)).toContain(
      `href="${BASE}/lotes/novo?acao=bloquear&#38;situacao=ativo"`.replace('&#38;', '&amp;'),
    );
  });

  test.each<[string, Form, string]>([
    ['no action', { filial_id: '1' }, 'Escolha o que fazer.'],
    ['no reason', { acao: 'bloquear', filial_id: '1' }, 'Diga o motivo'],
    ['a CPF in the reason', { acao: 'bloquear', filial_id: '1', motivo: ativa.cpf }, 'Tire o CPF do motivo'],
    ['no new plano', { acao: 'trocar_plano', filial_id: '1' }, 'Escolha o plano novo.'],
    ['an unknown plano', { acao: 'criar', novo_plano_id: '999' }, 'Este plano não existe mais'],
    ['a day that is none', { acao: 'desbloquear', ativado_de: '31/12/2026' }, 'uma data válida'],
    [
      'days the wrong way round',
      { acao: 'desbloquear', ativado_de: '2026-02-01', ativado_ate: '2026-01-01' },
      'O fim é antes do começo',
    ],
    [
      'nobody in particular',
      { acao: 'desbloquear', situacao: '' },
      'Escolha ao menos um filtro ou envie uma lista',
    ],
    [
      'a search that finds nobody',
      { acao: 'desbloquear', busca: 'zzzz qqqq' },
      'não encontrou nenhum contrato',
    ],
    ['a branch that is a word', { acao: 'desbloquear', filial_id: 'norte' }, 'Escolha um valor da lista'],
  ])('%s is refused beside the field, and what was typed stays', async (_what, form, words) => {
    const before = await lotes();
    const answer = await send({ busca: '', situacao: 'ativo', ...form });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain(words);
    if (form['situacao'] !== '') expect(answer.text).toContain('<option value="ativo" selected>');
    expect(await lotes()).toBe(before);
  });
});

describe('a list', () => {
  const form = { acao: 'bloquear', motivo: 'a pedido' };
  const xlsx = async (rows: (string | number)[][]) =>
    Buffer.from(await writeXlsx({ sheets: [{ name: 'L', rows }] }));

  test.each<[string, () => Promise<Buffer | string> | string, string]>([
    ['empty', () => '', 'está vazio'],
    ['without a number', () => 'Contrato\n', 'não tem nenhum número'],
    ['of two columns', () => 'Contrato;Nome\n1;Ana\n', 'A linha 1 tem mais de uma coluna'],
    ['of two columns further down', () => '1\n2;Ana\n', 'A linha 2 tem mais de uma coluna'],
    ['of two columns in XLSX', () => xlsx([[1, 2]]), 'A linha 1 tem mais de uma coluna'],
    ['with formulas', () => '12\n=1+1\n+55\n@SOMA(1)\n-3\n', 'As linhas 2, 3, 4, 5 não são'],
    ['with words', () => 'Contrato\nMaria\n', 'A linha 2 não é número de contrato nem CPF'],
    [
      'that is a picture',
      () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]).toString('latin1'),
      'não é CSV nem XLSX',
    ],
  ])('%s is refused, without repeating what is in it', async (_what, arquivo, words) => {
    const answer = await send(form, await arquivo());

    expect(answer.status).toBe(422);
    expect(answer.text).toContain(words);
    expect(answer.text).not.toMatch(/Maria|SOMA/);
  });

  test('too big is refused with 413', async () => {
    const answer = await send(form, Buffer.alloc(20 * 1024 * 1024 + 1, '1'));

    expect(answer.status).toBe(413);
    expect(answer.text).toContain('O arquivo passa de 20 MB.');
  });

  test('may name contracts or CPFs, with and without mask, in CSV and XLSX; no CPF is stored', async () => {
    const masked = `${ativa.cpf.slice(0, 3)}.${ativa.cpf.slice(3, 6)}.${ativa.cpf.slice(6, 9)}-${ativa.cpf.slice(9)}`;
    const plain = await simulate(form, `CPF\n${Number(ativa.cpf)}\n`);
    const mask = await simulate(form, `${masked}\n11111111111\n52998224725\n`);
    const number = await simulate(form, await xlsx([['Contrato'], [ativa.contrato]]), 'lista.xlsx');

    for (const { linhas } of [plain, mask, number]) expect(linhas[0]?.contratoId).toBe(ativa.contrato);
    expect(mask.linhas.slice(1).map(({ texto }) => texto)).toEqual([
      'Linha 2 da lista: o CPF não existe, os dígitos não conferem.',
      'Linha 3 da lista: nenhum contrato com este CPF nas suas filiais.',
    ]);
    const stored = await rows(
      mundo.sync.db,
      `SELECT CONCAT_WS(' ', l.titulo, l.motivo, p.filtro, x.motivo, x.mensagem) AS texto FROM lotes l
       JOIN lote_pedidos p ON p.lote_id = l.id LEFT JOIN lote_linhas x ON x.lote_id = l.id`,
      {},
      z.object({ texto: z.string() }),
    );
    expect(JSON.stringify(stored)).not.toContain(ativa.cpf);
    expect(await rows(mundo.sync.db, 'SELECT n FROM lote_lista', {}, z.unknown())).toEqual([]);
  });
});

describe('simulating a creation', () => {
  test('says one thing of each contract of a planted list', async () => {
    const razao = 'Joana Prado da Silva';
    const adult = await ixc.addCliente({ razao });
    const contrato = async (
      cliente: Parameters<IxcEscrita['addCliente']>[0],
      dado = {},
      produto?: number | null,
    ) => ixc.addContrato(await ixc.addCliente({ razao, ...cliente }), dado, produto);
    const blocked = await contrato({}, { acesso: 'CA' });
    const planted: [number, string, string][] = [
      [await ixc.addContrato(adult), 'pendente', 'Será criado no plano “Individual”.'],
      [await ixc.addContrato(adult), 'pendente', 'Mesma pessoa de outra linha: este se junta à conta dela.'],
      [dados.contratoId, 'dispensada', `Já existe: este contrato já dá o usuário ${dados.usuarioId}.`],
      [
        await ixc.addContrato(ativa.cliente),
        'pendente',
        'Outro contrato da pessoa já tem conta: este se junta a ela.',
      ],
      [await contrato({ cnpj_cpf: '111.111.111-12' }), 'dispensada', 'CPF inválido.'],
      [await contrato({ cnpj_cpf: '' }), 'dispensada', 'CPF vazio.'],
      [await contrato({ celular: '', email: '' }), 'dispensada', 'Sem celular nem e-mail.'],
      [await contrato({ nascimento: '2020-01-01' }), 'dispensada', 'Menor de 18 anos.'],
      [await contrato({}, {}, null), 'dispensada', 'Sem vínculo: nada neste contrato leva a um plano.'],
      [empresa.contrato, 'dispensada', 'O cliente é uma empresa'],
      [blocked, 'dispensada', 'No IXC está Ativo, acesso Bloqueio automático.'],
      [99_999_999, 'dispensada', 'Não existe no IXC, ou não está nas suas filiais.'],
    ];

    const { id, linhas } = await simulate(
      { acao: 'criar' },
      planted.map(([contratoId]) => contratoId).join('\n'),
    );

    const byId = new Map(linhas.map((linha) => [linha.contratoId, linha]));
    expect(linhas).toHaveLength(planted.length);
    for (const [contratoId, estado, words] of planted) {
      expect(byId.get(contratoId)?.texto).toContain(words);
      expect(byId.get(contratoId)?.estado).toBe(estado);
    }
    const page = await mundo.get(`/lotes/${id}`, admin);
    expect(page.text).toContain('Simulado: 3 mudariam, 9 ficam de fora.');
    expect(page.text).toContain('CPF inválido.');
  });

  test('by a filter leaves out what no vínculo reaches, and goes by branch, status, access, days and kind of person', async () => {
    const [one, other] = [
      await ixc.addContrato(await ixc.addCliente()),
      await ixc.addContrato(await ixc.addCliente()),
    ];
    await ixc.change('cliente_contrato', one, { data_ativacao: '2019-03-04', status_internet: 'FA' });
    const of = async (form: Form) =>
      (await simulate({ acao: 'criar', ...form })).linhas.map(({ contratoId }) => contratoId);

    const days = await of({ ativado_de: '2019-03-04', ativado_ate: '2019-03-04' });
    const access = await of({ acesso: 'FA', ativado_ate: '2019-12-31' });
    const everybody = await of({});
    const norte = await of({ filial_id: '2' });
    const companies = await of({ tipo_pessoa: 'J' });

    expect(days).toEqual([one]);
    expect(access).toEqual([one]);
    expect(everybody).toEqual(
      expect.arrayContaining([one, other, empresa.contrato, produtoNoContrato.contrato]),
    );
    expect(everybody).not.toContain(semProduto.contrato);
    expect(norte).toContain(outraFilial.contrato);
    expect(norte).not.toContain(one);
    expect(companies).toContain(empresa.contrato);
    expect(companies).not.toContain(one);
  });

  test('keeps to the branches of whoever asks, whose contracts of others look missing', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const id = idOf(
      await send({ acao: 'criar' }, `${ativa.contrato}\n${outraFilial.contrato}`, 'a.csv', north),
    );
    while (await simulateNext(mundo.sync, 'teste'));
    const page = await mundo.get(`/lotes/${id}`, north);

    const linhas = await linhasOf(id);
    expect(linhas.find(({ contratoId }) => contratoId === ativa.contrato)?.texto).toContain(
      'Não existe no IXC',
    );
    expect(linhas.find(({ contratoId }) => contratoId === outraFilial.contrato)?.estado).toBe('pendente');
    expect(page.text).toContain('Aprovar');
    expect(page.text).not.toContain(ativa.nome);
  });
});

describe('simulating the rest', () => {
  const set = (sql: string) => run(mundo.sync.db, `UPDATE usuarios SET ${sql} WHERE id = ${dados.usuarioId}`);
  const lista = () => `${dados.contratoId}\n${bloqueioAutomatico.contrato}`;
  const simulated = async (form: Form) =>
    (await simulate({ motivo: 'a pedido', ...form }, lista())).linhas.map(({ estado, texto }) => [
      estado,
      texto,
    ]);
  const normal =
    "observada = 'ativo', desejada = 'ativo', bloqueio_manual = 0, cancelar_em = NULL, carencia_ate = NULL";

  test('blocks whoever has an account and no carência', async () => {
    await set(normal);
    const active = await simulated({ acao: 'bloquear' });
    await set('carencia_ate = CURRENT_DATE + INTERVAL 9 DAY');
    const held = await simulated({ acao: 'bloquear' });
    await set(`${normal}, bloqueio_manual = 1, desejada = 'bloqueado'`);
    const blocked = await simulated({ acao: 'bloquear' });
    await set(normal);

    expect(active).toEqual([
      ['pendente', 'Será bloqueado, até alguém desbloquear.'],
      ['dispensada', 'Sem conta na Tele Clínica.'],
    ]);
    expect(held[0]).toEqual(['dispensada', 'Fica como está: em carência.']);
    expect(blocked[0]).toEqual(['dispensada', 'Fica como está: já bloqueada.']);
  });

  test('cancels at once or at the end of the prazo, and once only', async () => {
    const now = await simulated({ acao: 'cancelar' });
    const later = await simulated({ acao: 'cancelar', quando: 'prazo' });
    await set('cancelar_em = UTC_TIMESTAMP(6) + INTERVAL 5 DAY');
    const marked = await simulated({ acao: 'cancelar' });
    await set(normal);

    expect(now[0]).toEqual(['pendente', 'Será cancelado.']);
    expect(later[0]).toEqual(['pendente', 'Será bloqueado, e cancelado ao fim do prazo.']);
    expect(marked[0]).toEqual(['dispensada', 'Fica como está: com cancelamento marcado.']);
  });

  test('unblocks and changes plano', async () => {
    await set("desejada = 'bloqueado', observada = 'bloqueado', bloqueio_manual = 1");
    const unblock = await simulated({ acao: 'desbloquear' });
    await set(normal);
    const same = await simulated({ acao: 'trocar_plano', novo_plano_id: String(dados.planoId) });

    expect(unblock[0]).toEqual(['pendente', 'Será desbloqueado.']);
    expect(same[0]).toEqual(['dispensada', 'Fica como está: já está neste plano.']);
  });

  test('by a filter finds people by situação, each with one line', async () => {
    const { linhas } = await simulate({ acao: 'bloquear', motivo: 'a pedido', situacao: 'ativo' });

    expect(linhas).toMatchObject([
      { contratoId: dados.contratoId, usuarioId: dados.usuarioId, estado: 'pendente' },
    ]);
  });
});

describe('a lote that was simulated', () => {
  const resumoOf = (html: string): string => /name="resumo" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';

  test('cannot be decided before, shows how far it is, and is carried out as the order of whoever asked', async () => {
    const id = idOf(
      await send({ acao: 'bloquear', motivo: 'a pedido do cliente' }, String(dados.contratoId)),
    );
    const waiting = await mundo.get(`/lotes/${id}`, admin);
    while (await simulateNext(mundo.sync, 'teste'));
    const ready = await mundo.get(`/lotes/${id}`, admin);
    const approved = await mundo.write('post', `/lotes/${id}/aprovacao`, admin, {
      resumo: resumoOf(ready.text),
    });
    while (await runPedidos(mundo.sync));
    const done = await mundo.get(`/lotes/${id}`, admin);

    expect(waiting.text).toContain('Simulando…');
    expect(waiting.text).toContain('0 de 1');
    expect(resumoOf(waiting.text)).toBe('');
    expect(approved.status).toBe(303);
    expect(done.text).toContain('Concluído: 1 pedido feito.');
    const acts = await rows(
      mundo.sync.db,
      `SELECT operador_id AS operadorId, CAST(detalhe AS CHAR) AS detalhe FROM auditoria
       WHERE evento = 'bloqueio_pedido' AND usuario_id = ${dados.usuarioId}`,
      {},
      z.object({ operadorId: z.number(), detalhe: z.string() }),
    );
    expect(acts).toMatchObject([{ operadorId: OPERADORES.administrador.id }]);
    expect(acts[0]?.detalhe).toContain('a pedido do cliente');
  });

  test('can be rejected while it is being simulated', async () => {
    const id = idOf(await send({ acao: 'criar' }, String(ativa.contrato)));
    const answer = await mundo.write('post', `/lotes/${id}/rejeicao`, admin);

    expect(answer.status).toBe(303);
    expect(await simulateNext(mundo.sync, 'teste')).toBe(false);
  });
});
