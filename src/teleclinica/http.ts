// One HTTP exchange with the partner, and the only place that knows axios. It never throws for what the network does.
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import axios, { type AxiosInstance } from 'axios';
import { bareHost, checkUrlBase, portOf } from './endereco.ts';
import { describeFailure, guardedLookup, type Resolve } from './rede.ts';

const MAX_BYTES = 1_000_000;
// Servers commonly close idle sockets after 5 s; leaving first avoids a request lost on a dying socket.
const IDLE_SOCKET_MS = 4000;

export type Body =
  | { kind: 'json'; value: unknown }
  | { kind: 'empty' }
  | { kind: 'unreadable'; motivo: string };

/** `failed` = no status line arrived; `sent` tells whether the partner may have received the request. */
export type Reply =
  | { kind: 'answered'; status: number; header(name: string): string | undefined; body: Body }
  | { kind: 'failed'; sent: boolean; mensagem: string };

export interface HttpRequest {
  method: string;
  /** Begins with `/`, already encoded, query included. */
  path: string;
  headers: Record<string, string>;
  data: string | undefined;
  /** Ends the whole exchange, body included. */
  signal: AbortSignal;
  timeoutMs: number;
}

export type Http = (request: HttpRequest) => Promise<Reply>;

export interface HttpOptions {
  /** The allow-list, entries `host` or `host:port`. */
  hosts: readonly string[];
  /** Connections at once. */
  sockets: number;
  /** How names become addresses; the system's resolver by default. */
  resolve?: Resolve | undefined;
}

/** A sender bound to one URL Base: allow-listed host, TLS checked, no redirects, no proxy, answers of at most 1 MB. */
export function createHttp(urlBase: string, options: HttpOptions): Http {
  const refusal = checkUrlBase(urlBase, options.hosts);
  if (refusal !== undefined) return async () => ({ kind: 'failed', sent: false, mensagem: refusal });
  const url = new URL(urlBase);
  const client = createClient(urlBase, url, options);
  return (request) => exchange(client, url, request);
}

function createClient(urlBase: string, url: URL, { hosts, sockets, resolve }: HttpOptions): AxiosInstance {
  const agent = {
    keepAlive: true,
    maxSockets: sockets,
    timeout: IDLE_SOCKET_MS,
    lookup: guardedLookup(portOf(url), hosts, resolve),
  };
  return axios.create({
    baseURL: urlBase.replace(/\/$/, ''),
    allowAbsoluteUrls: false,
    adapter: 'http',
    maxRedirects: 0,
    proxy: false,
    maxContentLength: MAX_BYTES,
    maxBodyLength: MAX_BYTES,
    responseType: 'arraybuffer',
    validateStatus: () => true,
    httpAgent: new http.Agent(agent),
    httpsAgent: new https.Agent({ ...agent, rejectUnauthorized: true, minVersion: 'TLSv1.2' }),
  });
}

async function exchange(client: AxiosInstance, url: URL, request: HttpRequest): Promise<Reply> {
  const watch = watchExchange(url.protocol === 'https:');
  try {
    const response = await client.request<unknown>({
      method: request.method,
      url: request.path,
      headers: { Accept: 'application/json', 'User-Agent': 'tele-clinica-ixc', ...request.headers },
      data: request.data,
      signal: request.signal,
      transport: watch.transport,
    });
    const bytes = Buffer.isBuffer(response.data) ? response.data : Buffer.alloc(0);
    const body = parseBody(bytes, watch.seen()?.headers['content-type'] ?? '');
    return answered(watch.seen(), body) ?? lost(watch.sent(), undefined, url, request.timeoutMs);
  } catch (error) {
    // An axios error carries the credentials in its config: only its code leaves this function.
    const code = axios.isAxiosError(error) || axios.isCancel(error) ? error.code : undefined;
    const motivo = code === 'ERR_CANCELED' ? describeFailure(code, url.host, request.timeoutMs) : BROKEN_BODY;
    return (
      answered(watch.seen(), { kind: 'unreadable', motivo }) ??
      lost(watch.sent(), code, url, request.timeoutMs)
    );
  }
}

const BROKEN_BODY = 'A resposta da Tele Clínica veio cortada ou passou de 1 MB.';

function answered(message: IncomingMessage | undefined, body: Body): Reply | undefined {
  if (message?.statusCode === undefined) return undefined;
  const { headers, statusCode: status } = message;
  const header = (name: string) => {
    const value = headers[name.toLowerCase()];
    return Array.isArray(value) ? value[0] : value;
  };
  return { kind: 'answered', status, header, body };
}

function lost(sent: boolean, code: string | undefined, url: URL, timeoutMs: number): Reply {
  return { kind: 'failed', sent, mensagem: describeFailure(code, url.host || bareHost(url), timeoutMs) };
}

// axios forgets the status of an answer whose body breaks, and never knew whether the socket had opened.
function watchExchange(secure: boolean) {
  let sent = false;
  let message: IncomingMessage | undefined;
  const request = (
    options: RequestOptions,
    onResponse: (message: IncomingMessage) => void,
  ): ClientRequest => {
    const outgoing = (secure ? https : http).request(options, (incoming) => {
      message = incoming;
      onResponse(incoming);
    });
    outgoing.once('socket', (socket) => {
      // A socket taken from the pool is open already; one that failed to find its address is neither.
      if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', () => (sent = true));
      else sent = !socket.destroyed;
    });
    return outgoing;
  };
  return { transport: { request }, sent: () => sent, seen: () => message };
}

function parseBody(bytes: Buffer, contentType: string): Body {
  const text = decode(bytes, contentType)?.trim();
  if (text === undefined)
    return { kind: 'unreadable', motivo: 'A resposta da Tele Clínica veio em letras ilegíveis.' };
  if (text === '') return { kind: 'empty' };
  if (text.startsWith('<')) {
    return { kind: 'unreadable', motivo: 'A Tele Clínica respondeu com uma página da Web em vez de dados.' };
  }
  try {
    const value: unknown = JSON.parse(text);
    return { kind: 'json', value };
  } catch {
    return {
      kind: 'unreadable',
      motivo: 'A resposta da Tele Clínica veio incompleta ou fora do formato JSON.',
    };
  }
}

// Strict: letters that do not fit the declared charset mean a body that must not be trusted.
function decode(bytes: Buffer, contentType: string): string | undefined {
  const charset = /charset=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
