// A provider's server in a folder: the PHP stand-in for IXC on nginx, MariaDB with its database, and the release as it is delivered.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createIxcDatabase } from '../../src/demo/ixc/dados.ts';
import { findFreePort, type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { type CasaPhp, startCasaPhp } from '../../src/demo/php/casa.ts';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { readKey, seal } from '../../src/pacote/lacre.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Casa {
  mariadb: Mariadb;
  /** The partner, which the installed plugin may call. */
  simulador: Simulador;
  maquina: CasaPhp;
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
  const mariadb = await startMariadb();
  await createIxcDatabase(mariadb.rootUrl, 'ixcprovedor', { contratos: 100 });
  const [port, portaDoPlugin, simulador] = await Promise.all([
    findFreePort(),
    findFreePort(),
    startSimulador(),
  ]);
  const origem = `http://127.0.0.1:${port}`;
  const ixcDsn = `${mariadb.rootUrl}/ixcprovedor`;
  const maquina = await startCasaPhp({ port, origens: [origem], ixcDsn });
  const { raiz } = maquina;
  const folder = path.dirname(raiz);
  const { release, pacote } = pack(folder);
  const respostas = path.join(folder, 'respostas');
  const dadas = {
    ...maquina.respostas,
    banco_servidor: `127.0.0.1:${mariadb.port}`,
    banco_de: '127.0.0.1',
    banco_admin: `${mariadb.rootUrl}/`,
    porta: portaDoPlugin,
    teleclinica_hosts: `127.0.0.1:${simulador.port}`,
  };
  writeAnswers(respostas, dadas);
  const instalar: Casa['instalar'] = (args, comando = path.join(release, 'plugin/instalar')) => {
    const run = spawnSync(comando, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } });
    return { status: run.status, texto: `${run.stdout}${run.stderr}` };
  };
  const instalado = path.join(raiz, 'usr/local/sbin/tele-clinica');
  return {
    mariadb,
    simulador,
    maquina,
    raiz,
    origem,
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
      await maquina.stop();
      await simulador.stop();
      await mariadb.stop();
    },
  };
}

/** A file of answers. */
export function writeAnswers(file: string, dadas: Record<string, string | number>): void {
  const lines = Object.entries(dadas).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
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
