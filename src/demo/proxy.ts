// A reverse proxy as small as the demo needs: passes a request on to a local port and streams the answer back.
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Target {
  port: number;
  /** Taken off the front of the path before it is passed on. */
  strip?: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 100 });
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
];

/** Passes `req` to `127.0.0.1:port` with the visitor's Host and the headers that nginx adds; 502 when nobody answers. */
export function forward(req: IncomingMessage, res: ServerResponse, { port, strip = '' }: Target): void {
  const path = (req.url ?? '/').slice(strip.length) || '/';
  const headers = {
    ...withoutHopByHop(req.headers),
    'x-forwarded-for': req.socket.remoteAddress ?? '',
    'x-forwarded-proto': 'http',
  };
  const onward = request({ host: '127.0.0.1', port, path, method: req.method, headers, agent }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.headers));
    answer.pipe(res);
    answer.on('error', () => res.destroy());
  });
  onward.on('error', () => {
    if (res.writableFinished) return;
    if (res.headersSent) {
      res.destroy();
      return;
    }
    res.writeHead(502, { 'content-type': 'text/plain; charset=utf-8' });
    res.end('Este serviço da demo não está respondendo.\n');
  });
  // An answer may come before all was sent: what is left is dropped, so that the answer reaches whoever still sends.
  res.on('close', () => {
    req.unpipe(onward).resume();
    onward.destroy();
  });
  req.pipe(onward);
}

function withoutHopByHop<T extends Record<string, unknown>>(headers: T): T {
  const kept = { ...headers };
  for (const name of HOP_BY_HOP) delete kept[name];
  return kept;
}
