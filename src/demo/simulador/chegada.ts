// What is known of a call when it arrives: whom it is about, what is written down of it, what the handlers get.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Chamada, textOf } from './chamada.ts';
import type { Estado } from './estado.ts';
import { type Arrival, maskPath, personOf } from './historico.ts';
import type { Operation } from './operations.ts';
import type { Endereco } from './requisicao.ts';

interface Ids {
  cpf: string | null;
  externalId: string | null;
  userId: string | null;
}

/** The call as the handlers see it. */
export function chamadaOf(
  req: IncomingMessage,
  operation: Operation,
  params: Record<string, string>,
  query: URLSearchParams,
  body: unknown,
): Chamada {
  return {
    operation,
    params,
    query,
    body,
    authorization: req.headers.authorization,
    idempotencyKey: headerOf(req, 'idempotency-key'),
    integrationId: headerOf(req, 'x-integration-id'),
    newId: randomUUID(),
  };
}

/** Whom the call is about, by path, body or filter; a known account gives all three. */
export function idsOf(
  estado: Estado,
  operation: Operation | null,
  params: Record<string, string>,
  query: URLSearchParams,
  body: unknown,
): Ids {
  const userId = params['userId'] ?? null;
  const usuario = userId === null ? undefined : estado.usuarios.get(userId);
  if (usuario) return { cpf: usuario.cpf, externalId: usuario.externalId, userId };
  const sent = operation === 'createUser' ? body : undefined;
  return {
    cpf: textOf(sent, 'cpf') ?? query.get('cpf'),
    externalId: textOf(sent, 'externalId') ?? query.get('externalId'),
    userId,
  };
}

/** What the history writes down: never a name, a CPF or a contact. */
export function arrivalOf(
  req: IncomingMessage,
  operation: Operation | null,
  { segments, query }: Endereco,
  body: unknown,
  { cpf, externalId, userId }: Ids,
): Arrival {
  const members = typeof body === 'object' && body !== null ? Object.keys(body) : [];
  return {
    operation,
    method: req.method ?? '',
    path: maskPath(segments, query),
    externalId,
    userId,
    person: cpf === null ? null : personOf(cpf),
    idempotencyKey: headerOf(req, 'idempotency-key') ?? null,
    fields: [...members, ...query.keys()],
  };
}

function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
