// Every fault of the simulator can be seen from outside, and its history tells what really took effect.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FalhaInput } from '../../src/demo/simulador/falhas.ts';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { type Chama, callerOf, createPessoa } from './simulador.pessoa.ts';

let sim: Simulador;
let chama: Chama;

beforeAll(async () => {
  sim = await startSimulador();
  chama = callerOf(sim);
});
afterAll(() => sim.stop());
beforeEach(() => sim.zera());

const statusOf = async (id: string) => (await sim.pessoas()).find((pessoa) => pessoa.id === id)?.status;
const last = async () => (await sim.historico()).at(-1);

/** Registers a person, breaks the block with `regra` and blocks. */
async function blockWith(regra: FalhaInput) {
  const { id } = await createPessoa(chama);
  await sim.falha({ operation: 'blockUser', ...regra });
  const answer = await chama(`POST /users/${id}/block`).catch((error: unknown) => {
    expect(error).toBeInstanceOf(TypeError);
    return 'cortada' as const;
  });
  return { id, answer };
}

describe('connections that break', () => {
  test.each<[FalhaInput, string]>([
    [{ kind: 'dropBefore' }, 'active'],
    [{ kind: 'down' }, 'active'],
    [{ kind: 'applyThenDrop' }, 'blocked'],
    [{ kind: 'truncated' }, 'blocked'],
  ])('%o leaves the person %s', async (regra, status) => {
    const { id, answer } = await blockWith(regra);
    expect(answer).toBe('cortada');
    expect(await statusOf(id)).toBe(status);
    expect(await last()).toMatchObject({
      end: 'dropped',
      applied: status === 'blocked',
      rule: expect.any(String),
    });
  });

  test('a late application happens after the connection broke', async () => {
    const { id, answer } = await blockWith({ kind: 'applyLate', ms: 150 });
    expect(answer).toBe('cortada');
    expect(await statusOf(id)).toBe('active');
    await expect.poll(() => statusOf(id)).toBe('blocked');
    const call = await last();
    expect((call?.appliedAt ?? 0) - (call?.at ?? 0)).toBeGreaterThanOrEqual(140);
  });

  test('a silent call ends when the caller gives up, and still takes effect', async () => {
    const { id } = await createPessoa(chama);
    await sim.falha({ kind: 'applyLate', ms: 200, answer: 'hang', operation: 'blockUser' });
    await expect(chama(`POST /users/${id}/block`, { signal: AbortSignal.timeout(60) })).rejects.toThrow();
    await expect.poll(last).toMatchObject({ end: 'aborted', status: null });
    await expect.poll(() => statusOf(id)).toBe('blocked');
  });

  test('flapping answers while up and cuts while down', async () => {
    await sim.falha({ kind: 'flapping', upMs: 120, downMs: 120 });
    const seen = new Set<string>();
    const look = async () => {
      await chama('GET /plans').then(
        () => seen.add('no ar'),
        () => seen.add('fora'),
      );
      return seen.size;
    };
    await expect.poll(look, { interval: 15 }).toBe(2);
  });
});

