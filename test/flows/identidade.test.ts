// Who is the person? A CPF, a birth date or a client that changed never moves an account by itself.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fingerprint } from '../../src/crypto.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { cpfDigits, maskCpf } from '../../src/demo/ixc/sorteio.ts';
import { listClientes } from '../../src/ixc/clientes.ts';
import { roundSubitas } from '../../src/sync/avisos/ronda.ts';
import { loadContato } from '../../src/sync/contatos.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { HOJE } from '../../src/sync/hoje.ts';
import { answerIdentity } from '../../src/sync/identidade.ts';
import { maintain } from '../../src/sync/manutencao.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { requestBloqueio, requestDesbloqueio, requestPlano } from '../../src/sync/pedidos.ts';
import { contactOf } from '../../src/sync/pessoa.ts';
import { discardOperacao, resendOperacao } from '../../src/sync/reenvio.ts';
import { knownQuietos } from '../../src/sync/varredura/quietos.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { OPERADOR } from '../setup/mundo.ts';
import { enter } from './entrada.ts';

let casa: Automacao;
const gente: Gente[] = [];

beforeAll(async () => {
  casa = await createAutomacao();
  gente.push(...(await casa.ativos(25)));
});
beforeEach(() => casa.esquecer());
afterAll(() => casa.end());

const somebody = (): Gente => {
  const found = gente.pop();
  if (found === undefined) throw new Error('nobody is left');
  return found;
};
const PAUSA =
  "INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES ('', 0, 'teste', 1, NOW())";
let lastCpf = 5_000_000;
const otherCpf = () => maskCpf(cpfDigits(0, ++lastCpf));
const client = async ({ cliente }: Gente, values: Record<string, string>) => {
  await casa.mundo.escrita.change('cliente', cliente, values);
  await casa.olhar();
};
const usuario = ({ id }: Gente) => casa.mundo.usuario(id);
const answer = async (person: Gente, resposta: string) =>
  answerIdentity(casa.mundo.sync, OPERADOR, await usuario(person), resposta);
const account = async ({ id }: Gente) => {
  const [found] = await casa.mundo.simulador.pessoas({ externalId: externalIdOf(casa.mundo.sync, id, 1) });
  return found;
};
const usuarioDe = async (contrato: number) =>
  Number(await casa.valor('SELECT usuario_id FROM adesoes WHERE vigente = ?', [contrato]));
const writes = async (person: Gente) => {
  const remote = await account(person);
  const { historico } = casa.mundo.simulador;
  return (await historico()).filter(({ userId, method }) => userId === remote?.id && method !== 'GET').length;
};
const looks = async (times: number) => {
  for (let n = 0; n < times; n += 1) await casa.olhar();
  await assentar(casa.mundo);
};

