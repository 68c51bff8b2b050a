// Divergências under real hands: compared, followed, corrected one by one and as a class, accepted; wide and narrow, light and dark.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Casa, cadastra } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import { openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

const CONTRATOS = [PESSOAS.ativa, PESSOAS.tresContratos, PESSOAS.produtoNoContrato, PESSOAS.outraFilial].map(
  ({ contrato }) => contrato,
);

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa({ cadastrada: false }));
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const wide = () => page.setViewportSize({ width: 1440, height: 900 });
const botao = (nome: string) => page.getByRole('button', { name: nome });
const linhas = (classe: string) => page.locator(`tr[data-divergencia="${classe}"]`);
const comparada = () => page.locator('#divergencias[data-comparacao="feita"]').waitFor({ timeout: 30_000 });

// One story in order: later tests look at what earlier ones made.
describe('divergências', { timeout: 90_000 }, () => {
  it('say what to do before the first comparison', async () => {
    await cadastra(casa, context);
    await abre('/divergencias');
    await page.getByText('Nenhuma divergência em aberto.').waitFor();
    expect(await retrata(page, 'divergencias-vazio')).toEqual([]);
    await wide();
    expect(mesa.queixas()).toEqual([]);
  });

  it('are found by a click, which can be left alone meanwhile', async () => {
    for (const contrato of CONTRATOS) await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
    await expect
      .poll(async () => (await casa.simulador.pessoas({ status: 'active' })).length, { timeout: 20_000 })
      .toBe(CONTRATOS.length);
    const [one, two, three, four] = await casa.simulador.pessoas();
    await casa.simulador.muda(one?.id ?? '', { status: 'blocked' });
    await casa.simulador.muda(two?.id ?? '', { planId: 'familia-24h' });
    await casa.simulador.muda(three?.id ?? '', { email: 'outro@example.org', name: 'Outro Nome La' });
    await casa.simulador.planta({ cpf: four?.cpf ?? null, externalId: 'feita-a-mao' });
    await casa.simulador.planta({ cpf: null, externalId: 'de-ninguem' });
    await casa.simulador.planta({ cpf: PESSOAS.financeiroEmAtraso.cpf, externalId: null, status: 'blocked' });

    const slow = await casa.simulador.falha({ kind: 'latency', ms: 1_500, operation: 'listUsers' });
    await abre('/divergencias');
    await botao('Comparar agora').click();
    await page.getByText('Pode sair desta página').waitFor();
    await page.reload();
    await page.locator('[role="status"], progress').first().waitFor();
    await comparada();
    await casa.simulador.semFalhas(slow);
    for (const classe of ['pago_bloqueado', 'plano_errado', 'dados_diferentes', 'cpf_duplicado']) {
      await abre(`/divergencias?classe=${classe}`);
      expect(await linhas(classe).count(), classe).toBe(1);
    }
    await abre('/divergencias?classe=desconhecido_aqui');
    expect(await linhas('desconhecido_aqui').count()).toBe(2);
    await abre('/divergencias');
    expect(await page.locator('tr[data-divergencia]').first().getAttribute('data-divergencia')).toBe(
      'pago_bloqueado',
    );
    expect(await retrata(page, 'divergencias')).toEqual([]);
    await wide();
    expect(mesa.queixas()).toEqual([]);
  });

  it('come right by one click, and the row follows until it is resolved', async () => {
    await abre('/divergencias?classe=pago_bloqueado');
    await linhas('pago_bloqueado').getByRole('button').click();
    await linhas('pago_bloqueado').getByText('Resolvida').waitFor({ timeout: 30_000 });
    const blocked = await casa.simulador.pessoas({ status: 'blocked' });
    expect(blocked.filter(({ externalId }) => externalId !== null)).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });

  it('of an account without a reference end when the contract takes it over', async () => {
    await abre('/divergencias?classe=desconhecido_aqui');
    await botao('Assumir a conta').click();
    await page.getByText('Resolvida').waitFor({ timeout: 30_000 });
    const contas = await casa.simulador.pessoas({ status: 'active' });
    expect(contas.filter(({ cpf }) => cpf === PESSOAS.financeiroEmAtraso.cpf)).toHaveLength(1);
    expect(mesa.queixas()).toEqual([]);
  });

  it('that only Tele Clínica can end say why, and what to send', async () => {
    await abre('/divergencias?classe=cpf_duplicado');
    await page.getByRole('link', { name: 'Ver o pedido' }).click();
    await page.getByText('Quem resolve é a Tele Clínica').waitFor();
    expect(await page.locator('.pedido code').innerText()).toMatch(/encerrem a conta .+ e mantenham a conta/);
    expect(await retrata(page, 'divergencia-pedido')).toEqual([]);
    await wide();
    expect(mesa.queixas()).toEqual([]);
  });

  it('of a class go into a lote that says what will happen', async () => {
    await abre('/divergencias');
    await page
      .locator('tr[data-classe="plano_errado"]')
      .getByRole('link', { name: 'Corrigir todas' })
      .click();
    await page.getByText('1 correção vai para um lote.').waitFor();
    expect(await retrata(page, 'divergencias-correcao')).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    const cell = await page.locator('.da-selecao td').last().boundingBox();
    expect(cell?.width).toBeGreaterThan(200);
    await wide();
    await botao('Criar o lote').click();
    await page.getByRole('link', { name: /Abrir o lote/ }).click();
    await page.locator('[data-estado="aguardando"]').first().waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('can be accepted as known, with the field named when something is missing', async () => {
    await abre('/divergencias?classe=desconhecido_aqui');
    await linhas('desconhecido_aqui').getByRole('link').first().click();
    await botao('Aceitar como conhecida').click();
    await page.getByText('Diga o motivo').waitFor();
    expect(await retrata(page, 'divergencia')).toEqual([]);
    await wide();
    await page.getByLabel('Motivo').fill('Conta de demonstração da Tele Clínica');
    await botao('Aceitar como conhecida').click();
    await page.getByText('Aceita como conhecida até').waitFor();
    await botao('Voltar a mostrar na lista').click();
    await page.getByLabel('Motivo').waitFor();
    // The 422 above is what the browser calls a failed load.
    expect(mesa.queixas().filter((each) => !each.includes('422'))).toEqual([]);
  });

  it('stand on the Painel with their money; nothing moves when it draws itself again', async () => {
    await abre('/');
    await page.getByRole('heading', { name: 'Divergências' }).waitFor();
    await page.evaluate('espia.moved()');
    const before = (await page.evaluate<string[]>('espia.moved()')).length;
    await page.evaluate("htmx.ajax('GET', location.pathname, { target: '#painel', swap: 'outerMorph' })");
    await page.waitForTimeout(500);
    expect((await page.evaluate<string[]>('espia.moved()')).slice(before)).toEqual([]);
    expect(await retrata(page, 'painel-divergencias')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });

  it('can be read without script', async () => {
    const bare = await openVisita(browser, {
      javaScriptEnabled: false,
      viewport: { width: 1440, height: 900 },
    });
    await casa.entrar(bare.context, OPERADORES.administrador.id);
    await bare.page.goto(`${casa.plugin}/divergencias?classe=cpf_duplicado`);
    expect(await bare.page.locator('tr[data-divergencia="cpf_duplicado"]').count()).toBe(1);
    await bare.page.locator('tr[data-divergencia] a').first().click();
    await bare.page.getByText('O que cada lado diz').waitFor();
    await bare.context.close();
  });
});
