// A real Chromium for a test file: one process, a fresh profile per person, and an ear on everything that goes wrong in a page.
import { fileURLToPath } from 'node:url';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { ensureChromium } from '../../src/demo/sistema.ts';

export interface Visita {
  page: Page;
  context: BrowserContext;
  /** What the browser complained about so far: script errors, refused content, failed loads. Emptied by reading. */
  queixas(): string[];
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const ESPIA = fileURLToPath(new URL('./espia.js', import.meta.url));
const PATIENCE_MS = 10_000;

/** Starts Chromium: the program of NAVEGADOR, else the one on this machine (installed when missing). */
export function openNavegador(): Promise<Browser> {
  return chromium.launch(programa());
}

/** How every Chromium here is started; `args` come on top. */
export const programa = (args: string[] = []) => ({
  executablePath: process.env['NAVEGADOR'] || ensureChromium(),
  args: [...FLAGS, ...args],
});

/** A person's own browser, with its own cookies, and one page in it. */
export async function openVisita(browser: Browser, options: BrowserContextOptions = {}): Promise<Visita> {
  const context = await browser.newContext({ locale: 'pt-BR', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript({ path: ESPIA });
  const page = await context.newPage();
  const heard: string[] = [];
  page.on('pageerror', (error) => heard.push(`script: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') heard.push(`console: ${message.text()} (${message.location().url})`);
  });
  return { page, context, queixas: () => heard.splice(0) };
}
