// The way in: IXC's side posts a signed one-minute token that says who; every right is then read from IXC itself.
import express, { type Request, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { importSPKI, jwtVerify } from 'jose';
import { z } from 'zod';
import type { LaunchKey } from '../config.ts';
import { sha256 } from '../crypto.ts';
import { run } from '../db.ts';
import { readManifest } from '../manifest.ts';
import { Problem } from '../problem.ts';
import type { Sync } from '../sync/contexto.ts';
import { sendError, toProblem } from './erros.ts';
import type { Web } from './exchange.ts';
import { createRegistro, LaunchRecusado } from './launchRecusado.ts';
import { drawPublicPage } from './render.ts';
import { createSessao, openSessao } from './sessao.ts';
import { issueToken } from './sessaoSemCookie.ts';

// The bridge inside IXC reads the same lines.
const LAUNCH = readManifest().launch;
const FAILURES_PER_MINUTE = 100;

/**
 * `POST /launch`: 303 to the claimed path with a session cookie; or, asked for by a frame from which the cookie did
 * not come back, a page that holds a session without one. Whatever is wrong answers 403 alike and creates nothing. Failures alone are counted: beyond 100 a minute from one address they answer 429, while a good token is
 * never refused because of somebody else's flood.
 */
export function launch(web: Web): RequestHandler[] {
  const parse = express.urlencoded({ extended: false, limit: 2 * LAUNCH.maxTokenBytes, parameterLimit: 10 });
  const limit = rateLimit({
    windowMs: 60_000,
    limit: FAILURES_PER_MINUTE,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    handler: (req, res) => sendError(web, req, res, flooded()),
  });

  const register = createRegistro(web.sync);
  const refuse = (req: Request, res: Response, error: unknown): void => {
    void limit(req, res, async () => {
      web.sync.log.warn({ erro: error }, 'launch recusado');
      const problem = toProblem(error);
      if (problem.status !== 503) await register(error);
      sendError(web, req, res, problem.status === 503 ? problem : new LaunchRecusado('formato'));
    });
  };

  return [
    (req, res, next) => parse(req, res, (error?: unknown) => (error ? refuse(req, res, error) : next())),
    async (req, res) => {
      try {
        await land(web, req, res);
      } catch (error) {
        refuse(req, res, error);
      }
    },
  ];
}

async function land(web: Web, req: Request, res: Response): Promise<void> {
  const form = Body.parse(req.body);
  const claims = await verify(web.sync, form[LAUNCH.field]);
  const location = insidePath(web.sync.config.basePath, claims);
  requireContrato(claims);
  const operador = await web.direitos.find(claims.sub, { fresh: true });
  if (operador === undefined) throw new LaunchRecusado('operador', claims.sub);
  await useOnce(web.sync, claims);
  if (form[LAUNCH.modeField] === 'cabecalho' && web.sync.config.pluginOrigin !== undefined) {
    return void res.type('html').send(await drawSemCookie(web, req, operador.id, location));
  }
  await openSessao(web.sync, req, res, operador.id);
  res.redirect(303, location);
}

// Its script goes on to `destino` at once, with the token that it alone holds.
async function drawSemCookie(web: Web, req: Request, operadorId: number, destino: string): Promise<string> {
  const { resumo, csrf } = await createSessao(web.sync.db, operadorId);
  const token = await issueToken(web.sync.config, resumo);
  const view = { pagina: 'erros/semCookie', titulo: 'Abrindo' };
  return drawPublicPage(web, req, view, { csrf, semCookie: { token, destino } });
}

const Body = z.record(z.string(), z.string().max(LAUNCH.maxTokenBytes));
const IdClaim = z.union([
  z.number().int().positive(),
  z
    .string()
    .regex(/^[1-9]\d{0,9}$/)
    .transform(Number),
]);
const Claims = z.object({
  aud: z.literal(LAUNCH.audience),
  sub: IdClaim,
  path: z.string().max(1024),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(16).max(256),
  contrato: IdClaim.optional(),
});
type Claims = z.output<typeof Claims>;

async function verify(sync: Sync, token = ''): Promise<Claims> {
  const { launchKey, ixcOrigins } = sync.config;
  const { payload } = await jwtVerify(token, await keyOf(launchKey), {
    algorithms: [launchKey.alg],
    typ: LAUNCH.typ,
    issuer: ixcOrigins,
    audience: LAUNCH.audience,
    clockTolerance: LAUNCH.clockSkewSeconds,
    requiredClaims: LAUNCH.claims,
  });
  const parsed = Claims.safeParse(payload);
  if (!parsed.success) throw new LaunchRecusado('conteudo');
  const claims = parsed.data;
  const life = claims.exp - claims.iat;
  if (life <= 0 || life > LAUNCH.maxAgeSeconds || claims.iat > Date.now() / 1000 + LAUNCH.clockSkewSeconds)
    throw new LaunchRecusado('conteudo', claims.sub);
  return claims;
}

const keyOf = async (key: LaunchKey) => (key.alg === 'HS256' ? key.secret : importSPKI(key.pem, key.alg));

// A path of ours, as typed: nothing that a browser would resolve to another host or out of BASE_PATH.
function insidePath(basePath: string, { path: target, sub }: Claims): string {
  const plain = /^\/(?!\/)[\w\-.~/%?=&+]*$/.test(target) && !/%(2e|2f|5c|0|1)/i.test(target);
  const resolved = plain ? new URL(basePath + target, 'http://local.invalid') : undefined;
  if (resolved === undefined || resolved.pathname + resolved.search !== basePath + target)
    throw new LaunchRecusado('caminho', sub);
  return basePath + target;
}

function requireContrato({ path: target, contrato, sub }: Claims): void {
  if (contrato === undefined) return;
  const [pathname = ''] = target.split('?');
  if (!(pathname === `/contratos/${contrato}` || pathname.startsWith(`/contratos/${contrato}/`)))
    throw new LaunchRecusado('contrato', sub);
}

// The primary key decides: of any number of copies at the same instant, one INSERT succeeds.
async function useOnce(sync: Sync, { jti, exp, sub }: Claims): Promise<void> {
  const { affectedRows } = await run(
    sync.db,
    'INSERT IGNORE INTO tokens_usados (resumo, expira_em) VALUES (:resumo, FROM_UNIXTIME(:expiraEm))',
    { resumo: sha256(jti), expiraEm: Math.ceil(exp) + 2 * LAUNCH.clockSkewSeconds },
  );
  if (affectedRows !== 1) throw new LaunchRecusado('repetido', sub);
  await run(sync.db, 'DELETE FROM tokens_usados WHERE expira_em < UTC_TIMESTAMP(3) LIMIT 100');
}

const flooded = (): Problem =>
  new Problem(429, 'Houve tentativas demais de entrar.', 'Espere um minuto, volte ao IXC e abra de novo.');
