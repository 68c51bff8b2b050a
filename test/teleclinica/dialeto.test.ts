// A really different partner is a profile file and nothing else; and the life of a login token.
import { describe, expect, test } from 'vitest';
import { createTeleClinica } from '../../src/teleclinica/adaptador.ts';
import { loadPerfis } from '../../src/teleclinica/perfil.ts';
import type { Connection } from '../../src/teleclinica/port.ts';
import { SENHA, type ServidorRms, startServidorRms, USUARIO } from './servidorRms.ts';

const perfil = loadPerfis(new URL('./perfis/', import.meta.url).pathname).get('exemplo-rms');
if (!perfil) throw new Error('sem perfil');

const options = { timeoutMs: 5000, idempotencyKey: 'chave-0001' };
const pessoa = {
  nome: 'João Conceição ',
  cpf: '11144477735',
  nascimento: '1988-04-09',
  email: null,
  celular: '54999990000',
};
const input = { externalId: 'ixc-a-1-1', planoCodigo: 'familia', pessoa };

const speak = (servidor: ServidorRms, more: Partial<Connection> = {}, now?: () => number) => {
  const connection = { urlBase: servidor.url, usuario: USUARIO, senha: SENHA, tenant: '77', ...more };
  return createTeleClinica(perfil, connection, { hosts: [servidor.host], now });
};

describe('the whole main job in another dialect', () => {
  test('create, find, block, unblock, cancel and cancel again', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor);
    expect((await tc.ping(options)).outcome).toEqual({ kind: 'ok', value: { ambiente: 'homologacao' } });

    const created = await tc.createUser(input, options);
    expect(created.outcome).toMatchObject({
      kind: 'ok',
      value: { id: '9000', situacao: 'ativo', externalId: 'ixc-a-1-1' },
    });
    expect(servidor.adesao()).toEqual({
      codigoExterno: 'ixc-a-1-1',
      tipoPlano: '18',
      idBeneficiarioTipo: '1',
      nome: 'JOAO CONCEICAO',
      cpf: '111.444.777-35',
      dataNascimento: '09041988',
      ddi: '55',
      celular: '54999990000',
    });

    const key = { remotoId: '9000', externalId: 'ixc-a-1-1', planoCodigo: null };
    expect((await tc.findUser({ cpf: pessoa.cpf }, options)).outcome).toMatchObject({
      kind: 'ok',
      value: [{ id: '9000' }],
    });
    expect((await tc.findUser({ remotoId: '9000' }, options)).outcome).toMatchObject({
      kind: 'ok',
      value: [{ situacao: 'ativo' }],
    });
    expect((await tc.block(key, options)).outcome).toMatchObject({
      kind: 'ok',
      value: { id: '9000', situacao: 'bloqueado' },
    });
    expect((await tc.unblock(key, options)).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'ativo' },
    });
    expect((await tc.cancel(key, options)).outcome).toMatchObject({
      kind: 'ok',
      value: { situacao: 'cancelado' },
    });
    expect((await tc.cancel(key, options)).outcome).toMatchObject({
      kind: 'already',
      value: { situacao: 'cancelado' },
    });
    expect(servidor.vidas).toMatchObject([{ situacao: 'C' }]);
    expect(servidor.logins).toHaveLength(1);
  });

  test('an error inside a 200 is the outcome its code says, without the CPF it quotes', async () => {
    const tc = speak(await startServidorRms());
    const wrong = { ...input, pessoa: { ...pessoa, cpf: '00000000000' } };
    expect((await tc.createUser(wrong, options)).outcome).toEqual({
      kind: 'refused_data',
      mensagem: 'CPF ••• inválido',
      campos: [{ campo: 'cpf', mensagem: 'CPF ••• inválido' }],
    });
    await tc.createUser(input, options);
    expect((await tc.createUser(input, options)).outcome).toEqual({
      kind: 'duplicate',
      mensagem: 'Já cadastrado',
    });
    expect((await tc.findUser({ cpf: '52998224725' }, options)).outcome.kind).toBe('not_found');
    const nobody = { remotoId: '1', externalId: 'x', planoCodigo: null };
    expect((await tc.block(nobody, options)).outcome.kind).toBe('not_found');
  });

  test('an error nobody described is uncertain for a write and try later for a read', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor, { tenant: null });
    expect((await tc.createUser(input, options)).outcome).toMatchObject({
      kind: 'uncertain',
      mensagem: 'Convênio não informado',
    });
    expect((await tc.findUser({ cpf: pessoa.cpf }, options)).outcome.kind).toBe('unavailable');
  });

  test('a value the profile cannot translate stops before the wire', async () => {
    const servidor = await startServidorRms();
    const answer = await speak(servidor).createUser({ ...input, planoCodigo: 'ouro' }, options);
    expect(answer.outcome).toMatchObject({ kind: 'refused_data', campos: [{ campo: 'plano' }] });
    expect(servidor.chegadas).toHaveLength(0);
  });

  test('what the profile does not describe is said, not tried', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor);
    const key = { remotoId: '9000', externalId: 'x', planoCodigo: null };
    for (const answer of [
      await tc.changePlan(key, 'familia', options),
      await tc.updateUser(key, pessoa, options),
      await tc.findUser({ externalId: 'x' }, options),
      await tc.listPlans(undefined, options),
      await tc.createPlan({ externalId: 'x', nome: 'X', descricao: '' }, options),
      await tc.updatePlan({ remotoId: 'x', nome: 'X', descricao: '' }, options),
      await tc.registerIntegration({ cnpj: 'x', nome: 'X' }, options),
    ]) {
      expect(answer.outcome).toMatchObject({
        kind: 'contract_broken',
        mensagem: expect.stringContaining('exemplo-rms'),
      });
    }
    expect(servidor.chegadas).toHaveLength(0);
    expect(tc.capabilities).toMatchObject({
      changePlan: false,
      updateUser: false,
      lookupBy: ['remotoId', 'cpf'],
    });
    expect(tc.limits).toEqual({ concurrency: 2, perSecond: 2, lockoutAfter: 5 });
  });

  test('a list in pages comes back whole, although the server caps the page', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor);
    for (let number = 0; number < 8; number++) {
      servidor.vidas.push({ idVida: number, situacao: 'A', codigoExterno: `ixc-a-${number}-1`, cpf: '' });
    }
    const ids: string[] = [];
    let proxima: string | undefined;
    do {
      const { outcome } = await tc.listUsers(proxima, options);
      if (outcome.kind !== 'ok') throw new Error(outcome.kind);
      ids.push(...outcome.value.itens.map(({ id }) => id));
      proxima = outcome.value.proxima;
    } while (proxima !== undefined);
    expect(ids).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });
});

