// What the tests inside the PHP stand-in share: a browser with settings of its own, the way in, and the frame.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type FrameLocator, type Page } from 'playwright-core';
import { programa } from './navegador.ts';

export interface Perfil {
  context: BrowserContext;
  close(): Promise<void>;
}

/** A browser whose user set `preferences` (as in Chromium's Preferences file) and that finds every host of `.test` here. */
export async function openPerfil(preferences: Record<string, unknown>): Promise<Perfil> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-perfil-'));
  mkdirSync(path.join(folder, 'Default'));
  writeFileSync(path.join(folder, 'Default/Preferences'), JSON.stringify({ profile: preferences }));
  const context = await chromium.launchPersistentContext(folder, {
    ...programa(['--host-resolver-rules=MAP *.test 127.0.0.1']),
    ignoreHTTPSErrors: true,
    locale: 'pt-BR',
    viewport: { width: 1280, height: 800 },
  });
  context.setDefaultTimeout(15_000);
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Logs operator 1 (an administrator), or another, into IXC itself. */
export async function entrarNoIxc(page: Page, origem: string, operador = 1): Promise<void> {
  await page.goto(`${origem}/`);
  await page.getByLabel('E-mail').fill(`operador${operador}@example.com`);
  await page.getByLabel('Senha').fill('nunca-lida');
  await page.getByRole('button', { name: 'Entrar' }).click();
  await page.waitForURL(`${origem}/aplicativo`);
}

export const quadroOf = (page: Page): FrameLocator => page.frameLocator('iframe[name="tele-clinica"]');

/** The account's card once Tele Clínica has confirmed `situacao`. */
export const cartao = (quadro: FrameLocator, contrato: number, situacao: string) =>
  quadro.locator(`section[data-contrato~="${contrato}"][data-situacao="${situacao}"]`);
