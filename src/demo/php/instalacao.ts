// Puts the plugin into the PHP stand-in with the installer itself: its program, its questions answered by a file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { placesIn } from '../../instalar/obra.ts';
import { variablesOf } from '../../instalar/servico.ts';
import type { CasaPhp } from './casa.ts';
import { makePacoteDeTrabalho } from './pacote.ts';

/** Where visitors find the bridge. */
export const PONTE = '/addons/tele-clinica-ixc';

const PATIENCE_MS = 15_000;

export interface Instalado {
  /** Where everything was put. */
  lugares: ReturnType<typeof placesIn>;
  /** The environment that the installer wrote for the plugin, which is not running yet. */
  env: Record<string, string>;
}

/**
 * Installs the working copy in the stand-in; `dadas` are answers beside those about the machine, `banco_admin` and
 * `porta` at least. @throws when the installer refuses; it has then said why.
 */
export async function installPlugin(casa: CasaPhp, dadas: Record<string, string>): Promise<Instalado> {
  const folder = path.dirname(casa.raiz);
  const tree = path.join(folder, 'pacote');
  makePacoteDeTrabalho(tree);
  const respostas = path.join(folder, 'respostas');
  const lines = Object.entries({ ...casa.respostas, ...dadas }).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(respostas, lines.join(''), { mode: 0o600 });
  await runInstaller(path.join(tree, 'plugin/instalar'), [
    'instalar',
    ...['--raiz', casa.raiz, '--respostas', respostas],
    ...['--sim', '--sem-systemd', '--sem-iniciar'],
  ]);
  await waitForBridge(casa);
  const lugares = placesIn(casa.raiz);
  return { lugares, env: variablesOf(lugares) };
}

// What it says is shown only when it fails: in a demo nobody reads forty lines that went well.
async function runInstaller(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`O instalador recusou:\n${said.join('')}`);
}

// nginx reads its configuration again in its own time.
async function waitForBridge({ origem, port }: CasaPhp): Promise<void> {
  const { protocol, host } = new URL(origem);
  const ask = () =>
    new Promise<number | undefined>((resolve) => {
      const get = protocol === 'https:' ? https.get : http.get;
      // By its address: only the browser of a test knows the name. The certificate is the stand-in's own.
      const options = { host: '127.0.0.1', port, agent: false, rejectUnauthorized: false };
      get({ ...options, headers: { host }, path: `${PONTE}/botoes.js` }, (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode));
      }).on('error', () => resolve(undefined));
    });
  const deadline = Date.now() + PATIENCE_MS;
  while ((await ask()) !== 200) {
    if (Date.now() > deadline) throw new Error(`A ponte não respondeu em ${origem}.`);
    await pause(20);
  }
}