describe('answers that lie', () => {
  test.each<[FalhaInput, number, string, string]>([
    [{ kind: 'status', status: 503 }, 503, '"code":"MAINTENANCE"', 'active'],
    [{ kind: 'status', status: 418, body: { erro: 'bule' } }, 418, '{"erro":"bule"}', 'active'],
    [{ kind: 'statusAfterApply', status: 500 }, 500, '"code":"HTTP_500"', 'blocked'],
    [{ kind: 'html200' }, 200, '<h1>Portal em manutenção</h1>', 'active'],
    [{ kind: 'html200', apply: true }, 200, '<h1>Portal em manutenção</h1>', 'blocked'],
    [{ kind: 'wrongJson' }, 200, '"resultado"', 'active'],
    [{ kind: 'success200WithError' }, 200, '"success":false', 'active'],
    [{ kind: 'unauthorized' }, 401, '"code":"UNAUTHORIZED"', 'active'],
    [{ kind: 'forbidden' }, 403, '"code":"FORBIDDEN"', 'active'],
    [{ kind: 'unknownStatus', word: 'em_analise' }, 200, '"status":"em_analise"', 'blocked'],
    [{ kind: 'latency', ms: 30 }, 200, '"status":"blocked"', 'blocked'],
  ])('%o answers %i with %s', async (regra, status, text, situacao) => {
    const { id, answer } = await blockWith(regra);
    expect(answer).toMatchObject({ status, text: expect.stringContaining(text) });
    expect(await statusOf(id)).toBe(situacao);
    expect(await last()).toMatchObject({ status, end: 'sent', applied: situacao === 'blocked' });
  });

  test('an empty 200 has no body at all', async () => {
    const { answer } = await blockWith({ kind: 'empty200' });
    expect(answer).toMatchObject({ status: 200, text: '' });
  });

  test('a short answer is well framed but its JSON stops half-way', async () => {
    const { id } = await createPessoa(chama);
    await sim.falha({ kind: 'truncated', how: 'short', operation: 'getUser' });
    await expect(chama(`GET /users/${id}`)).rejects.toThrow(SyntaxError);
  });

  test('a huge answer is as large as asked, and still JSON', async () => {
    const { id, answer } = await blockWith({ kind: 'huge', mb: 3 });
    expect(answer).toMatchObject({ body: { id, status: 'blocked' } });
    expect(answer === 'cortada' ? 0 : answer.text.length).toBeGreaterThan(3 * 1024 * 1024);
  });

  test('a slow drip takes as long as its bytes do', async () => {
    const started = performance.now();
    const { id, answer } = await blockWith({ kind: 'slowDrip', bytesPerSecond: 2000 });
    expect(answer).toMatchObject({ body: { id } });
    const bytes = answer === 'cortada' ? 0 : answer.text.length;
    expect(performance.now() - started).toBeGreaterThan((bytes / 2000) * 900);
  });

  test.each([
    [7, /^7$/],
    ['date', /GMT$/],
    ['negative', /^-5$/],
    ['absurd', /^999999999$/],
    ['absent', null],
  ])('429 with Retry-After %s', async (retryAfter, expected) => {
    const { answer } = await blockWith({ kind: 'rateLimited', retryAfter });
    const header = answer === 'cortada' ? undefined : answer.headers.get('retry-after');
    if (expected === null) expect(header).toBeNull();
    else expect(header).toMatch(expected);
    expect(answer).toMatchObject({ status: 429 });
  });

  test('a redirect points where it was told', async () => {
    const { answer } = await blockWith({ kind: 'redirect', url: 'http://127.0.0.1:9/fora' });
    expect(answer === 'cortada' ? '' : answer.headers.get('location')).toBe('http://127.0.0.1:9/fora');
  });
});

describe('which calls a rule meets', () => {
  test('only the person, the operation and the number of times that it names', async () => {
    const one = await createPessoa(chama);
    const two = await createPessoa(chama);
    await sim.falha({
      kind: 'forbidden',
      operation: ['blockUser', 'cancelUser'],
      externalId: one.externalId,
      skip: 1,
      times: 1,
    });
    const statuses: number[] = [];
    for (const id of [two.id, one.id, one.id, one.id])
      statuses.push((await chama(`POST /users/${id}/block`)).status);
    expect(statuses).toEqual([200, 200, 403, 200]);
  });

  test('the same seed breaks the same calls', async () => {
    const run = async () => {
      await sim.semFalhas();
      await sim.falha({ kind: 'forbidden', operation: 'listPlans', probability: 0.5, seed: 42 });
      const statuses: number[] = [];
      for (let i = 0; i < 24; i += 1) statuses.push((await chama('GET /plans')).status);
      return statuses;
    };
    const first = await run();
    expect(new Set(first)).toEqual(new Set([200, 403]));
    expect(await run()).toEqual(first);
  });

  test('a typing slip in a rule or an option is refused by name', async () => {
    const slip = { kind: 'latency', ms: 1, operacao: 'blockUser' } as unknown as FalhaInput;
    await expect(sim.falha(slip)).rejects.toThrow('operacao');
    await expect(sim.opcoes({ cpfUnicoo: true } as never)).rejects.toThrow('cpfUnicoo');
  });

  test('a rule that is taken away meets nobody', async () => {
    const id = await sim.falha({ kind: 'unauthorized' });
    expect((await chama('GET /plans')).status).toBe(401);
    await sim.semFalhas(id);
    expect((await chama('GET /plans')).status).toBe(200);
  });
});

