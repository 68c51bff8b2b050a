// The plugin under IXC's own host: our snippets beside the web server's configuration, and one line of ours in IXC's site.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { type Acao, ensureFile, ensureLine, type Passo, removeLine } from '../acoes.ts';
import { Recusa } from '../fala.ts';
import type { Obra } from '../obra.ts';
import { originsOf } from '../respostas.ts';
import { lineAfterWhich } from './sitio.ts';
import { folderOf, removeOthers, serverOf, snippets } from './trechos.ts';

export const servidorWeb: Passo = {
  nome: 'servidor web',
  plan(obra) {
    const { servidor_web } = obra.respostas;
    if (servidor_web === 'nenhum') return [];
    const wanted = snippets(obra);
    const acoes = [
      ...wanted.flatMap(({ caminho, conteudo }) =>
        ensureFile(obra, { caminho, conteudo, modo: 0o644, para: `trecho do ${servidor_web}` }),
      ),
      ...removeOthers(
        obra,
        wanted.map(({ caminho }) => caminho),
      ),
      ...ensureInclude(obra),
    ];
    return acoes.length === 0 ? [] : [...acoes, reload(obra)];
  },
};

function ensureInclude(obra: Obra): Acao[] {
  const folder = folderOf(obra);
  const line =
    serverOf(obra) === 'nginx'
      ? `    include ${folder}/*.conf; # tele-clinica`
      : `    Include ${folder}/*.conf`;
  return ensureLine(obra, siteFile(obra), line, (text) => lineAfterWhich(text, obra.respostas));
}

/** The file with IXC's site. @throws Recusa when it is not found, or more than one could be it. */
export function siteFile(obra: Obra): string {
  const { respostas, lugares } = obra;
  if (respostas.servidor_web_arquivo !== '') {
    const given = respostas.servidor_web_arquivo;
    if (existsSync(given)) return realpathSync(given);
    throw new Recusa(`servidor_web_arquivo aponta para ${given}, que não existe.`, 'Corrija o caminho.');
  }
  const base = lugares[serverOf(obra)];
  const host = new URL(originsOf(respostas)[0]).hostname;
  const found = ['sites-enabled', 'conf.d']
    .map((folder) => path.join(base, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => path.join(folder, name)))
    .filter((file) => lineAfterWhich(readText(file), respostas) > 0);
  const [only, other] = [...new Set(found.map((file) => realpathSync(file)))];
  if (only !== undefined && other === undefined) return only;
  throw new Recusa(
    `${found.length === 0 ? 'Nenhum arquivo' : 'Mais de um arquivo'} do ${respostas.servidor_web} atende ${host}.`,
    'Diga em servidor_web_arquivo qual é o do IXC.',
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

// A configuration that does not pass the server's own test is taken back before anybody reloads it.
function reload(obra: Obra): Acao {
  return {
    texto: `testar a configuração do ${obra.respostas.servidor_web} e recarregá-lo`,
    apply() {
      const failed = testConfig(obra);
      if (failed !== undefined) {
        for (const item of obra.livro.itens)
          if (item.tipo === 'linha' && removeLine(item.caminho, item.linha)) obra.livro.drop(item);
        throw new Recusa(
          `O ${obra.respostas.servidor_web} não aceita a configuração nova: ${failed}`,
          'A linha posta no arquivo do IXC foi retirada e nada foi recarregado.',
        );
      }
      reloadServer(obra);
    },
  };
}

const COMMANDS = {
  nginx: { teste: 'nginx -t', recarga: 'nginx -s reload' },
  apache: { teste: 'apachectl configtest', recarga: 'apachectl graceful' },
} as const;

/** What the web server finds wrong with its configuration; undefined when it is content. */
export const testConfig = ({ respostas }: Obra): string | undefined =>
  respostas.servidor_web === 'nenhum'
    ? undefined
    : runShell(respostas.servidor_web_teste || COMMANDS[respostas.servidor_web].teste);

/** Makes the web server read its configuration again. @throws Recusa with its own words. */
export function reloadServer({ respostas }: Obra): void {
  if (respostas.servidor_web === 'nenhum') return;
  const command = respostas.servidor_web_recarga || COMMANDS[respostas.servidor_web].recarga;
  const failed = runShell(command);
  if (failed !== undefined)
    throw new Recusa(`${command}: ${failed}`, 'A configuração está certa; recarregue o servidor web à mão.');
}

function runShell(command: string): string | undefined {
  const run = spawnSync('/bin/sh', ['-c', command], { encoding: 'utf8' });
  return run.status === 0 ? undefined : `${run.stderr}${run.stdout}`.trim() || 'falhou sem dizer por quê';
}
