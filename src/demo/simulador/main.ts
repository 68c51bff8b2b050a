// The simulator's process: one HTTP server on 127.0.0.1 with the API (/v1), the control (/controle) and a page (/).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Problem } from '../../problem.ts';
import { serveControle } from './controle.ts';
import { createMundo, type Mundo } from './mundo.ts';
import { opcoesFromEnv } from './opcoes.ts';
import { servePagina } from './pagina.ts';
import { serve } from './troca.ts';

function start(): void {
  const mundo = createMundo(opcoesFromEnv(process.env));
  const server = createServer((req, res) => {
    route(mundo, req, res).catch((error: unknown) => fail(req, res, error));
  });
  // A client that keeps a connection must not see it closed between two of its calls.
  server.keepAliveTimeout = 120_000;
  server.on('connection', (socket) => {
    socket.on('close', () => mundo.sockets.delete(socket));
  });
  server.on('error', (error) => stop(1, `o simulador não pôde abrir a porta: ${error.message}`));
  server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    process.stdout.write(`simulador pronto ${port}\n`);
  });
}

async function route(mundo: Mundo, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = req.url ?? '/';
  if (/^\/v1(\/|\?|$)/.test(url)) return serve(mundo, req, res);
  // No password guards the control, so a page of another site must not be able to reach it through a browser.
  const site = req.headers['sec-fetch-site'];
  if (req.method !== 'GET' && site !== undefined && site !== 'same-origin') {
    res.writeHead(403);
    res.end();
    return;
  }
  if (/^\/controle(\/|\?|$)/.test(url)) return serveControle(mundo, req, res);
  return servePagina(mundo, req, res);
}

// Only the name of the error and where it happened: its message could quote somebody's data.
function fail(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  const left = req.destroyed && !req.complete;
  if (!left) process.stderr.write(`simulador: ${describe(error)}\n`);
  if (!res.headersSent) res.writeHead(500);
  res.end();
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'erro sem descrição';
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return [error.name, ...frames].join('\n');
}

function stop(code: number, message = ''): never {
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exit(code);
}

process.on('SIGTERM', () => stop(0));
process.on('SIGINT', () => stop(0));
// Started with an IPC channel: never outlives its starter, however that one died.
process.on('disconnect', () => stop(0));
try {
  start();
} catch (error) {
  stop(1, error instanceof Problem ? `${error.title} ${error.action}` : String(error));
}
