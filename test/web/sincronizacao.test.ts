// Sincronização: the modes, the rules with their impact, the prévia, what is refused and what is left alone.
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { preparePrevia } from '../../src/sync/lotes/previa.ts';
import { listModos } from '../../src/sync/modos.ts';
import { PAPEIS } from '../../src/sync/papeis.ts';
import { loadRegras } from '../../src/sync/regrasSalvas.ts';
import { countPassariam } from '../../src/sync/varredura/passariam.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { addDados, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const PARTIAL = { 'HX-Request': 'true', 'HX-Request-Type': 'partial' };

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let north: Sessao;
let ixc: mysql.Connection;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  north = await mundo.login(OPERADORES.outraFilial.id);
  ixc = await mysql.createConnection(mundo.bancos.ixcEscritaUrl);
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

const page = async (sessao = admin) => (await mundo.get('/sincronizacao', sessao)).text;
const putRegras = (form: Record<string, string>, sessao = admin) =>
  mundo.write('put', '/sincronizacao/regras', sessao, form);
const resumoOf = (html: string): string => /name="resumo" value="([0-9a-f]{64})"/.exec(html)?.[1] ?? '';
const celula = (html: string, nome: string): string =>
  new RegExp(`data-celula="${nome}"[\\s\\S]*?</td>`).exec(html)?.[0] ?? '';

describe('modes', () => {
  const putModo = (form: Record<string, string>, sessao = admin) =>
    mundo.write('put', '/sincronizacao/modo', sessao, form);

  test('are observar until somebody sets one, and then the most specific holds', async () => {
    expect(await page()).not.toContain('data-modo="automatico"');

    const answer = await putModo({ modo: 'automatico', operacao: 'desbloquear' });
    await putModo({ modo: 'sugerir', operacao: 'bloquear', filial_id: '2' });

    expect([answer.status, answer.headers['location']]).toEqual([303, '/addons/tele-clinica/sincronizacao']);
    const html = await page();
    const row = (name: string) => new RegExp(`<th scope="row">${name}</th>[\\s\\S]*?</tr>`).exec(html)?.[0];
    expect(row('Desbloqueios')?.match(/data-modo="automatico"/g)?.length).toBeGreaterThan(2);
    expect(row('Bloqueios')?.match(/data-modo="sugerir"/g)).toHaveLength(1);
  });

  test('our own form asks before everything goes by itself; a program that says what it wants is not asked', async () => {
    const asked = await putModo({ modo: 'automatico', pergunta: '1', filial_id: '3' }).set(PARTIAL);
    const before = await listModos(mundo.sync.db);
    const narrower = await putModo({ modo: 'automatico', operacao: 'criar', filial_id: '3', pergunta: '1' });
    const direct = await putModo({ modo: 'automatico', filial_id: '3' });
    await putModo({ modo: 'observar', filial_id: '3' });
    await putModo({ modo: 'observar', operacao: 'criar', filial_id: '3' });

    expect([asked.status, asked.headers['hx-retarget']]).toEqual([200, '#modo-confirmacao']);
    expect(asked.text).toContain('Todas as operações em automático, em Filial Serra');
    expect(asked.text).toContain('O que mudaria na próxima varredura');
    expect(asked.text).not.toContain('name="pergunta"');
    expect(before).not.toContainEqual(expect.objectContaining({ operacao: '', filialId: 3 }));
    expect([narrower.status, direct.status]).toEqual([303, 303]);
  });

  test('a wrong field answers 422 with its name', async () => {
    const answer = await putModo({ modo: 'sempre' }).set('Accept', 'application/problem+json');

    expect([answer.status, Object.keys(answer.body.errors)]).toEqual([422, ['modo']]);
  });

  test('whoever sees some branches sets the mode of those only', async () => {
    const everywhere = await putModo({ modo: 'automatico' }, north);
    const elsewhere = await putModo({ modo: 'automatico', filial_id: '1' }, north);
    const own = await putModo({ modo: 'sugerir', filial_id: '2' }, north);

    expect([everywhere.status, elsewhere.status, own.status]).toEqual([422, 404, 303]);
    expect(await listModos(mundo.sync.db)).not.toContainEqual(expect.objectContaining({ filialId: 1 }));
  });
});

