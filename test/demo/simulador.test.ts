// The simulator is a faithful partner: it answers as the OpenAPI says, on a real process over real HTTP.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { type Chama, callerOf, createPessoa, newCpf, newPessoa } from './simulador.pessoa.ts';

let sim: Simulador;
let chama: Chama;

beforeAll(async () => {
  sim = await startSimulador();
  chama = callerOf(sim);
});
afterAll(() => sim.stop());
beforeEach(() => sim.zera());

describe('who is calling', () => {
  test('a wrong password is refused with 401 and a challenge, and nothing is told', async () => {
    const answer = await chama('GET /plans', {
      headers: { authorization: `Basic ${btoa('provedor:errada')}` },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
    expect(answer.body).toMatchObject({ code: 'UNAUTHORIZED', status: 401 });
  });

  test.each(['application/json', 'application/x-www-form-urlencoded'])(
    'login by %s gives a token',
    async (type) => {
      const given = { grant_type: 'password', username: sim.usuario, password: sim.senha };
      const body = type.endsWith('json') ? JSON.stringify(given) : new URLSearchParams(given).toString();
      const login = await chama('POST /auth/login', { body, headers: { 'content-type': type } });
      expect(login.body).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
      const headers = { authorization: `Bearer ${login.body.access_token}` };
      expect((await chama('GET /plans', { headers })).status).toBe(200);
      await sim.opcoes({ senha: 'outra-senha' });
      expect((await chama('GET /plans', { headers })).status).toBe(401);
    },
  );

  test('with the rate limit on, the calls beyond it get 429 and Retry-After', async () => {
    await sim.opcoes({ limitePorSegundo: 2 });
    const answers = await Promise.all(Array.from({ length: 9 }, () => chama('GET /plans')));
    const limited = answers.filter((answer) => answer.status === 429);
    // Nine calls may fall into two seconds, never into five.
    expect(limited.length).toBeGreaterThanOrEqual(5);
    expect(limited[0]?.headers.get('retry-after')).toBe('1');
  });

  test('a required tenant must be named, and must be one that exists', async () => {
    await sim.opcoes({ tenantObrigatorio: true });
    expect((await chama('GET /plans')).body.code).toBe('INTEGRATION_REQUIRED');
    expect((await chama('GET /plans', { headers: { 'x-integration-id': 'int-99' } })).status).toBe(403);
    expect((await chama('GET /plans', { headers: { 'x-integration-id': 'int-1' } })).status).toBe(200);
  });
});

describe('integration and plans', () => {
  test('an ISP is registered once per CNPJ', async () => {
    const body = { cnpj: '12345678000195', name: 'Provedor Exemplo' };
    const first = await chama('POST /integrations', { body });
    const again = await chama('POST /integrations', { body });
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    expect((await chama('GET /integrations/current')).body).toMatchObject({
      ...body,
      environment: 'simulador',
    });
  });

  test('two plans exist from the start; a new one is registered once per externalId', async () => {
    const start = await chama('GET /plans');
    expect(start.body.data.map((plano: { id: string }) => plano.id)).toEqual(['clinico-24h', 'familia-24h']);
    const body = { externalId: 'plano-3', name: 'Psicologia' };
    const first = await chama('POST /plans', { body });
    expect(first.status).toBe(201);
    expect((await chama('POST /plans', { body })).body).toEqual(first.body);
    const other = await chama('POST /plans', { body: { ...body, name: 'Outro nome' } });
    expect(other).toMatchObject({ status: 409, body: { code: 'EXTERNAL_ID_IN_USE' } });
    expect((await chama(`PATCH /plans/${first.body.id}`, { body: { name: 'Psicologia 24h' } })).status).toBe(
      200,
    );
    expect((await chama(`DELETE /plans/${first.body.id}`)).status).toBe(204);
    expect((await chama(`GET /plans/${first.body.id}`)).body).toMatchObject({
      name: 'Psicologia 24h',
      active: false,
    });
    expect((await chama('GET /plans?active=true&pageSize=1')).body.meta).toMatchObject({
      total: 2,
      totalPages: 2,
    });
  });
});

describe('the duplicate table of POST /users', () => {
  test('same externalId and same CPF answers the existing person, unchanged', async () => {
    const pessoa = await createPessoa(chama);
    const { id, status: _, ...body } = pessoa;
    const again = await chama('POST /users', { body: { ...body, name: 'Outro Nome Qualquer' } });
    expect(again).toMatchObject({ status: 200, body: { id, name: body.name } });
    expect(await sim.pessoas()).toHaveLength(1);
  });

  test('same externalId with another CPF is EXTERNAL_ID_IN_USE', async () => {
    const { externalId } = await createPessoa(chama);
    const answer = await chama('POST /users', { body: newPessoa({ externalId }) });
    expect(answer).toMatchObject({ status: 409, body: { code: 'EXTERNAL_ID_IN_USE' } });
  });

  test('a CPF that is here under another externalId is told with the existing account', async () => {
    const { id, cpf, externalId } = await createPessoa(chama);
    const answer = await chama('POST /users', { body: newPessoa({ cpf }) });
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'CPF_ALREADY_REGISTERED', existing: { id, status: 'active', externalId } },
    });
  });

  test('a CPF of another ISP is refused without details, and stays invisible', async () => {
    const cpf = newCpf();
    await sim.planta({ cpf, tenant: 'outro-provedor' });
    const answer = await chama('POST /users', { body: newPessoa({ cpf }) });
    expect(answer).toMatchObject({ status: 409, body: { code: 'CPF_REGISTERED_ELSEWHERE' } });
    expect(answer.body).not.toHaveProperty('existing');
    expect((await chama(`GET /users?cpf=${cpf}`)).body.data).toEqual([]);
  });

  test('a cancelled CPF gets a new account, or USER_CANCELLED where the partner does not revive', async () => {
    const { id, cpf } = await createPessoa(chama);
    await chama(`POST /users/${id}/cancel`);
    await sim.opcoes({ recusaCancelado: true });
    const refused = await chama('POST /users', { body: newPessoa({ cpf }) });
    expect(refused).toMatchObject({ status: 409, body: { code: 'USER_CANCELLED', existing: { id } } });
    await sim.opcoes({ recusaCancelado: false });
    expect((await chama('POST /users', { body: newPessoa({ cpf }) })).status).toBe(201);
  });

  test('without uniqueness the same request makes a second account', async () => {
    await sim.opcoes({ cpfUnico: false, externalIdUnico: false, idempotencia: false });
    const body = newPessoa();
    const headers = { 'idempotency-key': 'chave-repetida' };
    for (let i = 0; i < 2; i += 1) expect((await chama('POST /users', { body, headers })).status).toBe(201);
    expect((await chama(`GET /users?externalId=${body.externalId}`)).body.data).toHaveLength(2);
  });

  test('the same key replays the first answer; with another body it is refused', async () => {
    const headers = { 'idempotency-key': 'chave-da-operacao-1' };
    const body = newPessoa();
    const first = await chama('POST /users', { body, headers });
    const replay = await chama('POST /users', { body, headers });
    expect(replay.status).toBe(201);
    expect(replay.body).toEqual(first.body);
    expect(replay.headers.get('idempotent-replayed')).toBe('true');
    const other = await chama('POST /users', { body: newPessoa(), headers });
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('the same key while the first request runs is REQUEST_IN_PROGRESS', async () => {
    await sim.falha({ kind: 'latency', ms: 60_000, operation: 'createUser', times: 1 });
    const headers = { 'idempotency-key': 'chave-da-operacao-2' };
    const body = newPessoa();
    const leave = new AbortController();
    const first = chama('POST /users', { body, headers, signal: leave.signal }).catch(() => 'desistiu');
    await expect.poll(() => sim.historico()).toHaveLength(1);
    const second = await chama('POST /users', { body, headers });
    expect(second).toMatchObject({ status: 409, body: { code: 'REQUEST_IN_PROGRESS' } });
    expect(second.headers.get('retry-after')).toBe('1');
    leave.abort();
    expect(await first).toBe('desistiu');
  });
});

describe('data and lists', () => {
  test('bad data is 422 with every field named, an unknown plan is 404', async () => {
    const bad = { name: 'M', cpf: '11144477736', birthDate: '1900-01-01', phone: '54999990000', email: 'x' };
    const answer = await chama('POST /users', { body: newPessoa(bad) });
    expect(answer.status).toBe(422);
    const fields = answer.body.errors.map((error: { field: string }) => error.field);
    expect(fields.sort()).toEqual(['birthDate', 'cpf', 'email', 'name', 'phone']);
    const silent = await chama('POST /users', { body: newPessoa({ phone: null }) });
    expect(silent.body.errors).toMatchObject([{ field: 'phone', code: 'CONTACT_REQUIRED' }]);
    const plan = await chama('POST /users', { body: newPessoa({ planId: 'nao-existe' }) });
    expect(plan).toMatchObject({ status: 404, body: { code: 'PLAN_NOT_FOUND' } });
    expect((await chama('POST /users', { body: '{' })).status).toBe(400);
  });

  test('pages and cursors walk over everybody once, and a large pageSize is cut', async () => {
    for (let i = 0; i < 7; i += 1) await createPessoa(chama);
    await sim.opcoes({ paginaMaxima: 3 });
    const seen = new Set<string>();
    for (let page = 1; page <= 3; page += 1) {
      const { body } = await chama(`GET /users?page=${page}&pageSize=100`);
      expect(body.meta).toMatchObject({ page, pageSize: 3, total: 7, totalPages: 3 });
      for (const { id } of body.data) seen.add(id);
    }
    expect(seen.size).toBe(7);
    let cursor = (await chama('GET /users?pageSize=3')).body.meta.nextCursor;
    const rest: string[] = [];
    while (cursor !== null) {
      const { body } = await chama(`GET /users?pageSize=3&cursor=${cursor}`);
      rest.push(...body.data.map(({ id }: { id: string }) => id));
      cursor = body.meta.nextCursor;
    }
    expect(rest).toEqual([...seen].slice(3));
    expect((await chama('GET /users?page=0')).status).toBe(400);
  });

  test('filters by status, plan, reference and change date', async () => {
    const first = await createPessoa(chama);
    const second = await createPessoa(chama, { planId: 'familia-24h' });
    const { updatedAt } = (await chama(`POST /users/${second.id}/block`)).body;
    const idsOf = async (query: string) =>
      (await chama(`GET /users?${query}`)).body.data.map(({ id }: { id: string }) => id);
    expect(await idsOf('status=active')).toEqual([first.id]);
    expect(await idsOf('status=active&status=blocked')).toEqual([first.id, second.id]);
    expect(await idsOf('planId=familia-24h')).toEqual([second.id]);
    expect(await idsOf(`cpf=${first.cpf}`)).toEqual([first.id]);
    expect(await idsOf(`updatedSince=${updatedAt}`)).toContain(second.id);
    expect(await idsOf('updatedSince=2999-01-01T00:00:00Z')).toEqual([]);
    expect((await chama('GET /users?status=ativo')).status).toBe(400);
  });

  test('data is corrected, the CPF is not', async () => {
    const { id } = await createPessoa(chama);
    const changed = await chama(`PATCH /users/${id}`, { body: { email: 'maria@example.com' } });
    expect(changed).toMatchObject({ status: 200, body: { email: 'maria@example.com' } });
    const cpf = await chama(`PATCH /users/${id}`, { body: { cpf: newCpf() } });
    expect(cpf.body.errors).toMatchObject([{ field: 'cpf', code: 'IMMUTABLE' }]);
  });
});

describe('block, unblock, cancel, plan', () => {
  test('each is done once and succeeds again without effect', async () => {
    const { id } = await createPessoa(chama);
    for (const [verb, status] of [
      ['block', 'blocked'],
      ['unblock', 'active'],
      ['cancel', 'cancelled'],
    ]) {
      for (const applied of [true, false]) {
        expect(await chama(`POST /users/${id}/${verb}`)).toMatchObject({ status: 200, body: { status } });
        expect((await sim.historico()).at(-1)).toMatchObject({ userId: id, applied });
      }
    }
    for (const verb of ['block', 'unblock']) {
      expect((await chama(`POST /users/${id}/${verb}`)).body.code).toBe('INVALID_STATE');
    }
    expect((await chama('POST /users/nao-existe/block')).body.code).toBe('USER_NOT_FOUND');
  });

  test('a plan change needs a plan that is sold', async () => {
    const { id } = await createPessoa(chama);
    const moved = await chama(`PUT /users/${id}/plan`, { body: { planId: 'familia-24h' } });
    expect(moved.body.planId).toBe('familia-24h');
    expect((await chama(`PUT /users/${id}/plan`, { body: { planId: 'x' } })).status).toBe(404);
  });

  test('a young account may be too young to cancel', async () => {
    await sim.opcoes({ minAgeBeforeCancelS: 900 });
    const { id } = await createPessoa(chama);
    const answer = await chama(`POST /users/${id}/cancel`);
    expect(answer).toMatchObject({ status: 409, body: { code: 'TOO_EARLY' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(880);
  });

  test('in queue mode a 202 comes first and the effect later', async () => {
    await sim.opcoes({ assincrono: 150 });
    const queued = await chama('POST /users', { body: newPessoa() });
    expect(queued).toMatchObject({ status: 202, body: { status: 'queued' } });
    expect(queued.headers.get('retry-after')).toBe('1');
    expect((await chama(`GET /users/${queued.body.userId}`)).status).toBe(404);
    await expect.poll(async () => (await chama(`GET /users/${queued.body.userId}`)).status).toBe(200);
    const [first] = await sim.historico({ operacao: 'createUser' });
    expect(first).toMatchObject({ applied: true, userId: queued.body.userId, status: 202 });
  });

  test('dependents follow the limit of the plan', async () => {
    const { id } = await createPessoa(chama, { planId: 'familia-24h' });
    const body = { name: 'João Exemplo', birthDate: '2015-05-05', kinship: 'child' };
    const added = await chama(`POST /users/${id}/dependents`, { body });
    expect(added.status).toBe(201);
    expect((await chama(`GET /users/${id}/dependents`)).body.data).toHaveLength(1);
    expect((await chama(`DELETE /users/${id}/dependents/${added.body.id}`)).status).toBe(204);
    const alone = await createPessoa(chama);
    expect((await chama(`POST /users/${alone.id}/dependents`, { body })).body.code).toBe('DEPENDENT_LIMIT');
  });
});
