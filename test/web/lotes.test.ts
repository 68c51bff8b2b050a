// The screens of a lote: who sees which lines, what an approval takes, how many must approve, the list as CSV.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { listLinhas } from '../../src/sync/lotes/linhas.ts';
import { findLote } from '../../src/sync/lotes/lotes.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { loadRegras, loadVinculos, regimeOf } from '../../src/sync/regrasSalvas.ts';
import { csvLine } from '../../src/web/csv.ts';
import { addDados, addLote, type Dados, linhaDe, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };
const { ativa, outraFilial, tresContratos } = PESSOAS;

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let north: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  north = await mundo.login(OPERADORES.outraFilial.id);
});
afterAll(() => mundo.stop());

const matriz = (n = 0) =>
  linhaDe({ contratoId: tresContratos.contratos[n] ?? 0, clienteId: tresContratos.cliente, filialId: 1 });
const norte = () =>
  linhaDe({ contratoId: outraFilial.contrato, clienteId: outraFilial.cliente, filialId: 2 });
const resumoOf = (html: string): string => /name="resumo" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';
const approve = (id: number, form: Record<string, string>, sessao = admin) =>
  mundo.write('post', `/lotes/${id}/aprovacao`, sessao, form);
const estadoOf = async (id: number) => (await findLote(mundo.sync.db, id))?.estado;

async function cancelamentos(total: number): Promise<number> {
  const linhas = Array.from({ length: total }, (_, n) =>
    linhaDe({ contratoId: 900_000 + n, clienteId: 1, filialId: 1, acao: 'cancelar', para: 'cancelado' }),
  );
  return addLote(mundo.sync, linhas, { titulo: 'Cancelamentos retidos pelo freio' });
}

describe('a lote on the screen', () => {
  test('tells its number, origin and state wherever it is drawn', async () => {
    const element = new RegExp(
      `id="lote-${dados.loteId}"[^>]*data-lote="${dados.loteId}" data-origem="freio" data-estado="aguardando"`,
    );
    const list = await mundo.get('/lotes', admin);
    const page = await mundo.get(`/lotes/${dados.loteId}`, admin);

    expect(list.text).toMatch(element);
    expect(page.text).toMatch(element);
  });

  test('draws the usuário of a line as every screen does', async () => {
    const page = await mundo.get(`/lotes/${dados.loteId}`, admin);

    expect(page.text).toMatch(
      new RegExp(
        `<tr id="usuario-${dados.usuarioId}" data-contrato="${dados.contratoId}" data-situacao="ausente" data-desejada="ativo" data-linha="1"`,
      ),
    );
  });

  test('names people live from IXC and shows no whole CPF', async () => {
    const page = await mundo.get(`/lotes/${dados.loteId}`, admin);

    expect(page.text).toContain(ativa.nome);
    expect(page.text).not.toContain(ativa.cpf);
    expect(page.text).toContain('12 numa só varredura; o normal é até 10');
  });

  test('the list filters by origin and state', async () => {
    const none = await mundo.get('/lotes?origem=previa', admin).set(PARTIAL);
    const some = await mundo.get('/lotes?origem=freio&estado=aguardando', admin).set(PARTIAL);

    expect(none.text).toContain('Nenhum lote com este filtro');
    expect(some.text).toContain(`data-lote="${dados.loteId}"`);
  });

  test('its lines filter by action and by result, and page by number', async () => {
    const linhas = Array.from({ length: 130 }, (_, n) =>
      linhaDe({ contratoId: 800_000 + n, clienteId: 1, filialId: 1 }),
    );
    const id = await addLote(mundo.sync, [...linhas, { ...matriz(), acao: 'trocar_plano' as const }]);

    const first = await mundo.get(`/lotes/${id}?acao=bloquear`, admin).set(PARTIAL);
    const second = await mundo.get(`/lotes/${id}?acao=bloquear&depois=100`, admin).set(PARTIAL);
    const done = await mundo.get(`/lotes/${id}?estado=aplicada`, admin).set(PARTIAL);

    const numbers = (html: string) => [...html.matchAll(/data-linha="(\d+)"/g)].map(([, n]) => Number(n));
    expect([numbers(first.text).length, numbers(second.text).length]).toEqual([100, 30]);
    expect(numbers(second.text)[0]).toBe(101);
    expect(done.text).toContain('Nenhuma linha com este filtro');
  });

  test('lines marked on one page stay marked on the next', async () => {
    const linhas = Array.from({ length: 101 }, (_, n) =>
      linhaDe({ contratoId: 810_000 + n, clienteId: 1, filialId: 1 }),
    );
    const id = await addLote(mundo.sync, linhas);

    const second = await mundo.get(`/lotes/${id}?depois=100&linhas=7&linhas=101`, admin).set(PARTIAL);

    expect(second.text).toContain('<input type="hidden" name="linhas" value="7" form="aprovacao">');
    expect(second.text).toMatch(/value="101" form="aprovacao"[^>]* checked/);
  });

  test('a prévia that is still being filled follows itself and offers no decision', async () => {
    const previa = { origem: 'previa', estado: 'simulado', titulo: 'Prévia pedida', motivo: null } as const;
    const id = await addLote(mundo.sync, [], previa);
    await run(mundo.sync.db, 'UPDATE lotes SET preparado = 0 WHERE id = :id', { id });

    const page = await mundo.get(`/lotes/${id}`, admin);

    expect(page.text).toContain('Preparando a prévia');
    expect(page.text).toContain(`hx-get="/addons/tele-clinica/lotes/${id}/andamento?passo=1"`);
    expect(resumoOf(page.text)).toBe('');
  });
});

