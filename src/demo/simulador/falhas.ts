// Fault rules: which calls they meet, how often, and with which kind of trouble.
import { z } from 'zod';
import { OPERATIONS } from './operations.ts';

const ms = z.number().min(0).max(3_600_000);
const httpStatus = z.number().int().min(200).max(599);
const operation = z.enum([...OPERATIONS, '*']);

// `apply` says whether the call takes effect before its answer is spoiled.
const kinds = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latency'), ms, when: z.enum(['before', 'after']).default('before') }),
  z.object({ kind: z.literal('dropBefore') }),
  z.object({ kind: z.literal('applyThenDrop') }),
  z.object({ kind: z.literal('applyLate'), ms, answer: z.enum(['drop', 'hang', '503']).default('drop') }),
  z.object({
    kind: z.literal('status'),
    status: httpStatus,
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  z.object({ kind: z.literal('statusAfterApply'), status: httpStatus, body: z.unknown().optional() }),
  z.object({ kind: z.literal('html200'), apply: z.boolean().default(false) }),
  z.object({ kind: z.literal('empty200'), apply: z.boolean().default(false) }),
  z.object({ kind: z.literal('wrongJson'), apply: z.boolean().default(false), body: z.unknown().optional() }),
  z.object({ kind: z.literal('success200WithError'), apply: z.boolean().default(false) }),
  z.object({
    kind: z.literal('truncated'),
    apply: z.boolean().default(true),
    /** cut: the connection breaks in mid-body; short: a well-framed answer whose JSON stops half-way. */
    how: z.enum(['cut', 'short']).default('cut'),
  }),
  z.object({
    kind: z.literal('huge'),
    apply: z.boolean().default(true),
    mb: z.number().min(0.001).max(2048),
  }),
  z.object({
    kind: z.literal('slowDrip'),
    apply: z.boolean().default(true),
    bytesPerSecond: z.number().min(1),
  }),
  z.object({ kind: z.literal('unauthorized') }),
  z.object({ kind: z.literal('forbidden') }),
  z.object({
    kind: z.literal('rateLimited'),
    /** Seconds, one of the awkward forms, or any text as it stands. `date` lies `seconds` ahead. */
    retryAfter: z.union([z.number(), z.string()]).default(1),
    seconds: z.number().default(2),
  }),
  z.object({
    kind: z.literal('redirect'),
    url: z.string(),
    status: z.number().int().min(300).max(399).default(302),
  }),
  z.object({ kind: z.literal('flapping'), upMs: ms, downMs: ms.min(1) }),
  z.object({ kind: z.literal('down') }),
  z.object({ kind: z.literal('unknownStatus'), word: z.string().default('em_analise') }),
]);

const alvo = z.object({
  operation: z.union([operation, z.array(operation).min(1)]).default('*'),
  cpf: z.string().optional(),
  externalId: z.string().optional(),
  userId: z.string().optional(),
  /** How many calls it breaks; null = until it is taken away. */
  times: z.number().int().min(1).nullable().default(null),
  /** How many matching calls pass unharmed first. */
  skip: z.number().int().min(0).default(0),
  probability: z.number().min(0).max(1).default(1),
  /** Same seed, same calls → same faults. */
  seed: z.number().int().default(1),
});

export const falhaSchema = z.intersection(kinds, alvo);

export type FalhaInput = z.input<typeof falhaSchema>;
export type Avaria = z.output<typeof kinds>;

export interface Falha {
  id: string;
  regra: z.output<typeof falhaSchema>;
  /** Calls it matched, and calls it broke. */
  matched: number;
  hits: number;
  since: number;
  random: () => number;
}

/** What a rule may be aimed at. */
export interface Alvo {
  operation: string | null;
  cpf: string | null;
  externalId: string | null;
  userId: string | null;
}

/** A rule ready to be matched; `now` in ms starts a flapping rule's clock, in its up time. */
export function createFalha(id: string, regra: Falha['regra'], now: number): Falha {
  return { id, regra, matched: 0, hits: 0, since: now, random: mulberry32(regra.seed) };
}

/** The first rule, in order of creation, that breaks this call; it counts as used. */
export function pickFalha(falhas: readonly Falha[], alvo: Alvo, now: number): Falha | null {
  for (const falha of falhas) {
    if (!matches(falha.regra, alvo) || !isOn(falha, now)) continue;
    falha.matched += 1;
    const { skip, times, probability } = falha.regra;
    if (falha.matched <= skip || (times !== null && falha.hits >= times)) continue;
    if (probability < 1 && falha.random() >= probability) continue;
    falha.hits += 1;
    return falha;
  }
  return null;
}

function matches(regra: Falha['regra'], alvo: Alvo): boolean {
  const operations = [regra.operation].flat();
  if (!operations.some((name) => name === '*' || name === alvo.operation)) return false;
  return (
    (regra.cpf === undefined || regra.cpf === alvo.cpf) &&
    (regra.externalId === undefined || regra.externalId === alvo.externalId) &&
    (regra.userId === undefined || regra.userId === alvo.userId)
  );
}

function isOn(falha: Falha, now: number): boolean {
  if (falha.regra.kind !== 'flapping') return true;
  const { upMs, downMs } = falha.regra;
  return (now - falha.since) % (upMs + downMs) >= upMs;
}

// mulberry32 by Tommy Ettinger (public domain): small, seedable, good enough to choose calls.
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
