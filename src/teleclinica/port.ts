// What the rest of the program knows of Tele Clínica: these operations, these answers, nothing of the wire.

/** What Tele Clínica says of an account. `desconhecido` = a word the profile does not map; it never causes a write. */
export type SituacaoRemota = 'ativo' | 'bloqueado' | 'cancelado' | 'desconhecido';

/** An account as the partner shows it, reduced to what we keep: no personal data crosses this line. */
export interface RemoteUser {
  id: string;
  situacao: SituacaoRemota;
  /** The partner's `pending`: usable, but the person has not made the first access yet (decisions 19). */
  aguardaPrimeiroAcesso: boolean;
  externalId: string | null;
  planoCodigo: string | null;
}

/** What a list shows of a person beside the account: seen by `ListOptions.resumir` only, while the page is read. */
export interface PessoaListada {
  cpf: string | null;
  nome: string | null;
  nascimento: string | null;
  email: string | null;
  celular: string | null;
}

export interface RemotePlan {
  id: string;
  externalId: string | null;
  nome: string;
  ativo: boolean;
}

/** Personal data in transit only: read from IXC, validated, sent, forgotten. */
export interface Pessoa {
  nome: string;
  cpf: string;
  /** AAAA-MM-DD */
  nascimento: string;
  email: string | null;
  /** 11 national digits, mobile */
  celular: string | null;
}

export interface FieldError {
  campo: string;
  mensagem: string;
}

/**
 * The closed set of answers. `mensagem` is for staff, in Portuguese or in the partner's own words, without personal data.
 * `esperarMs` comes from Retry-After, capped at one hour; undefined when the partner did not say.
 */
export type Outcome<T> =
  | { kind: 'ok'; value: T }
  | { kind: 'accepted'; esperarMs: number | undefined }
  | { kind: 'already'; value: T }
  | { kind: 'not_found' }
  | { kind: 'duplicate'; mensagem: string }
  | { kind: 'duplicate_here'; existente: RemoteUser | undefined; mensagem: string }
  | { kind: 'duplicate_elsewhere'; mensagem: string }
  | { kind: 'refused_data'; campos: FieldError[]; mensagem: string }
  | { kind: 'wrong_state'; mensagem: string; esperarMs: number | undefined }
  | { kind: 'forbidden'; mensagem: string }
  | { kind: 'credentials'; mensagem: string }
  | { kind: 'rate_limited'; esperarMs: number | undefined }
  /** Surely not applied (refused connection, DNS, TLS, maintenance on a read). */
  | { kind: 'unavailable'; esperarMs: number | undefined; mensagem: string }
  /** A write whose effect nobody knows: it must be read back. `novaChave` = the idempotency key is burnt. */
  | { kind: 'uncertain'; mensagem: string; novaChave: boolean }
  | { kind: 'contract_broken'; mensagem: string };

export type OutcomeKind = Outcome<unknown>['kind'];

/** What one HTTP call left behind for the tentativa row. */
export interface CallTrace {
  httpStatus: number | null;
  requestId: string | null;
  duracaoMs: number;
}

export interface Answer<T> {
  outcome: Outcome<T>;
  trace: CallTrace;
}

export interface CallOptions {
  /** Absolute deadline of the whole call, body included. */
  timeoutMs: number;
  /** Stable for one operação, sent always, relied on never. */
  idempotencyKey?: string;
}

/** `resumir` turns a listed person into what may be kept: fingerprints, never the values. */
export interface ListOptions<T> extends CallOptions {
  resumir?: (pessoa: PessoaListada) => T;
}

/** What the profile's vendor can do; the engine and the screens degrade by it. */
export interface Capabilities {
  lookupBy: ('remotoId' | 'externalId' | 'cpf')[];
  registerIntegration: boolean;
  createPlan: boolean;
  updatePlan: boolean;
  listPlans: boolean;
  changePlan: boolean;
  listUsers: boolean;
  updateUser: boolean;
  /** Can a cancelled account be given back with `unblock`? */
  revive: boolean;
}

/** Limits of the profile. Undefined = none known. */
export interface Limits {
  concurrency: number;
  perSecond: number | undefined;
  /** Consecutive refusals of credentials after which the partner locks the account. */
  lockoutAfter: number | undefined;
}

export interface CreateUserInput {
  externalId: string;
  planoCodigo: string;
  pessoa: Pessoa;
}

export interface UserKey {
  remotoId: string;
  externalId: string;
  planoCodigo: string | null;
}

export type FindUserBy = { remotoId: string } | { externalId: string } | { cpf: string };

export interface Page<T> {
  itens: T[];
  /** Opaque; undefined on the last page. */
  proxima: string | undefined;
}

/** One integração's connection to the partner. No method throws for anything the partner or the network does. */
export interface TeleClinica {
  readonly capabilities: Capabilities;
  readonly limits: Limits;
  /** The cheapest harmless authenticated call. `ambiente` when the partner tells it. */
  ping(options: CallOptions): Promise<Answer<{ ambiente: string | null }>>;
  /** All accounts that match; an empty list and a proper "not found" are both `not_found`. */
  findUser(by: FindUserBy, options: CallOptions): Promise<Answer<RemoteUser[]>>;
  createUser(input: CreateUserInput, options: CallOptions): Promise<Answer<RemoteUser>>;
  block(key: UserKey, options: CallOptions): Promise<Answer<RemoteUser>>;
  unblock(key: UserKey, options: CallOptions): Promise<Answer<RemoteUser>>;
  cancel(key: UserKey, options: CallOptions): Promise<Answer<RemoteUser>>;
  changePlan(key: UserKey, planoCodigo: string, options: CallOptions): Promise<Answer<RemoteUser>>;
  updateUser(key: UserKey, pessoa: Pessoa, options: CallOptions): Promise<Answer<RemoteUser>>;
  listUsers<T = undefined>(
    proxima: string | undefined,
    options: ListOptions<T>,
  ): Promise<Answer<Page<RemoteUser & { resumo: T | undefined }>>>;
  listPlans(proxima: string | undefined, options: CallOptions): Promise<Answer<Page<RemotePlan>>>;
  createPlan(
    plano: { externalId: string; nome: string; descricao: string },
    options: CallOptions,
  ): Promise<Answer<RemotePlan>>;
  updatePlan(
    plano: { remotoId: string; nome: string; descricao: string },
    options: CallOptions,
  ): Promise<Answer<RemotePlan>>;
  registerIntegration(
    integracao: { cnpj: string; nome: string },
    options: CallOptions,
  ): Promise<Answer<{ remotoId: string; ambiente: string | null }>>;
}

/** What is needed to talk as one integração. */
export interface Connection {
  urlBase: string;
  usuario: string;
  senha: string;
  /** The partner's id of the integração, once registered; sent where the profile says. */
  tenant: string | null;
}
