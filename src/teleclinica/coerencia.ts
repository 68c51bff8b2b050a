// What the shape of a profile cannot say alone: that its parts fit each other and that nothing secret slipped in.
import { isSource, listSources, OPERATIONS, pathVariables, type RequestName, WRITES } from './fontes.ts';
import type { Formato, OperationName } from './formato.ts';
import type { Condition, Field, RequestRules, Rule } from './formatoPedido.ts';
import { isTransform } from './transformar.ts';

export interface Falha {
  path: readonly PropertyKey[];
  message: string;
}

const CAPABILITY_OPERATIONS = [
  'registerIntegration',
  'createPlan',
  'updatePlan',
  'listPlans',
  'changePlan',
  'listUsers',
  'updateUser',
] as const;
const LOOKUPS = { remotoId: 'findByRemotoId', externalId: 'findByExternalId', cpf: 'findByCpf' } as const;
const MUST_SHOW_STATUS: readonly OperationName[] = ['createUser', 'block', 'unblock', 'cancel'];
const SECRET_NAME = /senha|passw|secret|segredo|token|(api|access|client)[-_]?key|authorization|cookie/i;
const OWN_HEADERS =
  /^(host|content-length|content-type|transfer-encoding|connection|cookie|authorization|proxy-.*)$/i;

/** Every place where a well-shaped profile contradicts itself, with the fix in Portuguese. */
export function findFalhas(perfil: Formato): Falha[] {
  return [
    ...capabilityFalhas(perfil),
    ...OPERATIONS.flatMap((name) => operationFalhas(perfil, name)),
    ...authFalhas(perfil),
    ...perfil.outcomes.flatMap((rule, at) => ruleFalhas(rule, ['outcomes', at])),
    ...perfil.bodyErrors.flatMap((rule, at) => ruleFalhas(rule, ['bodyErrors', at])),
    ...tenantFalhas(perfil),
  ];
}

function capabilityFalhas({ capabilities, operations }: Formato): Falha[] {
  const lookups = capabilities.lookupBy.flatMap((by, at) =>
    operations[LOOKUPS[by]]
      ? []
      : [
          {
            path: ['capabilities', 'lookupBy', at],
            message: `descreva operations.${LOOKUPS[by]} ou tire "${by}" daqui`,
          },
        ],
  );
  const others = CAPABILITY_OPERATIONS.filter((name) => capabilities[name] && !operations[name]).map(
    (name) => ({
      path: ['capabilities', name],
      message: `descreva operations.${name} ou escreva false`,
    }),
  );
  return [...lookups, ...others];
}

function operationFalhas(perfil: Formato, name: OperationName): Falha[] {
  const operation = perfil.operations[name];
  if (operation === undefined) return [];
  const at = ['operations', name];
  const falhas = requestFalhas(perfil, name, operation, at);
  const missing = (part: string, message: string) => falhas.push({ path: [...at, part], message });
  if (name === 'listUsers' || name === 'listPlans') {
    if (operation.list === undefined) missing('list', 'diga onde fica a lista');
    if (!operation.page) missing('page', 'diga como a lista é paginada; { "style": "none" } se não é');
  }
  if (WRITES.has(name) && operation.method === 'GET' && !operation.writes) {
    missing('writes', 'um GET que grava precisa de "writes": true');
  }
  if (MUST_SHOW_STATUS.includes(name) && !showsSuccess(operation)) {
    missing('result', 'diga em "status" onde a resposta mostra a situação, ou prove o sucesso com "success"');
  }
  operation.success.forEach((condition, index) => {
    falhas.push(...conditionFalhas(condition, [...at, 'success', index]));
  });
  return falhas;
}

function showsSuccess(operation: {
  result: object;
  success: readonly unknown[];
  outcomes: readonly Rule[];
}): boolean {
  const byRule = operation.outcomes.some((rule) => rule.is === 'ok' || rule.is === 'accepted');
  return 'status' in operation.result || operation.success.length > 0 || byRule;
}

