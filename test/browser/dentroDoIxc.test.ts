// Inside IXC, on real nginx, PHP-FPM, MariaDB and Chromium: bridge, menu, buttons, panel; three shapes of page; both cookie modes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { findFreePort } from '../../src/demo/mariadb.ts';
import { type CasaPhp, startCasaPhp } from '../../src/demo/php/casa.ts';
import { startPlugin } from '../../src/demo/plugin.ts';
import { startVigia } from '../../src/demo/vigia.ts';
import { type Instalacao, installInCasa } from '../setup/instalado.ts';
import { CERTIFICADO, CHAVE } from '../teleclinica/certificado.ts';
import { type Casa, cadastra, startCasa, type Terreno } from './casa.ts';
import { cartao, entrarNoIxc, openPerfil, type Perfil, quadroOf } from './casaDoIxc.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';

const BASE_PATH = '/addons/tele-clinica';
// One who has an account from the beginning, and one who has none.
const { contrato } = PESSOAS.ativa;
const novo = PESSOAS.produtoNoContrato.contrato;

let casa: Casa;
let ixc: string;
let php: CasaPhp;
let browser: Browser;
let visita: Visita;
let instalacao: Instalacao | undefined;
let segura: Awaited<ReturnType<typeof startSegura>>;

beforeAll(async () => {
  const [port, portTls, portPlugin] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  ixc = `http://127.0.0.1:${port}`;
  const ixcTls = `https://ixc.provedor.test:${portTls}`;
  const pluginTls = `https://tele-clinica.outra.test:${portPlugin}`;
  const install = async ({ port: porta, ixcDsn, chave, hosts }: Terreno) => {
    php = await startCasaPhp({ port, origens: [ixc, ixcTls], ixcDsn });
    instalacao = await installInCasa(php, { porta, chave, teleclinica_hosts: hosts });
    return instalacao.env;
  };
  [casa, browser] = await Promise.all([startCasa(install), openNavegador()]);
  segura = await startSegura(ixcTls, pluginTls, portTls);
  visita = await openVisita(browser, { viewport: { width: 1440, height: 900 } });
  const setup = await browser.newContext();
  await casa.entrar(setup, 1);
  await cadastra(casa, setup);
  await casa.envia(setup, 'POST', `/contratos/${contrato}/usuario`);
  await setup.close();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await segura?.php.stop();
  await segura?.processo.stop();
  await segura?.instalacao.drop();
  await php?.stop();
  await casa?.stop();
  await instalacao?.drop();
  if (segura) rmSync(segura.folder, { recursive: true, force: true });
}, 60_000);

// The plugin once more, installed at a host of its own beside an IXC over HTTPS: two sites for the browser. It looks at
// the same people as the first one.
async function startSegura(ixcTls: string, plugin: string, port: number) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-tls-'));
  const tls = { certificado: path.join(folder, 'cert.pem'), chave: path.join(folder, 'key.pem') };
  writeFileSync(tls.certificado, CERTIFICADO);
  writeFileSync(tls.chave, CHAVE);
  const casaPhp = await startCasaPhp({ port, origens: [ixcTls, ixc], ixcDsn: casa.ixcDsn, tls });
  const porta = await findFreePort();
  const instalacao = await installInCasa(casaPhp, {
    porta,
    chave: casa.chave,
    plugin_origem: plugin,
    plugin_certificado: tls.certificado,
    plugin_chave: tls.chave,
    teleclinica_hosts: casa.settings['TELECLINICA_HOSTS'],
  });
  const { DATABASE_URL = '', IXC_DATABASE_URL = '', APP_KEY = '' } = casa.settings;
  const env = { ...casa.settings, ...instalacao.env, DATABASE_URL, IXC_DATABASE_URL, APP_KEY };
  const processo = await startPlugin(porta, env, startVigia());
  return { ixc: ixcTls, plugin, php: casaPhp, processo, folder, instalacao };
}