describe('rules', () => {
  test('show each status pair with its live count, samples and meaning', async () => {
    const cell = celula(await page(), 'A_CA');

    expect(cell).toContain('<option value="bloqueado" selected>');
    expect(Number(/<strong>([\d.]+)<\/strong>/.exec(cell)?.[1]?.replace('.', ''))).toBeGreaterThan(0);
    expect(cell).toMatch(/href="[^"]*\/contratos\/\d+"/);
  });

  test('count each contract where the rules look for it: SVA without access as A, suspended ones apart', async () => {
    const total = (html: string, nome: string): number =>
      Number(/<strong>([\d.]+)<\/strong>/.exec(celula(html, nome))?.[1]?.replace('.', ''));
    const suspended = (html: string): number => Number(/data-suspensos="(\d+)"/.exec(html)?.[1] ?? 0);
    const before = await page();
    await ixc.query(
      "SET STATEMENT sql_mode = '' FOR UPDATE cliente_contrato SET tipo = 'SVA', status_internet = '' WHERE id = ?",
      [PESSOAS.bloqueioAutomatico.contrato],
    );
    await ixc.query("UPDATE cliente_contrato SET contrato_suspenso = 'S' WHERE id = ?", [
      PESSOAS.tresContratos.contrato,
    ]);

    const after = await page();
    await ixc.query("UPDATE cliente_contrato SET tipo = 'I', status_internet = 'CA' WHERE id = ?", [
      PESSOAS.bloqueioAutomatico.contrato,
    ]);
    await ixc.query("UPDATE cliente_contrato SET contrato_suspenso = 'N' WHERE id = ?", [
      PESSOAS.tresContratos.contrato,
    ]);

    // One came into A_A (it is no longer CA), one left it for the suspended.
    expect([
      total(after, 'A_A') - total(before, 'A_A'),
      total(after, 'A_CA') - total(before, 'A_CA'),
    ]).toEqual([0, -1]);
    expect(total(after, 'A_')).toBe(total(before, 'A_'));
    expect(suspended(after)).toBe(suspended(before) + 1);
  });

  test('the impact counts contracts without an account that would give the right to one', async () => {
    const shown = await putRegras({ A_CA: 'ativo' }).set(PARTIAL);
    const none = await putRegras({ A_A: 'bloqueado' }).set(PARTIAL);
    const cut = await countPassariam(mundo.sync, new Map([['A_CA', 'ativo']]), -1);
    const total = Number(/data-passariam="(\d+)"/.exec(shown.text)?.[1]);

    expect(total).toBeGreaterThan(0);
    expect(shown.text).toMatch(/contratos? sem usuário passaria/);
    expect(shown.text).toContain(`/contratos/${PESSOAS.bloqueioAutomatico.contrato}"`);
    expect(none.text).toContain('data-passariam="0"');
    expect(cut.todos).toBe(false);
  });

  test('a change shows its impact first and is saved only with the impact that was shown', async () => {
    await createVarredura(mundo.sync, 'teste').look();
    const change = { A_A: 'bloqueado' };

    const shown = await putRegras(change);
    const before = await loadRegras(mundo.sync.db);
    const wrong = await putRegras({ ...change, resumo: '0'.repeat(64) });
    const saved = await putRegras({ ...change, resumo: resumoOf(shown.text) });

    expect(shown.status).toBe(200);
    expect(shown.text).toContain('data-impacto="ativo:bloqueado"');
    expect(shown.text).toContain(PESSOAS.ativa.nome);
    expect(shown.text).toContain('<input type="hidden" name="A_A" value="bloqueado">');
    expect(before.size).toBe(0);
    expect([wrong.status, saved.status]).toEqual([409, 303]);
    expect([...(await loadRegras(mundo.sync.db))]).toEqual([['A_A', 'bloqueado']]);
  });

  test('back to the default is nobody’s exception any more', async () => {
    const shown = await putRegras({ A_A: 'ativo' }).set(PARTIAL);
    const saved = await putRegras({ A_A: 'ativo', resumo: resumoOf(shown.text) }).set(PARTIAL);

    expect(shown.text).toMatch(/^\s*<form class="confirmacao"/);
    expect(saved.text).toContain('Regras salvas.');
    expect((await loadRegras(mundo.sync.db)).size).toBe(0);
  });

  test('“reativar sozinho” is off, shows whom it would bring back, and is saved like a rule', async () => {
    expect(await page()).toContain('data-reativar="sugerir"');
    const shown = await putRegras({ reativar: 'sozinho' });
    const saved = await putRegras({ reativar: 'sozinho', resumo: resumoOf(shown.text) });
    const html = await page();
    const off = await putRegras({ reativar: 'sugerir' });
    await putRegras({ reativar: 'sugerir', resumo: resumoOf(off.text) });

    expect(shown.text).toContain('data-voltam="0"');
    expect(shown.text).toContain('<input type="hidden" name="reativar" value="sozinho">');
    expect(saved.status).toBe(303);
    expect(html).toContain('data-reativar="sozinho"');
    expect(html).toContain('Ninguém decidiu ainda sobre uma varredura');
    expect(await page()).toContain('data-reativar="sugerir"');
    const { total } = await row(
      mundo.sync.db,
      "SELECT COUNT(*) AS total FROM auditoria WHERE evento = 'regras_alteradas' AND JSON_EXISTS(detalhe, '$.reativar_sozinho')",
      {},
      z.object({ total: z.number() }),
    );
    expect(total).toBe(2);
  });

  test('a cell or a meaning that does not exist answers 422 with its name', async () => {
    const answer = await putRegras({ A_ZZ: 'ativo', N_D: 'talvez' }).set(
      'Accept',
      'application/problem+json',
    );

    expect([answer.status, Object.keys(answer.body.errors).sort()]).toEqual([422, ['A_ZZ', 'N_D']]);
  });

  test('belong to whoever sees every branch', async () => {
    const answer = await putRegras({ A_FA: 'bloqueado' }, north);

    expect(answer.status).toBe(403);
    expect(answer.text).toContain('As regras valem para todas as filiais');
    expect(celula(await page(north), 'A_CA')).not.toContain('<select');
  });

  test('a code that IXC does not document is listed apart and changes nobody', async () => {
    const html = await page();

    // The demo's provider has contracts without any status.
    expect(html).toContain('data-desconhecido="_A"');
    expect(html).toContain('Código desconhecido no IXC: ninguém é alterado.');
  });
});

