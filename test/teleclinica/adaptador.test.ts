// The adapter against a real server that misbehaves in every way a partner can.
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createTeleClinica } from '../../src/teleclinica/adaptador.ts';
import { loadPerfis } from '../../src/teleclinica/perfil.ts';
import type { Answer, Connection } from '../../src/teleclinica/port.ts';
import type { Resolve } from '../../src/teleclinica/rede.ts';
import { CERTIFICADO, CHAVE } from './certificado.ts';
import { type Parceiro, sendJson, startParceiro } from './parceiro.ts';

const perfil = loadPerfis(new URL('../../plugin/perfis/', import.meta.url).pathname).get('teleclinica-v1');
if (!perfil) throw new Error('sem perfil');

const key = { remotoId: 'u1', externalId: 'ixc-a-1-1', planoCodigo: 'p1' };
const pessoa = {
  nome: 'Maria Exemplo da Silva',
  cpf: '11144477735',
  nascimento: '1988-04-09',
  email: 'maria@example.com',
  celular: '54999990000',
};
const input = { externalId: 'ixc-a-1-1', planoCodigo: 'p1', pessoa };
const options = { timeoutMs: 5000, idempotencyKey: 'chave-0001' };
const user = { id: 'u1', status: 'blocked', externalId: 'ixc-a-1-1', planId: 'p1' };

const connectTo = (urlBase: string, hosts: string[], more: Partial<Connection> = {}, resolve?: Resolve) =>
  createTeleClinica(
    perfil,
    { urlBase, usuario: 'eu', senha: 'sênha:1', tenant: 'int-9', ...more },
    { hosts, resolve },
  );
const to = (parceiro: Parceiro) => connectTo(parceiro.url, [parceiro.host]);
const kindOf = (answer: Answer<unknown>) => answer.outcome.kind;

