// One request below /v1 from arrival to end: record it, look for a fault, perform it, answer it or cut it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { admit, perform } from './api.ts';
import { applyAvaria } from './avarias.ts';
import type { Chamada } from './chamada.ts';
import { arrivalOf, chamadaOf, idsOf } from './chegada.ts';
import { enter } from './concorrencia.ts';
import type { Estado } from './estado.ts';
import { pickFalha } from './falhas.ts';
import { type Registro, record } from './historico.ts';
import type { Mundo } from './mundo.ts';
import { USER_WRITES } from './operations.ts';
import { hasNoBody, readBody, readEndereco } from './requisicao.ts';
import { type Answer, problem } from './resposta.ts';
import { matchRota } from './rotas.ts';

/** What a fault may do with a call. `admit` and `apply` happen at most once however often they are called. */
export interface Troca {
  res: ServerResponse;
  /** Takes the call in, as at its arrival, so that a second one with the same key meets a running one. */
  admit: () => Answer | null;
  /** Performs the call and answers what an honest partner would say. */
  apply: () => Answer;
  send: (answer: Answer) => void;
  /** Marks the end of a call whose bytes were written by hand. */
  end: (status: number | null, how: Registro['end']) => void;
  drop: () => void;
}

const WRITES: ReadonlySet<string> = new Set(USER_WRITES);

/** Serves one call of the API. Never throws; a caller that leaves while sending leaves no trace. */
export async function serve(mundo: Mundo, req: IncomingMessage, res: ServerResponse): Promise<void> {
  mundo.sockets.add(req.socket);
  const { estado } = mundo;
  const endereco = readEndereco(req);
  const body = hasNoBody(req) ? undefined : await readBody(req);
  const match = matchRota(req.method ?? '', endereco.segments.slice(1));
  const operation = 'operation' in match ? match.operation : null;
  const params = 'operation' in match ? match.params : {};
  const ids = idsOf(estado, operation, params, endereco.query, body);
  const registro = record(mundo.historico, arrivalOf(req, operation, endereco, body, ids), Date.now());
  const chamada = operation && chamadaOf(req, operation, params, endereco.query, body);
  const troca = createTroca(mundo, res, registro, chamada, 'allowed' in match ? match.allowed : []);
  const falha = pickFalha(mundo.falhas, { operation, ...ids }, Date.now());
  if (falha) {
    registro.rule = falha.id;
    await applyAvaria(falha.regra, troca);
    return;
  }
  if (estado.opcoes.latencyMs > 0) {
    troca.admit();
    await new Promise((resolve) => setTimeout(resolve, estado.opcoes.latencyMs));
  }
  troca.send(troca.apply());
}

function createTroca(
  mundo: Mundo,
  res: ServerResponse,
  registro: Registro,
  chamada: Chamada | null,
  allowed: string[],
): Troca {
  const { estado } = mundo;
  const end = createEnd(mundo, registro);
  res.on('close', () => end(null, 'aborted'));
  const calls = once(estado, chamada, registro, () => noRoute(allowed));
  return {
    ...calls,
    res,
    end,
    send: (answer) => {
      registro.replayed = answer.headers?.['idempotent-replayed'] === 'true';
      end(answer.status, 'sent');
      writeAnswer(res, answer);
    },
    drop: () => {
      end(null, 'dropped');
      res.destroy();
    },
  };
}

function createEnd(mundo: Mundo, registro: Registro): Troca['end'] {
  const started = performance.now();
  const key = registro.externalId ?? registro.userId;
  const isWrite = registro.operation !== null && WRITES.has(registro.operation) && key !== null;
  const leave = isWrite ? enter(mundo.concorrencia, key, registro.seq) : () => {};
  return (status, how) => {
    if (registro.end !== 'open') return;
    Object.assign(registro, { status, end: how, durationMs: Math.round(performance.now() - started) });
    leave();
  };
}

function once(
  estado: Estado,
  chamada: Chamada | null,
  registro: Registro,
  otherwise: () => Answer,
): Pick<Troca, 'admit' | 'apply'> {
  let refusal: Answer | null | undefined;
  let answer: Answer | undefined;
  const onApplied = (userId: string | null) => {
    registro.userId ??= userId;
    registro.applied = true;
    registro.appliedAt = Date.now();
  };
  const admitOnce = () => {
    if (refusal === undefined) refusal = chamada ? admit(estado, chamada) : otherwise();
    return refusal;
  };
  const apply = () => {
    answer ??= admitOnce() ?? (chamada ? perform(estado, chamada, onApplied) : otherwise());
    return answer;
  };
  return { admit: admitOnce, apply };
}

/** Writes a whole answer. */
export function writeAnswer(res: ServerResponse, answer: Answer): void {
  if (res.destroyed || res.writableEnded) return;
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  res.writeHead(answer.status, {
    ...(text === '' ? {} : { 'content-type': 'application/json' }),
    ...(answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(text) }),
    ...answer.headers,
  });
  res.end(text);
}

function noRoute(allowed: string[]): Answer {
  if (allowed.length === 0) return problem(404, 'NOT_FOUND', 'No such path');
  return problem(405, 'METHOD_NOT_ALLOWED', 'Method not allowed', { headers: { allow: allowed.join(', ') } });
}
