// Our snippets of the web server's configuration: which, where and with which values.
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Acao } from '../acoes.ts';
import { fillTemplate } from '../modelo.ts';
import type { Obra } from '../obra.ts';

// Where the web server by itself looks for what belongs to none of its sites.
const WHOLE = { nginx: 'conf.d/tele-clinica.conf', apache: 'conf-enabled/tele-clinica.conf' } as const;

type ComServidor = 'nginx' | 'apache';
export const serverOf = ({ respostas }: Obra): ComServidor =>
  respostas.servidor_web === 'apache' ? 'apache' : 'nginx';
export const folderOf = (obra: Obra): string => path.join(obra.lugares[serverOf(obra)], 'tele-clinica');

/** Every snippet with its place: with an origin of its own the plugin is in a site of ours, and only the bridge in IXC's. */
export function snippets(obra: Obra): { caminho: string; conteudo: string }[] {
  const server = serverOf(obra);
  const folder = folderOf(obra);
  const places = obra.respostas.plugin_origem
    ? {
        'ixc.conf': path.join(folder, 'ixc.conf'),
        'plugin.conf': path.join(folder, 'outra-origem/plugin.conf'),
        'outra-origem.conf': path.join(obra.lugares[server], WHOLE[server]),
      }
    : { 'ixc.conf': path.join(folder, 'ixc.conf'), 'plugin.conf': path.join(folder, 'plugin.conf') };
  const values = valuesOf(obra, places['plugin.conf']);
  return Object.entries(places).map(([name, caminho]) => ({
    caminho,
    conteudo: fillTemplate(obra.release, path.join('servidor', server, name), values),
  }));
}

function valuesOf(obra: Obra, pluginConf: string): Record<string, string> {
  const { respostas, lugares } = obra;
  const own = respostas.plugin_origem ? new URL(respostas.plugin_origem) : undefined;
  return {
    BASE_PATH: respostas.caminho,
    PORTA: String(respostas.porta),
    PONTE: `${respostas.caminho}-ixc`,
    PASTA: lugares.ponte,
    PHP: serverOf(obra) === 'apache' ? apacheHandler(respostas.php_fastcgi) : respostas.php_fastcgi,
    HOST: own?.hostname ?? '',
    PORTA_HTTPS: own?.port || '443',
    CERTIFICADO: respostas.plugin_certificado,
    CHAVE: respostas.plugin_chave,
    PLUGIN_CONF: pluginConf,
  };
}

/** Takes away snippets of another mode or of an earlier version, which the web server would go on reading. */
export function removeOthers(obra: Obra, wanted: string[]): Acao[] {
  const base = obra.lugares[serverOf(obra)];
  return obra.livro.itens
    .filter(({ tipo, caminho }) => tipo === 'arquivo' && caminho.startsWith(`${base}/`))
    .filter(({ caminho }) => !wanted.includes(caminho))
    .map((item) => ({
      texto: `tirar ${item.caminho} (já não serve)`,
      apply() {
        rmSync(item.caminho, { force: true });
        obra.livro.drop(item);
      },
    }));
}

// The same socket in Apache's words; a handler (mod_php has one) is taken as it is.
const apacheHandler = (fastcgi: string): string =>
  fastcgi.startsWith('unix:') ? `proxy:${fastcgi}|fcgi://localhost` : fastcgi;
