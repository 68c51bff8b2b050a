// The port spoken through a profile: every operation as a question on the wire and a strict reading of its answer.
import { type Call, type CallSettings, createCall, type OperationRules } from './chamada.ts';
import {
  confirmIntegration,
  confirmPlan,
  confirmUser,
  type Expected,
  findUsers,
  listPage,
} from './confirmacao.ts';
import type { Values } from './fontes.ts';
import type { OperationName } from './formato.ts';
import { readLabel, readPessoaListada, readPlan, readUser } from './leitura.ts';
import { position, readMark } from './paginas.ts';
import type { Perfil } from './perfil.ts';
import type {
  Answer,
  CallOptions,
  Connection,
  FindUserBy,
  Limits,
  Page,
  Pessoa,
  RemoteUser,
  SituacaoRemota,
  TeleClinica,
  UserKey,
} from './port.ts';

/**
 * One integração's Tele Clínica. `settings.hosts` is the allow-list (TELECLINICA_HOSTS). The connection keeps its sockets and
 * its token: make one per integração and drop it when URL, credentials or profile change. No method throws for what the
 * partner or the network does.
 */
export function createTeleClinica(
  perfil: Perfil,
  connection: Connection,
  settings: CallSettings,
): TeleClinica {
  const call = createCall(perfil, connection, settings);
  return {
    capabilities: perfil.capabilities,
    limits: limitsOf(perfil),
    ...userReads(perfil, call),
    ...userWrites(perfil, call),
    ...planOperations(perfil, call),
    ...integrationOperations(perfil, call),
  };
}

function limitsOf({ limits }: Perfil): Limits {
  const { concurrency, perSecond, lockoutAfter } = limits;
  return { concurrency, perSecond, lockoutAfter };
}

function userReads(perfil: Perfil, call: Call): Pick<TeleClinica, 'findUser' | 'listUsers'> {
  const { operations, statusMap } = perfil;
  return {
    findUser: (by, options) => {
      const { name, values } = lookup(by);
      const operation = operations[name];
      if (!operation) return notDescribed(perfil, name);
      const read = (body: unknown) => findUsers(operation.result, operation.list, by, statusMap, body);
      return call({ name, operation, values, read }, options);
    },
    listUsers: (proxima, options) => {
      const operation = operations.listUsers;
      if (!operation) return notDescribed(perfil, 'listUsers');
      const { resumir } = options;
      const item = (body: unknown) => {
        const user = readUser(operation.result, statusMap, body);
        const pessoa = readPessoaListada(operation.result, body);
        // Such an id would put the CPF into our tables: the page is refused as one that cannot be read.
        if (user === undefined || isSameNumber(user.id, pessoa.cpf)) return undefined;
        return { ...user, resumo: resumir?.(pessoa) };
      };
      return list(call, 'listUsers', operation, item, proxima, options);
    },
  };
}

function isSameNumber(id: string, cpf: string | null): boolean {
  const digits = cpf?.replace(/\D/g, '') ?? '';
  return digits.length === 11 && id.replace(/\D/g, '') === digits;
}

function lookup(by: FindUserBy): {
  name: 'findByRemotoId' | 'findByExternalId' | 'findByCpf';
  values: Values;
} {
  if ('remotoId' in by) return { name: 'findByRemotoId', values: { remotoId: by.remotoId } };
  if ('externalId' in by) return { name: 'findByExternalId', values: { externalId: by.externalId } };
  return { name: 'findByCpf', values: { cpf: by.cpf } };
}

type UserChange = 'block' | 'unblock' | 'cancel' | 'changePlan' | 'updateUser';

function userWrites(perfil: Perfil, call: Call): Pick<TeleClinica, UserChange | 'createUser'> {
  const change = changer(perfil, call);
  return {
    createUser: ({ externalId, planoCodigo, pessoa }, options) => {
      const operation = perfil.operations.createUser;
      const expected = { externalId, cpf: pessoa.cpf };
      const read = (body: unknown) => confirmUser(operation.result, perfil.statusMap, expected, body);
      const values = { externalId, planoCodigo, ...valuesOf(pessoa) };
      return call({ name: 'createUser', operation, values, read, creates: true }, options);
    },
    block: (key, options) => change('block', key, { situacao: 'bloqueado' }, {}, options),
    unblock: (key, options) => change('unblock', key, { situacao: 'ativo' }, {}, options),
    cancel: (key, options) => change('cancel', key, { situacao: 'cancelado' }, {}, options),
    changePlan: (key, planoCodigo, options) =>
      change('changePlan', key, { planoCodigo }, { planoCodigo }, options),
    updateUser: (key, pessoa, options) => change('updateUser', key, {}, valuesOf(pessoa), options),
  };
}

