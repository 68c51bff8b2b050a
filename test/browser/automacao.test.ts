// Contracts that drive the service, as the manager sees it: rules, prévia, modes, the brake, pause, carência, identity, a refused run.
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { cpfDigits, maskCpf } from '../../src/demo/ixc/sorteio.ts';
import { HOJE } from '../../src/sync/hoje.ts';
import type { Casa } from './casa.ts';
import { leaveMesa, openMesa } from './mesa.ts';
import type { Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

// One more than the brake lets a small provider block at once.
const BLOQUEIOS = 11;
const { administrador } = OPERADORES;
const { financeiroEmAtraso } = PESSOAS;

let casa: Casa;
let browser: Browser;
let mesa: Visita;
let page: Page;
let context: BrowserContext;
const contratos: number[] = [];

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa({ env: { VARREDURA_SEGUNDOS: '0.3' } }));
  for (let n = 0; n < BLOQUEIOS; n += 1) {
    contratos.push(
      await casa.ixc.addContrato(await casa.ixc.addCliente({ razao: `Rosa Maria Testa ${letter(n)}` })),
    );
  }
  for (const contrato of [...contratos, financeiroEmAtraso.contrato]) {
    await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
  }
}, 120_000);

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const amanha = HOJE.format(Date.now() + 86_400_000)
  .split('-')
  .reverse()
  .join('/');
const letter = (n: number) => String.fromCharCode(65 + n).repeat(3);
const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });
const cartao = (contrato: number, situacao: string) =>
  page.locator(`section[data-contrato~="${contrato}"][data-situacao="${situacao}"]`).waitFor();
const lote = (estado: string) => page.locator(`section.lote[data-estado="${estado}"]`).waitFor();
// 422 and 409 are answers that a form expects; the browser writes a line about each all the same.
const queixas = () => mesa.queixas().filter((each) => !/status of 4(22|09)/.test(each));

/** Opens `path` again and again until `sign` is on the page. */
async function abreAte(path: string, sign: () => Locator): Promise<void> {
  const deadline = Date.now() + 20_000;
  do {
    await abre(path);
    if (await sign().isVisible()) return;
  } while (Date.now() < deadline);
  throw new Error(`${path} não chegou a mostrar o esperado`);
}

const umLote = () => page.locator('#grade [data-lote] a.nome').first();
const FREIO = '/lotes?origem=freio&estado=aguardando';

