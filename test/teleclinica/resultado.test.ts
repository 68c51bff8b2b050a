// What each answer means: the table that decides whether something happened. Rules are those of the shipped profile.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { confirmUser } from '../../src/teleclinica/confirmacao.ts';
import type { OperationName } from '../../src/teleclinica/formato.ts';
import type { Body, Reply } from '../../src/teleclinica/http.ts';
import { readUser } from '../../src/teleclinica/leitura.ts';
import { readPerfil } from '../../src/teleclinica/perfil.ts';
import type { Outcome, RemoteUser } from '../../src/teleclinica/port.ts';
import { decide } from '../../src/teleclinica/resultado.ts';

const file = new URL('../../plugin/perfis/teleclinica-v1.json', import.meta.url);
const read = readPerfil('teleclinica-v1.json', readFileSync(file, 'utf8'));
if (!read.ok) throw new Error(read.erros.join('\n'));
const { perfil } = read;
const now = Date.parse('2026-11-24T12:00:00Z');
const user = { id: 'u1', status: 'blocked', externalId: 'ixc-a-1-1', planId: 'p1' };

const html: Body = {
  kind: 'unreadable',
  motivo: 'A Tele Clínica respondeu com uma página da Web em vez de dados.',
};
const empty: Body = { kind: 'empty' };
const json = (value: unknown): Body => ({ kind: 'json', value });
const answer = (status: number, body: Body, headers: Record<string, string> = {}): Reply => ({
  kind: 'answered',
  status,
  body,
  header: (name) => headers[name],
});
const failure = (sent: boolean): Reply => ({ kind: 'failed', sent, mensagem: 'caiu' });

/** The outcome of `reply` to a block, a create, or a lookup by id. */
function judge(name: 'block' | 'createUser' | 'findByRemotoId', reply: Reply): Outcome<RemoteUser> {
  const operation = perfil.operations[name as OperationName];
  const creates = name === 'createUser';
  const situacao = name === 'block' ? ('bloqueado' as const) : undefined;
  const expected = creates ? { externalId: 'ixc-a-1-1' } : { id: 'u1', ...(situacao ? { situacao } : {}) };
  const question = {
    writes: name !== 'findByRemotoId',
    creates,
    rules: operation?.outcomes ?? [],
    success: [],
    read: (body: unknown) =>
      confirmUser({ id: 'id', status: 'status', externalId: 'externalId' }, perfil.statusMap, expected, body),
    assumed: undefined,
    known: ['Maria Exemplo da Silva'],
  };
  return decide(question, perfil, reply, now);
}

describe('success needs the status and the body', () => {
  test.each<[string, 'block' | 'createUser', Reply, string]>([
    ['200 with the blocked user', 'block', answer(200, json(user)), 'ok'],
    [
      '200 with the user still active',
      'block',
      answer(200, json({ ...user, status: 'active' })),
      'uncertain',
    ],
    ['200 with another user', 'block', answer(200, json({ ...user, id: 'u2' })), 'uncertain'],
    [
      '200 with a status word nobody mapped',
      'block',
      answer(200, json({ ...user, status: 'em_analise' })),
      'uncertain',
    ],
    ['200 with no id', 'createUser', answer(200, json({ status: 'active' })), 'uncertain'],
    [
      '200 with an id that JSON has rounded',
      'createUser',
      answer(200, json({ ...user, id: 2 ** 60 })),
      'uncertain',
    ],
    ['200 with {"success":false}', 'createUser', answer(200, json({ ...user, success: false })), 'uncertain'],
    ['200 with an HTML page', 'createUser', answer(200, html), 'uncertain'],
    ['200 with nothing', 'createUser', answer(200, empty), 'uncertain'],
    ['204', 'block', answer(204, empty), 'uncertain'],
    ['200 with a list', 'createUser', answer(200, json([user])), 'uncertain'],
    ['200 with null', 'createUser', answer(200, json(null)), 'uncertain'],
    ['201 with the created user', 'createUser', answer(201, json({ ...user, status: 'active' })), 'ok'],
    ['201 with a pending user', 'createUser', answer(201, json({ ...user, status: 'pending' })), 'ok'],
    [
      '200 with an account under another reference',
      'createUser',
      answer(200, json({ ...user, externalId: 'x-9' })),
      'duplicate_here',
    ],
    ['202', 'createUser', answer(202, json({ status: 'queued' })), 'accepted'],
    ['202 with nothing', 'block', answer(202, empty), 'accepted'],
  ])('%s, asked to %s', (_, name, reply, kind) => {
    expect(judge(name, reply).kind).toBe(kind);
  });

  test.each([
    ['longer than we could keep', 'u'.repeat(65)],
    ['in letters that we could not keep', 'usuário-1'],
    ['with a space', 'u 1'],
    ['of a control character', 'u\u0007'],
    ['of nothing', ''],
  ])('an id %s is none: a write is read back, and a reading shows nobody', (_, id) => {
    expect(judge('createUser', answer(201, json({ ...user, id }))).kind).toBe('uncertain');
    expect(readUser({ id: 'id', status: 'status' }, perfil.statusMap, { ...user, id })).toBeUndefined();
  });

  test('an id as long as we can keep is one', () => {
    const id = 'u'.repeat(64);
    expect(judge('createUser', answer(201, json({ ...user, status: 'active', id })))).toMatchObject({
      kind: 'ok',
      value: { id },
    });
  });

  test('pending counts as ativo that waits for the first access', () => {
    expect(judge('createUser', answer(201, json({ ...user, status: 'pending' })))).toMatchObject({
      value: { situacao: 'ativo', aguardaPrimeiroAcesso: true },
    });
  });

  test('only ids and states come through', () => {
    const full = { ...user, name: 'Maria', cpf: '11144477735', prontuario: { cid: 'F41' } };
    expect(judge('block', answer(200, json(full)))).toEqual({
      kind: 'ok',
      value: {
        id: 'u1',
        situacao: 'bloqueado',
        aguardaPrimeiroAcesso: false,
        externalId: 'ixc-a-1-1',
        planoCodigo: null,
      },
    });
  });
});

