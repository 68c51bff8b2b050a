// Who is calling: HTTP Basic, login for a bearer token, the tenant header and the rate limit.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Chamada, MALFORMED } from './chamada.ts';
import { type Estado, TENANT } from './estado.ts';
import { type Answer, problem } from './resposta.ts';

const credentials = z.object({ username: z.string(), password: z.string() });

/** POST /auth/login, JSON or form: a bearer token for the right user and password, 401 otherwise. */
export function login(estado: Estado, chamada: Chamada): Answer {
  const given = credentials.safeParse(chamada.body);
  const { usuario, senha, auth, tokenSegundos } = estado.opcoes;
  if (!given.success) return problem(400, 'BAD_REQUEST', 'username and password are required');
  const right = given.data.username === usuario && given.data.password === senha;
  if (!right || auth === 'basic') return unauthorized(estado);
  const token = randomBytes(24).toString('base64url');
  estado.tokens.set(token, estado.agora() + tokenSegundos * 1000);
  const body = { access_token: token, token_type: 'Bearer', expires_in: tokenSegundos, refresh_token: null };
  return { status: 200, body, headers: { 'cache-control': 'no-store' } };
}

/** The 401 of an unknown, wrong or expired proof of identity. */
export function unauthorized(estado: Estado): Answer {
  const scheme = estado.opcoes.auth === 'bearer' ? 'Bearer' : 'Basic realm="Tele Clinica"';
  const headers = { 'www-authenticate': scheme };
  return problem(401, 'UNAUTHORIZED', 'Invalid credentials', { headers });
}

/** Everything that is refused before the operation is looked at, in order: rate, identity, tenant, body. */
export function refuseAccess(estado: Estado, chamada: Chamada): Answer | null {
  const limited = refuseRate(estado);
  if (limited) return limited;
  if (chamada.body === MALFORMED) return problem(400, 'BAD_REQUEST', 'The body could not be read');
  if (chamada.operation === 'login') return null;
  if (!isAuthentic(estado, chamada.authorization)) return unauthorized(estado);
  return refuseTenant(estado, chamada);
}

/** The tenant this call acts for. */
export const tenantOf = (chamada: Chamada): string => chamada.integrationId ?? TENANT;

function refuseRate(estado: Estado): Answer | null {
  const limit = estado.opcoes.limitePorSegundo;
  if (limit === 0) return null;
  const segundo = Math.floor(estado.agora() / 1000);
  if (estado.janela.segundo !== segundo) estado.janela = { segundo, chamadas: 0 };
  estado.janela.chamadas += 1;
  if (estado.janela.chamadas <= limit) return null;
  const headers = { 'retry-after': '1', 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': '0' };
  return problem(429, 'RATE_LIMITED', 'Too many requests', { headers });
}

function isAuthentic(estado: Estado, authorization: string | undefined): boolean {
  const [scheme = '', value = ''] = (authorization ?? '').split(' ', 2);
  const { auth, usuario, senha } = estado.opcoes;
  if (scheme.toLowerCase() === 'basic' && auth !== 'bearer') {
    return Buffer.from(value, 'base64').toString() === `${usuario}:${senha}`;
  }
  if (scheme.toLowerCase() === 'bearer' && auth !== 'basic') {
    return (estado.tokens.get(value) ?? 0) > estado.agora();
  }
  return false;
}

function refuseTenant(estado: Estado, chamada: Chamada): Answer | null {
  if (chamada.operation === 'registerIntegration') return null;
  const id = chamada.integrationId;
  if (id === undefined) {
    if (!estado.opcoes.tenantObrigatorio) return null;
    return problem(400, 'INTEGRATION_REQUIRED', 'X-Integration-Id is required');
  }
  if (estado.integracoes.has(id)) return null;
  return problem(403, 'INTEGRATION_UNKNOWN', 'This integration is not yours');
}
