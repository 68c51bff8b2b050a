// What a person leaves open and looks at: the registration of an integração and one operação tell their end by themselves.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Casa, cadastra, startCasa } from './casa.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

beforeAll(async () => {
  [casa, browser] = await Promise.all([startCasa(), openNavegador()]);
  mesa = await openVisita(browser, { viewport: { width: 1440, height: 900 } });
  ({ page, context } = mesa);
  await casa.entrar(context, OPERADORES.administrador.id);
  await cadastra(casa, context);
}, 120_000);

afterEach(() => casa.simulador.semFalhas());

afterAll(async () => {
  await browser?.close();
  await casa?.stop();
}, 30_000);

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const mark = () => page.locator('body').evaluate((body) => body.setAttribute('data-mesma-pagina', ''));
const isSamePage = async () => (await page.locator('body[data-mesma-pagina]').count()) === 1;

describe('without a reload', { timeout: 120_000 }, () => {
  it('Salvar with a CNPJ says that Tele Clínica is being called, and then that it registered', async () => {
    await abre('/integracoes/nova');
    await page.getByLabel('Nome da Integração').fill('Com registro');
    await page.getByLabel('Ambiente').selectOption({ label: 'Simulador' });
    await page.getByLabel('URL Base').fill(casa.simulador.url);
    await page.getByLabel('Usuário').fill(casa.simulador.usuario);
    await page.getByLabel('Senha').fill(casa.simulador.senha);
    await page.getByText('Mais opções').click();
    await page.getByLabel('CNPJ do provedor').fill('11.222.333/0001-81');
    await casa.simulador.falha({ kind: 'latency', ms: 2_500, operation: 'registerIntegration' });
    await mark();
    await page.getByRole('button', { name: 'Salvar' }).click();
    await page.getByText('A Tele Clínica está sendo chamada para o registro.').waitFor();
    await page.getByText('Registrando na Tele Clínica').waitFor();
    await page.getByText('Registrado na Tele Clínica').waitFor({ timeout: 45_000 });
    expect(await isSamePage()).toBe(true);
    expect(await retrata(page, 'integracao-registrada')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });

  it('an operação goes from Em andamento to Feita, and shows its calls in words', async () => {
    await casa.simulador.falha({ kind: 'latency', ms: 2_500, operation: 'createUser' });
    await casa.envia(context, 'POST', `/contratos/${PESSOAS.ativa.contrato}/usuario`);
    await abre('/operacoes?acao=criar');
    await page.getByRole('link', { name: 'Criar usuário' }).first().click();
    await page.locator('section[data-estado="aberta"]').waitFor();
    await mark();
    expect(await page.getByRole('button', { name: 'Reenviar' }).count()).toBe(0);
    await page.locator('section[data-estado="feita"]').waitFor({ timeout: 30_000 });
    await page.getByRole('cell', { name: 'Criar conta' }).waitFor();
    expect(await isSamePage()).toBe(true);
    expect(await retrata(page, 'operacao-feita')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });

  it('the calls of a plano’s registration are told in words too', async () => {
    await abre('/operacoes?acao=registrar_plano');
    await page.getByRole('link', { name: 'Registrar plano' }).first().click();
    await page.getByRole('cell', { name: 'Consultar os planos' }).first().waitFor();
    expect(await page.locator('main').innerText()).not.toContain('listar_planos');
  });
});
