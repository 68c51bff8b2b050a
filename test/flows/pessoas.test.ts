// Who is who: one person, one account, whatever the contracts and client rows look like.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { guardIdentity } from '../../src/sync/varredura/guarda.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
  mundo.startWorker();
});
afterAll(() => mundo.end());

const becomes = (id: number, observada: string) =>
  eventually(async () => (await mundo.usuario(id)).observada === observada);
const operacoesOf = async (usuarioId: number) =>
  (await listOperacoes(mundo.sync.db, { filiais: 'todas', usuarioId, limite: 50 })).operacoes;

describe('one account per person', () => {
  test('two persons share nothing', async () => {
    const [a = 0, b = 0] = await mundo.gente(2);
    const [first, second] = [await mundo.criar(a), await mundo.criar(b)];
    expect(first).not.toBe(second);
    await Promise.all([becomes(first, 'ativo'), becomes(second, 'ativo')]);
    await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(first), 'pediu');
    await becomes(first, 'bloqueado');
    expect(await mundo.usuario(second)).toMatchObject({ observada: 'ativo' });
    const [one] = await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, first, 1) });
    const [two] = await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, second, 1) });
    expect([one?.status, two?.status]).toEqual(['blocked', 'active']);
    expect(new Set([one?.cpf, two?.cpf, one?.email, two?.email, one?.phone, two?.phone]).size).toBe(6);
  });

  test('a person with three contracts has one account; the blocked contract adds nothing and takes nothing', async () => {
    const [active = 0, blocked = 0, third = 0] = PESSOAS.tresContratos.contratos;
    const id = await mundo.criar(active);
    await becomes(id, 'ativo');
    await expect(mundo.criar(blocked)).rejects.toMatchObject({ status: 409 });
    expect(await mundo.criar(third)).toBe(id);
    await assentar(mundo);
    expect(await mundo.simulador.pessoas({ cpf: PESSOAS.tresContratos.cpf })).toHaveLength(1);
    const { adesoes, observada } = await mundo.usuario(id);
    expect(adesoes.map(({ contratoId }) => contratoId)).toEqual([active, third]);
    expect(observada).toBe('ativo');
    // Once regular in IXC, the third joins the same account.
    await mundo.escrita.change('cliente_contrato', blocked, { status_internet: 'A' });
    expect(await mundo.criar(blocked)).toBe(id);
    await assentar(mundo);
    expect((await mundo.usuario(id)).adesoes).toHaveLength(3);
    expect(await mundo.simulador.pessoas({ cpf: PESSOAS.tresContratos.cpf })).toHaveLength(1);
  });

  test('one CPF on two client rows is one person', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const id = await mundo.criar(contrato);
    await becomes(id, 'ativo');
    const [account] = await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, id, 1) });
    const twin = await mundo.escrita.addCliente({ cnpj_cpf: account?.cpf ?? '', razao: 'Pessoa Repetida' });
    expect(await mundo.criar(await mundo.escrita.addContrato(twin))).toBe(id);
    await assentar(mundo);
    expect(await mundo.simulador.pessoas({ cpf: account?.cpf ?? '' })).toHaveLength(1);
  });
});

describe('two operators in the same second', () => {
  test('creating for the same contract make one account and one operação', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const ids = await Promise.all(Array.from({ length: 6 }, () => mundo.criar(contrato)));
    const [id = 0] = ids;
    expect(new Set(ids).size).toBe(1);
    await becomes(id, 'ativo');
    expect(await operacoesOf(id)).toMatchObject([{ acao: 'criar', estado: 'feita' }]);
    const creates = await mundo.simulador.historico({ operacao: 'createUser' });
    expect(creates.filter(({ externalId }) => externalId === externalIdOf(mundo.sync, id, 1))).toHaveLength(
      1,
    );
  });

  test('creating for two contracts of one person make one account with two adesões', async () => {
    const cliente = await mundo.escrita.addCliente({ razao: 'Pessoa De Dois', nascimento: '1971-02-03' });
    const contratos = [await mundo.escrita.addContrato(cliente), await mundo.escrita.addContrato(cliente)];
    const ids = await Promise.all(contratos.map((contrato) => mundo.criar(contrato)));
    expect(new Set(ids).size).toBe(1);
    const [id = 0] = ids;
    await becomes(id, 'ativo');
    await assentar(mundo);
    expect((await mundo.usuario(id)).adesoes).toHaveLength(2);
  });

  test('blocking, and a double click, make one operação and one call', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const id = await mundo.criar(contrato);
    await becomes(id, 'ativo');
    const usuario = await mundo.usuario(id);
    await Promise.all(
      Array.from({ length: 6 }, () => requestBloqueio(mundo.sync, mundo.operador, usuario, 'fatura vencida')),
    );
    await becomes(id, 'bloqueado');
    await assentar(mundo);
    const blocks = (await operacoesOf(id)).filter(({ acao }) => acao === 'bloquear');
    expect(blocks).toMatchObject([{ estado: 'feita' }]);
    const calls = await mundo.simulador.historico({ operacao: 'blockUser' });
    expect(calls.filter(({ externalId }) => externalId === externalIdOf(mundo.sync, id, 1))).toHaveLength(1);
  });
});

describe('the CPF of a client changes in IXC after the order', () => {
  test('the person is held, and nobody else’s account is touched', async () => {
    const [other = 0, contrato = 0] = await mundo.gente(2);
    const otherId = await mundo.criar(other);
    await becomes(otherId, 'ativo');
    const [account] = await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, otherId, 1) });
    const cliente = Number(await clienteDo(contrato));
    const before = await ixcValue(`SELECT cnpj_cpf FROM cliente WHERE id = ${cliente}`);

    await mundo.nosso.query(
      "INSERT INTO pausas (motivo, operador_id, criado_em) VALUES ('teste', 1, UTC_TIMESTAMP(3))",
    );
    const id = await mundo.criar(contrato);
    await mundo.escrita.change('cliente', cliente, { cnpj_cpf: account?.cpf ?? '' });
    await mundo.nosso.query('DELETE FROM pausas');
    mundo.sync.wake();
    await eventually(async () => (await mundo.usuario(id)).retida === 'quem_e_a_pessoa');

    expect(await mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, id, 1) })).toEqual([]);
    expect(await mundo.simulador.pessoas({ cpf: account?.cpf ?? '' })).toEqual([account]);
    await expect(mundo.criar(contrato)).rejects.toMatchObject({ status: 409 });

    // The register corrected back, the order goes on by itself.
    await mundo.escrita.change('cliente', cliente, { cnpj_cpf: String(before) });
    await guardIdentity(mundo.sync, { clientes: [cliente], usuarios: [] }, true);
    await becomes(id, 'ativo');
  });

  const clienteDo = (contrato: number) =>
    ixcValue(`SELECT id_cliente FROM cliente_contrato WHERE id = ${contrato}`);
  const ixcValue = async (sql: string): Promise<unknown> => {
    const [rows] = await mundo.ixc.query(sql);
    return Object.values((rows as Record<string, unknown>[])[0] ?? {})[0];
  };
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo);
  expect(Number(await valor(mundo, 'SELECT COUNT(*) FROM usuarios'))).toBeGreaterThan(8);
  expect((await conferir(mundo)).erros).toEqual([]);
});