describe('T-101: another CPF, birth date or client', () => {
  const DOUBTS: [string, (person: Gente) => Promise<void>][] = [
    ['CPF', (person) => client(person, { cnpj_cpf: otherCpf() })],
    ['birth date', (person) => client(person, { data_nascimento: '1991-02-03' })],
    [
      'client',
      async ({ contrato }) => {
        await casa.contrato(contrato, { id_cliente: await casa.mundo.escrita.addCliente() });
        await casa.olhar();
      },
    ],
  ];
  test.each(DOUBTS)(
    'the %s: the person is held, the account untouched, whatever the contract does',
    async (_, change) => {
      const person = somebody();
      const before = await account(person);
      const sent = await writes(person);
      await change(person);
      expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa', observada: 'ativo' });
      await looks(3);
      await casa.contrato(person.contrato, { status_internet: 'CM' });
      await looks(1);
      await casa.olhar('completa');
      await assentar(casa.mundo);
      expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa', desejada: 'ativo' });
      expect(await writes(person)).toBe(sent);
      expect(await account(person)).toEqual(before);
    },
  );

  test('back as it was, the person is let go and nothing was sent', async () => {
    const [one, two] = [somebody(), somebody()];
    const sent = [await writes(one), await writes(two)];
    const cpf = String(await ixc('SELECT cnpj_cpf FROM cliente WHERE id = ?', one.cliente));
    await client(one, { cnpj_cpf: otherCpf() });
    await casa.contrato(two.contrato, { id_cliente: one.cliente });
    await casa.olhar();
    expect([(await usuario(one)).retida, (await usuario(two)).retida]).toEqual([
      'quem_e_a_pessoa',
      'quem_e_a_pessoa',
    ]);
    await client(one, { cnpj_cpf: cpf });
    await casa.contrato(two.contrato, { id_cliente: two.cliente });
    await looks(2);
    expect([(await usuario(one)).retida, (await usuario(two)).retida]).toEqual([null, null]);
    expect([await writes(one), await writes(two)]).toEqual(sent);
  });

  test('answered “the same person”, the account goes on under the corrected register', async () => {
    for (const change of [{ cnpj_cpf: otherCpf() }, { data_nascimento: '1988-08-08' }] as Record<
      string,
      string
    >[]) {
      const person = somebody();
      await client(person, change);
      expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa' });
      expect(await answer(person, 'mesma')).toBeUndefined();
      await looks(3);
      expect(await usuario(person)).toMatchObject({ retida: null, desejada: 'ativo', observada: 'ativo' });
      await casa.contrato(person.contrato, { status_internet: 'CM' });
      await casa.olhar();
      await casa.confirmado(person.id, 'bloqueado');
    }
  });

  test('answered “another person”, the old account loses the contract and the other gets one of their own', async () => {
    const person = somebody();
    const remote = await account(person);
    const cliente = await casa.mundo.escrita.addCliente({
      razao: 'Joana Prates Lobo',
      nascimento: '1979-09-09',
    });
    await casa.contrato(person.contrato, { id_cliente: cliente });
    await casa.olhar();
    expect(await answer(person, 'outra')).toBeUndefined();
    const other = await usuarioDe(person.contrato);
    expect(other).not.toBe(person.id);
    await casa.confirmado(other, 'ativo');
    await casa.confirmado(person.id, 'bloqueado');
    const theirs = await account({ ...person, id: other });
    expect(theirs).toMatchObject({ name: 'Joana Prates Lobo', status: 'active' });
    expect(theirs?.id).not.toBe(remote?.id);
    expect(await account(person)).toMatchObject({ id: remote?.id, name: remote?.name, cpf: remote?.cpf });
    await expect(answer(person, 'mesma')).rejects.toMatchObject({ status: 409 });
  });

  test('answered “another person” on the screen, likewise', async () => {
    const navegador = await enter(casa.mundo, OPERADORES.administrador.id);
    const person = somebody();
    const before = await account(person);
    const razao = 'Iracema Teles Duarte';
    const cliente = await casa.mundo.escrita.addCliente({ razao, nascimento: '1983-04-05' });
    await casa.contrato(person.contrato, { id_cliente: cliente });
    await casa.olhar();
    const asked = await navegador.get(`/usuarios/${person.id}`);
    expect(asked.text).toContain('É outra pessoa');

    const wrong = await navegador.post(`/usuarios/${person.id}/identidade`, { resposta: 'talvez' });
    const answered = await navegador.post(`/usuarios/${person.id}/identidade`, { resposta: 'outra' });
    expect([wrong.status, answered.status]).toEqual([422, 303]);

    const other = await usuarioDe(person.contrato);
    expect(other).not.toBe(person.id);
    await casa.confirmado(other, 'ativo');
    await casa.confirmado(person.id, 'bloqueado');
    expect(await account({ ...person, id: other })).toMatchObject({ name: razao, status: 'active' });
    expect(await account(person)).toMatchObject({ id: before?.id, name: before?.name, cpf: before?.cpf });
    expect(
      await casa.valor('SELECT COUNT(*) FROM adesoes WHERE usuario_id = ? AND vigente IS NOT NULL', [
        person.id,
      ]),
    ).toBe(0);
    const again = await navegador.post(`/usuarios/${person.id}/identidade`, { resposta: 'outra' });
    expect(again.status).toBe(409);
    await navegador.leave();
  });

  test('no other order gives the account back before the answer, and nothing forgets the question', async () => {
    const { sync } = casa.mundo;
    const person = somebody();
    await client(person, { cnpj_cpf: otherCpf() });
    await requestBloqueio(sync, OPERADOR, await usuario(person), 'suspeita');
    await casa.confirmado(person.id, 'bloqueado');
    await requestDesbloqueio(sync, OPERADOR, await usuario(person));
    const stays = async () => {
      await looks(1);
      expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa', observada: 'bloqueado' });
    };
    await stays();
    const { operacoes } = await listOperacoes(sync.db, {
      filiais: 'todas',
      usuarioId: person.id,
      limite: 1,
    });
    const [last] = operacoes;
    if (last === undefined) throw new Error('no operação');
    await expect(resendOperacao(sync, OPERADOR, last)).rejects.toMatchObject({ status: 409 });
    await stays();
    await casa.mundo.nosso.query('UPDATE usuarios SET reavaliar_em = UTC_TIMESTAMP(6)');
    await maintain(sync);
    await stays();
    await requestPlano(sync, OPERADOR, await usuario(person), casa.familiaId);
    await stays();
    const open = await listOperacoes(sync.db, { filiais: 'todas', usuarioId: person.id, limite: 1 });
    if (open.operacoes[0]) await discardOperacao(sync, OPERADOR, open.operacoes[0]);
    await stays();
    await requestDesbloqueio(sync, OPERADOR, await usuario(person));
    await stays();
  });

  test('registered twice in IXC: only the register that is sent counts, and the CPF of both', async () => {
    const person = somebody();
    const cpf = String(await ixc('SELECT cnpj_cpf FROM cliente WHERE id = ?', person.cliente));
    const twin = await casa.mundo.escrita.addCliente({
      razao: 'Pessoa Repetida da Silva',
      cnpj_cpf: cpf,
      nascimento: '1966-06-05',
    });
    const second = await casa.mundo.escrita.addContrato(twin);
    expect(await casa.mundo.criar(second)).toBe(person.id);
    await assentar(casa.mundo);
    const updates = await casa.chamadas('updateUser');
    await client({ ...person, cliente: twin }, { email: 'do.outro.cadastro@example.com', bairro: 'Outro' });
    await looks(2);
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await usuario(person)).toMatchObject({ retida: null, observada: 'ativo' });
    expect(await casa.chamadas('updateUser')).toBe(updates);

    await client({ ...person, cliente: twin }, { cnpj_cpf: otherCpf() });
    expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa' });
    await expect(answer(person, 'mesma')).rejects.toMatchObject({ status: 409 });
    expect(await answer(person, 'outra')).toBeUndefined();
    const other = await usuarioDe(second);
    expect(other).not.toBe(person.id);
    await casa.confirmado(other, 'ativo');
    await casa.confirmado(person.id, 'ativo');
    expect(await usuarioDe(person.contrato)).toBe(person.id);
  });

  test('with the CPF unchanged there is no other person to answer with', async () => {
    const navegador = await enter(casa.mundo, OPERADORES.administrador.id);
    const person = somebody();
    await client(person, { data_nascimento: '1977-07-07' });
    const page = await navegador.get(`/usuarios/${person.id}`);
    expect(page.text).toContain('A data de nascimento do cliente mudou no IXC.');
    expect(page.text).toContain('É a mesma pessoa');
    expect(page.text).not.toContain('É outra pessoa');
    expect((await navegador.post(`/usuarios/${person.id}/identidade`, { resposta: 'outra' })).status).toBe(
      409,
    );
    expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa', bloqueioManual: false });
    expect(await usuarioDe(person.contrato)).toBe(person.id);
    expect(await answer(person, 'mesma')).toBeUndefined();
    await looks(1);
    expect(await usuario(person)).toMatchObject({ retida: null, observada: 'ativo' });
    await navegador.leave();
  });

  test('changed under an old date, it is found by the complete run', async () => {
    const person = somebody();
    await casa.mundo.escrita.query(
      `UPDATE cliente SET cnpj_cpf = '${otherCpf()}', ultima_atualizacao = '2020-01-01 00:00:00' WHERE id = ${person.cliente}`,
    );
    await looks(2);
    expect(await usuario(person)).toMatchObject({ retida: null });
    await casa.olhar('completa');
    expect(await usuario(person)).toMatchObject({ retida: 'quem_e_a_pessoa' });
  });

  test('found as sent by complete runs before, whatever changes on either side is still found', async () => {
    const [theirs, ours, order] = [somebody(), somebody(), somebody()];
    const quiet = async (person: Gente) =>
      knownQuietos(casa.mundo.sync, await loadContato(casa.mundo.sync.db)).has(person.id);
    await casa.olhar('completa');
    await casa.olhar('completa');
    expect(await Promise.all([theirs, ours, order].map(quiet))).toEqual([true, true, true]);
    await casa.mundo.escrita.query(
      `UPDATE cliente SET cnpj_cpf = '${otherCpf()}', ultima_atualizacao = '2020-01-01 00:00:00' WHERE id = ${theirs.cliente}`,
    );
    await casa.mundo.nosso.query('UPDATE usuarios SET nascimento_impressao = ? WHERE id = ?', [
      Buffer.alloc(32, 7),
      ours.id,
    ]);
    await casa.olhar('completa');
    expect(await usuario(theirs)).toMatchObject({ retida: 'quem_e_a_pessoa' });
    expect(await usuario(ours)).toMatchObject({ retida: 'quem_e_a_pessoa' });
    expect(await Promise.all([theirs, ours, order].map(quiet))).toEqual([false, false, true]);
    // A field that moves into an empty one beside it leaves the same text in all, and is a change.
    await casa.mundo.escrita.query(
      `UPDATE cliente SET whatsapp = telefone_celular, telefone_celular = '', ultima_atualizacao = '2020-01-01 00:00:00'
       WHERE id = ${order.cliente}`,
    );
    const before = knownQuietos(casa.mundo.sync, await loadContato(casa.mundo.sync.db)).get(order.id);
    await casa.olhar('completa');
    const after = knownQuietos(casa.mundo.sync, await loadContato(casa.mundo.sync.db)).get(order.id);
    expect(after).not.toBe(before);
    await casa.mundo.nosso.query('UPDATE usuarios SET duvida = NULL, retida = NULL WHERE id = ?', [ours.id]);
  });

  test('somebody hears of it at once, and that it was answered', async () => {
    await casa.mundo.nosso.query('DELETE FROM avisos');
    const person = somebody();
    const dia = HOJE.format();
    const aviso = () =>
      casa.valor("SELECT COALESCE(aberto, 0) FROM avisos WHERE causa = 'identidade' AND chave LIKE ?", [
        `%:${dia}`,
      ]);
    const told = Number(
      await casa.valor('SELECT COUNT(*) FROM usuarios WHERE duvida IS NOT NULL AND id <> ?', [person.id]),
    );
    await client(person, { cnpj_cpf: otherCpf() });
    await roundSubitas(casa.mundo.sync, 'teste');
    expect(Number(await aviso())).toBe(1);
    expect(
      await casa.valor("SELECT JSON_VALUE(detalhe, '$.total') FROM avisos WHERE causa = 'identidade'"),
    ).toBe(String(told + 1));
    await casa.mundo.nosso.query('UPDATE usuarios SET duvida = NULL WHERE id <> ?', [person.id]);
    await answer(person, 'mesma');
    await roundSubitas(casa.mundo.sync, 'teste');
    expect(Number(await aviso())).toBe(0);
  });
});

