// A tiny real HTTP server whose answers a test writes by hand, with everything it received.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Chegada {
  method: string;
  url: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Parceiro {
  /** `http://127.0.0.1:<port>/v1` */
  url: string;
  /** `127.0.0.1:<port>`, for the allow-list. */
  host: string;
  chegadas: Chegada[];
}

type Handler = (chegada: Chegada, response: ServerResponse, request: IncomingMessage) => void;

/** Starts a server that lives until the end of the test. */
export async function startParceiro(handler: Handler): Promise<Parceiro> {
  const chegadas: Chegada[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const chegada = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      chegadas.push(chegada);
      handler(chegada, response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, host: `127.0.0.1:${port}`, chegadas };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(value));
}
