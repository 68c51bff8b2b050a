// `tele-clinica desinstalar`: takes exactly what the ledger lists, newest first. Nobody is cancelled at the partner.
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, rmSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { linkOf, removeLine } from './acoes.ts';
import { type Banco, messageOf, openAdmin, openBanco, ownUrl } from './banco.ts';
import { agrees, Recusa, say } from './fala.ts';
import type { Item } from './livro.ts';
import type { Obra } from './obra.ts';
import { reloadServer, testConfig } from './passos/servidorWeb.ts';
import { createServico, systemctl } from './servico.ts';
import { hashOf } from './somas.ts';

/** Removes the program; with `apagarDados` also schema, keys and copies. @throws Recusa when somebody says no. */
export async function uninstall(
  obra: Obra,
  { sim, apagarDados }: { sim: boolean; apagarDados: boolean },
): Promise<void> {
  const { livro } = obra;
  const going = livro.itens.filter((item) => apagarDados || !isKept(item, livro.itens)).reverse();
  say('O que será retirado:');
  for (const item of going) say(`  - ${describeItem(item)}`);
  if (!apagarDados)
    say('Ficam o banco do plugin, as chaves e as cópias. Para apagá-los também: --apagar-dados.');
  await tellWhoStays(obra);
  if (!sim && !(await agrees('\nRetirar agora?')))
    throw new Recusa('Nada foi feito.', 'Rode de novo quando quiser.');
  await createServico(obra).stop();
  for (const file of [obra.lugares.registro, obra.lugares.pausa]) rmSync(file, { force: true });
  const holdsLedger = (item: Item) =>
    item.tipo === 'pasta' && obra.lugares.livro.startsWith(`${item.caminho}/`);
  const failures = await removeItems(
    obra,
    going.filter((item) => !holdsLedger(item)),
  );
  if (obra.systemd) systemctl('daemon-reload');
  closeLedger(obra);
  if (failures.length > 0)
    throw new Recusa(`Não foi possível retirar tudo:\n${failures.join('\n')}`, 'Retire estes à mão.');
  say('\nPronto: retirado. Ninguém foi cancelado na Tele Clínica.');
}

// A folder with something that stays in it stays as well.
function isKept(item: Item, all: readonly Item[]): boolean {
  if ('dado' in item && item.dado) return true;
  return (
    item.tipo === 'pasta' &&
    all.some((other) => 'dado' in other && other.dado && other.caminho.startsWith(`${item.caminho}/`))
  );
}

/** Takes these away, in this order; answers what could not be, in words. */
export async function removeItems(obra: Obra, items: readonly Item[]): Promise<string[]> {
  const failures: string[] = [];
  for (const item of items) {
    try {
      await removeItem(obra, item);
      obra.livro.drop(item);
    } catch (error) {
      failures.push(`${describeItem(item)}: ${messageOf(error)}`);
    }
  }
  return failures;
}

async function removeItem(obra: Obra, item: Item): Promise<void> {
  switch (item.tipo) {
    case 'arquivo':
      return removeFile(item);
    case 'arvore':
      return rmSync(item.caminho, { recursive: true, force: true });
    case 'ligacao':
      return linkOf(item.caminho) === undefined ? undefined : unlinkSync(item.caminho);
    case 'linha':
      return takeLineOut(obra, item);
    case 'unidade':
      systemctl('disable', '--quiet', item.caminho);
      return;
    case 'banco':
      return dropAccounts(obra, item);
    case 'pasta':
      if (item.caminho === obra.lugares.versoes) removeLeftovers(item.caminho);
      return removeFolder(item.caminho);
  }
}

function removeFile({ caminho, sha256 }: Extract<Item, { tipo: 'arquivo' }>): void {
  if (!existsSync(caminho)) return;
  if (hashOf(readFileSync(caminho)) !== sha256)
    say(`aviso  ${caminho} tinha sido mudado à mão; retirado assim mesmo`);
  rmSync(caminho);
}

function takeLineOut(obra: Obra, { caminho, linha, antes }: Extract<Item, { tipo: 'linha' }>): void {
  if (!removeLine(caminho, linha)) {
    say(`aviso  a linha já não estava em ${caminho}`);
    return;
  }
  if (hashOf(readFileSync(caminho)) !== antes)
    say(`aviso  ${caminho} mudou depois da instalação; só a nossa linha foi retirada`);
  const wrong = testConfig(obra);
  if (wrong !== undefined) throw new Error(`a configuração ficou errada e não foi recarregada: ${wrong}`);
  reloadServer(obra);
}

async function dropAccounts({ respostas }: Obra, item: Extract<Item, { tipo: 'banco' }>): Promise<void> {
  const admin = await openAdmin(
    item.dado ? respostas.banco_admin : respostas.ixc_admin || respostas.banco_admin,
  ).catch((error: unknown) => {
    if (error instanceof Recusa) return undefined;
    throw error;
  });
  const list = `${item.desfazer.join(';\n')};`;
  if (admin === undefined) throw new Error(`entregue ao DBA:\n${list}`);
  try {
    for (const statement of item.desfazer) await admin.run(statement);
  } finally {
    await admin.end();
  }
}

// Releases that were being unpacked or copied when the power went.
function removeLeftovers(versoes: string): void {
  const ours = /^(\.nova-.*|\d+\.\d+\.\d+-[0-9a-f]{8}(\.novo)?)$/;
  for (const name of existsSync(versoes) ? readdirSync(versoes) : [])
    if (ours.test(name)) rmSync(path.join(versoes, name), { recursive: true, force: true });
}

function removeFolder(caminho: string): void {
  if (!existsSync(caminho) || !lstatSync(caminho).isDirectory()) return;
  try {
    rmdirSync(caminho);
  } catch {
    say(`aviso  ${caminho} não está vazia: ficou, com o que outros puseram nela`);
  }
}

// Last of all the ledger itself, with the folders made for it; while anything is left in it, it stays.
function closeLedger({ livro, lugares }: Obra): void {
  const folders = livro.itens.map(({ caminho }) => caminho).reverse();
  if (livro.itens.some((item) => item.tipo !== 'pasta' || !lugares.livro.startsWith(`${item.caminho}/`)))
    return;
  rmSync(lugares.livro, { force: true });
  for (const folder of folders) removeFolder(folder);
}

const describeItem = (item: Item): string =>
  item.tipo === 'linha' ? `uma linha de ${item.caminho}` : `${item.tipo} ${item.caminho}`;

// Who has an account keeps it: whoever takes the plugin away must know how many those are.
async function tellWhoStays({ respostas, senhas }: Obra): Promise<void> {
  let banco: Banco;
  try {
    banco = await openBanco(ownUrl(respostas, senhas.nosso), 'a conta do plugin');
  } catch (error) {
    if (!(error instanceof Recusa)) throw error;
    say('aviso  o banco do plugin não respondeu: não se sabe quantas pessoas têm conta');
    return;
  }
  try {
    const [[total = '0'] = []] = await banco.read(
      "SELECT COUNT(*) FROM usuarios WHERE observada IN ('ativo', 'bloqueado')",
    );
    say(
      `Na Tele Clínica: ${total} pessoas têm conta, e continuam como estão. Este comando não cancela ninguém.`,
    );
  } catch {
    say('aviso  o banco do plugin não tem as tabelas esperadas');
  } finally {
    await banco.end();
  }
}
