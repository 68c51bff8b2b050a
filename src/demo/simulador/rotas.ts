// Every method and path of the OpenAPI, with the operation that answers it.

import { login } from './acesso.ts';
import type { Chamada } from './chamada.ts';
import { addDependent, listDependents, removeDependent } from './dependentes.ts';
import type { Estado } from './estado.ts';
import { getCurrentIntegration, registerIntegration } from './integracoes.ts';
import type { Operation } from './operations.ts';
import { createPlan, deactivatePlan, getPlan, listPlans, updatePlan } from './planos.ts';
import type { Outcome } from './resposta.ts';
import { blockUser, cancelUser, changePlan, unblockUser } from './situacao.ts';
import { createUser, getUser, listUsers, updateUser } from './usuarios.ts';

type Handler = (estado: Estado, chamada: Chamada) => Outcome;

interface Rota {
  method: string;
  segments: string[];
  operation: Operation;
}

export const HANDLERS: Record<Operation, Handler> = {
  login,
  registerIntegration,
  getCurrentIntegration,
  listPlans,
  createPlan,
  getPlan,
  updatePlan,
  deactivatePlan,
  listUsers,
  createUser,
  getUser,
  updateUser,
  blockUser,
  unblockUser,
  cancelUser,
  changePlan,
  listDependents,
  addDependent,
  removeDependent,
};

const ROTAS: readonly Rota[] = [
  rota('POST /auth/login', 'login'),
  rota('POST /integrations', 'registerIntegration'),
  rota('GET /integrations/current', 'getCurrentIntegration'),
  rota('GET /plans', 'listPlans'),
  rota('POST /plans', 'createPlan'),
  rota('GET /plans/:planId', 'getPlan'),
  rota('PATCH /plans/:planId', 'updatePlan'),
  rota('DELETE /plans/:planId', 'deactivatePlan'),
  rota('GET /users', 'listUsers'),
  rota('POST /users', 'createUser'),
  rota('GET /users/:userId', 'getUser'),
  rota('PATCH /users/:userId', 'updateUser'),
  rota('POST /users/:userId/block', 'blockUser'),
  rota('POST /users/:userId/unblock', 'unblockUser'),
  rota('POST /users/:userId/cancel', 'cancelUser'),
  rota('PUT /users/:userId/plan', 'changePlan'),
  rota('GET /users/:userId/dependents', 'listDependents'),
  rota('POST /users/:userId/dependents', 'addDependent'),
  rota('DELETE /users/:userId/dependents/:dependentId', 'removeDependent'),
];

function rota(line: string, operation: Operation): Rota {
  const [method = '', path = ''] = line.split(' ');
  return { method, segments: path.split('/').slice(1), operation };
}

interface Match {
  operation: Operation;
  params: Record<string, string>;
}

/** The operation of a path below /v1 (segments already decoded), or the methods that the path does take. */
export function matchRota(method: string, segments: string[]): Match | { allowed: string[] } {
  const allowed: string[] = [];
  for (const candidate of ROTAS) {
    const params = matchSegments(candidate.segments, segments);
    if (!params) continue;
    if (candidate.method === method) return { operation: candidate.operation, params };
    allowed.push(candidate.method);
  }
  return { allowed };
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const value = segments[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}
