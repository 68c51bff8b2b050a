// What people do inside IXC once the plugin is installed: a real Chromium, through nginx and PHP, on the release itself.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { cadastra, envia } from '../browser/casa.ts';
import { cartao, entrarNoIxc, quadroOf } from '../browser/casaDoIxc.ts';
import { openNavegador, openVisita } from '../browser/navegador.ts';
import type { Casa } from './casa.ts';

export interface Passeio {
  /** Logs into IXC as an administrator and opens the plugin from the menu Integrações. */
  entrar(): Promise<void>;
  /** Registers the partner and its planos. */
  cadastrar(): Promise<void>;
  /** The contract's tab and buttons: creates the account, blocks it, unblocks it, each until Tele Clínica has confirmed. */
  contratar(): Promise<void>;
  /** Blocks and unblocks that account once more. */
  bloquear(): Promise<void>;
  /** How many things of ours IXC's page of the contract shows. */
  nossos(): Promise<number>;
  queixas(): string[];
  close(): Promise<void>;
}

const { contrato } = PESSOAS.produtoNoContrato;
const GUIA = fileURLToPath(new URL('../../plugin/guia/', import.meta.url));

export async function openPasseio(casa: Casa): Promise<Passeio> {
  const browser = await openNavegador();
  const visita = await openVisita(browser, { viewport: { width: 1280, height: 720 } });
  const { page, context } = visita;
  // Programs are being unpacked and hashed beside it.
  context.setDefaultTimeout(60_000);
  const plugin = `${casa.origem}/addons/tele-clinica`;
  const abrir = () => page.goto(`${casa.origem}/aplicativo/contratos/${contrato}`);
  const bloquear = async () => {
    await abrir();
    const quadro = quadroOf(page);
    await page.getByRole('button', { name: 'Bloquear', exact: true }).click();
    await quadro.getByLabel('Motivo').fill('Pediu no balcão');
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'bloqueado').waitFor();
    await page.getByRole('button', { name: 'Desbloquear', exact: true }).click();
    await quadro.getByRole('button', { name: 'Confirmar' }).click();
    await cartao(quadro, contrato, 'ativo').waitFor();
  };
  return {
    async entrar() {
      await entrarNoIxc(page, casa.origem);
      await page.getByRole('link', { name: 'Tele Clínica', exact: true }).click();
      await quadroOf(page).getByText('Marina Prado').waitFor();
      await photograph(page, 'instalado-menu.png');
    },
    cadastrar: () =>
      cadastra(
        {
          simulador: casa.simulador,
          envia: (who, method, where, form = {}) => envia(who, `${plugin}${where}`, method, form),
        },
        context,
      ),
    async contratar() {
      await abrir();
      await page.locator('.abas').getByRole('link', { name: 'Tele Clínica' }).click();
      await quadroOf(page).getByRole('button', { name: 'Criar usuário' }).click();
      await cartao(quadroOf(page), contrato, 'ativo').waitFor();
      await photograph(page, 'instalado-contrato.png');
      await bloquear();
    },
    bloquear,
    async nossos() {
      await abrir();
      return page.locator('[data-tele-clinica], script[src*="tele-clinica"]').count();
    },
    queixas: visita.queixas,
    close: () => browser.close(),
  };
}

// For the technician's guide, when asked for: FOTOS=1.
async function photograph(page: Page, name: string): Promise<void> {
  if (process.env['FOTOS'] === '1') await page.screenshot({ path: path.join(GUIA, name) });
}
