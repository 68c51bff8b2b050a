// Dependents of a holder: the optional extension of the OpenAPI, limited by the plan's maxDependents.
import type { Chamada } from './chamada.ts';
import type { Dependente, Estado } from './estado.ts';
import { type Answer, invalidState, notFound, type Outcome, problem } from './resposta.ts';
import { userNotFound, usuarioOf } from './usuarios.ts';
import { dependentCreate, parseBody } from './validacao.ts';

export function listDependents(estado: Estado, chamada: Chamada): Answer {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  return { status: 200, body: { data: estado.dependentes.get(usuario.id) ?? [] } };
}

export function addDependent(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(dependentCreate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled') return invalidState(usuario.status);
  const current = estado.dependentes.get(usuario.id) ?? [];
  const limit = estado.planos.get(usuario.planId ?? '')?.maxDependents ?? 0;
  if (current.length >= limit) return problem(409, 'DEPENDENT_LIMIT', `The plan allows ${limit} dependents`);
  const { name, birthDate, kinship, cpf = null, externalId = null } = parsed.data;
  const apply = () => {
    const status = usuario.status;
    const dependente: Dependente = { id: chamada.newId, externalId, name, cpf, birthDate, kinship, status };
    estado.dependentes.set(usuario.id, [...current, dependente]);
    return { status: 201, body: dependente };
  };
  return { userId: usuario.id, apply };
}

export function removeDependent(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const current = estado.dependentes.get(usuario.id) ?? [];
  const rest = current.filter((dependente) => dependente.id !== chamada.params['dependentId']);
  if (rest.length === current.length) return notFound('DEPENDENT_NOT_FOUND', 'No such dependent');
  const apply = () => {
    estado.dependentes.set(usuario.id, rest);
    return { status: 204 };
  };
  return { userId: usuario.id, apply };
}