describe('branches', () => {
  test('an operator sees the lines and counts of own branches only', async () => {
    const id = await addLote(mundo.sync, [matriz(), matriz(1), norte()]);

    const page = await mundo.get(`/lotes/${id}`, north);
    const list = await mundo.get('/lotes', north);

    expect(page.text).toContain(outraFilial.nome);
    expect(page.text).not.toContain(tresContratos.nome);
    expect([...page.text.matchAll(/data-linha=/g)]).toHaveLength(1);
    expect(page.text).toContain('outras 2 linhas, de filiais que não são as suas');
    expect(list.text).toContain(`data-lote="${id}"`);
    expect(list.text).not.toContain(`data-lote="${dados.loteId}"`);
  });

  test('nobody decides on lines of other branches', async () => {
    const id = await addLote(mundo.sync, [matriz(), norte()]);
    const resumo = (await findLote(mundo.sync.db, id))?.resumo ?? '';

    const answers = [
      await approve(id, { resumo }, north),
      await approve(id, { resumo, linhas: '2' }, north),
      await mundo.write('post', `/lotes/${id}/rejeicao`, north),
      await mundo.write('put', `/lotes/${id}/pausa`, north),
    ];

    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(answers[0]?.text).toContain('filiais que não são as suas');
    expect(await estadoOf(id)).toBe('aguardando');
  });

  test('a lote of own branches alone is theirs to decide', async () => {
    const id = await addLote(mundo.sync, [norte()]);
    const page = await mundo.get(`/lotes/${id}`, north);

    expect((await approve(id, { resumo: resumoOf(page.text) }, north)).status).toBe(303);
    expect(await estadoOf(id)).toBe('executando');
  });

  test('a CSV holds own branches only, and another branch’s lote has none', async () => {
    const id = await addLote(mundo.sync, [matriz(), norte()]);

    const csv = await mundo.get(`/lotes/${id}.csv`, north);

    expect(csv.text).toContain(outraFilial.nome);
    expect(csv.text).not.toContain(tresContratos.nome);
    expect((await mundo.get(`/lotes/${dados.loteId}.csv`, north)).status).toBe(404);
  });
});

