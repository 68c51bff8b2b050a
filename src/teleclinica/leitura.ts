// Reads users and plans out of the partner's bodies by a profile's paths, keeping ids and states and dropping all else. Pure.
import type { Formato, ListedUser, PlanResult, UserResult } from './formato.ts';
import type { PessoaListada, RemotePlan, RemoteUser } from './port.ts';
import { getPath } from './transformar.ts';

/** Where an account's parts stand in a body. Without `id` the caller must know it. */
export type UserPaths = Partial<Omit<UserResult, 'id'>> & { id?: string | undefined };

/** The account shown by `body`; undefined when it carries no usable id. A word outside the map becomes `desconhecido`. */
export function readUser(
  paths: UserPaths,
  statusMap: Formato['statusMap'],
  body: unknown,
  knownId?: string | undefined,
): RemoteUser | undefined {
  const id = paths.id === undefined ? knownId : readId(at(body, paths.id));
  if (id === undefined) return undefined;
  const word = at(body, paths.status);
  const mapped =
    typeof word === 'string' || typeof word === 'number' ? lookUp(statusMap, String(word)) : undefined;
  return {
    id,
    situacao: mapped === 'pendente' ? 'ativo' : (mapped ?? 'desconhecido'),
    aguardaPrimeiroAcesso: mapped === 'pendente',
    externalId: readReference(at(body, paths.externalId)),
    planoCodigo: readId(at(body, paths.planoCodigo)) ?? null,
  };
}

/** The person that an item of a list shows, as it is written there; null for what the partner leaves out. */
export function readPessoaListada(paths: ListedUser, body: unknown): PessoaListada {
  const text = (path: string | undefined): string | null => {
    const value = at(body, path);
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
  };
  return {
    cpf: text(paths.cpf),
    nome: text(paths.nome),
    nascimento: text(paths.nascimento),
    email: text(paths.email),
    celular: text(paths.celular),
  };
}

/** The plan shown by `body`; undefined without an id. `ativo` is true unless the partner says otherwise. */
export function readPlan(paths: PlanResult, body: unknown): RemotePlan | undefined {
  const id = readId(at(body, paths.id));
  if (id === undefined) return undefined;
  const nome = at(body, paths.nome);
  const ativo = at(body, paths.ativo);
  return {
    id,
    externalId: readId(at(body, paths.externalId)) ?? null,
    nome: typeof nome === 'string' ? nome.slice(0, 120) : '',
    ativo: ativo !== false && ativo !== 0 && ativo !== 'false' && ativo !== '0',
  };
}

/** A short word such as the name of an environment, or null. */
export function readLabel(body: unknown, path: string | undefined): string | null {
  const value = at(body, path);
  return typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 40) : null;
}

/**
 * An id as text: 1 to 64 visible ASCII characters, which is what our columns hold, never `.` or `..` (it will stand in a
 * URL path). An account whose id we could not keep would be lost to us.
 * Numbers beyond 2^53 were already rounded by JSON, so they are no id.
 */
export function readId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'string' || value === '.' || value === '..') return undefined;
  return /^[\x21-\x7e]{1,64}$/.test(value) ? value : undefined;
}

// Somebody else's reference may be the CPF or e-mail itself: those never enter.
function readReference(value: unknown): string | null {
  const reference = readId(value);
  if (reference === undefined || reference.includes('@')) return null;
  return /^\d{3}\.?\d{3}\.?\d{3}-?\d{2}$/.test(reference) ? null : reference;
}

function at(body: unknown, path: string | undefined): unknown {
  return path === undefined ? undefined : getPath(body, path);
}

function lookUp(statusMap: Formato['statusMap'], word: string) {
  return Object.hasOwn(statusMap, word) ? statusMap[word] : undefined;
}