describe('when nobody knows whether it happened, a write is uncertain and a read is unavailable', () => {
  test.each<[string, Reply]>([
    ['500 in JSON', answer(500, json({ status: 500, code: 'BOOM' }))],
    ['500 in HTML', answer(500, html)],
    ['502', answer(502, html)],
    ['503', answer(503, json({ code: 'MAINTENANCE' }), { 'retry-after': '30' })],
    ['504', answer(504, empty)],
    ['408', answer(408, empty)],
    ['a redirect', answer(302, empty)],
    ['404 from a gateway, in HTML', answer(404, html)],
    ['404 with nothing', answer(404, empty)],
    [
      '404 in JSON that is not the vendor’s',
      answer(404, json({ status: 404, error: 'Not Found', path: '/x' })),
    ],
    ['403 from a firewall, in HTML', answer(403, html)],
    ['400 in HTML', answer(400, html)],
    ['409 in HTML', answer(409, html)],
    ['a connection lost after sending', failure(true)],
    ['100-something as final status', answer(101, empty)],
  ])('%s', (_, reply) => {
    expect(judge('createUser', reply).kind).toBe('uncertain');
    expect(judge('block', reply).kind).toBe('uncertain');
    expect(judge('findByRemotoId', reply).kind).toBe('unavailable');
  });

  test('a connection that never opened is unavailable for both: surely not applied', () => {
    expect(judge('createUser', failure(false))).toEqual({
      kind: 'unavailable',
      esperarMs: undefined,
      mensagem: 'caiu',
    });
    expect(judge('findByRemotoId', failure(false)).kind).toBe('unavailable');
  });

  test('a read keeps the wait the partner asks for', () => {
    expect(judge('findByRemotoId', answer(503, html, { 'retry-after': '30' }))).toMatchObject({
      esperarMs: 30_000,
    });
  });
});

