// For a browser that keeps no cookie of ours inside IXC's frame: a five-minute token in the page's memory, renewed by each answer.
import { hkdfSync } from 'node:crypto';
import type { Request } from 'express';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';

/** The header that carries the token, both ways. */
export const TOKEN_HEADER = 'X-Sessao';
const TYP = 'sessao+jwt';
const LIFE = '5m';

/** A token for the session whose hash is `resumo`. It names the session; whether that still lives, its row says. */
export const issueToken = ({ appKey }: Config, resumo: Buffer): Promise<string> =>
  new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: TYP })
    .setSubject(resumo.toString('base64url'))
    .setIssuedAt()
    .setExpirationTime(LIFE)
    .sign(keyOf(appKey));

/** The session hash in the request's token; undefined without a good one, and always under IXC's own host. */
export async function readToken(config: Config, req: Request): Promise<Buffer | undefined> {
  const token = req.get(TOKEN_HEADER);
  if (token === undefined || config.pluginOrigin === undefined) return undefined;
  try {
    const { payload } = await jwtVerify(token, keyOf(config.appKey), { algorithms: ['HS256'], typ: TYP });
    return Buffer.from(z.string().parse(payload.sub), 'base64url');
  } catch {
    return undefined;
  }
}

// A key for this purpose alone: nothing signed or encrypted elsewhere can pass for a token.
const keyOf = (appKey: Buffer): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', appKey, '', 'tele-clinica sessao sem cookie', 32));
