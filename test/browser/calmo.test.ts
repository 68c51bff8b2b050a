// What people do without thinking (click twice, reload, go back, work in pairs) and what happens to them (outages) stays harmless and clear.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Casa, cadastra, startCasa } from './casa.ts';
import { openNavegador, openVisita } from './navegador.ts';

let casa: Casa;
let browser: Browser;
let context: BrowserContext;
let page: Page;

const { administrador, outraFilial } = OPERADORES;

beforeAll(async () => {
  [casa, browser] = await Promise.all([startCasa({ CONFIRMACAO_SEGUNDOS: '0.2' }), openNavegador()]);
  ({ context, page } = await openVisita(browser, { viewport: { width: 1440, height: 900 } }));
  await casa.entrar(context, administrador.id);
  await cadastra(casa, context);
}, 120_000);

afterEach(() => casa.simulador.semFalhas());

afterAll(async () => {
  await browser?.close();
  await casa?.stop();
}, 30_000);

const abre = (where: Page, path: string) => where.goto(`${casa.plugin}${path}`);
const cartao = (where: Page, contrato: number, situacao: string): Locator =>
  where.locator(`section[data-contrato~="${contrato}"][data-situacao="${situacao}"]`);
const aviso = (where: Page) => where.locator('#avisos');
const frase = (where: Page) => where.locator('.frase .titulo').first();

async function cria(contrato: number): Promise<void> {
  await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
  await abre(page, `/contratos/${contrato}`);
  await cartao(page, contrato, 'ativo').waitFor();
}

/** How many operações of this kind the screen of operações shows for a contract. */
async function operacoes(contrato: number, acao: string): Promise<number> {
  await abre(page, '/operacoes');
  const doContrato = page.locator('#grade tbody tr', {
    has: page.getByRole('link', { name: String(contrato), exact: true }),
  });
  return doContrato.filter({ has: page.getByRole('link', { name: acao, exact: true }) }).count();
}

describe('hurried hands', () => {
  it('a double click on Criar and on Confirmar makes one operação each', async () => {
    const { contrato } = PESSOAS.ativa;
    await casa.simulador.falha({ kind: 'latency', ms: 300 });
    await abre(page, `/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Criar usuário' }).dblclick();
    await cartao(page, contrato, 'ativo').waitFor();
    await page.getByRole('button', { name: 'Bloquear' }).dblclick();
    await page.getByLabel('Motivo').fill('Pediu');
    await page.getByRole('button', { name: 'Confirmar' }).dblclick();
    await cartao(page, contrato, 'bloqueado').waitFor();
    expect(await operacoes(contrato, 'Criar usuário')).toBe(1);
    expect(await operacoes(contrato, 'Bloquear')).toBe(1);
  });

  it('a reload in the middle of progress finds the progress again, and its end', async () => {
    const { contrato } = PESSOAS.tresContratos;
    await casa.simulador.falha({ kind: 'latency', ms: 1200, operation: 'createUser' });
    await abre(page, `/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Criar usuário' }).click();
    await page.getByText('Avisando a Tele Clínica…').waitFor();
    await page.reload();
    await page.getByText('Avisando a Tele Clínica…').waitFor();
    await cartao(page, contrato, 'ativo').waitFor();
    expect(await operacoes(contrato, 'Criar usuário')).toBe(1);
  });

  it('the back button shows the state of now, and the list that was searched', async () => {
    const { contrato, nome } = PESSOAS.produtoNoContrato;
    await cria(contrato);
    await abre(page, '/contratos');
    const first = await page.locator('#grade tbody tr').first().innerText();
    await page.getByLabel('Buscar').fill(nome);
    await page.waitForURL(/busca=/);
    await page.getByRole('link', { name: nome }).click();
    await cartao(page, contrato, 'ativo').waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Usuários' }).click();
    await page.getByRole('heading', { name: 'Usuários' }).waitFor();
    await casa.envia(context, 'POST', `/usuarios/${await usuarioOf(contrato)}/bloqueio`, { motivo: 'Pediu' });
    await page.goBack();
    await cartao(page, contrato, 'bloqueado').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: nome }).waitFor();
    expect(await page.getByLabel('Buscar').inputValue()).toBe(nome);
    await page.goBack();
    await expect.poll(() => page.locator('#grade tbody tr').first().innerText()).toBe(first);
    expect(await page.getByLabel('Buscar').inputValue()).toBe('');
  });

  it('two operators confirm the same block: one happens, and both see it', async () => {
    const { contrato } = PESSOAS.outraFilial;
    await cria(contrato);
    const outra = await openVisita(browser);
    await casa.entrar(outra.context, outraFilial.id);
    await abre(outra.page, `/contratos/${contrato}`);
    for (const each of [page, outra.page]) {
      await each.getByRole('button', { name: 'Bloquear' }).click();
      await each.getByLabel('Motivo').fill('Pediu');
    }
    await page.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(page, contrato, 'bloqueado').waitFor();
    await outra.page.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(outra.page, contrato, 'bloqueado').waitFor();
    await outra.context.close();
    expect(await operacoes(contrato, 'Bloquear')).toBe(1);
  });
});