describe('a manager lets contracts drive the service', { timeout: 90_000 }, () => {
  it('looks at the grid of rules, sees the impact of a change, and saves it', async () => {
    await abre(`/contratos/${financeiroEmAtraso.contrato}`);
    await cartao(financeiroEmAtraso.contrato, 'ativo');
    await page.getByRole('navigation').getByRole('link', { name: 'Sincronização' }).click();
    await page.getByText('Acompanhando').waitFor();
    expect(await retrata(page, 'sincronizacao')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByLabel('Ativo, FA, financeiro em atraso', { exact: true }).selectOption('bloqueado');
    await botao('Ver o impacto').click();
    await page.locator('[data-impacto="ativo:bloqueado"]').waitFor();
    expect(await page.locator('[data-impacto="ativo:bloqueado"]').innerText()).toContain(
      financeiroEmAtraso.nome,
    );
    expect(await retrata(page, 'sincronizacao-impacto')).toEqual([]);
    await botao('Salvar regras').click();
    await page.getByText('Regras salvas.').waitFor();
    expect(await page.locator('[data-celula="A_FA"] select').inputValue()).toBe('bloqueado');
    expect(queixas()).toEqual([]);
  });

  it('asks for a prévia, reads every line, and applies only the marked one', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await abre('/sincronizacao');
    await botao('Fazer prévia').click();
    await page.getByText('Prévia pronta: nada foi mudado.').waitFor();
    expect(await retrata(page, 'lote-previa')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.locator('#filtro').getByLabel('Ação', { exact: true }).selectOption('bloquear');
    await page.waitForURL(/acao=bloquear/);
    const linha = page.locator('tr[data-linha]', { hasText: financeiroEmAtraso.nome });
    await linha.getByRole('checkbox').check();
    await page.locator('summary', { hasText: 'Aprovar' }).click();
    expect(await retrata(page, 'lote-aprovacao')).toEqual([]);
    await botao('Confirmar').first().click();
    await lote('concluido');
    await linha.getByText('Aplicada').waitFor();
    expect(await page.locator('tr[data-resultado="aplicada"]').count()).toBe(1);
    await linha.getByRole('link', { name: financeiroEmAtraso.nome }).click();
    await cartao(financeiroEmAtraso.contrato, 'bloqueado');
    expect(queixas()).toEqual([]);
  });

  it('lets blocks go by themselves, and the brake holds too many of them', async () => {
    await abre('/sincronizacao');
    await page.locator('#modos').getByLabel('Operação', { exact: true }).selectOption('bloquear');
    await page.locator('#modos').getByLabel('Modo', { exact: true }).selectOption('automatico');
    await botao('Salvar modo').click();
    await page.getByText('Modo salvo.').waitFor();
    const [first = 0] = contratos;
    await abre(`/contratos/${first}`);
    await cartao(first, 'ativo');
    await casa.ixc.query(
      `UPDATE cliente_contrato SET status_internet = 'CA' WHERE id IN (${contratos.join(', ')})`,
    );
    await abreAte(FREIO, umLote);
    expect(await retrata(page, 'lotes')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await umLote().click();
    await page.getByText('À espera de uma decisão.').waitFor();
    expect(await page.locator('tr[data-linha]').count()).toBe(BLOQUEIOS);
    expect(await retrata(page, 'lote-freio')).toEqual([]);
    expect(queixas()).toEqual([]);
  });

  it('pauses sending, approves the held blocks, and resumes: then they are blocked', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await casa.envia(context, 'PUT', '/pausa', { motivo: 'Conferindo com a Tele Clínica' });
    await abre(FREIO);
    await umLote().click();
    await page.locator('[data-faixa="pausa"]', { hasText: 'Conferindo com a Tele Clínica' }).waitFor();
    expect(await page.locator('[data-faixa="pausa"]').innerText()).toContain(administrador.nome);
    await page.locator('summary', { hasText: 'Aprovar' }).click();
    await botao('Confirmar').first().click();
    await lote('concluido');
    expect(await retrata(page, 'lote-concluido-em-pausa')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    const [first = 0] = contratos;
    await abre(`/contratos/${first}`);
    await page.getByText('o envio está em pausa').waitFor();
    await abre('/');
    await botao('Retomar').click();
    await page.getByText('Funcionando').waitFor();
    await abre(`/contratos/${first}`);
    await cartao(first, 'bloqueado');
    expect(await page.locator('[data-faixa]').count()).toBe(0);
    expect(queixas()).toEqual([]);
  });

  it('gives carência to one of them, who is let in at once and listed', async () => {
    const [first = 0] = contratos;
    await abre(`/contratos/${first}`);
    await botao('Dar carência').click();
    await page.getByLabel('Não bloquear até').fill(amanha);
    await page.getByLabel('Motivo').fill('Boleto em análise');
    expect(await retrata(page, 'carencia')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await botao('Confirmar').click();
    await cartao(first, 'ativo');
    await page.locator('.titulo').getByText('Em carência até').waitFor();
    expect(await retrata(page, 'usuario-em-carencia')).toEqual([]);
    await abre('/carencias');
    await page.getByText('Terminam amanhã').waitFor();
    expect(await retrata(page, 'carencias')).toEqual([]);
    expect(queixas()).toEqual([]);
  });

  it('is asked who the person is when the CPF changes, and answers', async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    const { cliente, contrato } = financeiroEmAtraso;
    await casa.ixc.change('cliente', cliente, { cnpj_cpf: maskCpf(cpfDigits(0, 987_654)) });
    const pergunta = () => page.getByRole('heading', { name: 'Quem é a pessoa?' });
    await abreAte(`/contratos/${contrato}`, pergunta);
    expect(await retrata(page, 'quem-e-a-pessoa')).toEqual([]);
    await page.setViewportSize({ width: 1440, height: 900 });
    await botao('É a mesma pessoa').click();
    await pergunta().waitFor({ state: 'detached' });
    await cartao(contrato, 'bloqueado');
    expect(queixas()).toEqual([]);
  });

  it('reads on every page that IXC is not believed, when its contracts vanish', async () => {
    await casa.ixc.query('DELETE FROM cliente_contrato');
    const faixa = () => page.locator('[data-faixa="varredura"]');
    await abreAte('/usuarios', faixa);
    await faixa().getByRole('link', { name: 'Ver' }).click();
    await page.getByRole('heading', { name: 'A última varredura foi recusada' }).waitFor();
    expect(await retrata(page, 'sincronizacao-recusada')).toEqual([]);
    expect(queixas()).toEqual([]);
  });
});