const botao = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('under IXC’s own host', () => {
  it('menu → frame: the operator is there as themselves, with a first-party cookie and no token in any address', async () => {
    const { page, context, queixas } = visita;
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await entrarNoIxc(page, ixc);
    await page.getByRole('link', { name: 'Tele Clínica', exact: true }).click();
    await quadroOf(page).getByText('Marina Prado').waitFor();
    await quadroOf(page).getByRole('link', { name: 'Usuários' }).click();
    await quadroOf(page).getByRole('heading', { name: 'Usuários', level: 1 }).waitFor();

    const cookies = await context.cookies(`${ixc}${BASE_PATH}/`);
    const [ours] = cookies.filter(({ name }) => name === 'tc_sessao');
    expect(ours).toMatchObject({ path: BASE_PATH, httpOnly: true, sameSite: 'Lax' });
    expect(addresses.filter((url) => /eyJ|token/.test(url))).toEqual([]);
    await page.getByRole('button', { name: 'Fechar' }).click();
    expect(await page.locator('iframe').count()).toBe(0);
    expect(queixas()).toEqual([]);
  });

  it('contract button → panel → create, block, unblock; the buttons follow what the panel shows', async () => {
    const { page, queixas } = visita;
    await page.goto(`${ixc}/aplicativo/contratos/${novo}`);
    await page.locator('.abas').getByRole('link', { name: 'Tele Clínica' }).click();
    const quadro = quadroOf(page);
    await expect.poll(() => botao(page, 'Bloquear').isDisabled()).toBe(true);
    await quadro.getByRole('button', { name: 'Criar usuário' }).click();
    await cartao(quadro, novo, 'ativo').waitFor();
    await expect.poll(() => botao(page, 'Desbloquear').isDisabled()).toBe(true);

    await botao(page, 'Bloquear').click();
    await quadro.getByLabel('Motivo').fill('Pediu no balcão');
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, novo, 'bloqueado').waitFor();
    await expect.poll(() => botao(page, 'Bloquear').isDisabled()).toBe(true);

    await botao(page, 'Desbloquear').click();
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, novo, 'ativo').waitFor();
    expect((await casa.simulador.pessoas()).map(({ status }) => status)).toEqual(['active', 'active']);
    expect(queixas()).toEqual([]);
  });

  it('the frame is as tall as its content', async () => {
    const { page } = visita;
    const fits = () =>
      page.evaluate(`(() => {
        const frame = document.querySelector('iframe');
        const body = frame.contentDocument.body.getBoundingClientRect().height;
        return Math.abs(frame.getBoundingClientRect().height - body) < 2;
      })()`);
    await quadroOf(page).getByText('Por que está assim?').first().click();
    await expect.poll(fits).toBe(true);
  });

  it('without JavaScript a button of the bridge opens it', async () => {
    const { page, context } = await openVisita(browser, { javaScriptEnabled: false });
    await entrarNoIxc(page, ixc);
    await page.goto(`${ixc}${BASE_PATH}-ixc/ponte.php?path=/contratos/${contrato}`);
    await page.getByRole('button', { name: 'Abrir' }).click();
    await page.waitForURL(`${ixc}${BASE_PATH}/contratos/${contrato}`);
    await page.getByText('Marina Prado', { exact: true }).waitFor();
    await context.close();
  });

  it('a relaunch from another panel keeps the first one working', async () => {
    const { page, context } = visita;
    const other = await context.newPage();
    await other.goto(`${ixc}/aplicativo/contratos/302`);
    await botao(other, 'Tele Clínica').click();
    await quadroOf(other).getByText('contrato 302').waitFor();
    await botao(page, 'Bloquear').click();
    await quadroOf(page).getByLabel('Motivo').waitFor();
    await other.close();
  });
});

