// The main job as people do it in the browser: the manager sets up, the attendant creates, blocks, unblocks, moves and cancels.
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Demo, startDemo } from './demo.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';

let demo: Demo;
let browser: Browser;
let mesa: Visita;

beforeAll(async () => {
  [demo, browser] = await Promise.all([startDemo(300), openNavegador()]);
  mesa = await openVisita(browser, { viewport: { width: 1440, height: 900 } });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
}, 30_000);

const quadroOf = (page: Page): FrameLocator => page.frameLocator('iframe[name="tele-clinica"]');

async function entrar(page: Page, nome: string): Promise<void> {
  await page.goto(`${demo.url}entrar`);
  await page.getByRole('button', { name: `Entrar como ${nome}` }).click();
  await page.waitForURL(`${demo.url}contratos`);
}

/** The account's card once Tele Clínica has confirmed `situacao`. */
const cartao = (quadro: FrameLocator, contrato: number, situacao: string) =>
  quadro.locator(`section[data-contrato~="${contrato}"][data-situacao="${situacao}"]`);

// 422 and 409 are answers that a form expects; the browser writes a line about each all the same.
const semRecusas = (queixas: string[]) => queixas.filter((each) => !/status of 4(22|09)/.test(each));

// One day in order: each step stands on the ones before.
describe('the main job, by mouse at 1440 px', () => {
  it('registers the integração: a wrong password is said in plain words, the right one is accepted', async () => {
    const { page, queixas } = mesa;
    await entrar(page, 'Marina Prado');
    await page.getByRole('navigation').getByRole('link', { name: 'Tele Clínica' }).click();
    const quadro = quadroOf(page);
    await quadro.getByRole('link', { name: 'Integrações' }).click();
    await quadro.getByRole('link', { name: 'Nova Integração' }).click();
    await quadro.getByLabel('Nome da Integração').fill('Tele Clínica Matriz');
    await quadro.getByLabel('Ambiente').selectOption({ label: 'Simulador' });
    await quadro.getByLabel('URL Base').fill(demo.simulador.url);
    await quadro.getByLabel('Usuário').fill(demo.simulador.usuario);
    await quadro.getByLabel('Senha').fill('senha-errada');
    await quadro.getByRole('button', { name: 'Salvar' }).click();
    await quadro.getByText('Integração salva.').waitFor();
    expect(await quadro.getByLabel('Senha').inputValue()).toBe('');

    await quadro.getByRole('button', { name: 'Testar conexão' }).click();
    await quadro.getByText('Não deu certo.').waitFor();
    expect(await quadro.locator('[id^="teste-"]').innerText()).toMatch(/usuário|senha/i);

    await quadro.getByLabel('Senha').fill(demo.simulador.senha);
    await quadro.getByRole('button', { name: 'Salvar' }).click();
    await quadro.getByText('Integração salva.').waitFor();
    await quadro.getByRole('button', { name: 'Testar conexão' }).click();
    await quadro.getByText('Deu certo.').waitFor();
    expect(semRecusas(queixas())).toEqual([]);
  });

  it('registers two planos and ties each to a product found by searching', async () => {
    const { page, queixas } = mesa;
    const quadro = quadroOf(page);
    for (const { nome, valor, codigo, produto } of [
      { nome: 'Clínico 24h', valor: '49,90', codigo: 'clinico-24h', produto: PRODUTOS.individual },
      { nome: 'Família 24h', valor: '89,90', codigo: 'familia-24h', produto: PRODUTOS.familia },
    ]) {
      await quadro.getByRole('link', { name: 'Planos' }).first().click();
      await quadro.getByRole('link', { name: 'Novo Plano' }).click();
      await quadro.getByLabel('Nome').fill(nome);
      await quadro.getByLabel('Valor').fill(valor);
      await quadro.getByLabel('Código').fill(codigo);
      await quadro.getByRole('button', { name: 'Salvar' }).click();
      await quadro.getByText('Plano salvo.').waitFor();
      await quadro.getByPlaceholder('nome ou número no IXC').fill(produto.descricao);
      // A slow finger: leaving the search box must not draw the results, and their buttons, anew meanwhile.
      await quadro.getByRole('button', { name: `Vincular ${produto.descricao}` }).click({ delay: 300 });
      await quadro.getByRole('button', { name: `Retirar o vínculo com ${produto.descricao}` }).waitFor();
      await quadro.getByText('Registrado na Tele Clínica').waitFor();
    }
    expect(semRecusas(queixas())).toEqual([]);
  });

  it('finds the contract by name, creates the usuário and sees it become active without a reload', async () => {
    const { page, queixas } = mesa;
    const { ativa } = PESSOAS;
    const quadro = quadroOf(page);
    await quadro.getByRole('link', { name: 'Contratos' }).first().click();
    await quadro.getByLabel('Buscar').fill('Helena Duarte');
    await quadro.getByRole('link', { name: ativa.nome }).click();
    await quadro.getByRole('heading', { name: ativa.nome }).waitFor();
    await quadro.locator('body').evaluate((body) => body.setAttribute('data-mesma-pagina', ''));
    await quadro.getByRole('button', { name: 'Criar usuário' }).click();
    await cartao(quadro, ativa.contrato, 'ativo').waitFor();
    expect(await quadro.locator('body[data-mesma-pagina]').count()).toBe(1);
    expect(await demo.simulador.pessoas({ status: 'active' })).toHaveLength(1);
    expect(semRecusas(queixas())).toEqual([]);
  });

  it('blocks with a reason, unblocks and moves to another plano', async () => {
    const { page, queixas } = mesa;
    const { contrato } = PESSOAS.ativa;
    const quadro = quadroOf(page);
    await quadro.getByRole('button', { name: 'Bloquear' }).click();
    await quadro.getByLabel('Motivo').fill('Pediu para parar por um mês');
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'bloqueado').waitFor();
    await quadro.getByText('Pediu para parar por um mês').waitFor();

    await quadro.getByRole('button', { name: 'Desbloquear' }).click();
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'ativo').waitFor();

    await quadro.getByRole('button', { name: 'Trocar plano' }).click();
    await quadro.getByLabel('Novo plano').selectOption({ label: 'Família 24h · R$ 89,90' });
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'ativo').getByText('Plano Família 24h', { exact: true }).waitFor();
    await expect
      .poll(async () => (await demo.simulador.pessoas()).map(({ planId }) => planId))
      .toEqual(['familia-24h']);
    expect(semRecusas(queixas())).toEqual([]);
  });

  it('cancels only when a contract of the person is typed, and keeps the typed reason meanwhile', async () => {
    const { page, queixas } = mesa;
    const { contrato } = PESSOAS.ativa;
    const quadro = quadroOf(page);
    await quadro.getByRole('button', { name: 'Cancelar Usuário' }).click();
    const pedido = quadro.getByRole('form', { name: 'Cancelar Usuário' });
    await pedido.getByLabel('Motivo').fill('Mudou de cidade');
    await pedido.getByLabel('Número do contrato').fill('999');
    await pedido.getByRole('button', { name: 'Confirmar' }).click();
    const numero = pedido.getByLabel('Número do contrato');
    await expect.poll(() => numero.getAttribute('aria-invalid')).toBe('true');
    const erro = await pedido.locator('.erro').getAttribute('id');
    expect(await numero.getAttribute('aria-describedby')).toContain(erro);
    expect(await pedido.getByLabel('Motivo').inputValue()).toBe('Mudou de cidade');

    await numero.fill(String(contrato));
    await pedido.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'cancelado').waitFor();
    expect((await demo.simulador.pessoas()).map(({ status }) => status)).toEqual(['cancelled']);
    expect(semRecusas(queixas())).toEqual([]);
  });

  it('does the same from the page of a contract in IXC and from its buttons', async () => {
    const { page, queixas } = mesa;
    const { produtoNoContrato } = PESSOAS;
    await page.goto(`${demo.url}contratos/${produtoNoContrato.contrato}`);
    const quadro = quadroOf(page);
    await quadro.getByRole('heading', { name: produtoNoContrato.nome }).waitFor();
    await quadro.getByRole('button', { name: 'Criar usuário' }).click();
    await cartao(quadro, produtoNoContrato.contrato, 'ativo').waitFor();
    await page.locator('[data-botao="bloquear"]').click();
    await quadro.getByLabel('Motivo').fill('Pediu no balcão');
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, produtoNoContrato.contrato, 'bloqueado').waitFor();
    expect(semRecusas(queixas())).toEqual([]);
  });
});

