// What a profile may put into a request: the values each operation has at hand, and which operations change something.
import type { OperationName } from './formato.ts';

const KEY = ['remotoId', 'externalId', 'planoCodigo'];
const PESSOA = ['pessoa.nome', 'pessoa.cpf', 'pessoa.nascimento', 'pessoa.email', 'pessoa.celular'];
const PLANO = ['plano.nome', 'plano.descricao'];
const EVERYWHERE = ['tenant', 'hoje'];

/** The login call of `auth` takes part in the same checks as the operations. */
export type RequestName = OperationName | 'login';

const SOURCES: Record<RequestName, readonly string[]> = {
  login: ['usuario', 'senha'],
  ping: [],
  findByRemotoId: ['remotoId'],
  findByExternalId: ['externalId'],
  findByCpf: ['cpf'],
  createUser: ['externalId', 'planoCodigo', ...PESSOA],
  block: KEY,
  unblock: KEY,
  cancel: KEY,
  changePlan: KEY,
  updateUser: [...KEY, ...PESSOA],
  listUsers: [],
  listPlans: [],
  createPlan: ['plano.externalId', ...PLANO],
  updatePlan: ['plano.remotoId', ...PLANO],
  registerIntegration: ['integracao.cnpj', 'integracao.nome'],
};

/** Every operation a profile may describe. */
export const OPERATIONS: readonly OperationName[] = [
  'ping',
  'findByRemotoId',
  'findByExternalId',
  'findByCpf',
  'createUser',
  'block',
  'unblock',
  'cancel',
  'changePlan',
  'updateUser',
  'listUsers',
  'listPlans',
  'createPlan',
  'updatePlan',
  'registerIntegration',
];

/** Operations that change something at the partner, whatever HTTP method the vendor chose for them. */
export const WRITES: ReadonlySet<OperationName> = new Set([
  'createUser',
  'block',
  'unblock',
  'cancel',
  'changePlan',
  'updateUser',
  'createPlan',
  'updatePlan',
  'registerIntegration',
]);

/** The values at hand, by source name; null = IXC has none. */
export type Values = Readonly<Record<string, string | null>>;

export function isSource(name: RequestName, source: string): boolean {
  return SOURCES[name].includes(source) || EVERYWHERE.includes(source);
}

/** The sources to offer when a profile names one that does not exist. */
export function listSources(name: RequestName): string[] {
  return [...SOURCES[name], ...EVERYWHERE];
}

/** The variables of a path template: `{cpf|cpfFormatted}` reads `cpf` and applies one transform. */
export function pathVariables(template: string): { text: string; source: string; use: string[] }[] {
  return [...template.matchAll(/\{([^{}]*)\}/g)].map(([text, inside = '']) => {
    const [source = '', ...use] = inside.split('|');
    return { text, source, use };
  });
}
