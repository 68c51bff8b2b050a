// Sessions: a random cookie of which the database keeps only the hash, so that a stolen table opens nothing.
import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { randomToken, sha256 } from '../crypto.ts';
import { type Db, optionalRow, run } from '../db.ts';
import type { Sync } from '../sync/contexto.ts';
import { readToken } from './sessaoSemCookie.ts';

export const COOKIE = 'tc_sessao';
const IDLE_MINUTES = 30;
const ABSOLUTE_HOURS = 8;
// Writing "seen" at most this often spares the database a write per request.
const TOUCH_SECONDS = 15;

export interface Sessao {
  resumo: Buffer;
  operadorId: number;
  csrf: string;
  /** It came in a header: the answer brings the next token (sessaoSemCookie.ts). */
  semCookie: boolean;
}

const SessaoRow = z.object({
  resumo: z.instanceof(Buffer),
  operadorId: z.number(),
  csrf: z.string(),
  paradaSegundos: z.coerce.number(),
});

/**
 * The living session of this request, or undefined. A person's own requests keep it alive (30 idle minutes, 8 hours
 * in all, decisions 28); a fragment that follows itself sends `X-Acompanha` and does not.
 */
export async function findSessao({ db, config }: Sync, req: Request): Promise<Sessao | undefined> {
  const cookie = cookieOf(config, req);
  const resumo = cookie === undefined ? await readToken(config, req) : sha256(cookie);
  if (resumo === undefined) return undefined;
  const found = await optionalRow(
    db,
    `SELECT resumo, operador_id AS operadorId, csrf,
       TIMESTAMPDIFF(SECOND, vista_em, UTC_TIMESTAMP(3)) AS paradaSegundos
     FROM sessoes
     WHERE resumo = :resumo AND vista_em > UTC_TIMESTAMP(3) - INTERVAL ${IDLE_MINUTES} MINUTE
       AND criada_em > UTC_TIMESTAMP(3) - INTERVAL ${ABSOLUTE_HOURS} HOUR`,
    { resumo },
    SessaoRow,
  );
  if (found === undefined) return undefined;
  const { paradaSegundos, ...known } = found;
  const sessao = { ...known, semCookie: cookie === undefined };
  if (paradaSegundos >= TOUCH_SECONDS && req.get('x-acompanha') === undefined) await touch(db, sessao);
  return sessao;
}

/**
 * Opens a session for `operadorId` and sets its cookie. A living session of the same person is kept as it is, CSRF
 * token included, so that several panels work side by side (decisions 27); one of somebody else is closed.
 */
export async function openSessao(sync: Sync, req: Request, res: Response, operadorId: number): Promise<void> {
  const present = await findSessao(sync, req);
  if (present?.operadorId === operadorId) return touch(sync.db, present);
  if (present) await closeSessao(sync.db, present);
  const { value } = await createSessao(sync.db, operadorId);
  res.cookie(cookieName(sync.config), value, cookieOptions(sync.config, req));
}

/** A new session of `operadorId`; whoever holds `value` is this person. */
export async function createSessao(
  db: Db,
  operadorId: number,
): Promise<{ value: string; resumo: Buffer; csrf: string }> {
  const value = randomToken(32);
  const sessao = { resumo: sha256(value), operadorId, csrf: randomToken(32) };
  await run(
    db,
    `INSERT INTO sessoes (resumo, operador_id, csrf, criada_em, vista_em)
     VALUES (:resumo, :operadorId, :csrf, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    sessao,
  );
  await forgetExpired(db);
  return { value, ...sessao };
}

// Under IXC's own host the cookie is first-party. At an origin of our own, inside IXC's frame, only a partitioned one
// comes back (CHIPS), and __Host- keeps neighbours of the domain from planting it.
const cookieName = ({ pluginOrigin }: Config): string =>
  pluginOrigin === undefined ? COOKIE : `__Host-${COOKIE}`;

const cookieOptions = ({ basePath, pluginOrigin }: Config, req: Request): CookieOptions =>
  pluginOrigin === undefined
    ? // Plain HTTP is served at loopback addresses only (seguranca.ts), so `secure` is false nowhere else.
      { path: basePath || '/', httpOnly: true, sameSite: 'lax', secure: req.secure }
    : { path: '/', httpOnly: true, sameSite: 'none', secure: true, partitioned: true };

/** Ends a session at once. */
export async function closeSessao(db: Db, sessao: Sessao): Promise<void> {
  await run(db, 'DELETE FROM sessoes WHERE resumo = :resumo', { resumo: sessao.resumo });
}

function cookieOf(config: Config, req: Request): string | undefined {
  const value = parseCookie(req.get('cookie') ?? '')[cookieName(config)];
  return value !== undefined && value.length > 0 && value.length <= 128 ? value : undefined;
}

async function touch(db: Db, sessao: Sessao): Promise<void> {
  await run(db, 'UPDATE sessoes SET vista_em = UTC_TIMESTAMP(3) WHERE resumo = :resumo', {
    resumo: sessao.resumo,
  });
}

async function forgetExpired(db: Db): Promise<void> {
  await run(
    db,
    `DELETE FROM sessoes WHERE vista_em < UTC_TIMESTAMP(3) - INTERVAL ${IDLE_MINUTES} MINUTE
       OR criada_em < UTC_TIMESTAMP(3) - INTERVAL ${ABSOLUTE_HOURS} HOUR LIMIT 100`,
  );
}
