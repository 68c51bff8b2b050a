// Runs one operation of a profile over the wire: build, sign, send, judge, and repeat once when only the token was stale.
import { createCredencial } from './credencial.ts';
import { type Values, WRITES } from './fontes.ts';
import type { OperationName } from './formato.ts';
import type { Condition, PageRules, RequestRules } from './formatoPedido.ts';
import { createHttp, type HttpOptions, type Reply } from './http.ts';
import { buildPedido, type Pedido, pageParams } from './pedido.ts';
import type { Perfil } from './perfil.ts';
import type { Answer, CallOptions, CallTrace, Connection, Outcome } from './port.ts';
import { decide, type Question } from './resultado.ts';
import { getPath } from './transformar.ts';

/** What all operations of a profile have in common, whatever they read. */
export interface OperationRules extends RequestRules {
  writes: boolean;
  success: readonly Condition[];
  page?: PageRules | undefined;
}

export interface Ask<T> {
  name: OperationName;
  operation: OperationRules;
  values: Values;
  read: (body: unknown) => Outcome<T>;
  assumed?: T;
  creates?: boolean;
  position?: string | undefined;
}

export type Call = <T>(ask: Ask<T>, options: CallOptions) => Promise<Answer<T>>;

export interface CallSettings extends Pick<HttpOptions, 'hosts' | 'resolve'> {
  /** Milliseconds since 1970; the system clock by default. */
  now?: (() => number) | undefined;
}

/** One connection to the partner: keeps sockets and token, so make one per integração and keep it. */
export function createCall(perfil: Perfil, connection: Connection, settings: CallSettings): Call {
  const now = settings.now ?? Date.now;
  const attempt = createAttempt(perfil, connection, settings, now);
  return async (ask, options) => {
    const started = performance.now();
    const values = { ...ask.values, tenant: tenantOf(ask.name, connection), hoje: today.format(now()) };
    const prepared = prepare(ask, perfil, values, options);
    if (!prepared.ok) return { outcome: prepared.outcome, trace: traceOf(perfil, undefined, started) };
    const question = questionOf(ask, [connection.usuario, connection.senha]);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
    try {
      const timed = { signal: deadline.signal, timeoutMs: options.timeoutMs };
      let result = await attempt(prepared.pedido, question, timed);
      if (result.retry) result = await attempt(prepared.pedido, question, timed);
      return { outcome: result.outcome, trace: traceOf(perfil, result.reply, started) };
    } finally {
      clearTimeout(timer);
    }
  };
}

// The partner's calendar is Brasília's.
const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' });

interface Timed {
  signal: AbortSignal;
  timeoutMs: number;
}

interface Result<T> {
  outcome: Outcome<T>;
  reply: Reply | undefined;
  /** The same call may be made once more with a new signature. */
  retry: boolean;
}

function createAttempt(perfil: Perfil, connection: Connection, settings: CallSettings, now: () => number) {
  const { hosts, resolve } = settings;
  const http = createHttp(connection.urlBase, { hosts, resolve, sockets: perfil.limits.concurrency });
  const credencial = createCredencial(perfil, connection, http, now);
  return async <T>(pedido: Pedido, question: Question<T>, timed: Timed): Promise<Result<T>> => {
    const signed = await credencial.sign(timed.signal, timed.timeoutMs);
    if (!signed.ok) return { outcome: signed.refusal, reply: undefined, retry: false };
    const headers = { ...pedido.headers, ...signed.headers };
    const reply = await http({ ...pedido, headers, ...timed });
    const outcome = decide(question, perfil, reply, now());
    // A 401 in the vendor's own format was refused before anything was done; otherwise only a read may be repeated.
    const harmless = !question.writes || (reply.kind === 'answered' && reply.body.kind === 'json');
    const retry = outcome.kind === 'credentials' && harmless && credencial.renew(signed.headers);
    return { outcome, reply, retry };
  };
}

type Prepared<T> = { ok: true; pedido: Pedido } | { ok: false; outcome: Outcome<T> };

function prepare<T>(ask: Ask<T>, perfil: Perfil, values: Values, options: CallOptions): Prepared<T> {
  const { operation } = ask;
  const built = buildPedido(
    operation,
    perfil,
    values,
    operation.page ? pageParams(operation.page, ask.position) : [],
  );
  if (!built.ok) {
    const mensagem = 'A chamada não foi feita: o perfil não consegue escrever estes dados.';
    return { ok: false, outcome: { kind: 'refused_data', campos: built.campos, mensagem } };
  }
  const key = options.idempotencyKey;
  const headers = {
    ...built.pedido.headers,
    ...(key === undefined ? {} : { [perfil.idempotencyHeader]: key }),
  };
  return { ok: true, pedido: { ...built.pedido, headers } };
}

function questionOf<T>(ask: Ask<T>, secrets: readonly string[]): Question<T> {
  const { operation } = ask;
  return {
    writes: WRITES.has(ask.name) || operation.writes,
    creates: ask.creates ?? false,
    rules: operation.outcomes,
    success: operation.success,
    read: ask.read,
    assumed: ask.assumed,
    known: [...secrets, ...personalValues(ask.values)],
  };
}

function personalValues(values: Values): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value !== null && (name === 'cpf' || name.startsWith('pessoa.')) ? [value] : [],
  );
}

// Registering is what gives an integração its id, so that call cannot carry one.
function tenantOf(name: OperationName, { tenant }: Connection): string | null {
  return name === 'registerIntegration' ? null : tenant;
}

function traceOf(perfil: Perfil, reply: Reply | undefined, started: number): CallTrace {
  const duracaoMs = Math.round(performance.now() - started);
  if (reply?.kind !== 'answered') return { httpStatus: null, requestId: null, duracaoMs };
  const { requestId, requestIdHeader } = perfil.errors;
  const fromBody = requestId && reply.body.kind === 'json' ? getPath(reply.body.value, requestId) : undefined;
  const word = reply.header(requestIdHeader) ?? fromBody;
  const usable = typeof word === 'string' && /^[\w.:-]{1,64}$/.test(word) && !/^\d{11}$/.test(word);
  return { httpStatus: reply.status, requestId: usable ? word : null, duracaoMs };
}
