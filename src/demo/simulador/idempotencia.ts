// Idempotency-Key as the IETF draft describes it: one effect a key, the first answer again, a key never reused.
import { createHash } from 'node:crypto';
import type { Chamada } from './chamada.ts';
import { type Answer, problem } from './resposta.ts';

interface Guardada {
  fingerprint: string;
  /** Null while the first request is still running. */
  answer: Answer | null;
}

/** Operation, tenant and key → what was answered. */
export type Respostas = Map<string, Guardada>;

const KEPT = 200_000;
const WITH_KEY: ReadonlySet<string> = new Set([
  'registerIntegration',
  'createPlan',
  'createUser',
  'addDependent',
]);

/** The place of this call in the store; null when it has no key or the operation takes none. */
export function slotOf(chamada: Chamada, tenant: string): string | null {
  if (!chamada.idempotencyKey || !WITH_KEY.has(chamada.operation)) return null;
  return `${chamada.operation}\n${tenant}\n${chamada.idempotencyKey}`;
}

/** Takes the slot for a request that begins. Answers instead when the key was used before (replay, 409 or 422). */
export function beginSlot(respostas: Respostas, slot: string, chamada: Chamada): Answer | null {
  const key = chamada.idempotencyKey ?? '';
  if (key.length < 8 || key.length > 128) {
    return problem(400, 'BAD_REQUEST', 'Idempotency-Key must have 8 to 128 characters');
  }
  const fingerprint = fingerprintOf(chamada);
  const known = respostas.get(slot);
  if (!known) {
    if (respostas.size >= KEPT) forgetOldest(respostas);
    respostas.set(slot, { fingerprint, answer: null });
    return null;
  }
  if (known.fingerprint !== fingerprint) {
    return problem(422, 'IDEMPOTENCY_KEY_REUSED', 'This key was used with another body');
  }
  if (known.answer === null) {
    const headers = { 'retry-after': '1' };
    return problem(409, 'REQUEST_IN_PROGRESS', 'The first request is still running', { headers });
  }
  return { ...known.answer, headers: { ...known.answer.headers, 'idempotent-replayed': 'true' } };
}

/** Keeps the answer of a request that succeeded; a refusal frees the key, so that corrected data may use it. */
export function endSlot(respostas: Respostas, slot: string, answer: Answer): void {
  const known = respostas.get(slot);
  if (known && answer.status < 300) known.answer = answer;
  else respostas.delete(slot);
}

function fingerprintOf(chamada: Chamada): string {
  const target = JSON.stringify([chamada.params, chamada.body ?? null]);
  return createHash('sha256').update(target).digest('base64');
}

function forgetOldest(respostas: Respostas): void {
  for (const oldest of respostas.keys()) {
    respostas.delete(oldest);
    return;
  }
}
