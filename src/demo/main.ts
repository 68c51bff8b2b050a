// The demo's process: one port for the stand-in of IXC, the plugin and the simulator's page, until Ctrl-C.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ixcPages } from './ixc/paginas.ts';
import { findFreePort } from './mariadb.ts';
import { type Lugar, type Mundo, type Preparo, startMundo } from './mundo.ts';
import { startCasaPhp } from './php/casa.ts';
import { installPlugin } from './php/instalacao.ts';
import { forward } from './proxy.ts';

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

const tell = (what: string) => process.stderr.write(`${what}\n`);

let stopping: Promise<void> | undefined;
let mundo: Mundo | undefined;
let php: { port: number; stop(): Promise<void> } | undefined;

async function main(): Promise<void> {
  const contratos = readNumber('DEMO_CONTRATOS', 5000, 100, 1_000_000);
  const inPhp = readIxc();
  const handler: { current: Handler } = { current: notYet };
  const server = createServer((req, res) => handler.current(req, res));
  const port = await listen(server, readNumber('DEMO_PORT', 4080, 0, 65_535));
  const origins = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  stopOnSignals(server);
  const making = { contratos, origins, tell };
  mundo = await startMundo(inPhp ? { ...making, prepare: (lugar) => installInPhp(lugar, origins) } : making);
  if (stopping !== undefined) return stopParts();
  handler.current = php === undefined ? route(mundo, origins) : routeToPhp(mundo, origins, php.port);
  process.stdout.write(`Demo pronta: http://127.0.0.1:${port}/\n`);
}

function route(world: Mundo, origins: string[]): Handler {
  const pages = ixcPages(world, origins);
  return (req, res) => {
    const url = req.url ?? '/';
    if (isUnder(url, world.basePath)) return forward(req, res, { port: world.pluginPort });
    if (url === '/simulador') {
      res.writeHead(302, { location: '/simulador/' });
      res.end();
      return;
    }
    if (isUnder(url, '/simulador'))
      return forward(req, res, { port: world.simulador.port, strip: '/simulador' });
    pages(req, res);
  };
}

// IXC's pages by real nginx and PHP-FPM, and the plugin put in by the installer (DEMO_IXC=php).
async function installInPhp(
  { rootUrl, ixcDsn, pluginPort, hosts }: Lugar,
  origens: string[],
): Promise<Preparo> {
  tell('Iniciando o nginx e o PHP…');
  const port = await findFreePort();
  const casa = await startCasaPhp({ port, origens, ixcDsn });
  php = { port, stop: casa.stop };
  tell('Instalando o plugin com o instalador…');
  const { env, lugares } = await installPlugin(casa, {
    banco_admin: `${rootUrl}/`,
    banco_servidor: new URL(rootUrl).host,
    porta: String(pluginPort),
    teleclinica_hosts: hosts,
  });
  return { env, segredo: createPrivateKey(readFileSync(lugares.launchPrivada)) };
}

function routeToPhp(world: Mundo, origins: string[], port: number): Handler {
  const small = route(world, origins);
  return (req, res) => {
    const url = req.url ?? '/';
    if (url === '/demo.json' || isUnder(url, '/simulador')) small(req, res);
    else forward(req, res, { port });
  };
}

const isUnder = (url: string, folder: string) =>
  url.startsWith(folder) && /^([/?]|$)/.test(url.slice(folder.length));

const notYet: Handler = (_req, res) => {
  res.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' });
  res.end('A demo está subindo. Tente de novo em alguns segundos.\n');
};

// The port is taken first: an occupied one is told at once, not after the databases are made.
function listen(server: Server, wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      reject(taken ? new Error(`A porta ${wanted} está ocupada: escolha outra com DEMO_PORT.`) : error);
    });
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : wanted);
    });
  });
}

function readNumber(name: string, fallback: number, min: number, max: number): number {
  const text = process.env[name] || String(fallback);
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${name} precisa ser um número inteiro de ${min} a ${max}, e não “${text}”.`);
}

function readIxc(): boolean {
  const kind = process.env['DEMO_IXC'] ?? '';
  if (!['', 'php'].includes(kind))
    throw new Error(`DEMO_IXC precisa ser php ou ficar vazia, e não “${kind}”.`);
  return kind === 'php';
}

function stopOnSignals(server: Server): void {
  const stop = () => {
    stopping ??= stopAll(server);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  if (process.env['npm_lifecycle_event'] !== undefined) stopWithNpm(stop);
}

async function stopAll(server: Server): Promise<void> {
  tell('Encerrando a demo…');
  server.close();
  server.closeAllConnections();
  await stopParts();
  process.exit(0);
}

async function stopParts(): Promise<void> {
  await php?.stop();
  await mundo?.stop();
}

// Nobody tells us when npm is killed, or ends without passing its signal on; but its children then get another parent.
function stopWithNpm(stop: () => void): void {
  const npm = findNpm();
  setInterval(() => {
    if (findNpm() !== npm) stop();
  }, 1000).unref();
}

// npm starts scripts through `sh -c`, which some shells replace by the script and others keep as its parent.
function findNpm(): number {
  try {
    const [, name, parent] =
      /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? [];
    return name !== undefined && /^(da|ba)?sh$/.test(name) ? Number(parent) : process.ppid;
  } catch {
    return process.ppid;
  }
}

main().catch((error: unknown) => {
  tell(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
