// The grids under real hands: marking by mouse and by keyboard alone, acting on the marked, filters that stay, no script at all.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import type { Casa } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import { openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa());
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const { ativa, tresContratos, produtoNoContrato, produtoAdicional, outraFilial } = PESSOAS;
const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const marcas = () => page.locator('#grade tbody input[name="ids"]');
const marcadas = () => page.locator('#grade tbody input[name="ids"]:checked').count();
const contagem = () => page.locator('[data-contagem]').innerText();
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
const desenhados = (situacao: string) => page.locator(`tr[data-situacao="${situacao}"]`).count();

// One story in order: later tests look at what earlier ones made.
describe('a grid', { timeout: 60_000 }, () => {
  it('creates the usuários of several contracts, and follows them until each is confirmed', async () => {
    const ids = [ativa, tresContratos, produtoNoContrato, produtoAdicional, outraFilial]
      .map(({ contrato }) => `ids=${contrato}`)
      .join('&');
    await abre(`/contratos/selecao/usuario?${ids}&ids=${PESSOAS.bloqueioAutomatico.contrato}`);
    await page.getByText('Vai criar usuário para 5 contratos; 1 fica de fora').waitFor();
    await botao('Confirmar').click();
    await page.getByText('5 usuários pedidos.').waitFor();
    await expect.poll(() => desenhados('ativo')).toBe(5);
    await page.getByText('5 de 5').waitFor();
    expect(await retrata(page, 'selecao-resultado')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.reload();
    await page.getByText('5 de 5').waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('is marked by the page, by a range with Shift, and by keyboard alone; Esc unmarks; nothing moves', async () => {
    await abre('/usuarios');
    await marcas().nth(0).click();
    await page.evaluate('espia.moved()');
    const before = (await page.evaluate<string[]>('espia.moved()')).length;
    await marcas()
      .nth(3)
      .click({ modifiers: ['Shift'] });
    expect([await marcadas(), await contagem()]).toEqual([4, '4 marcadas']);
    await page.keyboard.press('Escape');
    expect([await marcadas(), await contagem()]).toEqual([0, '']);

    await marcas().nth(0).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    expect(await contagem()).toBe('3 marcadas');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    expect(await contagem()).toBe('4 marcadas');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Space');
    expect(await contagem()).toBe('3 marcadas');
    await page.keyboard.press('Escape');

    const todos = page.getByLabel('Marcar a página');
    await todos.focus();
    await page.keyboard.press('Space');
    expect(await contagem()).toBe('5 marcadas');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toContain('Bloquear');
    expect((await page.evaluate<string[]>('espia.moved()')).slice(before)).toEqual([]);
    expect(await retrata(page, 'usuarios-marcados')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    expect(mesa.queixas()).toEqual([]);
  });

  it('blocks the marked people with four keys, a reason and Enter, and leads back to where it was', async () => {
    await abre('/usuarios?situacao=ativo');
    await marcas().nth(0).focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Shift+ArrowDown');
    await botao('Bloquear').focus();
    await page.keyboard.press('Enter');
    await page.getByText('Vai bloquear 2 pessoas.').waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('motivo');
    expect(await retrata(page, 'selecao-bloqueio')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByLabel('Motivo').fill('Pediu para parar por um mês');
    await page.keyboard.press('Enter');
    await expect.poll(() => desenhados('bloqueado')).toBe(2);
    await page.getByRole('link', { name: 'Voltar à lista' }).first().click();
    await page.waitForURL(/\/usuarios\?situacao=ativo$/);
    expect(await page.locator('#grade tbody tr').count()).toBe(3);
    expect(mesa.queixas()).toEqual([]);
  });

  it('keeps what is typed and chosen in the address; back and a chip take it away again', async () => {
    await abre('/usuarios');
    await page.getByLabel('Buscar').fill(ativa.nome);
    await page.waitForURL(/busca=/);
    await page.getByLabel('Situação').selectOption('ativo');
    await page.waitForURL(/situacao=ativo/);
    await page.getByRole('link', { name: 'Situação: Ativo' }).click();
    await page.waitForURL((url) => !url.search.includes('situacao'));
    expect(await page.getByLabel('Buscar').inputValue()).toBe(ativa.nome);
    await page.goBack();
    await page.waitForURL(/situacao=ativo/);
    expect(await page.getByLabel('Situação').inputValue()).toBe('ativo');
    expect(mesa.queixas()).toEqual([]);
  });

  it('keeps marks over pages, and says how many are elsewhere', async () => {
    await abre('/contratos');
    await marcas().nth(1).click();
    await page.getByRole('link', { name: 'Próxima página' }).click();
    await page.waitForURL(/depois=/);
    await marcas().nth(0).click();
    expect(await contagem()).toBe('2 marcadas, 1 em outras páginas');
    await page.reload();
    expect(await contagem()).toContain('em outras páginas');
    await botao('Desmarcar').click();
    expect(await contagem()).toBe('');
    expect(mesa.queixas()).toEqual([]);
  });

  it('sends one operação again from its row', async () => {
    const cliente = await casa.ixc.addCliente({
      razao: 'Joana Prado Lima',
      nascimento: null,
      email: '',
      celular: '',
    });
    const contrato = await casa.ixc.addContrato(cliente);
    await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
    await abre(`/contratos/${contrato}`);
    await page.locator('.frase[data-tom="atencao"]').first().waitFor();
    await abre(`/operacoes?estado=parada`);
    expect(await retrata(page, 'operacoes-paradas')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    const resent = page.waitForResponse((each) => each.url().includes('/reenvio?linha=1'));
    await page.getByRole('button', { name: /^Reenviar a operação/ }).click();
    expect((await resent).status()).toBe(200);
    // It follows itself: nobody has corrected the register, so the engine holds it again.
    await page.locator('#grade tbody tr', { hasText: 'Parada' }).waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('narrows, pages and shows what a block would do without any script', async () => {
    const semScript = await openVisita(browser, { javaScriptEnabled: false });
    await casa.entrar(semScript.context, OPERADORES.administrador.id);
    const quieta = semScript.page;
    await quieta.goto(`${casa.plugin}/usuarios`);
    await quieta.getByLabel('Situação').selectOption('ativo');
    await quieta.getByRole('button', { name: 'Buscar' }).click();
    await quieta.waitForURL(/situacao=ativo/);
    await quieta.locator('#grade tbody input[name="ids"]').first().check();
    await quieta.getByRole('button', { name: 'Bloquear', exact: true }).click();
    await quieta.getByText('Vai bloquear 1 pessoa.').waitFor();
    await semScript.context.close();
  });
});
