// Profiles: the shipped ones are valid, and each mistake is named with its exact place and its fix.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Problem } from '../../src/problem.ts';
import { loadPerfis, readPerfil } from '../../src/teleclinica/perfil.ts';
import { setPath } from '../../src/teleclinica/transformar.ts';

const folder = new URL('../../plugin/perfis/', import.meta.url).pathname;
const shipped = readFileSync(join(folder, 'teleclinica-v1.json'), 'utf8');

/** The shipped profile with `value` at `path`, read as `x.json`. */
function change(path: string, value: unknown) {
  const json: object = JSON.parse(shipped);
  setPath(json, path, value);
  const read = readPerfil('x.json', JSON.stringify(json));
  return read.ok ? [] : read.erros;
}

test('every shipped profile is valid', () => {
  expect([...loadPerfis(folder).keys()]).toEqual(['teleclinica-v1']);
});

describe('a mistake is named with its place and its fix', () => {
  test.each([
    [
      'operations.createUser.outcomes.1.is',
      'certo',
      'operations.createUser.outcomes[1].is: use "ok", "accepted"',
    ],
    ['operations.createUser.method', 'FETCH', 'operations.createUser.method: use "GET", "POST"'],
    ['operations.createUser.outcomes.0.http', [1000], 'operations.createUser.outcomes[0].http[0]'],
    ['operations.createUser.outcomes.0.http', ['44x'], 'operations.createUser.outcomes[0].http[0]'],
    [
      'operations.createUser.body.cpf.use',
      ['somente'],
      'operations.createUser.body.cpf.use[0]: "somente" não é',
    ],
    [
      'operations.createUser.body.cpf.from',
      'pessoa.rg',
      'operations.createUser.body.cpf.from: "pessoa.rg" não existe',
    ],
    ['operations.createUser.body.cpf', {}, 'operations.createUser.body.cpf: diga "from" ou "const"'],
    [
      'operations.block.path',
      '/users/{cpf}/block',
      'operations.block.path: "cpf" não existe aqui; use remotoId',
    ],
    ['operations.block.path', '/users/{remotoId|rot13}/block', 'operations.block.path: "rot13" não é'],
    ['operations.block.path', 'users', 'operations.block.path: comece com "/"'],
    ['operations.block.method', 'GET', 'operations.block.writes: um GET que grava precisa de "writes": true'],
    ['operations.block.result', { id: 'id' }, 'operations.block.result: diga em "status"'],
    ['operations.listUsers.page', { style: 'folha' }, 'operations.listUsers.page.style: use page, offset'],
    ['operations.findByCpf.body', { cpf: { from: 'cpf' } }, 'operations.findByCpf.body: um GET com corpo'],
    [
      'operations.findByCpf.query.cpf.use',
      ['map:nada'],
      'operations.findByCpf.query.cpf.use[0]: a tabela "nada"',
    ],
    ['operations.ping.headers', { Authorization: { const: 'x' } }, 'operations.ping.headers.Authorization'],
    ['operations.ping.success', [{ path: 'a' }], 'operations.ping.success[0].path: acrescente "equals"'],
    ['operations.dançar', {}, 'operations.dançar: campo desconhecido'],
    ['outcomes.0', { is: 'ok' }, 'outcomes[0]: a regra precisa de uma condição'],
    ['outcomes.0', { http: [200], equals: 1, is: 'ok' }, 'outcomes[0].path: diga o caminho'],
    ['statusMap.active', 'vivo', 'statusMap.active: use "ativo", "pendente"'],
    ['limits.concurrency', 0, 'limits.concurrency: pequeno demais'],
    ['limits.concurrency', '10', 'limits.concurrency: escreva um número'],
    ['capabilities.revive', undefined, 'capabilities.revive: falta: escreva true ou false'],
    ['errors.code', '__proto__.x', 'errors.code: use um caminho com pontos'],
    ['tenant', { in: 'path' }, 'tenant.in: ponha {tenant}'],
    ['auth', { type: 'magia' }, 'auth.type: use basic, header, login'],
  ])('%s = %j', (path, value, wanted) => {
    const [first = ''] = change(path, value);
    expect(first).toContain(`x.json: ${wanted}`);
  });

  test('a capability without its operation is refused', () => {
    const json = JSON.parse(shipped);
    delete json.operations.changePlan;
    delete json.operations.findByCpf;
    const read = readPerfil('x.json', JSON.stringify(json));
    expect(read).toEqual({
      ok: false,
      erros: [
        'x.json: capabilities.lookupBy[2]: descreva operations.findByCpf ou tire "cpf" daqui',
        'x.json: capabilities.changePlan: descreva operations.changePlan ou escreva false',
      ],
    });
  });

  test('malformed JSON is named by line and column', () => {
    const read = readPerfil('x.json', '{\n  "profileVersion": 1,\n  "auth" }');
    expect(read).toEqual({
      ok: false,
      erros: [expect.stringMatching(/^x\.json: linha 3, coluna \d+: JSON malformado/)],
    });
  });
});

describe('no address, secret or status lives in a profile', () => {
  test.each([
    ['baseUrl', 'https://api.exemplo.com.br/v1', 'baseUrl: o endereço fica na URL Base'],
    ['status', 'verified', 'status: a situação do perfil fica no banco'],
    ['auth.password', 'x', 'auth.password: usuário, senha e chaves ficam na integração'],
    ['descricao', 'veja https://exemplo.com', 'descricao: o endereço fica na URL Base'],
    ['operations.ping.path', '//evil.com/x://y', 'operations.ping.path: o endereço fica'],
    [
      'auth',
      { type: 'header', headers: { token: { const: 'abc' } } },
      'auth.headers.token.const: segredos não ficam',
    ],
    [
      'operations.ping.headers',
      { 'X-Auth': { const: 'Bearer abc' } },
      'operations.ping.headers.X-Auth.const: segredos',
    ],
    ['operations.ping.query', { api_key: { const: 'abc' } }, 'operations.ping.query.api_key.const: segredos'],
  ])('%s = %j', (path, value, wanted) => {
    expect(change(path, value)[0]).toContain(`x.json: ${wanted}`);
  });
});

test('the hash follows the meaning, not the spacing or the order of keys', () => {
  const json = JSON.parse(shipped);
  const turned = Object.fromEntries(Object.entries(json).toReversed());
  const hash = (text: string) => {
    const read = readPerfil('x.json', text);
    return read.ok ? read.perfil.hash : undefined;
  };
  expect(hash(JSON.stringify(turned, null, 8))).toBe(hash(shipped));
  expect(hash(shipped)).toMatch(/^[0-9a-f]{64}$/);
  expect(hash(JSON.stringify({ ...json, descricao: 'outra' }))).not.toBe(hash(shipped));
});

test('a folder with errors stops the start with all of them', async () => {
  const temp = await mkdtemp(join(tmpdir(), 'perfis-'));
  onTestFinished(() => rm(temp, { recursive: true }));
  await writeFile(join(temp, 'bom.json'), shipped);
  await writeFile(join(temp, 'ruim.json'), '{}');
  await writeFile(join(temp, 'Nome Errado.json'), shipped);
  await writeFile(join(temp, 'leia-me.txt'), 'não é perfil');
  const load = () => loadPerfis(temp);
  expect(load).toThrow(Problem);
  try {
    load();
  } catch (error) {
    expect(error).toMatchObject({
      action: expect.stringMatching(
        /^Nome Errado\.json: dê ao arquivo.*\nruim\.json: profileVersion: use 1\n/,
      ),
    });
  }
});
