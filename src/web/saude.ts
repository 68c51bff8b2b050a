// What machines ask: is it alive, is it ready, which version, and numbers for Prometheus.
import { timingSafeEqual } from 'node:crypto';
import { parseCookie } from 'cookie';
import { type Request, type RequestHandler, type Response, Router } from 'express';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { z } from 'zod';
import { sha256 } from '../crypto.ts';
import { type Db, row } from '../db.ts';
import { countUsuarios } from '../sync/contagem.ts';
import type { Web } from './exchange.ts';
import { COOKIE } from './sessao.ts';

const READY_MS = 2_000;

/** `GET /version`, `/readyz`, `/eco` and `/metrics`; none needs a session. */
export function saude(web: Web, metrics: Registry): Router {
  return Router()
    .get('/version', (_req, res) => void res.json({ name: 'tele-clinica', version: web.versao }))
    .get('/readyz', async (_req, res) => {
      const motivos = await listReasons(web);
      res.status(motivos.length === 0 ? 200 : 503).json({ pronto: motivos.length === 0, motivos });
    })
    .get('/eco', (req, res) => void echo(web, req, res))
    .get('/metrics', async (req, res) => {
      if (!mayReadMetrics(req, web.sync.config.metricsToken))
        return void res.status(403).type('text').send('403\n');
      res.type(metrics.contentType).send(await metrics.metrics());
    });
}

// For the doctor: what reached us through the web server, and a cookie of no meaning for the way back.
function echo({ sync }: Web, req: Request, res: Response): void {
  const path = sync.config.basePath || '/';
  res.cookie('tc_eco', '1', { path, httpOnly: true, sameSite: 'lax', secure: req.secure });
  res.json({ https: req.secure, cookie: parseCookie(req.get('cookie') ?? '')[COOKIE] !== undefined });
}

/** `GET /healthz`: 200 while the process lives; touches nothing. */
export const healthz: RequestHandler = (_req, res) => void res.json({ vivo: true });

/** Metrics of this process and of the work, the latter counted when asked for. */
export function createMetrics(web: Web): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'teleclinica_usuarios',
    help: 'Usuarios by the state that Tele Clinica last confirmed',
    labelNames: ['situacao'],
    registers,
    async collect() {
      const { porSituacao } = await countUsuarios(web.sync.db, 'todas');
      for (const [situacao, total] of Object.entries(porSituacao)) this.set({ situacao }, total);
    },
  });
  new Gauge({
    name: 'teleclinica_fila',
    help: 'Usuarios with work waiting, and held ones by cause',
    labelNames: ['causa'],
    registers,
    async collect() {
      const { naFila, retidas } = await countUsuarios(web.sync.db, 'todas');
      this.reset();
      this.set({ causa: 'nenhuma' }, naFila);
      for (const { causa, total } of retidas) this.set({ causa }, total);
    },
  });
  return registry;
}

/** Times every answer by route pattern (never by address: ids would make a series each). */
export function timeRequests(registry: Registry): RequestHandler {
  const histogram = new Histogram({
    name: 'teleclinica_http_segundos',
    help: 'Time to answer, by route and status',
    labelNames: ['metodo', 'rota', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  return (req, res, next) => {
    const stop = histogram.startTimer();
    res.on('finish', () => {
      const rota = RouteOf.safeParse(req.route).data?.path ?? 'outra';
      stop({ metodo: req.method, rota, status: String(res.statusCode) });
    });
    next();
  };
}

const RouteOf = z.object({ path: z.string() });

async function listReasons({ sync }: Web): Promise<string[]> {
  const answers = await Promise.all([
    answersInTime(sync.db).then((ok) => (ok ? [] : ['o banco do plugin não responde'])),
    answersInTime(sync.ixc).then((ok) => (ok ? [] : ['o banco do IXC não responde'])),
  ]);
  return answers.flat();
}

async function answersInTime(db: Db): Promise<boolean> {
  const late = new AbortController();
  const answer = row(db, 'SELECT 1 AS um', {}, z.object({ um: z.number() })).then(
    () => true,
    () => false,
  );
  const timeout = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_MS);
    late.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  const ok = await Promise.race([answer, timeout]);
  late.abort();
  return ok;
}

// Without a token: only this machine, and not through the proxy that serves everybody.
function mayReadMetrics(req: Request, token: string | undefined): boolean {
  if (token !== undefined) {
    return timingSafeEqual(sha256(req.get('authorization') ?? ''), sha256(`Bearer ${token}`));
  }
  const address = req.socket.remoteAddress ?? '';
  const loopback = address === '::1' || /^(::ffff:)?127\./.test(address);
  return loopback && req.get('x-forwarded-for') === undefined;
}
