// Where most walks begin: an installation, and its administrator before a page of it.
import type { Browser } from 'playwright-core';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { type Casa, cadastra, startCasa } from './casa.ts';
import { openNavegador, openVisita, type Visita } from './navegador.ts';

export interface Mesa extends Pick<Visita, 'page' | 'context'> {
  casa: Casa;
  browser: Browser;
  mesa: Visita;
}

/**
 * Starts an installation with `env` on top, and logs its administrator in, 1440 px wide; the integração and two planos
 * are there unless `cadastrada` is false. Call `leaveMesa` in afterAll.
 */
export async function openMesa({
  env = {},
  cadastrada = true,
}: {
  env?: Record<string, string>;
  cadastrada?: boolean;
} = {}): Promise<Mesa> {
  const [casa, browser] = await Promise.all([startCasa(env), openNavegador()]);
  const mesa = await openVisita(browser, { viewport: { width: 1440, height: 900 } });
  const { page, context } = mesa;
  await casa.entrar(context, OPERADORES.administrador.id);
  if (cadastrada) await cadastra(casa, context);
  return { casa, browser, mesa, page, context };
}

/** Closes both, also when only one of them ever started. */
export async function leaveMesa({ casa, browser }: { casa?: Casa; browser?: Browser }): Promise<void> {
  await browser?.close();
  await casa?.stop();
}
