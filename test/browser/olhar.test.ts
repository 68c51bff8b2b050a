// Every screen as people see it: wide and narrow, light and dark, in each of its states.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

beforeAll(async () => {
  ({ casa, browser, mesa, page, context } = await openMesa({ cadastrada: false }));
}, 120_000);

afterEach(() => casa.simulador.semFalhas());

afterAll(() => leaveMesa({ casa, browser }), 30_000);

const abre = (path: string) => page.goto(`${casa.plugin}${path}`);
const situacao = (contrato: number, qual: string) =>
  page.locator(`section[data-contrato~="${contrato}"][data-situacao="${qual}"]`).waitFor();
const botao = (nome: string) => page.getByRole('button', { name: nome, exact: true });

/** Pictures and faults of one address. */
async function visita(nome: string, path: string): Promise<void> {
  await abre(path);
  expect(await retrata(page, nome)).toEqual([]);
}

const cria = async (contrato: number): Promise<void> => {
  await casa.envia(context, 'POST', `/contratos/${contrato}/usuario`);
  await abre(`/contratos/${contrato}`);
};

// One story in order: later tests look at what earlier ones made.
describe('every screen is sound at 360, 768 and 1440 px, light and dark', { timeout: 60_000 }, () => {
  it('before anything is registered', async () => {
    await visita('vazio-painel', '/');
    await visita('vazio-integracoes', '/integracoes');
    await visita('vazio-planos', '/planos');
    await visita('vazio-plano-novo', '/planos/novo');
    await visita('vazio-usuarios', '/usuarios');
    await visita('vazio-operacoes', '/operacoes');
    await visita('vazio-contrato', `/contratos/${PESSOAS.ativa.contrato}`);
    expect(mesa.queixas()).toEqual([]);
  });

  it('integrações and planos', async () => {
    await cadastra(casa, context);
    await visita('integracoes', '/integracoes');
    await visita('integracao-nova', '/integracoes/nova');
    await abre('/integracoes/1');
    await botao('Testar conexão').click();
    await page.getByText('Deu certo.').waitFor();
    expect(await retrata(page, 'integracao')).toEqual([]);
    await abre('/planos/1');
    await page.getByPlaceholder('nome ou número no IXC').fill('Tele Clínica');
    await page
      .getByRole('button', { name: /^Vincular/ })
      .first()
      .waitFor();
    expect(await retrata(page, 'plano')).toEqual([]);
    await visita('planos', '/planos');
    expect(mesa.queixas()).toEqual([]);
  });

  it('the panel of a contract in each state', async () => {
    const { ativa, bloqueioAutomatico, produtoNoPlano } = PESSOAS;
    await visita('contrato-sem-usuario', `/contratos/${ativa.contrato}`);
    await visita('contrato-bloqueado-no-ixc', `/contratos/${bloqueioAutomatico.contrato}`);
    await cria(ativa.contrato);
    await situacao(ativa.contrato, 'ativo');
    expect(await retrata(page, 'contrato-ativo')).toEqual([]);
    await botao('Trocar plano').click();
    await page.getByLabel('Novo plano').waitFor();
    expect(await retrata(page, 'contrato-troca-de-plano')).toEqual([]);
    await botao('Bloquear').click();
    await page.getByLabel('Motivo').fill('Pediu para parar por um mês');
    expect(await retrata(page, 'contrato-bloqueio')).toEqual([]);
    await botao('Confirmar').click();
    await situacao(ativa.contrato, 'bloqueado');
    await botao('Cancelar Usuário').click();
    await page.getByLabel('Motivo').fill('Mudou de cidade');
    await page.getByLabel('Número do contrato').fill('999');
    await botao('Confirmar').click();
    await page.locator('.campo .erro').waitFor();
    expect(await retrata(page, 'contrato-cancelamento-com-erro')).toEqual([]);
    await casa.simulador.falha({
      kind: 'latency',
      ms: 10_000,
      operation: 'createUser',
      cpf: produtoNoPlano.cpf,
    });
    await cria(produtoNoPlano.contrato);
    await page.getByText('Avisando a Tele Clínica…').waitFor();
    expect(await retrata(page, 'contrato-em-andamento')).toEqual([]);
    expect(mesa.queixas().filter((each) => !each.includes('status of 422'))).toEqual([]);
  });

  it('people who are held, and a partner that refuses', async () => {
    const cliente = await casa.ixc.addCliente({
      razao: 'Joana Prado Lima',
      nascimento: null,
      email: '',
      celular: '',
    });
    const contrato = await casa.ixc.addContrato(cliente);
    await cria(contrato);
    await page
      .getByText(/^Parado/)
      .first()
      .waitFor();
    expect(await retrata(page, 'contrato-parado')).toEqual([]);
    const { produtoNoContrato } = PESSOAS;
    await casa.simulador.falha({ kind: 'status', status: 503, cpf: produtoNoContrato.cpf });
    await cria(produtoNoContrato.contrato);
    await page.getByText('A Tele Clínica ainda não confirmou.').waitFor();
    expect(await retrata(page, 'contrato-parceiro-fora')).toEqual([]);
    expect(mesa.queixas()).toEqual([]);
  });

  it('lists, histories, the painel and the pause', async () => {
    await visita('contratos', '/contratos');
    await visita('contratos-nada', '/contratos?busca=ningu%C3%A9m');
    await visita('usuarios', '/usuarios');
    await abre('/usuarios');
    await page.locator('#grade tbody a').first().click();
    await page.getByText('Contratos no IXC').waitFor();
    expect(await retrata(page, 'usuario')).toEqual([]);
    await visita('operacoes', '/operacoes');
    await abre('/operacoes?estado=aberta');
    await page.locator('#grade tbody a').first().click();
    await page.getByRole('heading', { name: 'Tentativas' }).waitFor();
    expect(await retrata(page, 'operacao')).toEqual([]);
    await visita('painel', '/');
    await page.getByText('Pausar envios').first().click();
    await page.getByLabel('Motivo').fill('Manutenção na Tele Clínica');
    await botao('Pausar').click();
    await botao('Retomar').waitFor();
    expect(await retrata(page, 'painel-em-pausa')).toEqual([]);
    await visita('pausa', '/pausa');
    await botao('Retomar').click();
    await page.getByText('Funcionando').waitFor();
    expect(mesa.queixas()).toEqual([]);
  });

  it('pages for what went wrong', async () => {
    await visita('sessao', '/sessao');
    await visita('nao-existe', '/contratos/999999999');
    const semSessao = await openVisita(browser);
    await semSessao.page.goto(`${casa.plugin}/contratos`);
    expect(await retrata(semSessao.page, 'sem-sessao')).toEqual([]);
    await semSessao.context.close();
    expect(mesa.queixas().filter((each) => !each.includes('status of 404'))).toEqual([]);
  });
});