describe('T-102: another e-mail or mobile', () => {
  test('is sent once, however often IXC is looked at, and a second one within the day is held', async () => {
    const person = somebody();
    const updates = await casa.chamadas('updateUser');
    await client(person, { email: 'novo.endereco@example.com' });
    await looks(3);
    expect(await account(person)).toMatchObject({ email: 'novo.endereco@example.com' });
    expect(await casa.chamadas('updateUser')).toBe(updates + 1);
    expect(
      await casa.valor("SELECT COUNT(*) FROM auditoria WHERE evento = 'cadastro_mudou' AND usuario_id = ?", [
        person.id,
      ]),
    ).toBe(1);

    await client(person, { telefone_celular: '(48) 99123-4567' });
    await looks(2);
    expect(await usuario(person)).toMatchObject({
      retida: 'quem_e_a_pessoa',
      mensagem: 'O e-mail ou o celular mudou pela segunda vez em 24 horas.',
    });
    expect(await casa.chamadas('updateUser')).toBe(updates + 1);
    await answer(person, 'mesma');
    await looks(3);
    expect(await usuario(person)).toMatchObject({ retida: null });
    expect(await casa.chamadas('updateUser')).toBe(updates + 2);
    expect((await account(person))?.phone).toContain('48991234567');
  });

  test('after another name is sent all the same: names are no contact', async () => {
    const person = somebody();
    const updates = await casa.chamadas('updateUser');
    for (const values of [
      { razao: 'Nome Corrigido da Silva' },
      { email: 'contato.novo@example.com' },
      { razao: 'Nome Corrigido da Silva Sauro' },
    ] as Record<string, string>[]) {
      await client(person, values);
      await looks(1);
    }
    expect(await usuario(person)).toMatchObject({ retida: null });
    expect(await casa.chamadas('updateUser')).toBe(updates + 3);
    expect(await account(person)).toMatchObject({
      name: 'Nome Corrigido da Silva Sauro',
      email: 'contato.novo@example.com',
    });
  });

  test('of a row that knew name and contact together only, the two are told apart without a call', async () => {
    const person = somebody();
    const [cliente] = await listClientes(casa.mundo.sync.ixc, [person.cliente]);
    if (cliente === undefined) throw new Error('no client');
    const { email, celular } = contactOf(cliente);
    const joint = fingerprint(
      casa.mundo.sync.chaveImpressao,
      'contato',
      cliente.nome,
      email ?? '',
      celular ?? '',
    );
    await casa.mundo.nosso.query(
      'UPDATE usuarios SET nome_impressao = NULL, dados_impressao = ? WHERE id = ?',
      [joint, person.id],
    );
    const updates = await casa.chamadas('updateUser');
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.valor('SELECT nome_impressao IS NULL FROM usuarios WHERE id = ?', [person.id])).toBe(0);
    expect(await casa.chamadas('updateUser')).toBe(updates);
    await client(person, { razao: 'Outro Nome de Pessoa' });
    await assentar(casa.mundo);
    expect(await account(person)).toMatchObject({ name: 'Outro Nome de Pessoa' });
  });

  test('a day later is sent again', async () => {
    const person = somebody();
    await client(person, { email: 'primeiro@example.com' });
    await assentar(casa.mundo);
    await casa.mundo.nosso.query(
      'UPDATE usuarios SET contato_mudou_em = contato_mudou_em - INTERVAL 25 HOUR',
    );
    await client(person, { email: 'segundo@example.com' });
    await assentar(casa.mundo);
    expect(await usuario(person)).toMatchObject({ retida: null });
    expect(await account(person)).toMatchObject({ email: 'segundo@example.com' });
  });

  test('is no second change while the partner has not taken the first one', async () => {
    const person = somebody();
    await casa.mundo.nosso.query(PAUSA);
    await client(person, { email: 'sem.resposta@example.com' });
    for (let n = 0; n < 3; n += 1) await casa.olhar();
    expect(await usuario(person)).toMatchObject({ retida: null, trabalho: true });
    await casa.mundo.nosso.query('DELETE FROM pausas');
    await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)');
    await assentar(casa.mundo);
    expect(await account(person)).toMatchObject({ email: 'sem.resposta@example.com' });
  });

  test('of who is blocked goes out when the person comes back', async () => {
    const person = somebody();
    await casa.contrato(person.contrato, { status_internet: 'CM' });
    await casa.olhar();
    await casa.confirmado(person.id, 'bloqueado');
    await client(person, { email: 'de.volta@example.com' });
    await assentar(casa.mundo);
    await casa.contrato(person.contrato, { status_internet: 'A' });
    await looks(1);
    expect(await usuario(person)).toMatchObject({ observada: 'ativo', retida: null });
    expect(await account(person)).toMatchObject({ email: 'de.volta@example.com' });
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo, ['quem_e_a_pessoa'])).erros).toEqual([]);
});

async function ixc(sql: string, id: number): Promise<unknown> {
  const [[row]] = await casa.mundo.ixc.query<RowDataPacket[]>(sql, [id]);
  return row && Object.values(row)[0];
}
