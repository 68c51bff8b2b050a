// A browser's part of the traffic: comes in by /launch, keeps its cookie and connections, asks for gzip, reads to the end.
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { signLancamento } from '../../src/demo/ixc/lancamento.ts';

export interface Resposta {
  status: number;
  /** From the first byte sent to the last byte received. */
  ms: number;
  headers: http.IncomingHttpHeaders;
  /** The body, unpacked when asked for: a browser does it while it draws. */
  texto(): string;
}

export interface Navegador {
  /** A page by its path under BASE_PATH. Throws unless 200. */
  get(path: string, headers?: Record<string, string>): Promise<Resposta>;
  /** What htmx sends for a button or form. Throws unless 200. */
  write(method: 'POST' | 'PUT' | 'DELETE', path: string, form?: Record<string, string>): Promise<Resposta>;
  close(): void;
}

export interface Entrada {
  port: number;
  basePath: string;
  segredo: Buffer;
  origem: string;
  operador: number;
}

/** Opens a session of that operator. */
export async function openNavegador({
  port,
  basePath,
  segredo,
  origem,
  operador,
}: Entrada): Promise<Navegador> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const send = (method: string, path: string, headers: Record<string, string>, body = '') =>
    exchange(
      { agent, host: '127.0.0.1', port, method, path: basePath + path, headers: { ...BROWSER, ...headers } },
      body,
    );
  const token = await signLancamento({ segredo, iss: origem, operador, path: '/' });
  const landed = await send('POST', '/launch', FORM, String(new URLSearchParams({ token })));
  const cookie = /^[^;]+/.exec(landed.headers['set-cookie']?.[0] ?? '')?.[0];
  if (landed.status !== 303 || cookie === undefined) throw new Error(`o launch respondeu ${landed.status}`);
  const painel = expectOk('/', await send('GET', '/', { cookie }));
  const csrf = /name="csrf-token" content="([^"]+)"/.exec(painel.texto())?.[1] ?? '';
  const asHtmx = { ...FORM, ...PARTIAL, cookie, 'x-csrf-token': csrf, origin: `http://127.0.0.1:${port}` };
  return {
    get: async (path, headers = {}) => expectOk(path, await send('GET', path, { ...headers, cookie })),
    write: async (method, path, form = {}) => {
      const fields = String(new URLSearchParams(form));
      // A DELETE has no body: htmx puts its fields into the address.
      const inAddress = method === 'DELETE' && fields !== '';
      const target = inAddress ? `${path}${path.includes('?') ? '&' : '?'}${fields}` : path;
      return expectOk(path, await send(method, target, asHtmx, inAddress ? '' : fields));
    },
    close: () => agent.destroy(),
  };
}

/** Headers of a fragment that htmx asks for. */
export const PARTIAL = { 'hx-request': 'true', 'hx-request-type': 'partial' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const BROWSER = { accept: 'text/html', 'accept-encoding': 'gzip' };

function expectOk(path: string, answer: Resposta): Resposta {
  if (answer.status !== 200)
    throw new Error(`${path} respondeu ${answer.status}: ${answer.texto().slice(0, 500)}`);
  return answer;
}

function exchange(options: http.RequestOptions, body: string): Promise<Resposta> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const request = http.request(options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const ms = performance.now() - start;
        const packed = answer.headers['content-encoding'] === 'gzip';
        const texto = () => String(packed ? gunzipSync(Buffer.concat(parts)) : Buffer.concat(parts));
        resolve({ status: answer.statusCode ?? 0, ms, headers: answer.headers, texto });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
