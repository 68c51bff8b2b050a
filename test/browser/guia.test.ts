// The looks of every part, accepted as photographs; help; a page without JavaScript; and what is typed kept when the session or the network ends.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { ensureLetras } from '../../src/demo/sistema.ts';
import { type Casa, cadastra } from './casa.ts';
import { comparaFoto, standStill } from './fotos.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import { openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

const LETRAS = ensureLetras();
const { contrato } = PESSOAS.ativa;

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa({ cadastrada: false }));
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const abre = (path: string, where: Page = page) => where.goto(`${casa.plugin}${path}`);

describe('the visual guide', () => {
  it.skipIf(!LETRAS).each([
    [1440, 'light'],
    [1440, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ] as const)('looks as it was accepted at %i px, %s', async (width, colorScheme) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await abre('/guia');
    await standStill(page);
    expect(await comparaFoto(page, `guia-${width}-${colorScheme}`)).toBeUndefined();
  });

  it('is sound from every side', async () => {
    await abre('/guia');
    expect(await retrata(page, 'guia')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });
});

describe('help', () => {
  it('is one click away from a screen, and leads back', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await abre('/contratos');
    await page.getByRole('link', { name: 'Ajuda desta tela' }).click();
    await page.getByRole('heading', { name: 'O que você faz aqui' }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/\/ajuda\/contratos$/);
    expect(await retrata(page, 'ajuda-contratos')).toEqual([]);
    await page.getByRole('link', { name: 'Abrir a tela' }).click();
    await page.getByRole('heading', { name: 'Contratos', exact: true }).waitFor();
    await abre('/ajuda/papeis');
    expect(await retrata(page, 'ajuda-papeis')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });
});

describe('what was typed stays', { timeout: 30_000 }, () => {
  const confirmar = () => page.getByRole('button', { name: 'Confirmar' }).click();
  const avisos = () => page.locator('#avisos');

  it('when the session is over: it is opened again elsewhere, and the same page goes on', async () => {
    await cadastra(casa, context);
    await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
    await abre(`/contratos/${contrato}`);
    await page.locator('[data-situacao="ativo"]').first().waitFor();
    await page.getByRole('button', { name: 'Bloquear' }).click();
    await page.getByLabel('Motivo').fill('Pediu por telefone');
    await context.clearCookies();
    await confirmar();
    await avisos().getByText('Sua sessão terminou.').waitFor();
    expect(await avisos().innerText()).toMatch(/nada foi enviado à Tele Clínica[\s\S]*continua nesta página/);
    expect(await page.getByLabel('Motivo').inputValue()).toBe('Pediu por telefone');
    expect(await retrata(page, 'sessao-terminou-com-formulario')).toEqual([]);
    await casa.entrar(context, OPERADORES.administrador.id);
    await avisos().getByRole('button', { name: 'Já abri, continuar aqui' }).click();
    await avisos().getByText('Sessão de volta').waitFor();
    expect(await page.getByLabel('Motivo').inputValue()).toBe('Pediu por telefone');
    await confirmar();
    await page.locator('[data-situacao="bloqueado"]').first().waitFor();
    expect(await avisos().innerText()).toBe('');
  });

  it('when another tab opened another session: the page takes it over', async () => {
    await abre(`/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Desbloquear' }).click();
    await page.getByRole('button', { name: 'Confirmar' }).waitFor();
    await context.clearCookies();
    await casa.entrar(context, OPERADORES.administrador.id);
    await confirmar();
    await avisos().getByText('não veio de uma página aberta nesta sessão').waitFor();
    await avisos().getByRole('button', { name: 'Continuar aqui' }).click();
    await avisos().getByText('Sessão de volta').waitFor();
    await confirmar();
    await page.locator('[data-situacao="ativo"]').first().waitFor();
  });

  it('when the network fails', async () => {
    await abre(`/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Bloquear' }).click();
    await page.getByLabel('Motivo').fill('Pediu de novo');
    await context.setOffline(true);
    await confirmar();
    await avisos().getByText('Não foi possível falar com o servidor.').waitFor();
    expect(await page.getByLabel('Motivo').inputValue()).toBe('Pediu de novo');
    await avisos().getByRole('button', { name: 'Fechar' }).click();
    expect(await avisos().innerText()).toBe('');
    await context.setOffline(false);
    await confirmar();
    await page.locator('[data-situacao="bloqueado"]').first().waitFor();
  });
});

describe('without JavaScript', () => {
  it('everything can be read, by links and forms alone', async () => {
    const plain = await openVisita(browser, { javaScriptEnabled: false });
    await casa.entrar(plain.context, OPERADORES.administrador.id);
    const at = plain.page;
    const menu = (nome: string) => at.getByRole('navigation').getByRole('link', { name: nome, exact: true });
    await abre('/', at);
    await menu('Contratos').click();
    await at.getByRole('searchbox').fill(String(contrato));
    await at.getByRole('button', { name: 'Buscar' }).click();
    await at
      .locator('#grade')
      .getByRole('link', { name: String(contrato), exact: true })
      .click();
    await at.getByRole('heading', { name: PESSOAS.ativa.nome }).waitFor();
    await menu('Usuários').click();
    await at.locator('#grade tbody a').first().click();
    await at.getByText('Contratos no IXC').first().waitFor();
    await menu('Operações').click();
    await at.locator('#grade tbody a').first().click();
    await at.getByRole('heading', { name: 'Tentativas' }).waitFor();
    await at.getByRole('link', { name: 'Ajuda desta tela' }).click();
    await at.getByRole('heading', { name: 'O que você faz aqui' }).waitFor();
    expect(new URL(at.url()).pathname).toMatch(/\/ajuda\/operacoes$/);
    await plain.context.close();
  });
});
