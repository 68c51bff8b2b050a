// The notifications as people use them: settings typed, tested and saved, the bell on every page, the list.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool, type Pool, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { type Receptor, startReceptor } from '../sync/avisos/receptor.ts';
import { type Casa, cadastra, startCasa } from './casa.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;
let receptor: Receptor;
let banco: Pool;

beforeAll(async () => {
  receptor = await startReceptor();
  [casa, browser] = await Promise.all([
    startCasa({ AVISOS_HOSTS: '127.0.0.1', AVISOS_SEGUNDOS: '0.1' }),
    openNavegador(),
  ]);
  banco = openPool(casa.banco.url, 1);
  mesa = await openVisita(browser);
  ({ page, context } = mesa);
  await casa.entrar(context, OPERADORES.administrador.id);
  await cadastra(casa, context);
}, 120_000);

afterAll(async () => {
  await banco?.end();
  await browser?.close();
  await casa?.stop();
  await receptor?.down();
}, 30_000);

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });

describe('avisos', { timeout: 60_000 }, () => {
  it('are set up, tested and saved without leaving the page', async () => {
    await abre('/avisos/configuracao');
    expect(await retrata(page, 'avisos-configuracao')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });

    await page.getByLabel('Enviar por webhook').check();
    await page.getByLabel('Endereço').fill('http://example.com/');
    await page.getByLabel('Chave da assinatura').fill('um segredo comprido de teste');
    await botao('Salvar').click();
    await page.getByText('Use https://.').waitFor();
    expect(await retrata(page, 'avisos-erro')).toEqual([]);

    await page.getByLabel('Endereço').fill(receptor.url);
    await page.getByLabel('Chave da assinatura').fill('um segredo comprido de teste');
    await botao('Salvar').click();
    await page.getByText('Configuração salva.').waitFor();
    await botao('Enviar teste por webhook').click();
    await page.getByText('recebeu (HTTP 204)').waitFor();
    await botao('Enviar teste por e-mail').click();
    await page.getByText('Preencha e salve').waitFor();

    expect(receptor.recebidos.map(({ json }) => json['evento'])).toEqual(['teste']);
    expect(await page.content()).not.toContain('um segredo comprido');
    // The browser says aloud that a 422 came; nothing else may be wrong.
    expect(mesa.queixas().filter((queixa) => !queixa.includes('422'))).toEqual([]);
  });

  it('ring the bell of every page and lead to where to act', async () => {
    await run(
      banco,
      'UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6), sonda_em = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR',
    );
    await expect.poll(() => receptor.recebidos.at(-1)?.json['evento']).toBe('comecou');
    await abre('/integracoes');
    await page.locator('.sino > summary').click();
    expect(await retrata(page, 'avisos-sino')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('link', { name: 'Ver todos os avisos' }).click();
    await page.locator('[data-causa="credencial"][data-estado="aberto"]').waitFor();
    expect(await retrata(page, 'avisos')).toEqual([]);

    await run(banco, 'UPDATE integracoes SET credencial_parada_em = NULL');
    await expect.poll(() => receptor.recebidos.at(-1)?.json['evento']).toBe('recuperado');
    await abre('/avisos');
    await page.locator('main').getByText('Nada fora do normal.').waitFor();
    await page.locator('[data-causa="credencial"][data-estado="recuperado"]').waitFor();
    expect(mesa.queixas()).toEqual([]);
  });
});