describe('a prévia', () => {
  test('is asked for with one click and is filled by the scan', async () => {
    await ixc.query("UPDATE cliente_contrato SET status_internet = 'CM' WHERE id = ?", [dados.contratoId]);

    const answer = await mundo.write('post', '/sincronizacao/previas', admin);
    const location = answer.headers['location']?.replace('/addons/tele-clinica', '') ?? '';
    const waiting = await mundo.get(location, admin);
    await preparePrevia(mundo.sync, 'teste');
    const ready = await mundo.get(location, admin);

    expect(answer.status).toBe(303);
    expect(waiting.text).toContain('data-origem="previa" data-estado="simulado"');
    expect(waiting.text).toContain('Preparando a prévia');
    expect(ready.text).toContain('Prévia pronta: nada foi mudado.');
    expect(ready.text).toMatch(
      new RegExp(
        `data-acao="bloquear"[\\s\\S]*?usuarios/${dados.usuarioId}"[\\s\\S]*?<strong>bloqueado</strong>`,
      ),
    );
  });

  test('sends an htmx click to the lote', async () => {
    const answer = await mundo.write('post', '/sincronizacao/previas', admin).set(PARTIAL);

    expect(answer.status).toBe(200);
    expect(answer.headers['hx-redirect']).toMatch(/^\/addons\/tele-clinica\/lotes\/\d+$/);
  });

  test('what a run would do now is counted on the page', async () => {
    expect(await page()).toContain('data-agora="bloquear"');
  });
});

test('a prévia that could not be believed says why and offers nothing', async () => {
  const answer = await mundo.write('post', '/sincronizacao/previas', admin);
  const location = answer.headers['location']?.replace('/addons/tele-clinica', '') ?? '';
  await ixc.query('ALTER TABLE cliente_contrato MODIFY status_internet VARCHAR(4)');
  await preparePrevia(mundo.sync, 'teste');
  await preparePrevia(mundo.sync, 'teste');

  const html = (await mundo.get(location, admin)).text;

  expect(html).toContain('data-estado="dissolvido"');
  expect(html).toContain('Uma coluna que lemos do IXC sumiu ou mudou de tipo');
  expect(resumoOf(html)).toBe('');
});

