// Three requests of every day, in at most four clicks each, and the screens that answer them looked at from every side.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { CAUSA } from '../../src/web/palavras.ts';
import type { Casa } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import { openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

const MOST_CLICKS = 4;
const { ativa, tresContratos, produtoNoContrato } = PESSOAS;

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa());
  const [first = 0, , third = 0] = tresContratos.contratos;
  for (const contrato of [ativa.contrato, first, third, produtoNoContrato.contrato])
    await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const abre = (path: string, where: Page = page) => where.goto(`${casa.plugin}${path}`);
const menu = (nome: string) => page.getByRole('navigation').getByRole('link', { name: nome, exact: true });
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
const cartao = (contrato: number, situacao: string) =>
  page.locator(`section[data-contrato~="${contrato}"][data-situacao="${situacao}"]`);

/** Counts what `work` clicks on; typing is free. */
async function clicksOf(work: (click: (what: Locator) => Promise<void>) => Promise<void>): Promise<number> {
  let clicks = 0;
  await work(async (what) => {
    clicks += 1;
    await what.click();
  });
  return clicks;
}

// From the Painel, where every day begins. The same walks, with their clicks, stand in the help and in the guide.
describe('a request of every day', { timeout: 60_000 }, () => {
  it('“block Helena’s account, she asked”', async () => {
    await abre('/');
    const clicks = await clicksOf(async (click) => {
      await click(menu('Contratos'));
      await page.getByLabel('Buscar').fill(ativa.nome);
      await click(page.getByRole('link', { name: ativa.nome }));
      await click(botao('Bloquear'));
      await page.getByLabel('Motivo').fill('Pediu por telefone');
      await click(botao('Confirmar'));
      await cartao(ativa.contrato, 'bloqueado').waitFor();
    });

    expect(clicks).toBeLessThanOrEqual(MOST_CLICKS);
    expect(await casa.simulador.pessoas({ cpf: ativa.cpf })).toMatchObject([{ status: 'blocked' }]);
  });

  it('“why can’t Helena get in?”', async () => {
    await abre('/');
    const clicks = await clicksOf(async (click) => {
      await click(menu('Contratos'));
      await page.getByLabel('Buscar').fill(ativa.cpf);
      await click(page.getByRole('link', { name: ativa.nome }));
      await page.getByText('Uma pessoa pediu o bloqueio; só uma pessoa o desfaz.').waitFor();
      await click(page.getByText('Por que está assim?'));
      await page.getByText('Uma pessoa pediu o bloqueio: “Pediu por telefone”').waitFor();
    });

    expect(clicks).toBeLessThanOrEqual(MOST_CLICKS);
    expect(await retrata(page, 'por-que-aberto')).toEqual([]);
  });

  it('“who failed this week, and why?”', async () => {
    const cliente = await casa.ixc.addCliente({ razao: 'Joana Prado Lima', nascimento: null });
    await casa.envia(context, 'POST', `/contratos/${await casa.ixc.addContrato(cliente)}/usuario`);
    await page.setViewportSize({ width: 1440, height: 900 });
    await abre('/');
    const clicks = await clicksOf(async (click) => {
      await click(menu('Operações'));
      await page
        .getByLabel('De', { exact: true })
        .fill(new Date(Date.now() - 7 * 86_400_000).toISOString().slice(0, 10));
      await page.getByLabel('Estado').focus();
      await page.keyboard.type('Parada');
      await page.waitForURL(/estado=parada/);
      await page.locator('#grade tbody .espera', { hasText: CAUSA.dados }).waitFor();
    });

    expect(clicks).toBeLessThanOrEqual(MOST_CLICKS);
    expect(await page.locator('#grade tbody tr').innerText()).toContain('Joana Prado Lima');
    await abre('/');
    await page.locator('[data-pendencia="retida"]').first().click();
    await page.locator('#grade').getByText('Joana Prado Lima').waitFor();
  });
});

