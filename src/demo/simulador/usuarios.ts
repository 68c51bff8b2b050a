// People: looked up, listed, created by the duplicate table of the OpenAPI, corrected.
import { tenantOf } from './acesso.ts';
import type { Chamada } from './chamada.ts';
import {
  changeUsuario,
  type Estado,
  findByCpf,
  findByExternalId,
  findUsuario,
  insertUsuario,
  SITUACOES,
  type Usuario,
} from './estado.ts';
import { paginate } from './paginacao.ts';
import { planNotFound } from './planos.ts';
import { type Answer, invalidState, notFound, type Outcome, problem } from './resposta.ts';
import { isCpf, parseBody, userCreate, userUpdate } from './validacao.ts';

/** GET /users with every filter; a lookup by cpf or externalId goes through an index. */
export function listUsers(estado: Estado, chamada: Chamada): Answer {
  const { query } = chamada;
  const cpf = query.get('cpf');
  const externalId = query.get('externalId');
  if (cpf !== null && !isCpf(cpf)) return badFilter('cpf');
  const status = query.getAll('status');
  if (status.some((word) => !SITUACOES.some((known) => known === word))) return badFilter('status');
  const since = query.has('updatedSince') ? Date.parse(query.get('updatedSince') ?? '') : null;
  if (Number.isNaN(since)) return badFilter('updatedSince');
  const planId = query.get('planId');
  const found = candidates(estado, tenantOf(chamada), cpf, externalId).filter(
    (usuario) =>
      (status.length === 0 || status.includes(usuario.status)) &&
      (planId === null || usuario.planId === planId) &&
      (since === null || usuario.updatedAt >= since),
  );
  const lookup = cpf !== null || externalId !== null;
  if (lookup && found.length === 0 && estado.opcoes.buscaVazia === '404') return userNotFound();
  const listed = paginate(found, query, estado.opcoes.paginaMaxima);
  if ('refusal' in listed) return listed.refusal;
  return { status: 200, body: { data: listed.page.data.map(viewOf), meta: listed.page.meta } };
}

function candidates(
  estado: Estado,
  tenant: string,
  cpf: string | null,
  externalId: string | null,
): readonly Usuario[] {
  if (externalId !== null) {
    const found = findByExternalId(estado, tenant, externalId);
    return cpf === null ? found : found.filter((usuario) => usuario.cpf === cpf);
  }
  if (cpf !== null) return findByCpf(estado, cpf).filter((usuario) => usuario.tenant === tenant);
  return estado.porTenant.get(tenant) ?? [];
}

/** POST /users. Order of refusal: data 422, plan 404, duplicates 409. */
export function createUser(estado: Estado, chamada: Chamada): Outcome {
  const parsed = parseBody(userCreate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  const { externalId, planId, name, cpf, birthDate, email = null, phone = null } = parsed.data;
  if (!estado.planos.get(planId)?.active) return planNotFound();
  const tenant = tenantOf(chamada);
  const duplicate = answerDuplicate(estado, tenant, externalId, cpf);
  if (duplicate) return duplicate;
  const status = estado.opcoes.estadoInicial;
  const dados = { tenant, externalId, status, planId, name, cpf, birthDate, email, phone };
  const apply = () => {
    const usuario = insertUsuario(estado, dados, chamada.newId);
    return { status: 201, body: viewOf(usuario), headers: { location: `/v1/users/${usuario.id}` } };
  };
  return { userId: chamada.newId, apply };
}

/** The duplicate table: 200 with the same person, a 409, or null when the account may be created. */
function answerDuplicate(estado: Estado, tenant: string, externalId: string, cpf: string): Answer | null {
  const [same] = estado.opcoes.externalIdUnico ? findByExternalId(estado, tenant, externalId) : [];
  if (same && same.cpf !== cpf)
    return problem(409, 'EXTERNAL_ID_IN_USE', 'externalId belongs to someone else');
  if (same?.status === 'cancelled') return refuseDuplicate('USER_CANCELLED', 'The user was cancelled', same);
  if (same) return { status: 200, body: viewOf(same) };
  if (!estado.opcoes.cpfUnico) return null;
  const others = findByCpf(estado, cpf);
  const here = others.filter((usuario) => usuario.tenant === tenant);
  const live = here.find((usuario) => usuario.status !== 'cancelled');
  if (live && live.externalId !== externalId) {
    return refuseDuplicate('CPF_ALREADY_REGISTERED', 'CPF already registered', live);
  }
  if (others.some((usuario) => usuario.tenant !== tenant && usuario.status !== 'cancelled')) {
    const detail = 'This CPF cannot be registered by this integration.';
    return problem(409, 'CPF_REGISTERED_ELSEWHERE', 'CPF registered with another partner', { detail });
  }
  const ended = estado.opcoes.recusaCancelado ? here.at(-1) : undefined;
  return ended && !live ? refuseDuplicate('USER_CANCELLED', 'The user was cancelled', ended) : null;
}

function refuseDuplicate(code: string, title: string, usuario: Usuario): Answer {
  const { id, status, externalId } = usuario;
  return problem(409, code, title, { existing: { id, status, externalId } });
}

export function getUser(estado: Estado, chamada: Chamada): Answer {
  const usuario = usuarioOf(estado, chamada);
  return usuario ? { status: 200, body: viewOf(usuario) } : userNotFound();
}

/** PATCH /users/{id}: contact and registration data; the CPF never changes. */
export function updateUser(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(userUpdate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled') return invalidState(usuario.status);
  const { name, birthDate, email, phone } = parsed.data;
  const apply = () => {
    changeUsuario(estado, usuario, {
      ...(name === undefined ? {} : { name }),
      ...(birthDate === undefined ? {} : { birthDate }),
      ...(email === undefined ? {} : { email }),
      ...(phone === undefined ? {} : { phone }),
    });
    return { status: 200, body: viewOf(usuario) };
  };
  return { userId: usuario.id, apply };
}

/** 404 for a person this tenant may not see. */
export const userNotFound = (): Answer => notFound('USER_NOT_FOUND', 'No such user');

/** The person named in the path, if the tenant may see it. */
export const usuarioOf = (estado: Estado, chamada: Chamada): Usuario | undefined =>
  findUsuario(estado, tenantOf(chamada), chamada.params['userId'] ?? '');

/** The `User` of the OpenAPI. */
export function viewOf(usuario: Usuario): Record<string, unknown> {
  const { tenant: _, blockedAt, cancelledAt, createdAt, updatedAt, ...shown } = usuario;
  return {
    ...shown,
    blockedAt: isoOf(blockedAt),
    cancelledAt: isoOf(cancelledAt),
    createdAt: isoOf(createdAt),
    updatedAt: isoOf(updatedAt),
  };
}

const isoOf = (time: number | null) => (time === null ? null : new Date(time).toISOString());

const badFilter = (name: string): Answer => problem(400, 'BAD_REQUEST', `The filter ${name} is not valid`);