describe('block and unblock, by keyboard alone at 360 px', () => {
  it('every step is reached with Tab and done with Enter, and the focus is never lost', async () => {
    const { produtoAdicional } = PESSOAS;
    const { page, context, queixas } = await openVisita(browser, { viewport: { width: 360, height: 740 } });
    await page.goto(`${demo.url}entrar`);
    await tabTo(page, page.getByRole('button', { name: 'Entrar como Marina Prado' }));
    await page.keyboard.press('Enter');
    await page.waitForURL(`${demo.url}contratos`);
    // Opened as a page of its own: what a narrow frame shows, with the whole screen for it.
    await page.goto(`${demo.url}lancar?path=/contratos/${produtoAdicional.contrato}`);
    const cartaoAgora = (situacao: string) =>
      page.locator(`section[data-contrato~="${produtoAdicional.contrato}"][data-situacao="${situacao}"]`);

    await tabTo(page, page.getByRole('button', { name: 'Criar usuário' }));
    await page.keyboard.press('Enter');
    await cartaoAgora('ativo').waitFor();
    expect(await focusIsLost(page)).toBe(false);

    await tabTo(page, page.getByRole('button', { name: 'Bloquear' }));
    await page.keyboard.press('Enter');
    await page.locator('input[name="motivo"]:focus').waitFor();
    await page.keyboard.type('Pediu por telefone');
    await page.keyboard.press('Enter');
    await cartaoAgora('bloqueado').waitFor();
    expect(await focusIsLost(page)).toBe(false);

    await tabTo(page, page.getByRole('button', { name: 'Desbloquear' }));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Confirmar' }).and(page.locator(':focus')).waitFor();
    await page.keyboard.press('Enter');
    await cartaoAgora('ativo').waitFor();
    expect(await focusIsLost(page)).toBe(false);
    expect(queixas()).toEqual([]);
    await context.close();
  });
});

const MOST_TABS = 60;

async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    await page.keyboard.press('Tab');
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return;
  }
  throw new Error(`not reached with ${MOST_TABS} presses of Tab: ${wanted}`);
}

const focusIsLost = async (page: Page): Promise<boolean> => (await page.locator('body :focus').count()) === 0;