describe('screens that no other walk sees', { timeout: 90_000 }, () => {
  it('a person with several contracts, and an order that can still be withdrawn', async () => {
    await abre(`/contratos/${tresContratos.contrato}`);
    await page.getByText('dão direito').first().waitFor();
    expect(await retrata(page, 'contrato-de-varios')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await casa.envia(context, 'PUT', '/pausa', { motivo: 'Conferindo os planos' });
    await abre(`/contratos/${produtoNoContrato.contrato}`);
    await botao('Bloquear').click();
    await page.getByLabel('Motivo').fill('Engano');
    await botao('Confirmar').click();
    await botao('Desfazer').waitFor({ timeout: 15_000 });
    expect(await retrata(page, 'contrato-desfazer')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await botao('Desfazer').click();
    await page.getByText('Desfez o bloqueio').first().waitFor();
    await casa.envia(context, 'DELETE', '/pausa');
    expect(mesa.queixas()).toEqual([]);
  });

  it('the pré-voo before, during and after', async () => {
    await abre('/prevoo');
    expect(await retrata(page, 'prevoo-nenhum')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await botao('Começar o pré-voo').click();
    await page.locator('[data-prevoo="feito"]').waitFor({ timeout: 20_000 });
    expect(await retrata(page, 'prevoo')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('link', { name: 'CPF vazio' }).click();
    await page.getByRole('heading', { name: 'CPF vazio' }).waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('the confirmation of several at once, for each verb', async () => {
    await abre('/usuarios');
    const ids = await page
      .locator('#grade input[name="ids"]')
      .evaluateAll((marks) => marks.map((mark) => mark.getAttribute('value')).join(','));
    for (const verbo of ['bloqueio', 'desbloqueio', 'cancelamento']) {
      await abre(`/usuarios/selecao/${verbo}?ids=${ids}`);
      expect(await retrata(page, `selecao-${verbo}`)).toEqual([]);
    }
    expect(mesa.queixas()).toEqual([]);
  });

  it('help, glossary, carências, avisos, saúde and the closing of a month', async () => {
    for (const path of [
      '/ajuda',
      '/ajuda/glossario',
      '/carencias',
      '/avisos',
      '/saude',
      '/fechamentos/2026-10',
    ]) {
      await abre(path);
      expect(await retrata(page, path.slice(1).replaceAll('/', '-'))).toEqual([]);
    }
  });

  it('whoever has no right is told who can give one, and is led round in no circle', async () => {
    const sem = await openVisita(browser);
    // The session begins; the page that it lands on is refused.
    await expect(casa.entrar(sem.context, OPERADORES.atendente.id)).rejects.toThrow('403');
    await abre('/', sem.page);
    await sem.page.getByRole('heading', { name: 'Seu grupo no IXC não permite esta ação.' }).waitFor();
    expect(await sem.page.locator('main').innerText()).toContain('Quem pode dá-lo ao seu grupo');
    expect(await sem.page.locator('main a, nav a').count()).toBe(0);
    expect(await retrata(sem.page, 'sem-direito')).toEqual([]);
    await sem.context.close();
  });
});

describe('without JavaScript', { timeout: 30_000 }, () => {
  it('the explanation, the pré-voo and the help can be read, and the page says why nothing can be asked', async () => {
    const plain = await openVisita(browser, { javaScriptEnabled: false });
    await casa.entrar(plain.context, OPERADORES.administrador.id);
    await abre(`/contratos/${ativa.contrato}`, plain.page);
    await plain.page.getByText('Sem JavaScript tudo pode ser lido').waitFor();
    await plain.page.getByText('Por que está assim?').click();
    await plain.page.getByRole('link', { name: 'Ler tudo o que decidiu' }).click();
    await plain.page.getByText('Uma pessoa pediu o bloqueio: “Pediu por telefone”').waitFor();
    await abre('/prevoo', plain.page);
    await plain.page.getByRole('link', { name: 'CPF vazio' }).click();
    await plain.page.getByRole('heading', { name: 'CPF vazio' }).waitFor();
    await plain.context.close();
  });
});
