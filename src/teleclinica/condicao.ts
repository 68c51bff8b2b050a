// Whether an answer meets the conditions a profile writes. Pure.
import type { Condition, Rule } from './formatoPedido.ts';
import { getPath } from './transformar.ts';

/** Status and body as a rule sees them; `text` = the partner's error words, joined. `body` undefined = not readable. */
export interface Evidence {
  status: number;
  body: unknown;
  text: string;
}

/** Do all the conditions of the rule hold? A rule without `http` speaks of any status. */
export function ruleHolds(
  rule: Omit<Rule, 'http'> & Partial<Pick<Rule, 'http'>>,
  evidence: Evidence,
): boolean {
  if (rule.http !== undefined && !rule.http.some((code) => isStatus(code, evidence.status))) return false;
  if (rule.textContains !== undefined) {
    const text = fold(evidence.text);
    if (!rule.textContains.some((part) => text.includes(fold(part)))) return false;
  }
  return conditionHolds(rule, evidence.body);
}

/** True when nothing is asked of the body, or the value at `path` is what was asked. 16 and "16" are the same word. */
export function conditionHolds(condition: Condition, body: unknown): boolean {
  if (condition.path === undefined) return true;
  const found = body === undefined ? undefined : getPath(body, condition.path);
  const exists = found !== undefined && found !== null && found !== '';
  if (condition.exists !== undefined && condition.exists !== exists) return false;
  if (condition.equals !== undefined && !same(found, condition.equals)) return false;
  return condition.in === undefined || condition.in.some((value) => same(found, value));
}

function isStatus(code: number | string, status: number): boolean {
  return typeof code === 'number' ? code === status : code[0] === String(status)[0];
}

function same(found: unknown, wanted: unknown): boolean {
  if (found === null || wanted === null) return found === wanted;
  return ['string', 'number', 'boolean'].includes(typeof found) && String(found) === String(wanted);
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