describe('the token of a login', () => {
  test('is asked for once by many calls at the same time, and renewed at 80 % of its life', async () => {
    const servidor = await startServidorRms(1000);
    let now = Date.now();
    const tc = speak(servidor, {}, () => now);
    await Promise.all(Array.from({ length: 10 }, () => tc.ping(options)));
    expect(servidor.logins).toHaveLength(1);
    now += 799_000;
    await tc.ping(options);
    expect(servidor.logins).toHaveLength(1);
    now += 2000;
    await tc.ping(options);
    expect(servidor.logins).toHaveLength(2);
  });

  test('that the partner forgot is renewed once, and the call repeated once with the same key', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor);
    await tc.ping(options);
    servidor.expire();
    const answers = await Promise.all([tc.createUser(input, options), tc.ping(options), tc.ping(options)]);
    expect(answers.map((answer) => answer.outcome.kind)).toEqual(['ok', 'ok', 'ok']);
    expect(servidor.logins).toHaveLength(2);
    expect(servidor.vidas).toHaveLength(1);
    const keys = servidor.chegadas
      .filter(({ url }) => url.startsWith('/v1/adesao'))
      .map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual(['chave-0001', 'chave-0001']);
  });

  test('a wrong password is a refusal of the credentials, asked once, and never an answer about a person', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor, { senha: 'errada' });
    const answer = await tc.findUser({ cpf: pessoa.cpf }, options);
    expect(answer.outcome.kind).toBe('credentials');
    expect(servidor.chegadas).toHaveLength(1);
    expect(JSON.stringify(answer)).not.toContain('errada');
  });

  test('a login that is not where the profile says is never read as "not found"', async () => {
    const servidor = await startServidorRms();
    const tc = speak(servidor, { urlBase: servidor.url.replace('/v1', '/v2') });
    const { outcome } = await tc.findUser({ cpf: pessoa.cpf }, options);
    expect(outcome.kind).toBe('contract_broken');
  });
});
