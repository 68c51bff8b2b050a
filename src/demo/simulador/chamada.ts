// One call as the handlers see it: which operation, on what, with which body, for which tenant.
import type { Operation } from './operations.ts';

export interface Chamada {
  operation: Operation;
  /** Path parameters by name (`userId`, `planId`, `dependentId`). */
  params: Record<string, string>;
  query: URLSearchParams;
  /** The parsed body; undefined when there was none, `MALFORMED` when it could not be read. */
  body: unknown;
  authorization: string | undefined;
  idempotencyKey: string | undefined;
  integrationId: string | undefined;
  /** Id for whatever this call creates: the same whether it is made now or after a 202. */
  newId: string;
}

/** Stands for a body that is not what its content-type says. */
export const MALFORMED = Symbol('malformed');

/** A member of an object of unknown shape, if it is a non-empty text. */
export function textOf(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const member: unknown = Reflect.get(value, name);
  return typeof member === 'string' && member !== '' ? member : undefined;
}