describe('what the partner refuses', () => {
  const code = (status: number, word: string, headers = {}, more = {}) =>
    answer(status, json({ status, code: word, title: word, ...more }), headers);

  test.each<[string, 'block' | 'createUser' | 'findByRemotoId', Reply, object]>([
    ['401', 'block', answer(401, empty), { kind: 'credentials' }],
    ['401 in HTML', 'findByRemotoId', answer(401, html), { kind: 'credentials' }],
    ['403', 'block', code(403, 'FORBIDDEN'), { kind: 'forbidden', mensagem: 'FORBIDDEN' }],
    ['403 with nothing', 'block', answer(403, empty), { kind: 'forbidden' }],
    ['404 with a code', 'block', code(404, 'USER_NOT_FOUND'), { kind: 'not_found' }],
    ['404 with a code on a lookup', 'findByRemotoId', code(404, 'USER_NOT_FOUND'), { kind: 'not_found' }],
    ['404 on a create', 'createUser', code(404, 'TENANT_NOT_FOUND'), { kind: 'contract_broken' }],
    [
      '404 for the plan',
      'createUser',
      code(404, 'PLAN_NOT_FOUND'),
      { kind: 'refused_data', campos: [{ campo: 'plano', mensagem: 'PLAN_NOT_FOUND' }] },
    ],
    ['405', 'block', code(405, 'METHOD'), { kind: 'contract_broken' }],
    [
      '409 REQUEST_IN_PROGRESS',
      'createUser',
      code(409, 'REQUEST_IN_PROGRESS', { 'retry-after': '2' }),
      { kind: 'unavailable', esperarMs: 2000 },
    ],
    [
      '409 TOO_EARLY',
      'block',
      code(409, 'TOO_EARLY', { 'retry-after': '900' }),
      { kind: 'wrong_state', esperarMs: 900_000 },
    ],
    ['409 INVALID_STATE', 'block', code(409, 'INVALID_STATE'), { kind: 'wrong_state', esperarMs: undefined }],
    ['409 of an unknown kind on a block', 'block', code(409, 'HMM'), { kind: 'wrong_state' }],
    [
      '409 of an unknown kind on a create',
      'createUser',
      code(409, 'HMM'),
      { kind: 'duplicate', mensagem: 'HMM' },
    ],
    [
      '409 CPF_REGISTERED_ELSEWHERE',
      'createUser',
      code(409, 'CPF_REGISTERED_ELSEWHERE'),
      { kind: 'duplicate_elsewhere' },
    ],
    ['409 EXTERNAL_ID_IN_USE', 'createUser', code(409, 'EXTERNAL_ID_IN_USE'), { kind: 'contract_broken' }],
    [
      '422 IDEMPOTENCY_KEY_REUSED',
      'createUser',
      code(422, 'IDEMPOTENCY_KEY_REUSED'),
      { kind: 'uncertain', novaChave: true },
    ],
    ['425', 'block', code(425, 'EARLY'), { kind: 'unavailable' }],
    [
      '429 with seconds',
      'block',
      answer(429, empty, { 'retry-after': '120' }),
      { kind: 'rate_limited', esperarMs: 120_000 },
    ],
    [
      '429 with nonsense',
      'block',
      answer(429, html, { 'retry-after': '-1' }),
      { kind: 'rate_limited', esperarMs: undefined },
    ],
  ])('%s on %s', (_, name, reply, wanted) => {
    expect(judge(name, reply)).toMatchObject(wanted);
  });

  test.each(['CPF_ALREADY_REGISTERED', 'USER_CANCELLED'])('409 %s shows the account that exists', (word) => {
    const existing = { id: 'u7', status: 'cancelled', externalId: 'ixc-a-9-1' };
    expect(judge('createUser', code(409, word, {}, { existing }))).toMatchObject({
      kind: 'duplicate_here',
      existente: { id: 'u7', situacao: 'cancelado', externalId: 'ixc-a-9-1' },
    });
    expect(judge('createUser', code(409, word))).toMatchObject({
      kind: 'duplicate_here',
      existente: undefined,
    });
  });

  test('a reference of somebody else’s that is a CPF or an e-mail does not come through', () => {
    for (const externalId of ['111.444.777-35', '11144477735', 'maria@example.com']) {
      const reply = code(
        409,
        'CPF_ALREADY_REGISTERED',
        {},
        { existing: { id: 'u7', status: 'active', externalId } },
      );
      expect(judge('createUser', reply)).toMatchObject({ existente: { externalId: null } });
    }
  });

  test.each([400, 422])('%i names our fields, in the partner’s words', (status) => {
    const errors = [
      { field: 'birthDate', message: 'Data de nascimento inválida' },
      { field: 'phone' },
      { field: 'shoeSize', message: 'Tamanho?' },
      'lixo',
    ];
    expect(
      judge('createUser', code(status, 'VALIDATION_FAILED', {}, { detail: 'Dados inválidos', errors })),
    ).toEqual({
      kind: 'refused_data',
      mensagem: 'Dados inválidos',
      campos: [
        { campo: 'nascimento', mensagem: 'Data de nascimento inválida' },
        { campo: 'celular', mensagem: 'Dados inválidos' },
        { campo: 'shoeSize', mensagem: 'Tamanho?' },
      ],
    });
  });

  test('no message carries what we sent about the person', () => {
    const detail =
      'CPF 111.444.777-35 de MARIA EXEMPLO DA SILVA (maria@example.com, +55 54 99999-0000) recusado';
    const outcome = judge(
      'createUser',
      code(422, 'X', {}, { detail, errors: [{ field: 'cpf', message: detail }] }),
    );
    expect(JSON.stringify(outcome)).not.toMatch(/\d{3}|maria|exemplo|@/i);
    expect(JSON.stringify(outcome)).toContain('recusado');
  });
});
