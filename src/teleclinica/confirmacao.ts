// Success only when the body says so: compares what the partner shows with what was asked. Pure.
import type { Formato, PlanResult, UserResult } from './formato.ts';
import type { PageRules } from './formatoPedido.ts';
import { readId, readLabel, readPlan, readUser, type UserPaths } from './leitura.ts';
import { type Mark, nextMark } from './paginas.ts';
import type { FindUserBy, Outcome, Page, RemotePlan, RemoteUser, SituacaoRemota } from './port.ts';
import { getPath } from './transformar.ts';

type StatusMap = Formato['statusMap'];

/** What an account must show after a write. Absent = not asked. */
export interface Expected {
  id?: string;
  externalId?: string;
  situacao?: SituacaoRemota;
  planoCodigo?: string;
  cpf?: string;
}

/** Judges the account shown after a write; whatever does not show the wish is uncertain and must be read back. */
export function confirmUser(
  paths: UserPaths,
  statusMap: StatusMap,
  expected: Expected,
  body: unknown,
): Outcome<RemoteUser> {
  const shown = readUser(paths, statusMap, body, expected.id);
  if (!shown) return uncertain('A resposta da Tele Clínica veio sem o número do usuário.');
  if (isCpf(shown.id, expected.cpf)) return CPF_AS_ID;
  if (conflicts(expected.externalId, shown.externalId)) {
    const mensagem = 'A Tele Clínica mostrou uma conta que já existia com outra referência.';
    return { kind: 'duplicate_here', existente: shown, mensagem };
  }
  // A profile without "status" proves success by its own conditions, checked before this.
  const user = paths.status === undefined ? { ...shown, situacao: expected.situacao ?? 'ativo' } : shown;
  const doubt = findDoubt(user, expected);
  return doubt === undefined ? { kind: 'ok', value: user } : uncertain(doubt);
}

/** Judges a lookup: every account that really matches the key asked for; none is `not_found`. */
export function findUsers(
  paths: UserResult,
  list: string | undefined,
  by: FindUserBy,
  statusMap: StatusMap,
  body: unknown,
): Outcome<RemoteUser[]> {
  const items: unknown = list === undefined ? [body] : getPath(body, list);
  if (!Array.isArray(items))
    return broken('A resposta da busca na Tele Clínica veio sem a lista de usuários.');
  const pairs = items.map((item: unknown) => ({ item, user: readUser(paths, statusMap, item) }));
  const users = pairs.flatMap(({ item, user }) => (user && matches(by, paths, user, item) ? [user] : []));
  if (pairs.some(({ user }) => !user)) return broken('A Tele Clínica mostrou um usuário sem número.');
  if ('cpf' in by && users.some(({ id }) => isCpf(id, by.cpf))) return CPF_AS_ID;
  if (users.length > 0) return { kind: 'ok', value: users };
  // A partner that ignores an unknown filter answers with everybody: that must never pass for "found" or "not found".
  return items.length === 0
    ? { kind: 'not_found' }
    : broken('A Tele Clínica não respeitou o filtro da busca.');
}

/** Judges one page of a list; an item that cannot be read breaks the whole page, so that nobody seems gone. */
export function listPage<T extends { id: string }>(
  page: PageRules,
  mark: Mark,
  list: string,
  read: (item: unknown) => T | undefined,
  body: unknown,
): Outcome<Page<T>> {
  const items: unknown = getPath(body, list);
  if (!Array.isArray(items)) return broken('A resposta da Tele Clínica veio sem a lista pedida.');
  const itens = items.flatMap((item: unknown) => read(item) ?? []);
  if (itens.length !== items.length) return broken('A Tele Clínica mostrou um item de lista sem número.');
  const next = nextMark(
    page,
    mark,
    body,
    itens.map(({ id }) => id),
  );
  if (next.kind === 'stuck') return broken('A lista da Tele Clínica não avança: a mesma página voltou.');
  return { kind: 'ok', value: { itens, proxima: next.kind === 'next' ? next.proxima : undefined } };
}

/** Judges the plan shown after a write. */
export function confirmPlan(paths: PlanResult, body: unknown, id: string | undefined): Outcome<RemotePlan> {
  const value = readPlan(paths, body);
  if (!value) return uncertain('A resposta da Tele Clínica veio sem o código do plano.');
  return conflicts(id, value.id)
    ? uncertain('A Tele Clínica respondeu sobre outro plano.')
    : { kind: 'ok', value };
}

/** Judges the answer to a registration of the integração. */
export function confirmIntegration(
  paths: { id: string; ambiente?: string | undefined },
  body: unknown,
): Outcome<{ remotoId: string; ambiente: string | null }> {
  const remotoId = readId(getPath(body, paths.id));
  if (remotoId === undefined) return uncertain('A resposta da Tele Clínica veio sem o número da integração.');
  return { kind: 'ok', value: { remotoId, ambiente: readLabel(body, paths.ambiente) } };
}

function findDoubt(user: RemoteUser, expected: Expected): string | undefined {
  if (conflicts(expected.id, user.id)) return 'A Tele Clínica respondeu sobre outro usuário.';
  if (user.situacao === 'desconhecido')
    return 'A Tele Clínica mostrou uma situação que o perfil não conhece.';
  if (conflicts(expected.situacao, user.situacao)) {
    return `A Tele Clínica respondeu, mas mostra o usuário ${user.situacao}.`;
  }
  if (conflicts(expected.planoCodigo, user.planoCodigo))
    return 'A Tele Clínica respondeu, mas mostra outro plano.';
  return undefined;
}

function conflicts(expected: string | undefined, shown: string | null): boolean {
  return expected !== undefined && shown !== null && shown !== expected;
}

function matches(by: FindUserBy, paths: UserResult, user: RemoteUser, item: unknown): boolean {
  if ('remotoId' in by) return user.id === by.remotoId;
  if ('externalId' in by) return paths.externalId === undefined || user.externalId === by.externalId;
  const shown = paths.cpf === undefined ? undefined : getPath(item, paths.cpf);
  const digits = typeof shown === 'string' ? shown.replace(/\D/g, '') : '';
  // A CPF that is masked or left out proves nothing either way.
  return digits.length !== 11 || digits === by.cpf;
}

// Such an id would put the CPF into our tables.
function isCpf(id: string, cpf: string | undefined): boolean {
  return cpf !== undefined && id.replace(/\D/g, '') === cpf;
}

function uncertain(mensagem: string): Outcome<never> {
  return { kind: 'uncertain', mensagem, novaChave: false };
}

function broken(mensagem: string): Outcome<never> {
  return { kind: 'contract_broken', mensagem };
}

const CPF_AS_ID = broken(
  'O perfil usa o CPF como número do usuário, e CPF não pode ser guardado. Corrija "result.id".',
);
