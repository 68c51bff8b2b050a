// The API itself, free of sockets: admit a call, perform it, and tell when something really changed.
import { refuseAccess, tenantOf } from './acesso.ts';
import type { Chamada } from './chamada.ts';
import type { Estado } from './estado.ts';
import { beginSlot, endSlot, slotOf } from './idempotencia.ts';
import type { Operation } from './operations.ts';
import type { Answer, Change, Outcome } from './resposta.ts';
import { HANDLERS } from './rotas.ts';

/** Called once, at the moment a change takes effect; `userId` is whose account changed, if anyone's. */
export type OnApplied = (userId: string | null) => void;

const QUEUEABLE: ReadonlySet<Operation> = new Set<Operation>([
  'createUser',
  'blockUser',
  'unblockUser',
  'cancelUser',
  'changePlan',
]);

/**
 * What happens when a call arrives: rate limit, identity, tenant, idempotency key. Answers the refusal (or the
 * replay), or null when `perform` must follow, at once or later.
 */
export function admit(estado: Estado, chamada: Chamada): Answer | null {
  const refusal = refuseAccess(estado, chamada);
  if (refusal || !estado.opcoes.idempotencia) return refusal;
  const slot = slotOf(chamada, tenantOf(chamada));
  return slot === null ? null : beginSlot(estado.respostas, slot, chamada);
}

/** Does what an admitted call asks and answers it. */
export function perform(estado: Estado, chamada: Chamada, onApplied: OnApplied): Answer {
  const outcome = HANDLERS[chamada.operation](estado, chamada);
  const answer = isChange(outcome) ? carryOut(estado, chamada, outcome, onApplied) : outcome;
  const slot = slotOf(chamada, tenantOf(chamada));
  if (slot !== null) endSlot(estado.respostas, slot, answer);
  return answer;
}

function carryOut(estado: Estado, chamada: Chamada, change: Change, onApplied: OnApplied): Answer {
  const delay = estado.opcoes.assincrono;
  if (delay === 0 || !QUEUEABLE.has(chamada.operation)) {
    const answer = change.apply();
    onApplied(change.userId);
    return answer;
  }
  // Looked at again when its turn comes: a change that no longer fits is dropped, as a real queue does.
  setTimeout(() => {
    const again = HANDLERS[chamada.operation](estado, chamada);
    if (!isChange(again)) return;
    again.apply();
    onApplied(again.userId);
  }, delay);
  const body = { operationId: chamada.newId, userId: change.userId, status: 'queued' };
  return { status: 202, body, headers: { 'retry-after': String(Math.max(1, Math.ceil(delay / 1000))) } };
}

const isChange = (outcome: Outcome): outcome is Change => 'apply' in outcome;
