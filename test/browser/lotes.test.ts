// A lote from the form to its end under real hands: a list sent, the simulation followed, approved, paused, resumed, taken away.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import type { Casa } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import type { Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;

beforeAll(async () => {
  ({ casa, browser, mesa, page } = await openMesa());
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
const wide = () => page.setViewportSize({ width: 1440, height: 900 });
const envia = (texto: string, nome = 'lista.csv') =>
  page
    .getByLabel('Lista em CSV ou XLSX')
    .setInputFiles({ name: nome, mimeType: 'text/csv', buffer: Buffer.from(texto) });
// A refusal that the story means to have is in Chromium's console too.
const queixas = () => mesa.queixas().filter((each) => !each.includes('status of 422'));
const resultado = (estado: string) => page.locator(`tr[data-resultado="${estado}"]`);

// One story in order: later tests look at what earlier ones made.
describe('a lote that a person asks for', { timeout: 90_000 }, () => {
  it('is refused beside the field, keeping what was typed and the file that was chosen', async () => {
    await abre('/lotes');
    await page.getByRole('link', { name: 'Novo lote' }).first().click();
    expect(await retrata(page, 'lote-novo')).toEqual([]);
    await wide();
    await page.getByLabel('Ação', { exact: true }).selectOption('criar');
    await page.getByLabel('Pessoa', { exact: true }).selectOption('F');
    await envia('Contrato;Nome\n1;Ana\n');
    await botao('Simular').click();
    await page.getByText('A linha 1 tem mais de uma coluna.').waitFor();
    expect(await page.getByLabel('Pessoa', { exact: true }).inputValue()).toBe('F');
    expect(await page.evaluate('document.activeElement.id')).toBe('campo-arquivo');
    expect(await retrata(page, 'lote-novo-recusado')).toEqual([]);
    await wide();
    expect(queixas()).toEqual([]);
  });

  it('is simulated with one message a contract, and survives leaving the page', async () => {
    const { ativa, tresContratos, produtoNoContrato, outraFilial, bloqueioAutomatico, empresa, semProduto } =
      PESSOAS;
    const contratos = [
      ativa,
      tresContratos,
      produtoNoContrato,
      outraFilial,
      bloqueioAutomatico,
      empresa,
      semProduto,
    ];
    await abre('/lotes/novo?acao=criar');
    await envia(`Contrato\n${contratos.map(({ contrato }) => contrato).join('\n')}\n99999999\n`);
    await botao('Simular').click();
    await page.waitForURL(/\/lotes\/\d+$/);
    await page.getByText('Simulado: 4 mudariam, 4 ficam de fora.').waitFor();
    await expect.poll(() => resultado('dispensada').count()).toBe(4);
    await page.getByText('No IXC está Ativo, acesso Bloqueio automático.').waitFor();
    await page.reload();
    expect(await resultado('pendente').count()).toBe(4);
    expect(await retrata(page, 'lote-simulado')).toEqual([]);
    await wide();
    expect(queixas()).toEqual([]);
  });

  it('is approved, carried out and confirmed by Tele Clínica', async () => {
    await page.getByText('Aprovar', { exact: true }).click();
    await botao('Confirmar').first().click();
    await page.getByText('Concluído: 4 pedidos feitos.').waitFor();
    await expect.poll(() => resultado('aplicada').count()).toBe(4);
    expect(await retrata(page, 'lote-concluido')).toEqual([]);
    await wide();
    await abre('/usuarios');
    await expect
      .poll(
        async () => {
          await page.reload();
          return page.locator('tr[data-situacao="ativo"]').count();
        },
        { timeout: 15_000 },
      )
      .toBe(4);
    expect(queixas()).toEqual([]);
  });

  it('leaves as CSV and as XLSX', async () => {
    await abre('/lotes');
    for (const [formato, beginning] of [
      ['CSV', '\uFEFF'],
      ['XLSX', 'PK'],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: formato, exact: true }).click(),
      ]);
      expect(download.suggestedFilename()).toBe(`lotes.${formato.toLowerCase()}`);
      const chunks: Buffer[] = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString('utf8').startsWith(beginning)).toBe(true);
    }
    expect(await retrata(page, 'lotes')).toEqual([]);
    await wide();
  });

  it('is asked for by more than 100 marked rows with their filter, and by keyboard', async () => {
    const ids = Array.from({ length: 101 }, (_, n) => n + 1).join(',');
    await abre(`/usuarios/selecao/bloqueio?ids=${ids}&voltar=${encodeURIComponent('situacao=ativo')}`);
    expect(await retrata(page, 'selecao-muitos')).toEqual([]);
    await wide();
    const leads = page.getByRole('link', { name: 'Fazer um lote com este filtro' });
    await leads.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/lotes\/novo/);
    expect(await page.getByLabel('Ação', { exact: true }).inputValue()).toBe('bloquear');
    expect(await page.getByLabel('Situação na Tele Clínica').inputValue()).toBe('ativo');
    await page.getByLabel('Motivo').focus();
    await page.keyboard.type('a pedido do provedor');
    await page.keyboard.press('Enter');
    await page.getByText('Simulado: 4 mudariam, 0 ficam de fora.').waitFor();
    await page.getByText('Rejeitar', { exact: true }).click();
    await botao('Confirmar').last().click();
    await page.getByText('Rejeitado: o que faltava não foi feito.').waitFor();
    expect(queixas()).toEqual([]);
  });
});