describe('what goes over the wire', () => {
  test('a create carries exactly the fields of the contract, who we are and the stable key', async () => {
    const parceiro = await startParceiro((_, response) =>
      sendJson(response, 201, { ...user, status: 'active' }, { 'X-Request-Id': 'req-1' }),
    );
    const answer = await to(parceiro).createUser(input, options);
    expect(answer).toMatchObject({
      outcome: { kind: 'ok', value: { id: 'u1', situacao: 'ativo' } },
      trace: { httpStatus: 201, requestId: 'req-1', duracaoMs: expect.any(Number) },
    });
    const [chegada] = parceiro.chegadas;
    expect(chegada).toMatchObject({ method: 'POST', url: '/v1/users' });
    expect(chegada?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('eu:sênha:1').toString('base64')}`,
      'content-type': 'application/json',
      'idempotency-key': 'chave-0001',
      'x-integration-id': 'int-9',
    });
    expect(JSON.parse(chegada?.body ?? '')).toEqual({
      externalId: 'ixc-a-1-1',
      planId: 'p1',
      name: 'Maria Exemplo da Silva',
      cpf: '11144477735',
      birthDate: '1988-04-09',
      email: 'maria@example.com',
      phone: '+5554999990000',
    });
  });

  test('what IXC does not know is left out', async () => {
    const parceiro = await startParceiro((_, response) =>
      sendJson(response, 201, { ...user, status: 'active' }),
    );
    await to(parceiro).createUser({ ...input, pessoa: { ...pessoa, email: null, celular: null } }, options);
    expect(Object.keys(JSON.parse(parceiro.chegadas[0]?.body ?? ''))).toEqual([
      'externalId',
      'planId',
      'name',
      'cpf',
      'birthDate',
    ]);
  });

  test('an id can never reach another resource', async () => {
    const parceiro = await startParceiro((_, response) =>
      sendJson(response, 404, { status: 404, code: 'USER_NOT_FOUND' }),
    );
    const tc = to(parceiro);
    await tc.block({ ...key, remotoId: 'a/../../b?c#d%2e' }, options);
    expect(parceiro.chegadas[0]?.url).toBe('/v1/users/a%2F..%2F..%2Fb%3Fc%23d%252e/block');
    for (const remotoId of ['.', '..', '']) {
      expect(kindOf(await tc.block({ ...key, remotoId }, options))).toBe('refused_data');
    }
    expect(parceiro.chegadas).toHaveLength(1);
  });

  test('registering carries no tenant, and proxies of the environment are ignored', async () => {
    process.env['HTTP_PROXY'] = 'http://127.0.0.1:9/';
    onTestFinished(() => {
      delete process.env['HTTP_PROXY'];
    });
    const parceiro = await startParceiro((_, response) =>
      sendJson(response, 201, { id: 'int-1', environment: 'homologacao' }),
    );
    const answer = await to(parceiro).registerIntegration(
      { cnpj: '11222333000181', nome: 'Provedor' },
      options,
    );
    expect(answer.outcome).toEqual({ kind: 'ok', value: { remotoId: 'int-1', ambiente: 'homologacao' } });
    expect(parceiro.chegadas[0]?.headers['x-integration-id']).toBeUndefined();
  });
});

describe('answers that are not answers', () => {
  const cases: [string, Parameters<typeof startParceiro>[0]][] = [
    [
      'a Web page with 200',
      (_, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>login</html>'),
    ],
    ['nothing with 200', (_, response) => response.writeHead(200).end()],
    ['JSON that stops half-way', (_, response) => response.writeHead(200).end('{"id":"u1","sta')],
    [
      'a body cut in the middle',
      (_, response) => {
        response.writeHead(200, { 'Content-Length': '500' }).write('{"id":');
        setImmediate(() => response.destroy());
      },
    ],
    [
      'letters of another charset',
      (_, response) =>
        response.writeHead(200).end(Buffer.from('{"id":"u1","status":"a\u00e7\u00e3o"}', 'latin1')),
    ],
    ['a socket closed without a word', (_, response) => response.destroy()],
    ['garbage instead of HTTP', (_, response) => response.socket?.end('\u0000\u0001 nada disso\r\n\r\n')],
    ['half a million brackets', (_, response) => response.writeHead(200).end('['.repeat(500_000))],
    [
      'deep JSON that is well formed',
      (_, response) => response.writeHead(200).end('['.repeat(400_000) + ']'.repeat(400_000)),
    ],
  ];
  test.each(cases)('%s: the write is uncertain, the read says try later or broken', async (_, handler) => {
    const tc = to(await startParceiro(handler));
    expect(kindOf(await tc.createUser(input, options))).toBe('uncertain');
    expect(kindOf(await tc.block(key, options))).toBe('uncertain');
    expect(['unavailable', 'contract_broken']).toContain(
      kindOf(await tc.findUser({ remotoId: 'u1' }, options)),
    );
  });

  test('JSON is read in the charset it declares, whatever type it claims to be', async () => {
    const tc = to(
      await startParceiro((_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html; charset=ISO-8859-1' });
        response.end(Buffer.from(JSON.stringify({ data: [{ id: 'p1', name: 'Clínico já' }] }), 'latin1'));
      }),
    );
    expect((await tc.listPlans(undefined, options)).outcome).toMatchObject({
      value: { itens: [{ nome: 'Clínico já' }] },
    });
  });

  test('50 MB are not swallowed', async () => {
    let written = 0;
    const parceiro = await startParceiro((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const chunk = Buffer.alloc(65_536, 'a');
      const pour = () => {
        while (written < 50_000_000 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
        response.end();
      };
      pour();
    });
    expect(kindOf(await to(parceiro).createUser(input, options))).toBe('uncertain');
    expect(written).toBeGreaterThan(1_000_000);
    expect(written).toBeLessThan(20_000_000);
  });

  test('one byte at a time is cut at the deadline of the whole call, and nothing else waits for it', async () => {
    const timers: NodeJS.Timeout[] = [];
    onTestFinished(() => timers.forEach(clearInterval));
    const parceiro = await startParceiro((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      timers.push(setInterval(() => response.write(' '), 20));
    });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const answer = await to(parceiro).block(key, { timeoutMs: 400 });
    delay.disable();
    expect(answer.outcome).toMatchObject({ kind: 'uncertain', mensagem: expect.stringContaining('0,4 s') });
    expect(answer.trace.httpStatus).toBe(200);
    expect(answer.trace.duracaoMs).toBeGreaterThanOrEqual(390);
    expect(answer.trace.duracaoMs).toBeLessThan(2000);
    expect(delay.percentile(99) / 1e6).toBeLessThan(200);
  });

  test('a partner that accepts and never answers is left at the deadline', async () => {
    const tc = to(await startParceiro(() => undefined));
    const write = await tc.createUser(input, { timeoutMs: 300 });
    expect(write).toMatchObject({ outcome: { kind: 'uncertain' }, trace: { httpStatus: null } });
    expect(kindOf(await tc.ping({ timeoutMs: 300 }))).toBe('unavailable');
  });

  test('a 401 whose body breaks is still a refusal of the credentials', async () => {
    const tc = to(
      await startParceiro((_, response) => {
        response.writeHead(401, { 'Content-Length': '500' }).write('x');
        setImmediate(() => response.destroy());
      }),
    );
    expect(await tc.ping(options)).toMatchObject({
      outcome: { kind: 'credentials' },
      trace: { httpStatus: 401 },
    });
  });
});

describe('where the credentials may go', () => {
  test('a redirect is not followed and nobody else hears our password', async () => {
    const other = await startParceiro((_, response) => sendJson(response, 200, user));
    for (const status of [301, 302, 303, 307, 308]) {
      const tc = to(
        await startParceiro((_, response) =>
          response.writeHead(status, { Location: `${other.url}/users` }).end(),
        ),
      );
      expect(kindOf(await tc.block(key, options))).toBe('uncertain');
      expect((await tc.ping(options)).outcome).toMatchObject({
        kind: 'unavailable',
        mensagem: expect.stringContaining('URL Base'),
      });
    }
    expect(other.chegadas).toHaveLength(0);
  });

  test('a host that is not listed is never called', async () => {
    const parceiro = await startParceiro((_, response) => sendJson(response, 200, user));
    const answer = await connectTo(parceiro.url, ['api.exemplo.com.br']).block(key, options);
    expect(answer.outcome).toMatchObject({
      kind: 'unavailable',
      mensagem: expect.stringContaining('TELECLINICA_HOSTS'),
    });
    expect(parceiro.chegadas).toHaveLength(0);
  });

  test('a listed name that leads to a private address is refused before connecting, also when it first led elsewhere', async () => {
    const inside = await startParceiro((_, response) => sendJson(response, 200, user));
    const port = inside.host.split(':')[1];
    const resolve: Resolve = (_, __, callback) =>
      callback(null, [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    const tc = connectTo(`https://api.exemplo.com.br:${port}/v1`, ['api.exemplo.com.br'], {}, resolve);
    expect((await tc.createUser(input, options)).outcome).toMatchObject({
      kind: 'unavailable',
      mensagem: expect.stringContaining('rede interna'),
    });
    expect(inside.chegadas).toHaveLength(0);
  });

  test('a certificate nobody signed is refused, and the sentence says so', async () => {
    const server = createTlsServer({ key: CHAVE, cert: CERTIFICADO }, (_, response) => response.end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const tc = connectTo(`https://127.0.0.1:${port}/v1`, [`127.0.0.1:${port}`]);
    expect((await tc.createUser(input, options)).outcome).toMatchObject({
      kind: 'unavailable',
      mensagem: expect.stringContaining('autoridade confiável'),
    });
  });
});

describe('before anything was sent', () => {
  test('a closed port means surely not applied', async () => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const tc = connectTo(`http://127.0.0.1:${port}/v1`, [`127.0.0.1:${port}`]);
    expect((await tc.createUser(input, options)).outcome).toMatchObject({
      kind: 'unavailable',
      mensagem: expect.stringContaining('recusou a conexão'),
    });
  });

  test('a name that does not exist means surely not applied', async () => {
    const resolve: Resolve = (_, __, callback) =>
      callback(Object.assign(new Error(), { code: 'ENOTFOUND' }), []);
    const tc = connectTo('https://api.exemplo.com.br/v1', ['api.exemplo.com.br'], {}, resolve);
    expect((await tc.createUser(input, options)).outcome).toMatchObject({
      kind: 'unavailable',
      mensagem: expect.stringContaining('DNS'),
    });
  });

  test('TLS that never answers means surely not applied', async () => {
    const server = createTcpServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const tc = connectTo(`https://127.0.0.1:${port}/v1`, [`127.0.0.1:${port}`]);
    expect(kindOf(await tc.createUser(input, { timeoutMs: 300 }))).toBe('unavailable');
    await new Promise((resolve) => connect(port, '127.0.0.1').once('connect', resolve).unref().end());
  });
});