describe('an approval', () => {
  test('takes the list of the page, answers 303, and starts it', async () => {
    const id = await addLote(mundo.sync, [matriz(), matriz(1)]);
    const resumo = resumoOf((await mundo.get(`/lotes/${id}`, admin)).text);

    const answer = await approve(id, { resumo });

    expect([answer.status, answer.headers['location']]).toEqual([303, `/addons/tele-clinica/lotes/${id}`]);
    expect(await estadoOf(id)).toBe('executando');
  });

  test('of marked lines refuses the others', async () => {
    const id = await addLote(mundo.sync, [matriz(), matriz(1), matriz(2)]);
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    await mundo.write('post', `/lotes/${id}/aprovacao`, admin).send(`resumo=${resumo}&linhas=1&linhas=3`);

    const { linhas } = await listLinhas(mundo.sync.db, id, { filiais: 'todas', limite: 10 });
    expect(linhas.map(({ estado }) => estado)).toEqual(['pendente', 'recusada', 'pendente']);
  });

  test('with an empty field of lines approves none of them', async () => {
    const id = await addLote(mundo.sync, [matriz(), matriz(1)]);
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    const answer = await approve(id, { resumo, linhas: '' });

    expect(answer.status).toBe(303);
    const { linhas } = await listLinhas(mundo.sync.db, id, { filiais: 'todas', limite: 10 });
    expect(linhas.map(({ estado }) => estado)).toEqual(['recusada', 'recusada']);
  });

  test('of something that is no line answers 422 and changes nothing', async () => {
    const id = await addLote(mundo.sync, [matriz()]);
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    const answer = await approve(id, { resumo, linhas: '1,x' }).set('Accept', 'application/problem+json');

    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ errors: { linhas: expect.any(String) } });
    expect(await estadoOf(id)).toBe('aguardando');
  });

  test('of another list, of none, or twice answers 409', async () => {
    const id = await addLote(mundo.sync, [matriz()]);
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    const other = await approve(id, { resumo: '0'.repeat(64) });
    const none = await approve(id, {});
    const first = await approve(id, { resumo });
    const again = await approve(id, { resumo });

    expect([other, none, first, again].map(({ status }) => status)).toEqual([409, 409, 303, 409]);
    expect(again.text).toContain('Este lote já está em execução.');
  });

  test('answers htmx with the head alone, which draws the lines again', async () => {
    const id = await addLote(mundo.sync, [matriz()]);
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    const answer = await approve(id, { resumo }).set(PARTIAL);

    expect(answer.text).toMatch(/^<section id="lote-\d+"|^\s*<section id="lote-\d+"/);
    expect(answer.text).toContain('data-estado="executando"');
    expect(answer.text).toContain('hx-trigger="load" hx-target="#grade"');
  });

  test('of more than 50 cancellations wants two people', async () => {
    const id = await cancelamentos(51);
    const other = await mundo.loginWith(PAPEIS);
    const before = await mundo.get(`/lotes/${id}`, admin);

    await approve(id, { resumo: resumoOf(before.text) });
    const between = await mundo.get(`/lotes/${id}`, admin);
    const same = await approve(id, { resumo: resumoOf(between.text) });
    const second = await approve(id, { resumo: resumoOf(between.text) }, other);

    expect(before.text).toContain('duas pessoas precisam aprovar');
    expect(between.text).toContain('Falta a segunda aprovação');
    expect([same.status, second.status]).toEqual([409, 303]);
    expect(await estadoOf(id)).toBe('executando');
  });

  test('a second time cannot be for another choice of lines', async () => {
    const id = await cancelamentos(52);
    const other = await mundo.loginWith(PAPEIS);
    const resumo = async () => resumoOf((await mundo.get(`/lotes/${id}`, admin)).text);
    const first = Array.from({ length: 51 }, (_, n) => n + 1).join(',');
    await approve(id, { resumo: await resumo(), linhas: first });

    const fewer = await approve(id, { resumo: await resumo(), linhas: '1,2' }, other);
    const others = await approve(id, { resumo: await resumo(), linhas: `${first},52` }, other);
    const none = await approve(id, { resumo: await resumo(), linhas: '' }, other);
    const before = await estadoOf(id);
    const same = await approve(id, { resumo: await resumo(), linhas: first }, other);

    expect([fewer, others, none, same].map(({ status }) => status)).toEqual([409, 409, 409, 303]);
    expect(fewer.text).toContain('A primeira aprovação foi de outra escolha de linhas');
    expect([before, await estadoOf(id)]).toEqual(['aguardando', 'executando']);
  });

  test('of 50 cancellations wants one person, of 50 more on the same day two', async () => {
    const id = await cancelamentos(50);
    const page = await mundo.get(`/lotes/${id}`, admin);
    await approve(id, { resumo: resumoOf(page.text) });
    const more = await cancelamentos(50);
    const next = await mundo.get(`/lotes/${more}`, admin);
    await approve(more, { resumo: resumoOf(next.text) });

    expect(page.text).not.toContain('duas pessoas');
    expect(await estadoOf(id)).toBe('executando');
    expect(next.text).toContain('além de 50 que você aprovou nas últimas 24 horas: duas pessoas');
    expect(await estadoOf(more)).toBe('aguardando');
    await run(mundo.sync.db, 'UPDATE lotes SET decidido_em = decidido_em - INTERVAL 25 HOUR');
  });

  test('of an empty prévia accepts the rules it was made under', async () => {
    const regime = await regimeOf(
      mundo.sync,
      await loadRegras(mundo.sync.db),
      await loadVinculos(mundo.sync.db),
    );
    const previa = { origem: 'previa', estado: 'simulado', titulo: 'Prévia pedida', motivo: null } as const;
    const id = await addLote(mundo.sync, [], { ...previa, regime });
    const before = await mundo.get('/sincronizacao', admin);
    const page = await mundo.get(`/lotes/${id}`, admin);

    const answer = await approve(id, { resumo: resumoOf(page.text) });

    expect(before.text).toContain('Ninguém decidiu ainda sobre uma varredura');
    expect(page.text).toContain('Aprovar aceita as regras');
    expect(answer.status).toBe(303);
    expect((await mundo.get('/sincronizacao', admin)).text).not.toContain('Ninguém decidiu ainda');
  });

  test('of a list made under other rules answers 409', async () => {
    const id = await addLote(mundo.sync, [matriz()], { regime: Buffer.alloc(32, 1) });
    const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};

    const answer = await approve(id, { resumo });

    expect(answer.status).toBe(409);
    expect(answer.text).toContain('mudaram depois que esta lista foi feita');
    expect(await estadoOf(id)).toBe('aguardando');
  });
});

