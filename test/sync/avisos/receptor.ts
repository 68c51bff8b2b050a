// A real HTTP receiver of webhooks that can be switched off and on again at the same address.
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Recebido {
  headers: IncomingHttpHeaders;
  body: string;
  json: Record<string, unknown>;
}

export interface Receptor {
  url: string;
  recebidos: Recebido[];
  /** How it answers from now on; 204 at first. */
  answerWith(answer: (response: ServerResponse) => void): void;
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function startReceptor(): Promise<Receptor> {
  const recebidos: Recebido[] = [];
  let answer = (response: ServerResponse): unknown => response.writeHead(204).end();
  const open = (port: number): Promise<Server> =>
    new Promise((resolve) => {
      const server = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const body = Buffer.concat(chunks).toString('utf8');
          recebidos.push({ headers: request.headers, body, json: JSON.parse(body) });
          answer(response);
        });
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server = await open(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/avisos?canal=noc`,
    recebidos,
    answerWith(next) {
      answer = next;
    },
    async down() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async up() {
      server = await open(port);
    },
  };
}
