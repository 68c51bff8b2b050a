// What an operation answers: a status with a body, a problem in the RFC 9457 shape, or a change still to be made.
import type { Falta } from './validacao.ts';

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A checked write: nothing has happened until `apply` runs. `userId` is whose account it changes, if anyone's. */
export interface Change {
  userId: string | null;
  apply: () => Answer;
}

export type Outcome = Answer | Change;

interface ProblemExtra {
  detail?: string;
  errors?: Falta[];
  existing?: { id: string; status: string; externalId: string | null };
  headers?: Record<string, string>;
}

/** An RFC 9457 body with the OpenAPI's `code`, `requestId`, `errors[]` and `existing`. */
export function problem(status: number, code: string, title: string, extra: ProblemExtra = {}): Answer {
  const { headers = {}, ...members } = extra;
  const body = { type: 'about:blank', title, status, code, requestId: nextRequestId(), ...members };
  return { status, body, headers: { 'content-type': 'application/problem+json', ...headers } };
}

/** 422 with the names of the fields. */
export const unprocessable = (errors: Falta[]): Answer =>
  problem(422, 'VALIDATION_FAILED', 'Validation failed', { errors });

/** 404 with a `code`, which is what tells "no such thing" from a wrong address. */
export const notFound = (code: string, title: string): Answer => problem(404, code, title);

/** 409: the state of the account forbids it. */
export const invalidState = (status: string): Answer =>
  problem(409, 'INVALID_STATE', 'Invalid state', { detail: `The user is ${status}.` });

let requests = 0;

function nextRequestId(): string {
  requests += 1;
  return `sim-${requests.toString(36).padStart(8, '0')}`;
}
