// Every call that arrived, in order, without personal data: a bounded ring that tests and people read.
import { createHmac, randomBytes } from 'node:crypto';
import type { Operation } from './operations.ts';

export interface Registro {
  /** Grows by one per call; gaps only after the history was cleared. */
  seq: number;
  /** When it arrived, ms since 1970; never goes back. */
  at: number;
  /** Null for a path that the API does not have. */
  operation: Operation | null;
  method: string;
  /** Path and query with personal values replaced by `***`. */
  path: string;
  externalId: string | null;
  userId: string | null;
  /** Stands for the CPF: equal for equal CPFs, of no use outside this process. */
  person: string | null;
  idempotencyKey: string | null;
  /** Names of the body members and query parameters that were sent. */
  fields: string[];
  /** What was answered; null while open, or when no answer ever left. */
  status: number | null;
  /** sent: whole answer handed over; dropped: cut by a fault; aborted: the caller left first. */
  end: 'open' | 'sent' | 'dropped' | 'aborted';
  replayed: boolean;
  /** Whether something changed because of this call, and when (ms since 1970). */
  applied: boolean;
  appliedAt: number | null;
  /** The fault rule that broke this call. */
  rule: string | null;
  durationMs: number | null;
}

export interface Historico {
  ring: Registro[];
  size: number;
  next: number;
  /** Seq of the first call after the last clearing. */
  first: number;
  lastAt: number;
}

export function createHistorico(size = 200_000): Historico {
  return { ring: [], size, next: 1, first: 1, lastAt: 0 };
}

export type Arrival = Pick<
  Registro,
  'operation' | 'method' | 'path' | 'externalId' | 'userId' | 'person' | 'idempotencyKey' | 'fields'
>;

/** Records an arrival; the caller fills in how it ended. */
export function record(historico: Historico, arrival: Arrival, now: number): Registro {
  historico.lastAt = Math.max(historico.lastAt, now);
  const registro: Registro = {
    seq: historico.next,
    at: historico.lastAt,
    ...arrival,
    status: null,
    end: 'open',
    replayed: false,
    applied: false,
    appliedAt: null,
    rule: null,
    durationMs: null,
  };
  historico.ring[historico.next % historico.size] = registro;
  historico.next += 1;
  return registro;
}

/** Calls after seq `since`, oldest first, of one operation or of all; at most `limit` of them, the newest. */
export function listRegistros(
  historico: Historico,
  since = 0,
  operation: string | null = null,
  limit = Number.POSITIVE_INFINITY,
): Registro[] {
  const oldest = Math.max(historico.first, historico.next - historico.size, since + 1);
  const found: Registro[] = [];
  for (let seq = historico.next - 1; seq >= oldest && found.length < limit; seq -= 1) {
    const registro = historico.ring[seq % historico.size];
    if (registro && (operation === null || registro.operation === operation)) found.push(registro);
  }
  return found.reverse();
}

/** Forgets every call; the numbering goes on. */
export function clearHistorico(historico: Historico): void {
  historico.ring = [];
  historico.first = historico.next;
}

const KEY = randomBytes(32);

/** A stand-in for a CPF that groups calls of one person and tells nothing else. */
export const personOf = (cpf: string): string =>
  createHmac('sha256', KEY).update(cpf.replace(/\D/g, '')).digest('hex').slice(0, 12);

const HARMLESS = new Set([
  'externalId',
  'status',
  'planId',
  'updatedSince',
  'page',
  'pageSize',
  'cursor',
  'active',
]);
const CPF = /^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$/;

/** The path as it may be written down: no CPF, and only the query values that cannot be personal. */
export function maskPath(segments: string[], query: URLSearchParams): string {
  const path = `/${segments.map((segment) => (CPF.test(segment) ? '***' : segment)).join('/')}`;
  const pairs = [...query].map(([name, value]) => {
    const harmless = HARMLESS.has(name) && !CPF.test(value);
    return `${name}=${harmless ? encodeURIComponent(value) : '***'}`;
  });
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}
