// Where the rules hold back: two planos in one contract, a withdrawn wish, IXC's own module, a cancelled account that can come back.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { OPERADORES, PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { produtoDoContratoRow } from '../../src/demo/ixc/linhas.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { listNativos } from '../../src/ixc/vinculados.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { listLinhas } from '../../src/sync/lotes/linhas.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { requestBloqueio, requestCancelamento, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { requestByRule } from '../../src/sync/pedidoUsuario.ts';
import { discardOperacao, resendOperacao } from '../../src/sync/reenvio.ts';
import { parseRegras, saveRegras } from '../../src/sync/regrasSalvas.ts';
import type { Perfil } from '../../src/teleclinica/perfil.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually, OPERADOR } from '../setup/mundo.ts';
import { enter } from './entrada.ts';

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(10);
});
beforeEach(() => casa.esquecer());
afterAll(() => casa.end());

const somebody = (): Gente => {
  const found = gente.pop();
  if (found === undefined) throw new Error('nobody is left');
  return found;
};
const usuario = ({ id }: Gente) => casa.mundo.usuario(id);
const acesso = async ({ contrato }: Gente, value: string) => {
  await casa.contrato(contrato, { status_internet: value });
  await casa.olhar();
};
const lastOperacao = async ({ id }: Gente) => {
  const { operacoes } = await listOperacoes(casa.mundo.sync.db, {
    filiais: 'todas',
    usuarioId: id,
    limite: 1,
  });
  const [last] = operacoes;
  if (last === undefined) throw new Error('no operação');
  return last;
};
const held = (person: Gente, causa: string) =>
  eventually(async () => (await usuario(person)).retida === causa);
const account = async ({ id }: Gente, vez = 1) => {
  const [found] = await casa.mundo.simulador.pessoas({ externalId: externalIdOf(casa.mundo.sync, id, vez) });
  return found;
};
const usuarioDe = async (contrato: number) => {
  const found = await casa.valor('SELECT usuario_id FROM adesoes WHERE vigente = ?', [contrato]);
  return found === undefined ? undefined : Number(found);
};

