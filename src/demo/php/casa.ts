// The PHP stand-in for IXC on real nginx and PHP-FPM, with the plugin put in: under IXC's own host, or at an origin of its own.
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNginxPhp } from '../sistema.ts';
import { startVigia } from '../vigia.ts';
import { type ChaveDeLancamento, fillSnippet, installPonte, PONTE } from './instalacao.ts';
import { onlyRoot, own, run, startPhpFpm, waitForAnswer } from './processos.ts';

export interface CasaPhp {
  /** What the bridge and the pages complained about: the folder of the logs. */
  folder: string;
  stop(): Promise<void>;
}

export interface CasaPhpOptions {
  port: number;
  /** Under which origins visitors find IXC's pages. */
  origens: string[];
  /** May write IXC's database. */
  ixcDsn: string;
  plugin: { port: number; basePath: string };
  chave: ChaveDeLancamento;
  /** HTTPS, and the plugin at a host of its own instead of IXC's. */
  tls?: { certificado: string; chave: string; outraOrigem?: { host: string; port: number } };
  /** Replaces plugin/ixc/seletores.json. */
  seletores?: string;
}

const PAGES = fileURLToPath(new URL('./paginas/', import.meta.url));
const STYLE = fileURLToPath(new URL('../ixc/views/ixc.css', import.meta.url));

/** Starts it; nginx and PHP are installed when missing. Its folder and processes go away with `stop`, or with this process. */
export async function startCasaPhp(options: CasaPhpOptions): Promise<CasaPhp> {
  const { nginx, phpFpm } = ensureNginxPhp();
  const vigia = startVigia();
  const folder = prepareFolder();
  vigia.watchFolder(folder);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
    vigia.release();
  };
  try {
    const { basePath } = options.plugin;
    const outra = options.tls?.outraOrigem;
    installPonte(
      {
        folder: path.join(folder, 'ponte'),
        origens: options.origens,
        plugin: outra ? `https://${outra.host}:${outra.port}${basePath}` : basePath,
        chave: options.chave,
        ...(options.seletores === undefined ? {} : { seletores: options.seletores }),
      },
      own,
    );
    writeNginx(folder, options);
    stops.push((await startPhpFpm(phpFpm, folder, databaseOf(options.ixcDsn), vigia)).stop);
    stops.push(run(nginx, ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr'], vigia).stop);
    await waitForAnswer(`http://127.0.0.1:${options.port}/estatico/ixc.css`);
    return { folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// The web server's user must be able to read it, wherever the repository lies.
function prepareFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-ixc-'));
  for (const [name, mode] of [
    ['.', 0o755],
    ['sessoes', 0o700],
    ['tmp', 0o700],
  ] as const) {
    const made = path.join(folder, name);
    mkdirSync(made, { recursive: true });
    own(made);
    chmodSync(made, mode);
  }
  cpSync(PAGES, path.join(folder, 'paginas'), { recursive: true });
  copyFileSync(STYLE, path.join(folder, 'paginas/ixc.css'));
  copyFileSync('/etc/nginx/fastcgi_params', path.join(folder, 'fastcgi_params'));
  return folder;
}

function databaseOf(dsn: string): Record<string, string> {
  const { hostname, port, pathname, username, password } = new URL(dsn);
  return {
    IXC_PDO: `mysql:host=${hostname};port=${port};dbname=${pathname.slice(1)};charset=utf8mb4`,
    IXC_USUARIO: decodeURIComponent(username),
    IXC_SENHA: decodeURIComponent(password),
  };
}

function writeNginx(folder: string, { port, plugin, tls }: CasaPhpOptions): void {
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text);
  const pasta = path.join(folder, 'ponte');
  const php = `unix:${folder}/php.sock`;
  write('ixc.conf', fillSnippet('nginx/ixc.conf', { PONTE, PASTA: pasta, PHP: php }));
  write(
    'plugin.conf',
    fillSnippet('nginx/plugin.conf', { BASE_PATH: plugin.basePath, PORTA: String(plugin.port) }),
  );
  const outra = tls?.outraOrigem;
  if (tls && outra) {
    write(
      'outra-origem.conf',
      fillSnippet('nginx/outra-origem.conf', {
        PORTA_HTTPS: `127.0.0.1:${outra.port}`,
        HOST: outra.host,
        CERTIFICADO: tls.certificado,
        CHAVE: tls.chave,
        PLUGIN_CONF: path.join(folder, 'plugin.conf'),
      }),
    );
  }
  const secure = tls && `ssl_certificate ${tls.certificado};\n    ssl_certificate_key ${tls.chave};`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/tmp/${kind};`,
  );
  write(
    'nginx.conf',
    `daemon off;
${onlyRoot('user {{USER}};\n')}pid ${folder}/nginx.pid;
worker_processes 1;
events {}
http {
  access_log off;
  include /etc/nginx/mime.types;
  ${temporary.join('\n  ')}
  ${outra ? `include ${folder}/outra-origem.conf;` : ''}
  server {
    listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
    ${secure ?? ''}
    # HTTP beside HTTPS would need a second port; a plain request to it is answered 400 and counts as alive.
    location /estatico/ {
      alias ${folder}/paginas/;
      location ~ \\.php$ { return 404; }
    }
    location / {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME ${folder}/paginas/index.php;
      fastcgi_pass ${php};
    }
    include ${folder}/ixc.conf;
    ${outra ? '' : `include ${folder}/plugin.conf;`}
  }
}
`,
  );
}
