// How each call proves who we are: Basic, fixed headers, or a token from a login that is shared and renewed in time.
import type { Formato } from './formato.ts';
import type { Http } from './http.ts';
import { buildPedido, resolveHeaders } from './pedido.ts';
import type { Perfil } from './perfil.ts';
import type { Connection, Outcome } from './port.ts';
import { decide, type Question } from './resultado.ts';
import { getPath } from './transformar.ts';

type Headers = Record<string, string>;
type Refusal = Extract<
  Outcome<never>,
  { kind: 'credentials' | 'rate_limited' | 'unavailable' | 'contract_broken' }
>;
export type Signed = { ok: true; headers: Headers } | { ok: false; refusal: Refusal };

export interface Credencial {
  /** Headers for one call; may log in first. */
  sign(signal: AbortSignal, timeoutMs: number): Promise<Signed>;
  /** Tells that these headers were refused. True when a new signature may be tried once. */
  renew(refused: Headers): boolean;
}

type Login = Extract<Formato['auth'], { type: 'login' }>;

/** `now` gives milliseconds since 1970. Nothing here is logged. */
export function createCredencial(
  perfil: Perfil,
  connection: Connection,
  http: Http,
  now: () => number,
): Credencial {
  const { auth } = perfil;
  if (auth.type === 'login') return createLogin(perfil, auth, connection, http, now);
  const headers =
    auth.type === 'basic'
      ? {
          Authorization: `Basic ${Buffer.from(`${connection.usuario}:${connection.senha}`).toString('base64')}`,
        }
      : resolveHeaders(auth.headers, valuesOf(connection), perfil.tables);
  return { sign: async () => ({ ok: true, headers }), renew: () => false };
}

interface Token {
  headers: Headers;
  renewAt: number;
}

function createLogin(
  perfil: Perfil,
  auth: Login,
  connection: Connection,
  http: Http,
  now: () => number,
): Credencial {
  let token: Token | undefined;
  let running: Promise<Signed> | undefined;
  const logIn = async (timeoutMs: number): Promise<Signed> => {
    const outcome = await requestToken(perfil, auth, connection, http, now, timeoutMs);
    if (outcome.kind !== 'ok') return { ok: false, refusal: asRefusal(outcome) };
    token = outcome.value;
    return { ok: true, headers: token.headers };
  };
  return {
    sign: async (signal, timeoutMs) => {
      if (token && now() < token.renewAt) return { ok: true, headers: token.headers };
      running ??= logIn(timeoutMs).finally(() => {
        running = undefined;
      });
      return Promise.race([running, whenAborted(signal)]);
    },
    renew: (refused) => {
      if (token?.headers === refused) token = undefined;
      return true;
    },
  };
}

async function requestToken(
  perfil: Perfil,
  auth: Login,
  connection: Connection,
  http: Http,
  now: () => number,
  timeoutMs: number,
): Promise<Outcome<Token>> {
  const built = buildPedido(auth, perfil, valuesOf(connection));
  if (!built.ok)
    return { kind: 'contract_broken', mensagem: 'O perfil não consegue montar a chamada de login.' };
  const reply = await http({ ...built.pedido, signal: AbortSignal.timeout(timeoutMs), timeoutMs });
  const question: Question<Token> = {
    writes: false,
    creates: false,
    rules: auth.outcomes,
    success: [],
    read: (body) => readToken(auth, body, now()),
    assumed: undefined,
    known: [connection.usuario, connection.senha],
  };
  return decide(question, perfil, reply, now());
}

const FIFTY_MINUTES_S = 3000;

function readToken(auth: Login, body: unknown, now: number): Outcome<Token> {
  const word = getPath(body, auth.token);
  if (typeof word !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(word)) {
    return {
      kind: 'contract_broken',
      mensagem: 'A Tele Clínica aceitou o login, mas não mandou a chave de acesso.',
    };
  }
  const said = auth.expiresIn === undefined ? undefined : Number(getPath(body, auth.expiresIn));
  const life = said !== undefined && said > 0 ? said : (jwtLife(word, now) ?? FIFTY_MINUTES_S);
  const value = { headers: { [auth.header]: `${auth.prefix}${word}` }, renewAt: now + life * 800 };
  return { kind: 'ok', value };
}

// Seconds left by the `exp` of a JWT (RFC 7519 §4.1.4), when the token is one; its signature is not ours to check.
function jwtLife(token: string, now: number): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    const exp = getPath(claims, 'exp');
    return typeof exp === 'number' && exp * 1000 > now ? exp - now / 1000 : undefined;
  } catch {
    return undefined;
  }
}

// A login that is understood and refused means wrong credentials, whatever status the vendor chose for it. Nothing a login
// says may pass for an answer about a person, least of all "not found".
function asRefusal(outcome: Exclude<Outcome<Token>, { kind: 'ok' }>): Refusal {
  switch (outcome.kind) {
    case 'credentials':
    case 'rate_limited':
    case 'unavailable':
    case 'contract_broken':
      return outcome;
    case 'refused_data':
    case 'forbidden':
    case 'wrong_state':
      return { kind: 'credentials', mensagem: outcome.mensagem };
    default:
      return {
        kind: 'contract_broken',
        mensagem: 'A Tele Clínica respondeu ao login de um jeito inesperado.',
      };
  }
}

function valuesOf({ usuario, senha, tenant }: Connection) {
  return { usuario, senha, tenant };
}

function whenAborted(signal: AbortSignal): Promise<Signed> {
  const mensagem = 'A Tele Clínica não respondeu ao login a tempo.';
  const refusal = { kind: 'unavailable', esperarMs: undefined, mensagem } as const;
  return new Promise((resolve) => {
    const give = () => resolve({ ok: false, refusal });
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}
