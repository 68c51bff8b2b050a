// The closing under real hands: the rule changed, a month closed, its invoice sent and disputed; wide and narrow, light and dark.
import mysql from 'mysql2/promise';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { mesDe, parseMes } from '../../src/sync/fechamento/mes.ts';
import { mesPorExtenso } from '../../src/web/formato.ts';
import { eventually } from '../setup/mundo.ts';
import type { Casa } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import type { Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

const LONGO = process.env['LONGO'] === '1';
const GENTE = [PESSOAS.ativa, PESSOAS.tresContratos, PESSOAS.produtoNoContrato, PESSOAS.outraFilial];
const agora = parseMes(mesDe(Date.now())) ?? expect.unreachable();
const MES = mesDe(agora.de - 1);

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;

describe.skipIf(!LONGO)('a month', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    ({ casa, browser, mesa, page, context } = await openMesa());
    for (const { contrato } of GENTE) await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
    await moveToPast();
  }, 120_000);

  afterAll(() => leaveMesa({ casa, browser }), 30_000);

  // All of them were created in the middle of the month before; one was cancelled two months before.
  async function moveToPast(): Promise<void> {
    const nosso = await mysql.createConnection({ uri: casa.banco.url, timezone: 'Z' });
    await eventually(async () => {
      const [[found]] = await nosso.query<mysql.RowDataPacket[]>(
        "SELECT COUNT(*) AS ativas FROM situacoes WHERE situacao = 'ativo'",
      );
      return found?.['ativas'] === GENTE.length;
    }, 20_000);
    const em = (dia: number): Date =>
      new Date((parseMes(MES)?.de ?? 0) + (dia - 1) * 86_400_000 + 43_200_000);
    await nosso.query("DELETE FROM situacoes WHERE situacao <> 'ativo'");
    await nosso.query('UPDATE situacoes SET desde = ?', [em(16)]);
    await nosso.query('UPDATE situacoes SET desde = ? WHERE usuario_id = 4', [em(-80)]);
    await nosso.query(
      "INSERT INTO situacoes SELECT 4, ?, 'cancelado', plano_id, filial_id FROM situacoes WHERE usuario_id = 4",
      [em(-60)],
    );
    await nosso.end();
  }

  const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
  const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
  const wide = () => page.setViewportSize({ width: 1440, height: 900 });
  const queixas = () => mesa.queixas().filter((each) => !each.includes('status of 422'));
  const fatura = (text: string) =>
    page.getByLabel('Fatura em CSV ou XLSX').setInputFiles({
      name: 'fatura.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(text),
    });

  it('is counted by the rule that a person chooses', async () => {
    await abre('/fechamentos');
    await page.getByLabel('Quem conta').selectOption('dia');
    await page.getByLabel('Dia marcado').fill('40');
    await botao('Salvar regra').click();
    await page.getByText('Escreva um dia de 1 a 31.').waitFor();
    expect(await retrata(page, 'fechamentos')).toEqual([]);
    await wide();
    await page.getByLabel('Dia marcado').fill('31');
    await botao('Salvar regra').click();
    await page.getByText('Escreva um dia de 1 a 31.').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Quem conta').inputValue()).toBe('dia');
    expect(queixas()).toEqual([]);
  });

  it('is closed, and says so', async () => {
    await page.getByRole('link', { name: mesPorExtenso(MES) }).click();
    await page.getByRole('heading', { name: 'Por plano e filial' }).waitFor();
    expect(await retrata(page, 'fechamento-aberto')).toEqual([]);
    await wide();
    await botao('Fechar o mês').click();
    await page.getByText('fechado em').waitFor();
    expect(await botao('Fechar o mês').count()).toBe(0);
    expect(queixas()).toEqual([]);
  });

  it('is matched with its invoice, refused first beside the field and with what was typed', async () => {
    await page.getByLabel('Coluna do plano').fill('Pacote');
    await fatura('CPF;Plano;Valor\n1;2;3\n');
    await botao('Conferir fatura').click();
    await page.getByText('O arquivo não tem uma coluna com este nome.').waitFor();
    expect(await page.getByLabel('Coluna do plano').inputValue()).toBe('Pacote');
    const [first, second, third, fourth] = GENTE.map(({ cpf }) => cpf);
    await fatura(
      [
        'CPF;Pacote;Valor',
        `${first};Clínico 24h;49,90`,
        `${first};Clínico 24h;49,90`,
        `${second};Clínico 24h;59,90`,
        `${fourth};Clínico 24h;49,90`,
        '11144477735;Clínico 24h;49,90',
      ].join('\n'),
    );
    expect(third).toBeDefined();
    await botao('Conferir fatura').click();
    await page.getByText('Linhas a contestar').waitFor();
    const classes = await page.evaluate<string[]>(
      "[...document.querySelectorAll('tr[data-divergencia]')].map((row) => row.dataset.divergencia)",
    );
    expect(classes).toEqual([
      'cobrado_duas_vezes',
      'valor_errado',
      'cobrado_cancelado',
      'desconhecido',
      'nao_cobrado',
    ]);
    expect(await retrata(page, 'fechamento-fatura')).toEqual([]);
    await wide();
    expect(queixas()).toEqual([]);
  });

  it('is disputed: one class on the screen, and taken away as a sheet', async () => {
    await page.locator('tr[data-classe="nao_cobrado"]').getByRole('link').click();
    await page.locator('tr[data-classe="nao_cobrado"] a[aria-current="true"]').waitFor();
    expect(await page.locator('tr[data-divergencia]').count()).toBe(1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('group', { name: 'Levar a contestação' }).getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`contestacao-${MES}.csv`);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString('utf8').trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('Não cobrado');
    expect(queixas()).toEqual([]);
  });

  it('loses an invoice that was sent by mistake, after a question, and keeps its numbers', async () => {
    await page.getByRole('link', { name: 'Retirar esta fatura' }).click();
    await page.getByText('Os números do mês ficam como estão.').waitFor();
    expect(await retrata(page, 'fechamento-retirada')).toEqual([]);
    await wide();
    await botao('Retirar fatura').click();
    await page.getByText('Linhas a contestar').waitFor({ state: 'detached' });
    await page.getByText('fechado em').waitFor();
    expect(await page.locator('[data-fatura]').count()).toBe(0);
    expect(queixas()).toEqual([]);
  });
});
