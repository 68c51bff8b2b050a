// The way back from an upgrade that failed, or that was cut off in the middle: program, files and schema as they were before.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type Banco, messageOf, openBanco, ownUrl } from './banco.ts';
import { restore } from './copia.ts';
import { removeItems } from './desinstalacao.ts';
import { Recusa, say } from './fala.ts';
import { apply } from './instalacao.ts';
import type { Obra } from './obra.ts';
import { planAll } from './passos/lista.ts';
import { waitReady } from './saude.ts';
import { createServico, isAlive } from './servico.ts';

// Says that an upgrade paused: only such a pause is lifted by an upgrade.
const PAUSA = 'atualização em andamento\n';

/** Nothing is sent from here on; a pause that somebody made stays that person's. */
export function pause({ lugares }: Obra): void {
  if (!existsSync(lugares.pausa)) writeFileSync(lugares.pausa, PAUSA);
}

export function liftPause({ lugares }: Obra): void {
  if (existsSync(lugares.pausa) && readFileSync(lugares.pausa, 'utf8') === PAUSA)
    rmSync(lugares.pausa, { force: true });
}

/** Does `work` with our own account. */
export async function withOwn<T>(obra: Obra, work: (banco: Banco) => Promise<T>): Promise<T> {
  const banco = await openBanco(ownUrl(obra.respostas, obra.senhas.nosso), 'a conta do plugin');
  try {
    return await work(banco);
  } finally {
    await banco.end();
  }
}

/**
 * Brings back what the ledger says was there before the upgrade, and starts it. Begun twice it does the same.
 * @throws Recusa when it cannot: then nothing is sent, and the next run of the installer tries again.
 */
export async function goBack(obra: Obra): Promise<void> {
  try {
    await rollBack(obra);
  } catch (error) {
    // Half back is worse than standing still: nothing is sent until it is whole.
    throw new Recusa(
      `A volta não terminou: ${messageOf(error)}. O serviço está parado e nada é enviado.`,
      `Resolva o motivo e rode “tele-clinica instalar”: ele continua a volta. A cópia do banco de antes é ${obra.livro.atualizacao?.copia}.`,
    );
  }
}

/**
 * Goes back when an upgrade was cut off: a power cut, a killed terminal. For the version that was being left, which
 * knows its own steps. @throws Recusa when that upgrade is still at work.
 */
export async function resume(obra: Obra): Promise<void> {
  const { atualizacao } = obra.livro;
  if (atualizacao === undefined) return liftPause(obra);
  if (isAlive({ pid: atualizacao.pid, servidor: 'instalar/main.js' }))
    throw new Recusa('Uma atualização está em andamento.', 'Espere ela terminar e rode de novo.');
  say(`aviso  uma atualização foi interrompida no meio: voltando à ${obra.manifesto.version}…`);
  await goBack(obra);
  say(`ok     de volta à ${obra.manifesto.version}, com os dados de antes; nenhum pedido se perdeu\n`);
}

// What only the new version put there goes, what it changed is written again, and the schema is that of the copy.
async function rollBack(obra: Obra): Promise<void> {
  const { livro, lugares } = obra;
  livro.reload();
  const { atualizacao } = livro;
  if (atualizacao === undefined) return;
  const { para, copia, copiado, antes } = atualizacao;
  await createServico(obra).stop();
  if (copiado) await withOwn(obra, (banco) => restore(banco, copia));
  const known = new Set([copia, lugares.copias, ...antes]);
  await removeItems(obra, livro.itens.filter(({ caminho }) => !known.has(caminho)).reverse());
  discard(obra, para);
  await apply(obra, await planAll(obra), livro.respostas);
  const servico = createServico(obra);
  await servico.start();
  await waitReady(obra, { log: servico.log });
  livro.mark(undefined);
  liftPause(obra);
}

/** Removes a release that this upgrade brought; one that was on disk before stays. */
export function discard(obra: Obra, release: string): void {
  if (!obra.livro.find('arvore', release)) rmSync(release, { recursive: true, force: true });
}