describe('three shapes of page', () => {
  const nossos = (page: Page) => page.locator('[data-tele-clinica]').count();
  const abre = async (forma: string) => {
    await visita.page.goto(`${ixc}/aplicativo/contratos?forma=${forma}`);
    return visita.page;
  };
  // Waits until the rows of before are gone: a click on one of them would be lost.
  const buscar = async (page: Page) => {
    await page.evaluate("document.querySelector('tbody tr').dataset.velha = ''");
    await page.getByLabel('Buscar').fill('Helena Duarte');
    await botao(page, 'Buscar').click();
    await page.locator('tr[data-velha]').waitFor({ state: 'detached' });
  };

  it.each(['classica', 'redesenhada'])(
    'grid %s: buttons once, for the chosen row, also after the rows are drawn again',
    async (forma) => {
      const page = await abre(forma);
      await botao(page, 'Cancelar Usuário').waitFor();
      expect(await botao(page, 'Bloquear').isDisabled()).toBe(true);
      const before = await nossos(page);
      await buscar(page);
      await expect.poll(() => nossos(page)).toBe(before);
      await buscar(page);
      await expect.poll(() => nossos(page)).toBe(before);

      await page.locator(`tr[data-id="${contrato}"]`).click();
      await expect.poll(() => botao(page, 'Bloquear').isDisabled()).toBe(false);
      await botao(page, 'Bloquear').click();
      await quadroOf(page).getByLabel('Motivo').waitFor();
      await buscar(page);
      await expect.poll(() => nossos(page)).toBe(before + 1);
      expect(await quadroOf(page).getByLabel('Motivo').isVisible()).toBe(true);
      expect(visita.queixas()).toEqual([]);
    },
  );

  it('an unfamiliar page is left exactly as it is', async () => {
    const page = await abre('estranha');
    await page.getByRole('link', { name: 'Tele Clínica', exact: true }).waitFor();
    const body = page.locator('.gx');
    const before = await body.innerHTML();
    await buscar(page);
    expect(await page.locator('.gx [data-tele-clinica]').count()).toBe(0);
    expect(before).not.toContain('tele-clinica');
    expect(visita.queixas()).toEqual([]);
  });

  it('nobody logged in: the page of the login stays as it is', async () => {
    const { page, context, queixas } = await openVisita(browser);
    await page.goto(`${ixc}/`, { waitUntil: 'networkidle' });
    expect(await nossos(page)).toBe(0);
    expect(queixas()).toEqual([]);
    await context.close();
  });
});

describe('T-53: another origin, cookies refused', () => {
  const walk = async (context: BrowserContext): Promise<Page> => {
    const page = context.pages()[0] ?? (await context.newPage());
    await entrarNoIxc(page, segura.ixc);
    await page.goto(`${segura.ixc}/aplicativo/contratos/${contrato}`);
    await botao(page, 'Bloquear').click();
    const quadro = quadroOf(page);
    await quadro.getByLabel('Motivo').fill('Pediu por telefone');
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'bloqueado').waitFor();
    await quadro.getByRole('button', { name: 'Desbloquear' }).click();
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'ativo').waitFor();
    await quadro.getByRole('link', { name: 'Usuários' }).first().click();
    await quadro.getByRole('heading', { name: 'Usuários', level: 1 }).waitFor();
    return page;
  };
  const launches = (context: BrowserContext) => {
    const seen: string[] = [];
    context.on('request', (request) => {
      if (request.url().endsWith('/launch')) seen.push(request.method());
    });
    return seen;
  };
  let perfil: Perfil | undefined;
  const open = async (preferences: Record<string, unknown>) => {
    perfil = await openPerfil(preferences);
    return perfil.context;
  };

  it('with third-party cookies blocked the partitioned cookie comes back', async () => {
    const context = await open({ block_third_party_cookies: true, cookie_controls_mode: 1 });
    const seen = launches(context);
    await walk(context);
    const ours = (await context.cookies()).filter(({ name }) => name === '__Host-tc_sessao');
    expect(ours).toHaveLength(1);
    expect(ours[0]).toMatchObject({ path: '/', secure: true, httpOnly: true, sameSite: 'None' });
    expect(seen).toEqual(['POST']);
    await perfil?.close();
  }, 60_000);

  it('with every cookie of ours blocked the main job works all the same, after one more launch and no loop', async () => {
    const blocked = { [`${segura.plugin},*`]: { setting: 2 } };
    const context = await open({ content_settings: { exceptions: { cookies: blocked } } });
    const seen = launches(context);
    const page = await walk(context);
    expect((await context.cookies()).filter(({ name }) => name.includes('tc_sessao'))).toEqual([]);
    expect(seen).toEqual(['POST', 'POST']);
    const frame = page.frames().at(-1);
    // Storage is closed to a page whose cookies are refused, so this throws; if it were open it would be empty.
    const kept = await frame?.evaluate('localStorage.length + sessionStorage.length').catch(() => 0);
    expect(kept).toBe(0);
    await perfil?.close();
  }, 60_000);
});
