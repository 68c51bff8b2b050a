// From what the wire left behind to one of the closed outcomes: the profile's rules first, then a table by HTTP status. Pure.
import { conditionHolds, type Evidence, ruleHolds } from './condicao.ts';
import { readRetryAfter } from './espera.ts';
import type { Formato } from './formato.ts';
import type { Condition, Rule } from './formatoPedido.ts';
import type { Reply } from './http.ts';
import { readUser } from './leitura.ts';
import { maskText } from './mascara.ts';
import type { FieldError, Outcome } from './port.ts';
import { readFields, readWord } from './recusa.ts';
import { getPath } from './transformar.ts';

/** What must be known of an operation to judge its answer. */
export interface Question<T> {
  /** May the call have changed something at the partner? */
  writes: boolean;
  /** Does it make a new thing, so that "not found" cannot be an answer? */
  creates: boolean;
  rules: readonly Rule[];
  success: readonly Condition[];
  /** Judges the body of an answer that claims success. */
  read: (body: unknown) => Outcome<T>;
  /** What is true afterwards when the profile says "done" and the body shows nothing. */
  assumed: T | undefined;
  /** Values sent about the person; they are hidden from the partner's words. */
  known: readonly string[];
}

/** The parts of a profile that judge answers of every operation. */
export type Judge = Pick<Formato, 'bodyErrors' | 'outcomes' | 'errors' | 'statusMap'>;

type Answered = Extract<Reply, { kind: 'answered' }>;

interface Case<T> extends Evidence {
  question: Question<T>;
  judge: Judge;
  reply: Answered;
  /** The first of the partner's error texts: what people are shown. */
  words: string;
  esperarMs: number | undefined;
}

/** The outcome of one exchange; `now` (ms since 1970) is for a Retry-After given as a date. */
export function decide<T>(question: Question<T>, judge: Judge, reply: Reply, now: number): Outcome<T> {
  if (reply.kind === 'failed')
    return reply.sent ? unknown(question, reply.mensagem) : unavailable(reply.mensagem);
  const facts = gather(question, judge, reply, now);
  const bodyError = isSuccess(reply.status)
    ? judge.bodyErrors.find((rule) => ruleHolds(rule, facts))
    : undefined;
  const rule = [...question.rules, ...judge.outcomes].find(
    (candidate) => ruleHolds(candidate, facts) && !(bodyError && claimsSuccess(candidate)),
  );
  if (rule) return byRule(facts, rule);
  return bodyError ? byRule(facts, bodyError) : byStatus(facts);
}

function gather<T>(question: Question<T>, judge: Judge, reply: Answered, now: number): Case<T> {
  const body = reply.body.kind === 'json' ? reply.body.value : undefined;
  const words = judge.errors.text
    .map((path) => getPath(body, path))
    .filter((part) => typeof part === 'string');
  const esperarMs = readRetryAfter(reply.header('retry-after'), now);
  return {
    question,
    judge,
    reply,
    status: reply.status,
    body,
    text: words.join(' '),
    words: words[0] ?? '',
    esperarMs,
  };
}

function byRule<T>(facts: Case<T>, rule: Omit<Rule, 'http'>): Outcome<T> {
  const mensagem = rule.mensagem ?? partnerWords(facts);
  const { esperarMs, question } = facts;
  switch (rule.is) {
    case 'ok':
      return facts.reply.body.kind === 'empty' ? assumed(question, 'ok') : succeed(facts);
    case 'already':
      return assumed(question, 'already');
    case 'accepted':
      return { kind: 'accepted', esperarMs };
    case 'not_found':
      return { kind: 'not_found' };
    case 'duplicate_here':
      return { kind: 'duplicate_here', existente: readExisting(facts), mensagem };
    case 'refused_data':
      return { kind: 'refused_data', campos: fieldsOf(facts, rule.campo, mensagem), mensagem };
    case 'wrong_state':
      return { kind: 'wrong_state', mensagem, esperarMs };
    case 'rate_limited':
      return { kind: 'rate_limited', esperarMs };
    case 'unavailable':
      return { kind: 'unavailable', esperarMs, mensagem };
    case 'uncertain':
      return unknown(question, mensagem, esperarMs, rule.novaChave);
    default:
      return { kind: rule.is, mensagem };
  }
}

function byStatus<T>(facts: Case<T>): Outcome<T> {
  const { status, question, esperarMs } = facts;
  const { kind } = facts.reply.body;
  if (status === 202)
    return question.writes ? { kind: 'accepted', esperarMs } : unavailable(NOT_READY, esperarMs);
  if (isSuccess(status)) return succeed(facts);
  if (status === 401) return { kind: 'credentials', mensagem: partnerWords(facts) };
  if (status === 429) return { kind: 'rate_limited', esperarMs };
  if (status >= 300 && status < 400) return unknown(question, REDIRECTED);
  const fromPartner = kind === 'json' || (kind === 'empty' && status !== 404);
  if (status < 400 || status >= 500 || status === 408 || !fromPartner) {
    return unknown(question, partnerWords(facts), esperarMs);
  }
  return byRefusal(facts);
}