function requestFalhas(
  perfil: Formato,
  name: RequestName,
  request: RequestRules,
  at: readonly PropertyKey[],
): Falha[] {
  const falhas = pathFalhas(name, request.path, [...at, 'path']);
  if (request.method === 'GET' && request.body && request.encoding !== 'query' && !request.getBody) {
    falhas.push({ path: [...at, 'body'], message: 'um GET com corpo precisa de "getBody": true' });
  }
  for (const header of Object.keys(request.headers).filter((key) => OWN_HEADERS.test(key))) {
    falhas.push({
      path: [...at, 'headers', header],
      message: 'este cabeçalho é do programa; credenciais vão em "auth"',
    });
  }
  return [
    ...falhas,
    ...fieldFalhas(perfil, name, request.headers, [...at, 'headers']),
    ...fieldFalhas(perfil, name, request.query, [...at, 'query']),
    ...fieldFalhas(perfil, name, request.body ?? {}, [...at, 'body']),
    ...request.outcomes.flatMap((rule, index) => ruleFalhas(rule, [...at, 'outcomes', index])),
  ];
}

function pathFalhas(name: RequestName, template: string, at: readonly PropertyKey[]): Falha[] {
  return pathVariables(template).flatMap(({ source, use }) => {
    const unknown = use.find((transform) => !isTransform(transform));
    if (!isSource(name, source)) return [{ path: at, message: unknownSource(name, source) }];
    return unknown === undefined ? [] : [{ path: at, message: `"${unknown}" não é uma transformação` }];
  });
}

function fieldFalhas(
  perfil: Formato,
  name: RequestName,
  fields: Readonly<Record<string, Field>>,
  at: readonly PropertyKey[],
): Falha[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const falhas: Falha[] = [];
    if (field.from !== undefined && !isSource(name, field.from)) {
      falhas.push({ path: [...at, key, 'from'], message: unknownSource(name, field.from) });
    }
    if (field.const !== undefined && SECRET_NAME.test(key)) {
      const message = 'segredos não ficam no perfil: em "auth", use "from": "senha"';
      falhas.push({ path: [...at, key, 'const'], message });
    }
    return [...falhas, ...tableFalhas(perfil, field, [...at, key, 'use'])];
  });
}

function tableFalhas(perfil: Formato, field: Field, at: readonly PropertyKey[]): Falha[] {
  return field.use.flatMap((transform, index) => {
    const table = /^map:(.+)$/.exec(transform)?.[1];
    if (table === undefined || Object.hasOwn(perfil.tables, table)) return [];
    return [{ path: [...at, index], message: `a tabela "${table}" não está em "tables"` }];
  });
}

function authFalhas(perfil: Formato): Falha[] {
  if (perfil.auth.type === 'login') return requestFalhas(perfil, 'login', perfil.auth, ['auth']);
  if (perfil.auth.type === 'header')
    return fieldFalhas(perfil, 'login', perfil.auth.headers, ['auth', 'headers']);
  return [];
}

function tenantFalhas({ tenant, operations }: Formato): Falha[] {
  if (tenant.in !== 'path' || operations.createUser.path.includes('{tenant}')) return [];
  return [
    { path: ['tenant', 'in'], message: 'ponha {tenant} no "path" das operações ou escolha outro lugar' },
  ];
}

function ruleFalhas(
  rule: Omit<Rule, 'http'> & Partial<Pick<Rule, 'http'>>,
  at: readonly PropertyKey[],
): Falha[] {
  if (rule.http === undefined && rule.path === undefined && rule.textContains === undefined) {
    return [{ path: at, message: 'a regra precisa de uma condição: "http", "path" ou "textContains"' }];
  }
  return rule.path === undefined && tests(rule) === 0 ? [] : conditionFalhas(rule, at);
}

function conditionFalhas(condition: Condition, at: readonly PropertyKey[]): Falha[] {
  if (condition.path === undefined) return [{ path: [...at, 'path'], message: 'diga o caminho a comparar' }];
  if (tests(condition) > 0) return [];
  return [{ path: [...at, 'path'], message: 'acrescente "equals", "in" ou "exists" para comparar' }];
}

function tests({ equals, in: list, exists }: Condition): number {
  return [equals, list, exists].filter((test) => test !== undefined).length;
}

function unknownSource(name: RequestName, source: string): string {
  return `"${source}" não existe aqui; use ${listSources(name).join(', ')}`;
}
