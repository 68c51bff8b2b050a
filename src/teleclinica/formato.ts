// The shape of a profile file: how one vendor's HTTP dialect is described as data. No URL, secret or status lives in it.
import { z } from 'zod';
import {
  CAMPOS,
  field,
  fieldName,
  headerName,
  operation,
  path,
  request,
  rule,
  scalar,
} from './formatoPedido.ts';

const userResult = z.strictObject({
  id: path,
  status: path.optional(),
  externalId: path.optional(),
  planoCodigo: path.optional(),
  cpf: path.optional(),
});
// A list is also compared person by person; what these paths show is reduced to fingerprints at once.
const listedUser = userResult.extend({
  nome: path.optional(),
  nascimento: path.optional(),
  email: path.optional(),
  celular: path.optional(),
});
const userChange = operation(userResult.partial({ id: true }).default({}));
const planResult = z.strictObject({
  id: path,
  externalId: path.optional(),
  nome: path.optional(),
  ativo: path.optional(),
});

const operations = z.strictObject({
  ping: operation(z.strictObject({ ambiente: path.optional() }).default({})),
  findByRemotoId: operation(userResult).optional(),
  findByExternalId: operation(userResult).optional(),
  findByCpf: operation(userResult).optional(),
  createUser: operation(userResult),
  block: userChange,
  unblock: userChange,
  cancel: userChange,
  changePlan: userChange.optional(),
  updateUser: userChange.optional(),
  listUsers: operation(listedUser).optional(),
  listPlans: operation(planResult).optional(),
  createPlan: operation(planResult).optional(),
  updatePlan: operation(planResult).optional(),
  registerIntegration: operation(z.strictObject({ id: path, ambiente: path.optional() })).optional(),
});

const auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic') }),
  z.strictObject({ type: z.literal('header'), headers: z.record(headerName, field) }),
  z.strictObject({
    type: z.literal('login'),
    ...request,
    token: path,
    expiresIn: path.optional(),
    header: headerName.default('Authorization'),
    prefix: z.string().max(20).default('Bearer '),
  }),
]);

const tenant = z.discriminatedUnion('in', [
  z.strictObject({ in: z.literal('none') }),
  z.strictObject({ in: z.literal('header'), name: headerName }),
  z.strictObject({ in: z.literal('path') }),
  z.strictObject({ in: z.literal('query'), name: fieldName }),
  z.strictObject({ in: z.literal('body'), name: path }),
]);

const errors = z.strictObject({
  /** Its presence is how a refusal of the vendor's is told from a gateway's. */
  code: path.optional(),
  text: z.array(path).default([]),
  requestId: path.optional(),
  requestIdHeader: headerName.default('X-Request-Id'),
  list: z.strictObject({ path, field: path, message: path.optional() }).optional(),
  fields: z.record(z.string(), z.enum(CAMPOS)).default({}),
  existing: z
    .strictObject({
      id: path,
      status: path.optional(),
      externalId: path.optional(),
      planoCodigo: path.optional(),
    })
    .optional(),
});

const capabilities = z.strictObject({
  lookupBy: z.array(z.enum(['remotoId', 'externalId', 'cpf'])).min(1),
  registerIntegration: z.boolean(),
  createPlan: z.boolean(),
  updatePlan: z.boolean(),
  listPlans: z.boolean(),
  changePlan: z.boolean(),
  listUsers: z.boolean(),
  updateUser: z.boolean(),
  revive: z.boolean(),
});

export const formato = z.strictObject({
  profileVersion: z.literal(1),
  descricao: z.string().min(1).max(500),
  auth,
  tenant: tenant.default({ in: 'none' }),
  /** `perSecond` may be a fraction: 0.2 = one call every five seconds. */
  limits: z.strictObject({
    concurrency: z.int().min(1).max(100),
    perSecond: z.number().positive().max(10_000).optional(),
    lockoutAfter: z.int().min(1).max(1000).optional(),
  }),
  capabilities,
  statusMap: z.record(z.string(), z.enum(['ativo', 'pendente', 'bloqueado', 'cancelado'])),
  tables: z.record(z.string(), z.record(z.string(), scalar)).default({}),
  idempotencyHeader: headerName.default('Idempotency-Key'),
  errors,
  /** An HTTP 2xx that is a failure; looked at after the operation's own rules. */
  bodyErrors: z.array(rule.omit({ http: true })).default([]),
  /** Rules for every operation, looked at after the operation's own. */
  outcomes: z.array(rule).default([]),
  operations,
});

export type Formato = z.infer<typeof formato>;
export type UserResult = z.infer<typeof userResult>;
export type ListedUser = z.infer<typeof listedUser>;
export type PlanResult = z.infer<typeof planResult>;
export type Operations = Formato['operations'];
export type OperationName = keyof Operations;
