// Carrying out a fault: one function a kind of trouble, on a call that may or may not take effect.
import { setTimeout as wait } from 'node:timers/promises';
import type { Avaria } from './falhas.ts';
import { sendCut, sendHuge, sendShort, sendSlowly } from './rede.ts';
import { type Answer, problem } from './resposta.ts';
import type { Troca } from './troca.ts';

const HTML =
  '<!DOCTYPE html><html lang="pt-BR"><title>Portal</title><h1>Portal em manutenção</h1><p>Volte mais tarde.</p></html>';

type Of<K extends Avaria['kind']> = Extract<Avaria, { kind: K }>;
type Table = { [K in Avaria['kind']]: (avaria: Of<K>, troca: Troca) => void | Promise<void> };

const AVARIAS: Table = {
  latency,
  dropBefore: (_, troca) => troca.drop(),
  applyThenDrop: (_, troca) => {
    troca.apply();
    troca.drop();
  },
  applyLate,
  status: ({ status, body, headers }, troca) => troca.send(answerOf(status, body, headers)),
  statusAfterApply: ({ status, body }, troca) => {
    troca.apply();
    troca.send(answerOf(status, body, {}));
  },
  html200: ({ apply }, troca) => {
    if (apply) troca.apply();
    sendText(troca, 200, HTML);
  },
  empty200: ({ apply }, troca) => {
    if (apply) troca.apply();
    troca.send({ status: 200 });
  },
  wrongJson: ({ apply, body }, troca) => {
    if (apply) troca.apply();
    troca.send({ status: 200, body: body ?? { resultado: [{ codigo: 7 }], ok: 'sim' } });
  },
  success200WithError: ({ apply }, troca) => {
    if (apply) troca.apply();
    troca.send({ status: 200, body: { success: false, message: 'Não foi possível concluir a operação' } });
  },
  truncated: ({ apply, how }, troca) => (how === 'cut' ? sendCut : sendShort)(troca, spoiled(apply, troca)),
  huge: ({ apply, mb }, troca) => sendHuge(troca, spoiled(apply, troca), mb),
  slowDrip: ({ apply, bytesPerSecond }, troca) => sendSlowly(troca, spoiled(apply, troca), bytesPerSecond),
  unauthorized: (_, troca) => {
    const headers = { 'www-authenticate': 'Basic realm="Tele Clinica"' };
    troca.send(problem(401, 'UNAUTHORIZED', 'Invalid credentials', { headers }));
  },
  forbidden: (_, troca) => troca.send(problem(403, 'FORBIDDEN', 'Not allowed')),
  rateLimited,
  redirect: ({ url, status }, troca) => troca.send({ status, headers: { location: url } }),
  flapping: (_, troca) => troca.drop(),
  down: (_, troca) => troca.drop(),
  unknownStatus: ({ word }, troca) => {
    const answer = troca.apply();
    troca.send({ ...answer, body: withStatus(answer.body, word) });
  },
};

/** Breaks the call as the rule says. Ends when the last byte is out or the connection is cut. */
export async function applyAvaria(avaria: Avaria, troca: Troca): Promise<void> {
  await run(avaria.kind, avaria, troca);
}

// The table is keyed by the very `kind` of the rule: the lookup narrows what the type system cannot.
function run<K extends Avaria['kind']>(kind: K, avaria: Extract<Avaria, { kind: K }>, troca: Troca) {
  return AVARIAS[kind](avaria, troca);
}

async function latency({ ms, when }: Of<'latency'>, troca: Troca): Promise<void> {
  if (when === 'after') troca.apply();
  else troca.admit();
  await wait(ms);
  troca.send(troca.apply());
}

async function applyLate({ ms, answer }: Of<'applyLate'>, troca: Troca): Promise<void> {
  troca.admit();
  if (answer === 'drop') troca.drop();
  if (answer === '503') troca.send(answerOf(503, undefined, {}));
  await wait(ms);
  troca.apply();
}

function rateLimited({ retryAfter, seconds }: Of<'rateLimited'>, troca: Troca): void {
  const forms: Record<string, string> = {
    date: new Date(Date.now() + seconds * 1000).toUTCString(),
    negative: '-5',
    absurd: '999999999',
  };
  const text = String(retryAfter);
  const headers: Record<string, string> = text === 'absent' ? {} : { 'retry-after': forms[text] ?? text };
  troca.send(problem(429, 'RATE_LIMITED', 'Too many requests', { headers }));
}

/** The honest answer, to be spoiled on its way; without `apply` the call has no effect and the answer is made up. */
const spoiled = (apply: boolean, troca: Troca): Answer =>
  apply ? troca.apply() : { status: 200, body: { id: 'nada-aconteceu', status: 'active' } };

function answerOf(status: number, body: unknown, headers: Record<string, string>): Answer {
  if (status === 204 || status === 304) return { status, headers };
  if (body !== undefined) return { status, body, headers };
  if (status < 400) return { status, body: {}, headers };
  const code = status === 503 ? 'MAINTENANCE' : `HTTP_${status}`;
  return problem(status, code, 'Simulated failure', { headers });
}

function sendText(troca: Troca, status: number, text: string): void {
  troca.end(status, 'sent');
  if (troca.res.destroyed) return;
  troca.res.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  troca.res.end(text);
}

function withStatus(body: unknown, word: string): unknown {
  if (typeof body !== 'object' || body === null) return body;
  if ('data' in body && Array.isArray(body.data)) {
    return { ...body, data: body.data.map((item: unknown) => withStatus(item, word)) };
  }
  return 'status' in body ? { ...body, status: word } : body;
}
