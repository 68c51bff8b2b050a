// A provider's server in a folder: nginx with IXC's site, MariaDB with IXC's database, and the release as it is delivered.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIxcDatabase } from '../../src/demo/ixc/dados.ts';
import { findFreePort, type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { onlyRoot, own, startPhpFpm } from '../../src/demo/php/processos.ts';
import { ensureNginxPhp } from '../../src/demo/sistema.ts';
import { startVigia } from '../../src/demo/vigia.ts';
import { readKey, seal } from '../../src/pacote/lacre.ts';
import { eventually } from '../setup/mundo.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
// Plain HTTP is served at a loopback address alone.
const IXC_HOST = '127.0.0.1';

export interface Casa {
  mariadb: Mariadb;
  /** Where the installer puts everything. */
  raiz: string;
  /** As a browser on this machine would reach IXC: through nginx. */
  origem: string;
  /** The release in a folder, as unpacked by a technician, and its archive. */
  release: string;
  pacote: string;
  /** Runs the installer of a release, or the installed one. */
  instalar(args: string[], comando?: string): Saida;
  instalado: string;
  respostas: string;
  /** A later release: `change` edits its tree before it is sealed. */
  proxima(versao: string, change?: (tree: string) => void, keyFile?: string): string;
  /** Path → what is there, hashed, of everything below `raiz`. */
  retrato(): Map<string, string>;
  end(): Promise<void>;
}

export interface Saida {
  status: number | null;
  texto: string;
}

/** Builds it all; `pack` made with the Node that runs the tests. Call `end` in afterAll. */
export async function createCasa(): Promise<Casa> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-casa-'));
  // Served by processes without rights, which must be able to walk in.
  spawnSync('chmod', ['755', folder]);
  const raiz = path.join(folder, 'raiz');
  const mariadb = await startMariadb();
  await createIxcDatabase(mariadb.rootUrl, 'ixcprovedor', { contratos: 100 });
  const porta = await findFreePort();
  const programs = ensureNginxPhp();
  const nginx = await startNginx(programs.nginx, raiz, porta);
  const vigia = startVigia();
  const run = path.join(raiz, 'run');
  mkdirSync(path.join(run, 'sessoes'));
  own(path.join(run, 'sessoes'));
  const php = await startPhpFpm(programs.phpFpm, run, {}, vigia);
  const { release, pacote } = pack(folder);
  const respostas = path.join(folder, 'respostas');
  writeFileSync(respostas, await answers(programs.nginx, mariadb, raiz, porta));
  const instalar: Casa['instalar'] = (args, comando = path.join(release, 'plugin/instalar')) => {
    const run = spawnSync(comando, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
    return { status: run.status, texto: `${run.stdout}${run.stderr}` };
  };
  const instalado = path.join(raiz, 'usr/local/sbin/tele-clinica');
  return {
    mariadb,
    raiz,
    origem: `http://${IXC_HOST}:${porta}`,
    release,
    pacote,
    instalar,
    instalado,
    respostas,
    proxima: (versao, change = () => undefined, keyFile) => {
      const tree = path.join(folder, 'proximas', `tele-clinica-${versao}`);
      mkdirSync(path.dirname(tree), { recursive: true });
      // Links instead of copies of what stays the same: an edit below replaces a file, it never writes into one.
      spawnSync('cp', ['-al', release, tree]);
      edit(path.join(tree, 'manifest.json'), (text) =>
        text.replace(/"version": "[^"]+"/, `"version": "${versao}"`),
      );
      change(tree);
      for (const name of ['SHA256SUMS', 'SHA256SUMS.sig', 'plugin/chave-publica.pem'])
        rmSync(path.join(tree, name), { force: true });
      const archive = `${tree}.tar.gz`;
      seal(tree, archive, readKey(keyFile), 1);
      return archive;
    },
    retrato: () => photograph(raiz),
    end: async () => {
      if (existsSync(instalado)) instalar(['parar'], instalado);
      await stop(nginx);
      await php.stop();
      vigia.release();
      await mariadb.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Replaces a file of a tree by an edited one. */
export function edit(file: string, change: (text: string) => string): void {
  const text = change(readFileSync(file, 'utf8'));
  rmSync(file);
  writeFileSync(file, text);
}

function pack(folder: string): { release: string; pacote: string } {
  const args = [
    '--import',
    'tsx',
    'src/pacote/main.ts',
    '--node=este',
    '--nivel=1',
    '--arvore',
    `--saida=${folder}`,
  ];
  const run = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const [name = ''] = readdirSync(folder).filter((each) => each.endsWith('.tar.gz'));
  const [tree = ''] = readdirSync(folder).filter((each) => /^tele-clinica-[\d.]+$/.test(each));
  return { release: path.join(folder, tree), pacote: path.join(folder, name) };
}

async function answers(nginx: string, mariadb: Mariadb, raiz: string, porta: number): Promise<string> {
  const conf = path.join(raiz, 'etc/nginx/nginx.conf');
  return Object.entries({
    ixc_origem: `http://${IXC_HOST}:${porta}`,
    ixc_servidor: `127.0.0.1:${mariadb.port}`,
    banco_servidor: `127.0.0.1:${mariadb.port}`,
    banco_admin: `${mariadb.rootUrl}/`,
    porta: await findFreePort(),
    servidor_web: 'nginx',
    servidor_web_teste: `${nginx} -t -q -c ${conf}`,
    servidor_web_recarga: `${nginx} -s reload -c ${conf}`,
    teleclinica_hosts: '127.0.0.1:9',
    php_fastcgi: `unix:${raiz}/run/php.sock`,
    php_grupo: spawnSync('id', ['-gn', 'www-data'], { encoding: 'utf8' }).stdout.trim(),
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

// IXC's site as a technician finds it: two servers, one of which is not IXC's.
async function startNginx(program: string, raiz: string, porta: number): Promise<ChildProcess> {
  const etc = path.join(raiz, 'etc/nginx');
  mkdirSync(path.join(etc, 'sites-enabled'), { recursive: true });
  mkdirSync(path.join(raiz, 'var/www/ixc'), { recursive: true });
  mkdirSync(path.join(raiz, 'run'));
  writeFileSync(
    path.join(raiz, 'var/www/ixc/index.html'),
    '<!doctype html><html><body><h1>IXC</h1></body></html>\n',
  );
  // What IXC's own login leaves behind: its session, with the id of who is there.
  writeFileSync(
    path.join(raiz, 'var/www/ixc/entrar.php'),
    "<?php session_name('IXC_Session'); session_start(); $_SESSION['usuario'] = ['id' => 1]; echo 'ok';\n",
  );
  cpSync('/etc/nginx/fastcgi_params', path.join(etc, 'fastcgi_params'));
  cpSync('/etc/nginx/mime.types', path.join(etc, 'mime.types'));
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${raiz}/run/${name};`,
  );
  writeFileSync(
    path.join(etc, 'nginx.conf'),
    `${onlyRoot('user {{USER}};')}\ndaemon off;\npid ${raiz}/run/nginx.pid;\nerror_log ${raiz}/run/erros.log;\nworker_processes 1;\nevents {}\nhttp {\n  include mime.types;\n  access_log off;\n${temps.join('\n')}\n  include ${etc}/sites-enabled/*;\n}\n`,
  );
  writeFileSync(
    path.join(etc, 'sites-enabled/outro'),
    `server {\n    listen 127.0.0.1:${porta} default_server;\n    server_name outro.localhost;\n    return 404;\n}\n`,
  );
  writeFileSync(
    path.join(etc, 'sites-enabled/ixc'),
    `# IXC Provedor\nserver {\n    listen 127.0.0.1:${porta};\n    server_name ${IXC_HOST} ixc.localhost;\n    root ${raiz}/var/www/ixc;\n    index index.html;\n    location = /entrar.php {\n        include fastcgi_params;\n        fastcgi_param SCRIPT_FILENAME ${raiz}/var/www/ixc/entrar.php;\n        fastcgi_pass unix:${raiz}/run/php.sock;\n    }\n}\n`,
  );
  const nginx = spawn(program, ['-c', path.join(etc, 'nginx.conf')], { stdio: 'ignore' });
  await eventually(async () => (await get(porta, '/')).includes('IXC'));
  return nginx;
}

const get = (porta: number, where: string): Promise<string> =>
  fetch(`http://${IXC_HOST}:${porta}${where}`).then(
    (answer) => answer.text(),
    () => '',
  );

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

// What nginx itself writes while it runs is not the installer's doing.
function photograph(raiz: string): Map<string, string> {
  const found = readdirSync(raiz, { recursive: true })
    .map(String)
    .filter((name) => !/^run(\/|$)/.test(name));
  return new Map(
    found.sort().map((name) => {
      const file = path.join(raiz, name);
      const stat = lstatSync(file);
      const mode = (stat.mode & 0o7777).toString(8);
      if (stat.isSymbolicLink()) return [name, `→ ${readlinkSync(file)}`];
      if (!stat.isFile()) return [name, `pasta ${mode}`];
      return [name, `${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`];
    }),
  );
}
