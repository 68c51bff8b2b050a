// The extremes: whatever IXC may hold in a name, and a first visit with nothing in the cache.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { type Casa, cadastra, startCasa } from './casa.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';
import { retrata } from './retrato.ts';

let casa: Casa;
let browser: Browser;

beforeAll(async () => {
  [casa, browser] = await Promise.all([startCasa(), openNavegador()]);
  const { context } = await openVisita(browser);
  await casa.entrar(context, OPERADORES.administrador.id);
  await cadastra(casa, context);
  await context.close();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await casa?.stop();
}, 30_000);

describe('hostile content', { timeout: 120_000 }, () => {
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
    const usuarios = await idsOf(outra, '/usuarios');
    for (const [nome, path] of [
      ['hostil-contratos', '/contratos'],
      ['hostil-usuarios', '/usuarios'],
      ['hostil-operacoes', '/operacoes'],
      ['hostil-selecao', `/usuarios/selecao/bloqueio?ids=${usuarios}`],
    ]) {
      await outra.page.goto(`${casa.plugin}${path}`);
      const shown = await outra.page.locator('main').evaluate((main) => main.textContent);
      for (const razao of hostis) expect(shown?.includes(razao), `${razao} em ${path}`).toBe(true);
      expect(await retrata(outra.page, nome ?? '')).toEqual([]);
    }
    // Whoever has no account yet and a name that Tele Clínica would refuse is in the pré-voo.
    const sozinho = hostis[4] ?? '';
    const cliente = await casa.ixc.addCliente({ razao: sozinho, filial });
    await casa.ixc.addContrato(cliente, { filial, plano: 150, planoNome: marcado });
    await outra.page.goto(`${casa.plugin}/prevoo`);
    await outra.page.getByRole('button', { name: 'Começar o pré-voo' }).click();
    await outra.page.locator('[data-prevoo="feito"]').waitFor({ timeout: 20_000 });
    await outra.page.getByText(sozinho).first().waitFor();
    expect(await retrata(outra.page, 'hostil-prevoo')).toEqual([]);
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
  await wire.send('Emulation.setCPUThrottlingRate', { rate: 4 });
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

const idsOf = async ({ page }: Visita, path: string): Promise<string> => {
  await page.goto(`${casa.plugin}${path}`);
  const marks = page.locator('#grade input[name="ids"]');
  return marks.evaluateAll((all) => all.map((each) => each.getAttribute('value')).join(','));
};

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