describe('bad days', () => {
  it('a session that ended leads to a page that says how to come back', async () => {
    const perdida = await openVisita(browser);
    await casa.entrar(perdida.context, administrador.id);
    await abre(perdida.page, `/contratos/${PESSOAS.ativa.contrato}`);
    await perdida.context.clearCookies();
    await perdida.page.getByRole('button', { name: 'Desbloquear' }).click();
    await perdida.page.getByRole('heading', { name: 'Sua sessão terminou' }).waitFor();
    expect(await perdida.page.locator('main').innerText()).toContain('volte ao IXC');
    await abre(perdida.page, '/usuarios');
    expect(await perdida.page.locator('main').innerText()).toContain('Volte ao IXC');
    await perdida.context.close();
  });

  it('a partner that is down is said, and the screen heals by itself', async () => {
    const { contrato } = PESSOAS.produtoAdicional;
    await casa.simulador.falha({ kind: 'down' });
    await abre(page, `/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Criar usuário' }).click();
    await page.getByText('A Tele Clínica ainda não confirmou.').waitFor();
    expect(await page.locator('.frase').first().innerText()).toMatch(/Próxima tentativa às /);
    await casa.simulador.semFalhas();
    await cartao(page, contrato, 'ativo').waitFor({ timeout: 25_000 });
    expect(await casa.simulador.pessoas({ cpf: PESSOAS.produtoAdicional.cpf })).toHaveLength(1);
  });

  it('an answer that takes ten seconds: progress is shown and nothing moves under the pointer', async () => {
    const { contrato } = PESSOAS.produtoNoPlano;
    await casa.simulador.falha({ kind: 'latency', ms: 10_000, operation: 'createUser' });
    await abre(page, `/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Criar usuário' }).click();
    await page.getByText('Avisando a Tele Clínica…').waitFor();
    await page.evaluate('espia.movedOutsideStory()');
    for (let looks = 0; looks < 4; looks++)
      await page.waitForResponse((answer) => answer.url().includes('passo='));
    expect(await page.evaluate('espia.movedOutsideStory()')).toEqual([]);
    expect(await frase(page).innerText()).toBe('Avisando a Tele Clínica…');
    await cartao(page, contrato, 'ativo').waitFor({ timeout: 15_000 });
  });

  it('our database is away: a calm page, a calm word beside the form, and what was typed stays', async () => {
    const { contrato } = PESSOAS.produtoNoPlano;
    await abre(page, `/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Bloquear' }).click();
    await page.getByLabel('Motivo').fill('Pediu por telefone');
    casa.banco.cut();
    await page.getByRole('button', { name: 'Confirmar' }).click();
    await aviso(page).getByText('O banco de dados não respondeu.').waitFor();
    expect(await page.getByLabel('Motivo').inputValue()).toBe('Pediu por telefone');
    const nova = await context.newPage();
    expect((await abre(nova, '/contratos'))?.status()).toBe(503);
    await nova.getByRole('heading', { name: 'O banco de dados não respondeu.' }).waitFor();
    casa.banco.mend();
    await nova.reload();
    await nova.getByRole('heading', { name: 'Contratos' }).waitFor();
    await nova.close();
    await page.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(page, contrato, 'bloqueado').waitFor();
    expect(await aviso(page).innerText()).toBe('');
  });
});

async function usuarioOf(contrato: number): Promise<string> {
  const answer = await context.request.get(`${casa.plugin}/contratos/${contrato}`);
  return /id="usuario-(\d+)"/.exec(await answer.text())?.[1] ?? '';
}