describe('lookups do not believe everything', () => {
  const found = (data: unknown) => startParceiro((_, response) => sendJson(response, 200, { data }));

  test('an empty list is not_found, and a list is checked against what was asked', async () => {
    expect(kindOf(await to(await found([])).findUser({ externalId: 'ixc-a-1-1' }, options))).toBe(
      'not_found',
    );
    const mixed = to(await found([{ ...user, id: 'u0', externalId: 'ixc-a-10-1' }, user]));
    expect((await mixed.findUser({ externalId: 'ixc-a-1-1' }, options)).outcome).toMatchObject({
      value: [{ id: 'u1' }],
    });
  });

  test('a partner that ignores the filter and shows everybody breaks the contract', async () => {
    const everybody = to(await found([{ ...user, externalId: 'ixc-a-7-1', cpf: '52998224725' }]));
    expect(kindOf(await everybody.findUser({ externalId: 'ixc-a-1-1' }, options))).toBe('contract_broken');
    expect(kindOf(await everybody.findUser({ cpf: '11144477735' }, options))).toBe('contract_broken');
  });

  test('one unreadable person breaks the whole page, so that nobody seems gone', async () => {
    expect(kindOf(await to(await found([user, { nome: 'x' }])).listUsers(undefined, options))).toBe(
      'contract_broken',
    );
    expect(kindOf(await to(await found({})).listUsers(undefined, options))).toBe('contract_broken');
  });

  test('an account whose number is the CPF is refused, because the number would be kept', async () => {
    const tc = to(await found([{ ...user, id: '111.444.777-35', cpf: '11144477735' }]));
    expect(kindOf(await tc.findUser({ cpf: '11144477735' }, options))).toBe('contract_broken');
  });
});

test('no more connections than the profile allows are open at once', async () => {
  let open = 0;
  let most = 0;
  const parceiro = await startParceiro((_, response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      sendJson(response, 200, user);
    }, 10);
  });
  const tc = to(parceiro);
  const answers = await Promise.all(Array.from({ length: 40 }, () => tc.block(key, options)));
  expect(answers.every((answer) => kindOf(answer) === 'ok')).toBe(true);
  expect(most).toBe(tc.limits.concurrency);
});
