// The plans that may be sold: listed, registered once per externalId, corrected, retired.
import type { Chamada } from './chamada.ts';
import type { Estado, Plano } from './estado.ts';
import { paginate } from './paginacao.ts';
import { type Answer, notFound, type Outcome, problem } from './resposta.ts';
import { parseBody, planCreate, planUpdate } from './validacao.ts';

export function listPlans(estado: Estado, chamada: Chamada): Answer {
  const active = chamada.query.get('active');
  if (active !== null && active !== 'true' && active !== 'false') {
    return problem(400, 'BAD_REQUEST', 'active must be true or false');
  }
  const all = [...estado.planos.values()].filter(
    (plano) => active === null || String(plano.active) === active,
  );
  const listed = paginate(all, chamada.query, estado.opcoes.paginaMaxima);
  if ('refusal' in listed) return listed.refusal;
  return { status: 200, body: { data: listed.page.data.map(viewOf), meta: listed.page.meta } };
}

/** POST /plans: same externalId and same content answers the existing plan; other content is a 409. */
export function createPlan(estado: Estado, chamada: Chamada): Outcome {
  const parsed = parseBody(planCreate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  const { externalId, name, description = null, maxDependents = null } = parsed.data;
  const existing = [...estado.planos.values()].find((plano) => plano.externalId === externalId);
  if (existing) {
    const same = existing.name === name && existing.description === description;
    if (same && existing.maxDependents === maxDependents) return { status: 200, body: viewOf(existing) };
    const known = { id: existing.id, status: existing.active ? 'active' : 'inactive', externalId };
    return problem(409, 'EXTERNAL_ID_IN_USE', 'Another plan has this externalId', { existing: known });
  }
  return {
    userId: null,
    apply: () => {
      const now = estado.agora();
      const id = `plano-${String(estado.planos.size + 1).padStart(3, '0')}`;
      const times = { createdAt: now, updatedAt: now };
      const plano: Plano = { id, externalId, name, description, maxDependents, active: true, ...times };
      estado.planos.set(id, plano);
      return { status: 201, body: viewOf(plano), headers: { location: `/v1/plans/${id}` } };
    },
  };
}

export function getPlan(estado: Estado, chamada: Chamada): Answer {
  const plano = planoOf(estado, chamada);
  return plano ? { status: 200, body: viewOf(plano) } : planNotFound();
}

export function updatePlan(estado: Estado, chamada: Chamada): Outcome {
  const plano = planoOf(estado, chamada);
  if (!plano) return planNotFound();
  const parsed = parseBody(planUpdate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  const apply = () => {
    Object.assign(plano, parsed.data, { updatedAt: estado.agora() });
    return { status: 200, body: viewOf(plano) };
  };
  return { userId: null, apply };
}

/** DELETE /plans/{id}: nobody new may take it; who has it keeps it. */
export function deactivatePlan(estado: Estado, chamada: Chamada): Outcome {
  const plano = planoOf(estado, chamada);
  if (!plano) return planNotFound();
  const apply = () => {
    Object.assign(plano, { active: false, updatedAt: estado.agora() });
    return { status: 204 };
  };
  return plano.active ? { userId: null, apply } : { status: 204 };
}

/** 404 for a plan that does not exist or is no longer sold. */
export const planNotFound = (): Answer => notFound('PLAN_NOT_FOUND', 'No such plan');

const planoOf = (estado: Estado, chamada: Chamada) => estado.planos.get(chamada.params['planId'] ?? '');

function viewOf(plano: Plano): Record<string, unknown> {
  const { createdAt, updatedAt } = plano;
  return {
    ...plano,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  };
}