describe('what is remembered', () => {
  test('the history holds no name, CPF or contact', async () => {
    const pessoa = await createPessoa(chama, { email: 'maria@example.com' });
    await chama(`GET /users?cpf=${pessoa.cpf}`);
    await chama(`GET /${pessoa.cpf}`);
    const calls = await sim.historico();
    const written = JSON.stringify(calls);
    for (const secret of [pessoa.cpf, pessoa.name, pessoa.phone, 'maria@example.com']) {
      expect(written).not.toContain(secret);
    }
    expect(calls[0]).toMatchObject({
      externalId: pessoa.externalId,
      fields: expect.arrayContaining(['cpf', 'name']),
    });
    expect(calls[1]?.person).toBe(calls[0]?.person);
    expect(calls[1]?.path).toBe('/v1/users?cpf=***');
    expect(await sim.historico({ desde: calls[1]?.seq ?? 0 })).toHaveLength(1);
  });

  test('two writes for one person at the same time are noticed; one after the other are not', async () => {
    const { id, externalId } = await createPessoa(chama);
    await chama(`POST /users/${id}/block`);
    expect((await sim.concorrencia()).max).toBe(1);
    await sim.opcoes({ latencyMs: 100 });
    await Promise.all([chama(`POST /users/${id}/block`), chama(`POST /users/${id}/unblock`)]);
    const { max, sobreposicoes } = await sim.concorrencia();
    expect(max).toBe(2);
    expect(sobreposicoes).toMatchObject([
      { externalId, max: 2, calls: [expect.any(Number), expect.any(Number)] },
    ]);
  });

  test('a change by hand shows at the API, and a person can vanish', async () => {
    const { id } = await createPessoa(chama);
    await sim.muda(id, { status: 'blocked' });
    expect((await chama(`GET /users/${id}`)).body).toMatchObject({
      status: 'blocked',
      blockedAt: expect.any(String),
    });
    await sim.some(id);
    expect((await chama(`GET /users/${id}`)).status).toBe(404);
  });
});

describe('page and process', () => {
  test('the page breaks and mends the partner with plain forms and relative addresses', async () => {
    const { name, cpf } = await createPessoa(chama);
    const html = await (await fetch(sim.pagina)).text();
    expect(html).toContain(name);
    expect(html).not.toContain(cpf);
    expect(html).not.toMatch(/(href|src|action)="\//);
    const press = (preset: string) =>
      fetch(`${sim.pagina}falha`, {
        method: 'POST',
        body: new URLSearchParams({ preset }),
        redirect: 'manual',
      });
    const pressed = await press('senha');
    expect([pressed.status, pressed.headers.get('location')]).toEqual([303, './']);
    expect((await chama('GET /plans')).status).toBe(401);
    await press('normal');
    expect((await chama('GET /plans')).status).toBe(200);
  });

  test('another site in a browser cannot reach the control', async () => {
    const answer = await fetch(`${sim.controle}/falhas`, {
      method: 'DELETE',
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect(answer.status).toBe(403);
  });

  test('the process starts with the options of its environment and ends when told', async () => {
    const other = await startSimulador({
      env: { SIMULADOR_USUARIO: 'ana', SIMULADOR_SENHA: 'segredo', SIMULADOR_OPCOES: '{"auth":"bearer"}' },
    });
    expect((await callerOf(other)('GET /plans')).headers.get('www-authenticate')).toBe('Bearer');
    await other.stop();
    await expect(fetch(other.pagina)).rejects.toThrow();
    expect(() => process.kill(other.pid, 0)).toThrow();
  });
});