describe('a contract whose products lead to two planos', () => {
  test('is blocked and cancelled like any other; only to give access it asks', async () => {
    const person = somebody();
    await casa.mundo.ixc.query('INSERT INTO vd_contratos_produtos SET ?', [
      produtoDoContratoRow(person.contrato, PRODUTOS.familia, 'SVA'),
    ]);
    await casa.contrato(person.contrato, { nao_bloquear_ate: '2020-01-01' });
    await casa.olhar();
    expect(await usuario(person)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    await acesso(person, 'CM');
    await casa.confirmado(person.id, 'bloqueado');
    await acesso(person, 'A');
    expect(await usuario(person)).toMatchObject({ desejada: 'bloqueado' });
    await casa.contrato(person.contrato, { status: 'I' });
    await casa.olhar();
    expect(
      await casa.valor('SELECT cancelar_regra_em IS NOT NULL FROM usuarios WHERE id = ?', [person.id]),
    ).toBe(1);
  });
});

describe('Descartar', () => {
  const refuse = async (person: Gente, operation: 'unblockUser') => {
    const { id: userId = '' } = (await account(person)) ?? {};
    await casa.mundo.simulador.falha({ kind: 'forbidden', operation, userId });
  };
  const discard = async (person: Gente) => {
    await held(person, 'proibido');
    await discardOperacao(casa.mundo.sync, OPERADOR, await lastOperacao(person));
    await casa.mundo.simulador.semFalhas();
    await assentar(casa.mundo);
  };

  test('of an unblock that a rule asked for is no manual block: paid again, the person is back', async () => {
    const person = somebody();
    await acesso(person, 'CM');
    await casa.confirmado(person.id, 'bloqueado');
    await refuse(person, 'unblockUser');
    await acesso(person, 'A');
    await discard(person);
    await casa.olhar('completa');
    expect(await usuario(person)).toMatchObject({
      desejada: 'bloqueado',
      observada: 'bloqueado',
      bloqueioManual: false,
    });
    await acesso(person, 'CM');
    await acesso(person, 'A');
    await casa.confirmado(person.id, 'ativo');
  });

  test('of an unblock that a person asked for leaves the person’s block as it was', async () => {
    const person = somebody();
    await requestBloqueio(casa.mundo.sync, OPERADOR, await usuario(person), 'pediu');
    await casa.confirmado(person.id, 'bloqueado');
    await refuse(person, 'unblockUser');
    await requestDesbloqueio(casa.mundo.sync, OPERADOR, await usuario(person));
    await discard(person);
    expect(await usuario(person)).toMatchObject({ desejada: 'bloqueado', bloqueioManual: true });
    await acesso(person, 'CM');
    await acesso(person, 'A');
    await assentar(casa.mundo);
    expect(await usuario(person)).toMatchObject({ observada: 'bloqueado' });
  });

  test('of a creation is suggested again once the contract has changed, and not before', async () => {
    await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 1');
    const [contrato = 0] = await casa.mundo.gente(1);
    await casa.mundo.simulador.falha({ kind: 'status', status: 403, operation: 'createUser', times: 1 });
    await casa.olhar();
    const id = (await usuarioDe(contrato)) ?? 0;
    await discard({ id, contrato, cliente: 0 });
    expect(await usuarioDe(contrato)).toBeUndefined();
    await casa.olhar('completa');
    expect(await usuarioDe(contrato)).toBeUndefined();
    await casa.mundo.nosso.query('UPDATE adesoes SET encerrada_em = encerrada_em - INTERVAL 2 SECOND');
    await casa.contrato(contrato, { nao_bloquear_ate: '2020-01-01' });
    await casa.olhar();
    expect(await usuarioDe(contrato)).toBe(id);
    await casa.confirmado(id, 'ativo');
    await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 0');
  });
});

test('Reenviar of somebody without a plano keeps saying why', async () => {
  const person = somebody();
  for (const causa of ['sem_plano', 'mais_de_um_plano']) {
    await casa.mundo.nosso.query(
      "UPDATE usuarios SET retida = ?, desejado_plano_id = NULL, desejada = 'ativo' WHERE id = ?",
      [causa, person.id],
    );
    await casa.mundo.nosso.query(
      `INSERT INTO operacoes (integracao_id, usuario_id, acao, estado, causa, criado_em)
       VALUES (?, ?, 'trocar_plano', 'aberta', 'operador', UTC_TIMESTAMP(6))`,
      [casa.mundo.integracaoId, person.id],
    );
    await resendOperacao(casa.mundo.sync, OPERADOR, await lastOperacao(person));
    await assentar(casa.mundo);
    expect(await usuario(person)).toMatchObject({ retida: causa });
  }
  await casa.mundo.nosso.query('UPDATE usuarios SET retida = NULL, desejado_plano_id = ? WHERE id = ?', [
    casa.mundo.planoId,
    person.id,
  ]);
  await assentar(casa.mundo);
});

describe('T-99: IXC’s own SVA module', () => {
  const serve = async (contrato: number, produtoLinha: number) =>
    casa.mundo.escrita.query(
      `INSERT INTO sva_usuarios SET id_contrato = ${contrato}, id_produto_contrato = ${produtoLinha}, status_integracao = 'A'`,
    );
  const linhaDe = async (sql: string, id: number): Promise<number> => {
    const [[row]] = await casa.mundo.ixc.query<RowDataPacket[]>(sql, [id]);
    return Number(row?.['id']);
  };
  const linhaDoContrato = (contrato: number) =>
    linhaDe('SELECT id FROM vd_contratos_produtos WHERE id_contrato = ?', contrato);

  test('taking over a contract that has a usuário: rules no longer move the account', async () => {
    const person = somebody();
    await serve(person.contrato, await linhaDoContrato(person.contrato));
    await acesso(person, 'CM');
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await usuario(person)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    const previa = await casa.previa();
    const { linhas } = await listLinhas(casa.mundo.sync.db, previa.id, { filiais: 'todas', limite: 500 });
    expect(linhas.filter(({ usuarioId }) => usuarioId === person.id)).toEqual([]);
    await casa.mundo.escrita.query('DELETE FROM sva_usuarios');
    await casa.olhar('completa');
    await casa.confirmado(person.id, 'bloqueado');
  });

  test('a click and a rule are told so', async () => {
    const [contrato = 0] = await casa.mundo.gente(1);
    await serve(contrato, await linhaDoContrato(contrato));
    const refusal = { status: 409, title: expect.stringContaining('módulo SVA do próprio IXC') };
    await expect(casa.mundo.criar(contrato)).rejects.toMatchObject(refusal);
    const found = await findContrato(casa.mundo.sync.ixc, contrato, 'todas');
    if (found === undefined) throw new Error('no contrato');
    await expect(requestByRule(casa.mundo.sync, found, null)).rejects.toMatchObject(refusal);
    expect(await usuarioDe(contrato)).toBeUndefined();
  });

  test('is recognised by a plano de venda with one SVA product', async () => {
    const [contrato = 0] = await casa.mundo.gente(1);
    const plano = PLANOS_DE_VENDA.fibra.id + 2;
    await casa.contrato(contrato, { id_vd_contrato: plano });
    await casa.mundo.ixc.query('INSERT INTO vd_contratos_produtos SET ?', [
      { ...produtoDoContratoRow(0, PRODUTOS.tv, 'SVA'), id_vd_contrato: plano },
    ]);
    const linha = await linhaDe(
      'SELECT MAX(id) AS id FROM vd_contratos_produtos WHERE id_vd_contrato = ?',
      plano,
    );
    await serve(contrato, linha);
    const nativos = () => listNativos(casa.mundo.sync.ixc, { produtos: [], planosDeVenda: [plano] });
    expect(await nativos()).toEqual([contrato]);
    await casa.mundo.ixc.query('INSERT INTO vd_contratos_produtos SET ?', [
      { ...produtoDoContratoRow(0, PRODUTOS.familia, 'SVA'), id_vd_contrato: plano },
    ]);
    expect(await nativos()).toEqual([]);
  });
});

describe('a cancelled account that a person wants back (decisions 7)', () => {
  const cancel = async (person: Gente) => {
    const pedido = { motivo: 'pediu', confirmacao: String(person.contrato), quando: 'agora' };
    await requestCancelamento(casa.mundo.sync, OPERADOR, await usuario(person), pedido);
    await casa.confirmado(person.id, 'cancelado');
  };
  // A profile whose partner can revive, in place of the shipped one.
  const revives = async (value: boolean) => {
    const perfis = casa.mundo.sync.perfis as Map<string, Perfil>;
    const perfil = perfis.get('teleclinica-v1');
    if (perfil)
      perfis.set('teleclinica-v1', { ...perfil, capabilities: { ...perfil.capabilities, revive: value } });
    await casa.mundo.nosso.query('UPDATE integracoes SET versao = versao + 1');
    await casa.mundo.simulador.opcoes({ reviveCancelado: value });
  };

  test('is revived under its old reference where the partner can', async () => {
    const person = somebody();
    await revives(true);
    const before = await account(person);
    await cancel(person);
    const created = await casa.chamadas('createUser');
    await casa.mundo.criar(person.contrato);
    await casa.confirmado(person.id, 'ativo');
    expect(await casa.chamadas('createUser')).toBe(created);
    expect(await account(person)).toMatchObject({ id: before?.id, status: 'active' });
    expect(await usuario(person)).toMatchObject({ vez: 1 });
    expect((await lastOperacao(person)).estado).toBe('feita');
  });

  test('and where it refuses, a new one is created under a new reference', async () => {
    const person = somebody();
    await revives(true);
    await casa.mundo.simulador.opcoes({ reviveCancelado: false });
    await cancel(person);
    await casa.mundo.criar(person.contrato);
    await casa.confirmado(person.id, 'ativo');
    expect(await account(person)).toMatchObject({ status: 'cancelled' });
    expect(await account(person, 2)).toMatchObject({ status: 'active' });
    expect(await usuario(person)).toMatchObject({ vez: 2, retida: null });
    await revives(false);
  });
});

test('the buttons go by the rules that were saved, and by today', async () => {
  const { sync } = casa.mundo;
  const navegador = await enter(casa.mundo, OPERADORES.administrador.id);
  const [contrato = 0] = await casa.mundo.gente(1);
  const offers = async (values: Record<string, string | null>) => {
    await casa.contrato(contrato, values);
    return (await navegador.get(`/contratos/${contrato}`)).text.includes('Criar usuário</button>');
  };
  const cases: [Record<string, string>, Record<string, string | null>, boolean][] = [
    [{ A_FA: 'bloqueado' }, { status_internet: 'FA' }, false],
    [{}, { status_internet: 'FA' }, true],
    [{}, { status_internet: 'CA', nao_bloquear_ate: '2020-01-01' }, false],
    [{}, { status_internet: 'CA', nao_bloquear_ate: '2999-01-01' }, true],
    [{}, { status_internet: 'CM', nao_bloquear_ate: null }, false],
    [{ A_CM: 'ativo' }, { status_internet: 'CM' }, true],
  ];
  for (const [regras, values, offered] of cases) {
    await saveRegras(sync, OPERADOR, parseRegras(new Map(), regras));
    expect(await offers(values), JSON.stringify([regras, values])).toBe(offered);
  }
  expect((await navegador.post(`/contratos/${contrato}/usuario`, {})).status).toBe(303);
  await casa.confirmado((await usuarioDe(contrato)) ?? 0, 'ativo');
  await saveRegras(sync, OPERADOR, new Map());
  await navegador.leave();
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