function changer(perfil: Perfil, call: Call) {
  return (name: UserChange, key: UserKey, wish: Expected, extra: Values, options: CallOptions) => {
    const operation = perfil.operations[name];
    if (!operation) return notDescribed<RemoteUser>(perfil, name);
    const { remotoId, externalId, planoCodigo } = key;
    const expected = { ...wish, id: remotoId };
    const read = (body: unknown) => confirmUser(operation.result, perfil.statusMap, expected, body);
    const values = { remotoId, externalId, planoCodigo, ...extra };
    const assumed = wish.situacao && { assumed: assumedUser(key, wish.situacao) };
    return call({ name, operation, values, read, ...assumed }, options);
  };
}

// What "done" means when the profile's rules say so and the body shows no account.
function assumedUser(key: UserKey, situacao: SituacaoRemota): RemoteUser {
  const { remotoId: id, externalId, planoCodigo } = key;
  return { id, situacao, aguardaPrimeiroAcesso: false, externalId, planoCodigo };
}

function valuesOf(pessoa: Pessoa): Values {
  return Object.fromEntries(Object.entries(pessoa).map(([name, value]) => [`pessoa.${name}`, value]));
}

function planOperations(
  perfil: Perfil,
  call: Call,
): Pick<TeleClinica, 'listPlans' | 'createPlan' | 'updatePlan'> {
  const { listPlans, createPlan, updatePlan } = perfil.operations;
  return {
    listPlans: (proxima, options) => {
      if (!listPlans) return notDescribed(perfil, 'listPlans');
      const item = (body: unknown) => readPlan(listPlans.result, body);
      return list(call, 'listPlans', listPlans, item, proxima, options);
    },
    createPlan: ({ externalId, nome, descricao }, options) => {
      if (!createPlan) return notDescribed(perfil, 'createPlan');
      const values = { 'plano.externalId': externalId, 'plano.nome': nome, 'plano.descricao': descricao };
      const read = (body: unknown) => confirmPlan(createPlan.result, body, undefined);
      return call({ name: 'createPlan', operation: createPlan, values, read, creates: true }, options);
    },
    updatePlan: ({ remotoId, nome, descricao }, options) => {
      if (!updatePlan) return notDescribed(perfil, 'updatePlan');
      const values = { 'plano.remotoId': remotoId, 'plano.nome': nome, 'plano.descricao': descricao };
      const read = (body: unknown) => confirmPlan(updatePlan.result, body, remotoId);
      return call({ name: 'updatePlan', operation: updatePlan, values, read }, options);
    },
  };
}

function integrationOperations(
  perfil: Perfil,
  call: Call,
): Pick<TeleClinica, 'ping' | 'registerIntegration'> {
  const { ping, registerIntegration } = perfil.operations;
  return {
    ping: (options) => {
      const show = (ambiente: string | null) => ({ kind: 'ok' as const, value: { ambiente } });
      const read = (body: unknown) => show(readLabel(body, ping.result.ambiente));
      return call({ name: 'ping', operation: ping, values: {}, read, assumed: { ambiente: null } }, options);
    },
    registerIntegration: ({ cnpj, nome }, options) => {
      if (!registerIntegration) return notDescribed(perfil, 'registerIntegration');
      const values = { 'integracao.cnpj': cnpj, 'integracao.nome': nome };
      const read = (body: unknown) => confirmIntegration(registerIntegration.result, body);
      const operation = registerIntegration;
      return call({ name: 'registerIntegration', operation, values, read, creates: true }, options);
    },
  };
}

function list<T extends { id: string }>(
  call: Call,
  name: 'listUsers' | 'listPlans',
  operation: OperationRules & { list?: string | undefined },
  item: (body: unknown) => T | undefined,
  proxima: string | undefined,
  options: CallOptions,
): Promise<Answer<Page<T>>> {
  const page = operation.page ?? { style: 'none' as const };
  const mark = readMark(page, proxima);
  const read = (body: unknown) => listPage(page, mark, operation.list ?? '$', item, body);
  return call({ name, operation, values: {}, read, position: position(page, mark) }, options);
}

async function notDescribed<T>(perfil: Perfil, name: OperationName): Promise<Answer<T>> {
  const mensagem = `O perfil ${perfil.nome} não descreve a operação ${name}.`;
  return {
    outcome: { kind: 'contract_broken', mensagem },
    trace: { httpStatus: null, requestId: null, duracaoMs: 0 },
  };
}
