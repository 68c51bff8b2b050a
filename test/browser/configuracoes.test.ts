// Configurações under real hands: marks by mouse and keyboard, the impact before each save, two people at once, and no script at all.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
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

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
const wide = () => page.setViewportSize({ width: 1440, height: 900 });
const marca = (grupo: string, papel: string) =>
  page.getByRole('checkbox', { name: `${grupo}: ${papel}`, exact: true });
// What a refusal is meant to answer is no complaint.
const semRecusas = (heard: string[]) => heard.filter((each) => !/status of (409|422)/.test(each));

// One story in order: later tests look at what earlier ones made.
describe('configurações', { timeout: 90_000 }, () => {
  it('gives a group its rights by keyboard alone, with the impact before', async () => {
    await abre('/');
    await page.getByRole('link', { name: 'Configurações' }).click();
    await page.waitForURL(/\/configuracoes$/);
    expect(await retrata(page, 'configuracoes-direitos')).toEqual([]);
    await wide();
    await marca('Gerência', 'operar').focus();
    await page.keyboard.press('Space');
    await marca('Atendimento', 'operar').click();
    await botao('Ver o impacto').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Impacto destes direitos' }).waitFor();
    await page.locator('tr[data-grupo="3"]', { hasText: OPERADORES.gerente.nome }).waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H3');
    expect(await retrata(page, 'configuracoes-direitos-impacto')).toEqual([]);
    await wide();
    await botao('Salvar direitos').click();
    await page.getByText('Direitos salvos.').waitFor();
    expect(await marca('Gerência', 'ver').isChecked()).toBe(true);
    expect(mesa.queixas()).toEqual([]);
  });

  it('refuses to lock everybody out, and keeps what somebody marked while another saved', async () => {
    await abre('/configuracoes/direitos');
    for (const grupo of ['Administradores', 'Administradores de filial'])
      await marca(grupo, 'configurar').click();
    await botao('Ver o impacto').click();
    await page.getByText('Com esta tabela ninguém mais poderia configurar.').waitFor();
    expect(await marca('Administradores', 'configurar').isChecked()).toBe(false);
    expect(await retrata(page, 'configuracoes-direitos-recusa')).toEqual([]);
    await wide();

    await abre('/configuracoes/direitos');
    await marca('Supervisão de filial', 'aprovar').click();
    const outra = await openVisita(browser);
    await casa.entrar(outra.context, OPERADORES.administrador.id);
    await outra.page.goto(`${casa.plugin}/configuracoes/direitos`);
    await outra.page.getByRole('checkbox', { name: 'Gerência: cancelar' }).click();
    await outra.page.getByRole('button', { name: 'Ver o impacto' }).click();
    await outra.page.getByRole('button', { name: 'Salvar direitos' }).click();
    await outra.page.getByText('Direitos salvos.').waitFor();
    await outra.context.close();
    await botao('Ver o impacto').click();
    await page.getByText('Os direitos mudaram desde que você abriu a tela.').waitFor();
    expect(await marca('Supervisão de filial', 'aprovar').isChecked()).toBe(true);
    expect(await retrata(page, 'configuracoes-direitos-meio-tempo')).toEqual([]);
    await wide();
    expect(semRecusas(mesa.queixas())).toEqual([]);
  });

  it('goes back to the default after saying what that does', async () => {
    await abre('/configuracoes/direitos');
    await page.getByRole('link', { name: 'Voltar ao padrão' }).click();
    await page.getByRole('heading', { name: 'Voltar ao padrão' }).waitFor();
    await botao('Voltar ao padrão').click();
    await page.getByText('Os direitos voltaram ao padrão.').waitFor();
    expect(await marca('Gerência', 'ver').isChecked()).toBe(false);
    expect(mesa.queixas()).toEqual([]);
  });

  it('changes which contact is sent, after showing whom that touches', async () => {
    await casa.simulador.opcoes({ estadoInicial: 'pending' });
    await casa.envia(context, 'POST', `/contratos/${PESSOAS.ativa.contrato}/usuario`);
    await casa.ixc.query(
      `UPDATE cliente SET whatsapp = '(11) 98765-4321', email = 'um@example.com; dois@example.org'
       WHERE id = (SELECT id_cliente FROM cliente_contrato WHERE id = ${PESSOAS.ativa.contrato})`,
    );
    await abre('/configuracoes/contatos');
    expect(await retrata(page, 'configuracoes-contatos')).toEqual([]);
    await wide();
    await page.getByLabel('Primeiro', { exact: true }).selectOption('whatsapp');
    await page.getByLabel('Se não houver').selectOption('celular');
    await page.getByLabel('Depois', { exact: true }).selectOption('');
    await botao('Ver o impacto').click();
    await page.getByRole('heading', { name: 'Impacto desta ordem' }).waitFor();
    expect(await page.locator('[data-mudam]').getAttribute('data-mudam')).toBe('1');
    expect(await retrata(page, 'configuracoes-contatos-impacto')).toEqual([]);
    await wide();
    await botao('Salvar contatos').click();
    await page.getByText('Contatos salvos.').waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('shows the provider’s texts as they are written, and where they help', async () => {
    await abre('/configuracoes/textos');
    await page.getByLabel('Nome do serviço').fill('Saúde em Casa');
    await page
      .getByLabel('Como a pessoa acessa')
      .fill('Abra o site e toque em “Primeiro acesso”.\nUse o CPF e a data de nascimento.');
    await page.getByLabel('Telefone').fill('0800 000 0000');
    await page.getByLabel('Site').fill('https://saude.example.com.br');
    await page.getByLabel('Ajuda para o atendente').fill('Ramal 200, com a central.');
    await page.locator('#previa-dos-textos', { hasText: 'Ramal 200, com a central.' }).waitFor();
    expect(await page.locator('#previa-dos-textos').innerText()).toContain('Saúde em Casa');
    expect(await retrata(page, 'configuracoes-textos')).toEqual([]);
    await wide();
    await botao('Salvar').click();
    await page.getByText('Textos salvos.').waitFor();
    await abre('/ajuda');
    await page.getByText('Ramal 200, com a central.').waitFor();
    await page.goto(`${casa.plugin}/sessao`);
    await page.getByText('Ramal 200, com a central.').waitFor();
    await abre(`/contratos/${PESSOAS.ativa.contrato}`);
    await page.locator('[data-situacao="ativo"]').first().waitFor();
    await page.getByText('O que dizer à pessoa').waitFor();
    expect(await retrata(page, 'contrato-primeiro-acesso')).toEqual([]);
    await wide();
    expect(mesa.queixas()).toEqual([]);
  });

  it('counts what a vínculo reaches before it is made and before it is taken away', async () => {
    await abre('/planos/1');
    await page.getByPlaceholder('nome ou número no IXC').fill('Tele Clínica');
    const linha = page.locator('[id^="resultados-"] tr', { hasText: PRODUTOS.familia.descricao });
    await linha.getByText(/contratos? ativos?/).waitFor();
    const before = await linha.locator('.alcance').innerText();
    await linha.getByRole('combobox').selectOption('2');
    await expect.poll(() => linha.locator('.alcance').innerText()).not.toBe(before);
    await botao(`Retirar o vínculo com ${PRODUTOS.individual.descricao}`).click();
    await page
      .getByRole('heading', { name: `Retirar o vínculo com ${PRODUTOS.individual.descricao}` })
      .waitFor();
    expect(await retrata(page, 'plano-retirar-vinculo')).toEqual([]);
    await wide();
    await botao('Retirar vínculo').click();
    await page.getByText('Nenhum. Quem tem um destes produtos').waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('asks before everything goes by itself', async () => {
    await abre('/sincronizacao');
    const modos = page.locator('#modos');
    await modos.getByLabel('Modo', { exact: true }).selectOption('automatico');
    await botao('Salvar modo').click();
    await page.getByRole('heading', { name: 'Todas as operações em automático' }).waitFor();
    expect(await modos.locator('[data-modo="automatico"]').count()).toBe(0);
    expect(await retrata(page, 'sincronizacao-automatico')).toEqual([]);
    await wide();
    await botao('Ligar o automático').click();
    await page.getByText('Modo salvo.').waitFor();
    expect(await modos.locator('[data-modo="automatico"]').count()).toBeGreaterThan(0);
    expect(mesa.queixas()).toEqual([]);
  });

  it('is read without any script, the preview of the texts included', async () => {
    const semScript = await openVisita(browser, { javaScriptEnabled: false });
    await casa.entrar(semScript.context, OPERADORES.administrador.id);
    const quieta = semScript.page;
    await quieta.goto(`${casa.plugin}/configuracoes`);
    await quieta.getByRole('link', { name: 'Contatos' }).click();
    await quieta.getByText('Como sai agora, em pessoas de verdade').waitFor();
    await quieta.getByRole('link', { name: 'Textos' }).click();
    await quieta.getByLabel('Nome do serviço').fill('Outro nome');
    await quieta.getByRole('button', { name: 'Ver como fica' }).click();
    await quieta.locator('#previa-dos-textos', { hasText: 'Outro nome' }).waitFor();
    await semScript.context.close();
  });
});
