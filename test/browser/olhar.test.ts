// Every screen as people see it: wide and narrow, light and dark, with ordinary and with hostile content, and how much it weighs.
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
  mesa = await openVisita(browser);
  ({ page, context } = mesa);
  await casa.entrar(context, OPERADORES.administrador.id);
}, 120_000);

afterEach(() => casa.simulador.semFalhas());

afterAll(async () => {
  await browser?.close();
  await casa?.stop();
}, 30_000);

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

  it('whatever IXC holds is shown as it was typed, and breaks nothing', async () => {
    const hostis = [
      `${'Maria Aparecida da Conceição '.repeat(7)}`.slice(0, 199).trim(),
      'Çğ'.padEnd(200, 'W'),
      "Ana 🎉👩‍👩‍👧 Souza “aspas” 'simples'",
      'مريم عبد الله منصور',
      `<img src=x onerror="document.title='furado'"><b>Rita</b>`,
      'Jó',
    ];
    const { id: operador, filiais } = OPERADORES.outraFilial;
    const [filial] = filiais;
    const marcado = '<i>Norte</i> & "Sul" \'Leste\' {{x}} <%= 1 %>';
    await casa.ixc.change('usuarios', operador, { nome: marcado.slice(0, 45) });
    for (const sql of [
      `UPDATE filial SET fantasia = ${quote(marcado)} WHERE id = ${filial}`,
      `UPDATE vd_contratos SET nome = ${quote(marcado)} WHERE id = 150`,
    ])
      await casa.ixc.query(sql);
    const contratos: number[] = [];
    for (const razao of hostis) {
      const cliente = await casa.ixc.addCliente({ razao, filial });
      contratos.push(await casa.ixc.addContrato(cliente, { filial, plano: 150, planoNome: marcado }));
    }
    const outra = await openVisita(browser);
    await casa.entrar(outra.context, operador);
    for (const contrato of contratos)
      await casa.envia(outra.context, 'POST', `/contratos/${contrato}/usuario`);
    for (const [nome, path] of [
      ['hostil-contratos', '/contratos'],
      ['hostil-usuarios', '/usuarios'],
    ]) {
      await outra.page.goto(`${casa.plugin}${path}`);
      const shown = await outra.page.locator('main').evaluate((main) => main.textContent);
      for (const razao of hostis) expect(shown?.includes(razao), razao).toBe(true);
      expect(await retrata(outra.page, nome ?? '')).toEqual([]);
    }
    for (const [index, razao] of hostis.entries()) {
      await outra.page.goto(`${casa.plugin}/contratos/${contratos[index]}`);
      expect(await outra.page.locator('h1').evaluate((h1) => h1.textContent)).toBe(razao);
      expect(await outra.page.title()).not.toBe('furado');
      expect(await outra.page.locator('main img, main b, main i').count()).toBe(0);
      const main = await outra.page.locator('main').evaluate((each) => each.textContent);
      expect(main?.includes(marcado), `${marcado} em ${razao}`).toBe(true);
      if ([1, 4].includes(index)) expect(await retrata(outra.page, `hostil-contrato-${index}`)).toEqual([]);
    }
    expect(outra.queixas()).toEqual([]);
    await outra.context.close();
  });
});

describe('a cold first page', () => {
  it.each(['/', '/contratos', `/contratos/${PESSOAS.ativa.contrato}`])(
    '%s takes at most 60 KB and 6 requests, and nothing in it moves',
    async (path) => {
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 360, height: 740 },
      ]) {
        const fria = await openVisita(browser, { viewport });
        await casa.entrar(fria.context, OPERADORES.administrador.id);
        const { requests, bytes, moved } = await weigh(fria, `${casa.plugin}${path}`);
        expect(requests).toBeGreaterThan(2);
        expect(requests).toBeLessThanOrEqual(6);
        expect(bytes).toBeLessThanOrEqual(60_000);
        expect(moved).toEqual([]);
        await fria.context.close();
      }
    },
  );
});

/** Loads `url` and answers how many requests and bytes (headers included) that took, and what moved. */
async function weigh({ page: each, context: own }: Visita, url: string) {
  const wire = await own.newCDPSession(each);
  await wire.send('Network.enable');
  let requests = 0;
  let bytes = 0;
  wire.on('Network.requestWillBeSent', () => {
    requests += 1;
  });
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await each.goto(url, { waitUntil: 'networkidle' });
  const moved = await each.evaluate<string[]>('espia.moved()');
  return { requests, bytes, moved };
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