test('a running lote pauses, goes on, and can be rejected for what is left', async () => {
  const id = await addLote(mundo.sync, [matriz()]);
  const { resumo = '' } = (await findLote(mundo.sync.db, id)) ?? {};
  await approve(id, { resumo });

  const states = [];
  for (const [method, path] of [
    ['put', 'pausa'],
    ['put', 'pausa'],
    ['delete', 'pausa'],
    ['post', 'rejeicao'],
    ['post', 'rejeicao'],
  ] as const) {
    const { status } = await mundo.write(method, `/lotes/${id}/${path}`, admin);
    states.push([status, await estadoOf(id)]);
  }

  expect(states).toEqual([
    [303, 'pausado'],
    [409, 'pausado'],
    [303, 'executando'],
    [303, 'rejeitado'],
    [409, 'rejeitado'],
  ]);
});

describe('the CSV', () => {
  test('is UTF-8 with its mark, semicolons, one line a change, and a recorded act', async () => {
    const answer = await mundo.get(`/lotes/${dados.loteId}.csv`, admin).buffer(true);

    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(answer.headers['content-disposition']).toBe(`attachment; filename=lote-${dados.loteId}.csv`);
    const lines = answer.text.split('\r\n');
    expect(lines[0]).toBe(
      '\uFEFF"Linha";"Contrato";"Usuário";"Pessoa";"Documento";"Ação";"Agora";"Depois";"Motivo";"Resultado";"Mensagem"',
    );
    expect(lines[1]).toContain(`"1";"${dados.contratoId}";"${dados.usuarioId}";"${ativa.nome}";`);
    expect(answer.text).not.toContain(ativa.cpf);
    const sql = "SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'exportou'";
    const { total } = await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }));
    expect(total).toBeGreaterThan(0);
  });

  test('runs no formula and loses no quote', () => {
    expect(csvLine(['=1+1', '+55', '-2', '@x', '\t=1', ' =1', 'a"b', 'Ana; Lima'])).toBe(
      `"'=1+1";"'+55";"'-2";"'@x";"'\t=1";"' =1";"a""b";"Ana; Lima"\r\n`,
    );
    const hidden = [
      '\u200b=1',
      '\u202e+1',
      '\ufeff\u2066 @x',
      '\u00ad-1',
      '\u0000=1',
      '＝1',
      '＋1',
      '－1',
      '＠x',
    ];
    expect(csvLine(hidden)).toBe(`${hidden.map((cell) => `"'${cell}"`).join(';')}\r\n`);
    expect(csvLine(['\u200bAna', -2, 1.5])).toBe('"\u200bAna";"-2";"1,5"\r\n');
  });
});