// 4xx that the partner itself wrote, so surely not applied.
function byRefusal<T>(facts: Case<T>): Outcome<T> {
  const { status, question, esperarMs } = facts;
  const mensagem = partnerWords(facts);
  if (status === 403) return { kind: 'forbidden', mensagem };
  if (status === 400 || status === 422) {
    return { kind: 'refused_data', campos: fieldsOf(facts, undefined, mensagem), mensagem };
  }
  if (status === 404) return notFound(facts, mensagem);
  if (status === 409) {
    if (!question.writes) return unavailable(mensagem, esperarMs);
    return question.creates ? { kind: 'duplicate', mensagem } : { kind: 'wrong_state', mensagem, esperarMs };
  }
  if (status === 425) return unavailable(mensagem, esperarMs);
  return { kind: 'contract_broken', mensagem };
}

// A gateway or a wrong URL Base answers 404 too; only the vendor's own shape means "no such person".
function notFound<T>(facts: Case<T>, mensagem: string): Outcome<T> {
  const { code } = facts.judge.errors;
  const isVendor = code === undefined ? facts.text !== '' : readWord(getPath(facts.body, code)) !== undefined;
  if (!isVendor) return unknown(facts.question, WRONG_PLACE, facts.esperarMs);
  return facts.question.creates ? { kind: 'contract_broken', mensagem } : { kind: 'not_found' };
}

function succeed<T>(facts: Case<T>): Outcome<T> {
  const { question, reply } = facts;
  if (reply.body.kind === 'unreadable') return unknown(question, reply.body.motivo);
  if (reply.body.kind === 'empty') return unknown(question, 'A Tele Clínica respondeu sem dizer nada.');
  if (question.success.every((condition) => conditionHolds(condition, facts.body)))
    return question.read(facts.body);
  return unproven(question, 'A resposta da Tele Clínica não confirma o que foi pedido.');
}

/** A 2xx that does not show what was asked: a write must be read back, a read breaks the contract. */
export function unproven<T>(question: Pick<Question<T>, 'writes'>, mensagem: string): Outcome<T> {
  if (question.writes) return { kind: 'uncertain', mensagem, novaChave: false };
  return { kind: 'contract_broken', mensagem };
}

function assumed<T>({ assumed: value, writes }: Question<T>, kind: 'ok' | 'already'): Outcome<T> {
  return value === undefined
    ? unproven({ writes }, 'A Tele Clínica não mostrou o resultado.')
    : { kind, value };
}

// Nobody knows whether it happened: for a read that only means "try later".
function unknown<T>(
  question: Pick<Question<T>, 'writes'>,
  mensagem: string,
  esperarMs?: number | undefined,
  novaChave = false,
): Outcome<T> {
  return question.writes ? { kind: 'uncertain', mensagem, novaChave } : unavailable(mensagem, esperarMs);
}

function unavailable(mensagem: string, esperarMs?: number | undefined): Outcome<never> {
  return { kind: 'unavailable', esperarMs, mensagem };
}

function partnerWords<T>({ words, reply, status, question }: Case<T>): string {
  const shown = maskText(words, question.known);
  if (shown !== '') return shown;
  if (reply.body.kind === 'unreadable') return `${reply.body.motivo} (HTTP ${status})`;
  return `A Tele Clínica respondeu HTTP ${status}, sem explicação.`;
}

function fieldsOf<T>(
  { judge, body, question }: Case<T>,
  campo: string | undefined,
  mensagem: string,
): FieldError[] {
  return campo === undefined
    ? readFields(judge.errors, body, mensagem, question.known)
    : [{ campo, mensagem }];
}

function readExisting<T>({ judge, body }: Case<T>) {
  return judge.errors.existing && readUser(judge.errors.existing, judge.statusMap, body);
}

const isSuccess = (status: number) => status >= 200 && status < 300;
const claimsSuccess = (rule: Rule) => rule.is === 'ok' || rule.is === 'accepted';

const NOT_READY = 'A Tele Clínica ainda não tem a resposta.';
const REDIRECTED = 'A Tele Clínica mandou ir a outro endereço, e isso não é seguido. Confira a URL Base.';
const WRONG_PLACE =
  'O endereço respondeu “não existe”, mas não parece ser a Tele Clínica. Confira a URL Base.';