test('a structure that changed is shown and accepted by whoever may configure and sees every branch', async () => {
  const scanner = createVarredura(mundo.sync, 'teste');
  await scanner.look();
  const refused = await page();
  const elsewhere = await mundo.write('post', '/sincronizacao/estrutura', north);
  const answer = await mundo.write('post', '/sincronizacao/estrutura', admin);
  const again = await mundo.write('post', '/sincronizacao/estrutura', admin);
  await scanner.look();
  const accepted = await page();
  await ixc.query('ALTER TABLE cliente_contrato MODIFY status_internet CHAR(4)');
  await scanner.look();
  const back = await mundo.write('post', '/sincronizacao/estrutura', admin).set(PARTIAL);
  await scanner.look();

  expect(refused).toContain('<code>cliente_contrato.status_internet</code>');
  expect(refused).toContain('Aceitar a estrutura de agora');
  expect(await page(north)).not.toContain('Aceitar a estrutura de agora');
  expect([elsewhere.status, answer.status, again.status]).toEqual([403, 303, 409]);
  expect(accepted).not.toContain('A última varredura foi recusada');
  expect(accepted).toContain('Ninguém decidiu ainda sobre uma varredura');
  expect(back.text).toContain('Estrutura aceita.');
});

test('a contract that IXC’s own module serves is listed as left alone', async () => {
  const { contrato } = PESSOAS.produtoNoContrato;
  expect(await page()).not.toContain('Deixados em paz');
  const [[produto]] = await ixc.query<mysql.RowDataPacket[]>(
    'SELECT id FROM vd_contratos_produtos WHERE id_contrato = ? LIMIT 1',
    [contrato],
  );
  await ixc.query(
    "INSERT INTO sva_usuarios (id_contrato, id_produto_contrato, status_integracao) VALUES (?, ?, 'A')",
    [contrato, produto?.['id']],
  );

  const html = await page();

  expect(html).toContain('Deixados em paz');
  expect(html).toContain(`/contratos/${contrato}"`);
});

describe('every page', () => {
  const record = (decisao: string, motivo: string | null) =>
    run(
      mundo.sync.db,
      `INSERT INTO varreduras (tipo, decisao, motivo, iniciada_em, terminada_em)
       VALUES ('completa', :decisao, :motivo, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
      { decisao, motivo },
    );

  test('says that the last run was refused, and why, until one is good again', async () => {
    await record('recusada', 'O IXC não mostrou nenhum contrato.');
    const refused = await mundo.get('/contratos', admin);
    const own = await page();
    await record('feita', null);
    const good = await mundo.get('/contratos', admin);

    expect(refused.text).toContain('data-faixa="varredura"');
    expect(refused.text).toContain('O IXC não mostrou nenhum contrato.');
    expect(own).toContain('A última varredura foi recusada');
    expect(good.text).not.toContain('data-faixa');
  });

  test('says who paused sending and why, to those it concerns, and a fragment does not', async () => {
    await mundo.write('put', '/pausa', admin, { motivo: 'Manutenção no parceiro', filial_id: '1' });

    const shown = await mundo.get('/contratos', admin);
    const fragment = await mundo.get('/contratos', admin).set(PARTIAL);
    const elsewhere = await mundo.get('/contratos', north);

    expect(shown.text).toContain('data-faixa="pausa"');
    expect(shown.text).toContain('Manutenção no parceiro');
    expect(shown.text).toContain(OPERADORES.administrador.nome);
    expect(fragment.text).not.toContain('data-faixa');
    expect(elsewhere.text).not.toContain('data-faixa');
  });
});

test('whoever may only look sees the page without its buttons', async () => {
  const sessao = await mundo.loginWith(PAPEIS.filter((papel) => papel !== 'configurar'));
  const html = await page(sessao);

  expect(html).not.toContain('Fazer prévia');
  expect(html).not.toContain('Salvar modo');
  expect(html).not.toContain('<select name="A_CA"');
});
