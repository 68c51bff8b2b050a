// The PHP stand-in for IXC as a provider's machine: real nginx and PHP-FPM, its own pages, and nothing of the plugin.
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNginxPhp } from '../sistema.ts';
import { startVigia } from '../vigia.ts';
import { nginxText, sitesText } from './nginx.ts';
import { own, run, startPhpFpm, WEB_GROUP, waitForAnswer } from './processos.ts';

export interface CasaPhp {
  /** The root of the machine: below it an installation finds IXC's files and leaves its own. */
  raiz: string;
  /** Sockets, sessions and logs: what changes by itself. */
  run: string;
  /** IXC's main origin, and where nginx answers. */
  origem: string;
  port: number;
  /** What the installer must be told about this machine, by the names of its answers. */
  respostas: Record<string, string>;
  stop(): Promise<void>;
}

export interface CasaPhpOptions {
  port: number;
  /** Under which origins visitors find IXC's pages, the main one first. */
  origens: string[];
  /** May write IXC's database. */
  ixcDsn: string;
  /** IXC over HTTPS: files of a certificate and its key. */
  tls?: { certificado: string; chave: string };
}

const PAGES = fileURLToPath(new URL('./paginas/', import.meta.url));
const STYLE = fileURLToPath(new URL('../ixc/views/ixc.css', import.meta.url));

/** Starts it; nginx and PHP are installed when missing. Its folder and processes go away with `stop`, or with this process. */
export async function startCasaPhp(options: CasaPhpOptions): Promise<CasaPhp> {
  const { nginx, phpFpm } = ensureNginxPhp();
  const vigia = startVigia();
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-ixc-'));
  vigia.watchFolder(folder);
  const raiz = path.join(folder, 'raiz');
  prepareMachine(folder, raiz);
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
    rmSync(folder, { recursive: true, force: true });
    vigia.release();
  };
  try {
    const conf = path.join(raiz, 'etc/nginx/nginx.conf');
    writeFileSync(conf, nginxText(raiz, options));
    for (const [name, text] of Object.entries(sitesText(raiz, options)))
      writeFileSync(path.join(raiz, 'etc/nginx/sites-enabled', name), text);
    const running = path.join(raiz, 'run');
    stops.push((await startPhpFpm(phpFpm, running, databaseOf(options.ixcDsn), vigia)).stop);
    stops.push(run(nginx, ['-c', conf, '-e', 'stderr', '-g', 'daemon off;'], vigia).stop);
    await waitForAnswer(`http://127.0.0.1:${options.port}/estatico/ixc.css`);
    return {
      raiz,
      run: running,
      origem: options.origens[0] ?? '',
      port: options.port,
      respostas: answers(options, nginx, conf, running),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

// The web server's user must be able to read it, wherever the repository lies.
function prepareMachine(folder: string, raiz: string): void {
  chmodSync(folder, 0o755);
  for (const name of ['etc/nginx/conf.d', 'etc/nginx/sites-enabled', 'var/www/ixc', 'run/sessoes', 'run/tmp'])
    mkdirSync(path.join(raiz, name), { recursive: true });
  for (const name of ['run', 'run/sessoes', 'run/tmp']) own(path.join(raiz, name));
  for (const name of ['run/sessoes', 'run/tmp']) chmodSync(path.join(raiz, name), 0o700);
  cpSync(PAGES, path.join(raiz, 'var/www/ixc'), { recursive: true });
  copyFileSync(STYLE, path.join(raiz, 'var/www/ixc/ixc.css'));
  for (const name of ['fastcgi_params', 'mime.types'])
    copyFileSync(path.join('/etc/nginx', name), path.join(raiz, 'etc/nginx', name));
}

function databaseOf(dsn: string): Record<string, string> {
  const { hostname, port, pathname, username, password } = new URL(dsn);
  return {
    IXC_PDO: `mysql:host=${hostname};port=${port};dbname=${pathname.slice(1)};charset=utf8mb4`,
    IXC_USUARIO: decodeURIComponent(username),
    IXC_SENHA: decodeURIComponent(password),
  };
}

function answers({ origens, ixcDsn }: CasaPhpOptions, nginx: string, conf: string, running: string) {
  const { host, pathname } = new URL(ixcDsn);
  return {
    ixc_origem: origens.join(','),
    ixc_servidor: host,
    // A server in a container sees another address than 127.0.0.1.
    banco_de: '%',
    ixc_banco: pathname.slice(1),
    servidor_web: 'nginx',
    servidor_web_teste: `${nginx} -t -q -c ${conf}`,
    servidor_web_recarga: `${nginx} -s reload -c ${conf}`,
    php_fastcgi: `unix:${running}/php.sock`,
    php_grupo: WEB_GROUP,
  };
}
