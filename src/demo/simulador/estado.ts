// Everything this Tele Clínica remembers, indexed so that a benchmark may put hundreds of thousands of people in it.
import { randomUUID } from 'node:crypto';
import type { Respostas } from './idempotencia.ts';
import type { Opcoes } from './opcoes.ts';

export const SITUACOES = ['pending', 'active', 'blocked', 'cancelled'] as const;
export type Situacao = (typeof SITUACOES)[number];

/** The tenant behind the credentials when no X-Integration-Id says otherwise. */
export const TENANT = 'int-1';

export interface Usuario {
  id: string;
  tenant: string;
  externalId: string | null;
  status: Situacao;
  planId: string | null;
  name: string | null;
  cpf: string | null;
  birthDate: string | null;
  email: string | null;
  phone: string | null;
  createdAt: number;
  updatedAt: number;
  blockedAt: number | null;
  cancelledAt: number | null;
}

export interface Plano {
  id: string;
  externalId: string | null;
  name: string;
  description: string | null;
  active: boolean;
  maxDependents: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface Integracao {
  id: string;
  cnpj: string | null;
  name: string | null;
  environment: string;
  active: boolean;
}

export interface Dependente {
  id: string;
  externalId: string | null;
  name: string;
  cpf: string | null;
  birthDate: string | null;
  kinship: string | null;
  status: Situacao;
}

export interface Estado {
  /** Milliseconds since 1970. */
  agora: () => number;
  opcoes: Opcoes;
  usuarios: Map<string, Usuario>;
  porTenant: Map<string, Usuario[]>;
  porCpf: Map<string, Usuario[]>;
  porExternalId: Map<string, Usuario[]>;
  planos: Map<string, Plano>;
  integracoes: Map<string, Integracao>;
  dependentes: Map<string, Dependente[]>;
  /** Bearer token → the moment it expires. */
  tokens: Map<string, number>;
  respostas: Respostas;
  /** The second being counted for the rate limit. */
  janela: { segundo: number; chamadas: number };
}

/** A Tele Clínica on its first day: nobody registered, one integration, two plans (`clinico-24h`, `familia-24h`). */
export function createEstado(opcoes: Opcoes, agora: () => number): Estado {
  const createdAt = agora();
  const plano = (id: string, name: string, maxDependents: number): [string, Plano] => {
    const times = { createdAt, updatedAt: createdAt };
    return [id, { id, externalId: id, name, description: null, active: true, maxDependents, ...times }];
  };
  const integracao = { id: TENANT, cnpj: null, name: null, environment: 'simulador', active: true };
  return {
    agora,
    opcoes,
    usuarios: new Map(),
    porTenant: new Map(),
    porCpf: new Map(),
    porExternalId: new Map(),
    planos: new Map([plano('clinico-24h', 'Clínico 24h', 0), plano('familia-24h', 'Família 24h', 4)]),
    integracoes: new Map([[TENANT, integracao]]),
    dependentes: new Map(),
    tokens: new Map(),
    respostas: new Map(),
    janela: { segundo: 0, chamadas: 0 },
  };
}

export type NewUsuario = Omit<Usuario, 'id' | 'createdAt' | 'updatedAt' | 'blockedAt' | 'cancelledAt'>;

/** Registers a person without checking anything. */
export function insertUsuario(estado: Estado, dados: NewUsuario, id: string = randomUUID()): Usuario {
  const now = estado.agora();
  const usuario: Usuario = {
    ...dados,
    id,
    createdAt: now,
    updatedAt: now,
    blockedAt: dados.status === 'blocked' ? now : null,
    cancelledAt: dados.status === 'cancelled' ? now : null,
  };
  estado.usuarios.set(id, usuario);
  push(estado.porTenant, usuario.tenant, usuario);
  if (usuario.cpf) push(estado.porCpf, usuario.cpf, usuario);
  if (usuario.externalId) push(estado.porExternalId, keyOf(usuario.tenant, usuario.externalId), usuario);
  return usuario;
}

/** Changes a person in place, keeping the indexes and the dates of block and cancel right. */
export function changeUsuario(estado: Estado, usuario: Usuario, change: Partial<NewUsuario>): void {
  unindex(estado, usuario);
  Object.assign(usuario, change);
  const now = estado.agora();
  usuario.updatedAt = now;
  usuario.blockedAt = usuario.status === 'blocked' ? (usuario.blockedAt ?? now) : null;
  usuario.cancelledAt = usuario.status === 'cancelled' ? (usuario.cancelledAt ?? now) : null;
  if (usuario.cpf) push(estado.porCpf, usuario.cpf, usuario);
  if (usuario.externalId) push(estado.porExternalId, keyOf(usuario.tenant, usuario.externalId), usuario);
}

/** Makes a person vanish without a trace. */
export function removeUsuario(estado: Estado, usuario: Usuario): void {
  unindex(estado, usuario);
  estado.usuarios.delete(usuario.id);
  drop(estado.porTenant, usuario.tenant, usuario);
}

/** The person with this id, if the tenant may see it. */
export function findUsuario(estado: Estado, tenant: string, id: string): Usuario | undefined {
  const usuario = estado.usuarios.get(id);
  return usuario?.tenant === tenant ? usuario : undefined;
}

/** Every account of the tenant under this reference: more than one only while `externalIdUnico` is off. */
export const findByExternalId = (estado: Estado, tenant: string, externalId: string): readonly Usuario[] =>
  estado.porExternalId.get(keyOf(tenant, externalId)) ?? [];

/** Every account with this CPF, of any tenant. */
export const findByCpf = (estado: Estado, cpf: string): readonly Usuario[] => estado.porCpf.get(cpf) ?? [];

function unindex(estado: Estado, usuario: Usuario): void {
  if (usuario.cpf) drop(estado.porCpf, usuario.cpf, usuario);
  if (usuario.externalId) drop(estado.porExternalId, keyOf(usuario.tenant, usuario.externalId), usuario);
}

const keyOf = (tenant: string, externalId: string) => `${tenant}\n${externalId}`;

function push(index: Map<string, Usuario[]>, key: string, usuario: Usuario): void {
  const list = index.get(key);
  if (list) list.push(usuario);
  else index.set(key, [usuario]);
}

function drop(index: Map<string, Usuario[]>, key: string, usuario: Usuario): void {
  const rest = (index.get(key) ?? []).filter((other) => other !== usuario);
  if (rest.length === 0) index.delete(key);
  else index.set(key, rest);
}
