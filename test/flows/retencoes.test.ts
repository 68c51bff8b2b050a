// Who cannot be sent is held with a reason a person can act on, and goes on by itself when the reason is gone.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { findOperacao, listOperacoes, type Operacao } from '../../src/sync/operacoes.ts';
import {
  requestBloqueio,
  requestCancelamento,
  requestDesbloqueio,
  requestPlano,
} from '../../src/sync/pedidos.ts';
import { savePlano } from '../../src/sync/planos.ts';
import { discardOperacao, resendOperacao } from '../../src/sync/reenvio.ts';
import { repeat } from '../../src/sync/ritmo.ts';
import type { CausaDeRetencao, Usuario } from '../../src/sync/tipos.ts';
import { freeCorrected } from '../../src/sync/varredura/corrigidos.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;
let varredura: { stop(): Promise<void> };

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
  mundo.startWorker();
  varredura = repeat(mundo.sync, 'varredura', mundo.sync.config.varreduraMs, () => freeCorrected(mundo.sync));
});
afterEach(async () => {
  await mundo.simulador.semFalhas();
  await mundo.simulador.opcoes({ estadoInicial: 'active' });
});
afterAll(async () => {
  await varredura.stop();
  await mundo.end();
});

const becomes = (id: number, observada: string) =>
  eventually(async () => (await mundo.usuario(id)).observada === observada);
// The person as first seen held: one held in the very second of a change in IXC is looked at once more, and is free meanwhile.
const held = async (id: number, causa: CausaDeRetencao): Promise<Usuario> => {
  let seen: Usuario | undefined;
  await eventually(async () => {
    seen = await mundo.usuario(id);
    return seen.retida === causa;
  });
  if (seen === undefined) throw new Error(`no usuário ${id}`);
  return seen;
};
const lastOperacao = async (usuarioId: number): Promise<Operacao> => {
  const { operacoes } = await listOperacoes(mundo.sync.db, { filiais: 'todas', usuarioId, limite: 1 });
  const [last] = operacoes;
  if (last === undefined) throw new Error('no operação');
  return last;
};
const accounts = (id: number) => mundo.simulador.pessoas({ externalId: externalIdOf(mundo.sync, id, 1) });
const ativo = async (): Promise<{ id: number; contrato: number }> => {
  const [contrato = 0] = await mundo.gente(1);
  const id = await mundo.criar(contrato);
  await becomes(id, 'ativo');
  return { id, contrato };
};

describe('a plano that Tele Clínica no longer knows', () => {
  test('holds for the plano, not for the client, and lets go once it is there again', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const codigo = await valor(mundo, 'SELECT remoto_id FROM planos WHERE id = :id', { id: mundo.planoId });
    const known = (remoto: unknown) =>
      mundo.nosso.query('UPDATE planos SET remoto_id = ? WHERE id = ?', [remoto, mundo.planoId]);
    await eventually(async () => {
      const registro = await valor(mundo, 'SELECT registro FROM planos');
      return registro === 'registrado';
    });
    await known('retirado');
    const id = await mundo.criar(contrato);
    const { retidaDetalhe } = await held(id, 'plano_nao_registrado');
    expect(retidaDetalhe).toMatchObject([{ campo: 'plano', correcao: expect.stringContaining('Planos') }]);

    await known(codigo ?? 'clinico-24h');
    // Nothing about the person was refused, so the next look by itself sends the same again.
    await mundo.nosso.query('UPDATE usuarios SET reavaliar_em = UTC_TIMESTAMP(6) WHERE id = ?', [id]);
    await becomes(id, 'ativo');
  });
});

describe('a register that Tele Clínica would refuse', () => {
  test('is held with field, reason and client, without a call, and freed by the correction', async () => {
    const cliente = await mundo.escrita.addCliente({ razao: 'Fulana', nascimento: '1985-03-04' });
    const id = await mundo.criar(await mundo.escrita.addContrato(cliente));
    const { retidaDetalhe } = await held(id, 'dados');
    expect(retidaDetalhe).toMatchObject([
      {
        campo: 'nome',
        motivo: expect.stringContaining('sobrenome'),
        correcao: expect.stringContaining(`${cliente}`),
      },
    ]);
    expect(await accounts(id)).toEqual([]);
    await mundo.escrita.change('cliente', cliente, { razao: 'Fulana Corrigida' });
    await becomes(id, 'ativo');
    expect((await mundo.usuario(id)).retidaDetalhe).toEqual([]);
  });

  test('refused by the partner it is held with its words, not sent again unchanged, and sent by Reenviar', async () => {
    const [contrato = 0] = await mundo.gente(1);
    await mundo.simulador.falha({
      kind: 'status',
      status: 422,
      operation: 'createUser',
      body: {
        code: 'VALIDATION_ERROR',
        detail: 'Invalid data',
        errors: [{ field: 'email', message: 'domain does not exist' }],
      },
    });
    const before = (await mundo.simulador.historico({ operacao: 'createUser' })).length;
    const id = await mundo.criar(contrato);
    const { retidaDetalhe } = await held(id, 'dados');
    expect(retidaDetalhe).toMatchObject([
      { campo: 'email', motivo: expect.stringContaining('domain does not exist') },
    ]);

    await mundo.simulador.semFalhas();
    await mundo.nosso.query('UPDATE usuarios SET reavaliar_em = UTC_TIMESTAMP(6) WHERE id = ?', [id]);
    await eventually(async () => {
      const { retida, mensagem } = await mundo.usuario(id);
      return retida === 'dados' && mensagem?.includes('não mudaram');
    });
    expect(await mundo.simulador.historico({ operacao: 'createUser' })).toHaveLength(before + 1);
    // Looking again does not forget which field it was.
    expect((await mundo.usuario(id)).retidaDetalhe).toEqual(retidaDetalhe);

    await resendOperacao(mundo.sync, mundo.operador, await lastOperacao(id));
    await becomes(id, 'ativo');
    expect(await accounts(id)).toHaveLength(1);
  });
});

describe('somebody who is already known at the partner', () => {
  test('under another reference is held and that account is never touched', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const cpf = await cpfOf(contrato);
    const planted = await mundo.simulador.planta({ cpf, externalId: 'feito-a-mao-1', name: 'Conta Antiga' });
    const id = await mundo.criar(contrato);
    await held(id, 'ja_existe');
    expect(await mundo.simulador.pessoas({ cpf })).toEqual([planted]);
  });

  test('by another provider is held with the partner’s words', async () => {
    const [contrato = 0] = await mundo.gente(1);
    const cpf = await cpfOf(contrato);
    await mundo.simulador.planta({ cpf, tenant: 'outro-provedor', externalId: 'x-1' });
    const id = await mundo.criar(contrato);
    await held(id, 'outro_parceiro');
    expect(await accounts(id)).toEqual([]);
  });

  const cpfOf = async (contrato: number): Promise<string> => {
    const [rows] = await mundo.ixc.query(
      'SELECT c.cnpj_cpf AS cpf FROM cliente c JOIN cliente_contrato k ON k.id_cliente = c.id WHERE k.id = ?',
      [contrato],
    );
    return String((rows as { cpf: string }[])[0]?.cpf).replace(/\D/g, '');
  };
});

describe('Descartar', () => {
  const discard = async (id: number): Promise<void> =>
    discardOperacao(mundo.sync, mundo.operador, await lastOperacao(id));

  test('withdraws a create that is held: the contract may be used again', async () => {
    const cliente = await mundo.escrita.addCliente({ razao: 'Beltrana', nascimento: '1986-03-04' });
    const contrato = await mundo.escrita.addContrato(cliente);
    const id = await mundo.criar(contrato);
    await held(id, 'dados');
    await discard(id);
    await assentar(mundo);
    expect(await mundo.usuario(id)).toMatchObject({
      desejada: 'ausente',
      observada: 'ausente',
      retida: null,
    });
    await mundo.escrita.change('cliente', cliente, { razao: 'Beltrana Corrigida' });
    expect(await mundo.criar(contrato)).toBe(id);
    await becomes(id, 'ativo');
  });

  test.each(['blockUser', 'unblockUser', 'cancelUser', 'changePlan'] as const)(
    'withdraws a refused %s: what should be is what is',
    async (operation) => {
      const { id, contrato } = await ativo();
      const user = async () => mundo.usuario(id);
      if (operation === 'unblockUser') {
        await requestBloqueio(mundo.sync, mundo.operador, await user(), 'pediu');
        await becomes(id, 'bloqueado');
      }
      const before = await user();
      const [{ id: userId = '', planId = '' } = {}] = await accounts(id);
      await mundo.simulador.falha({ kind: 'forbidden', operation, userId });
      if (operation === 'blockUser') await requestBloqueio(mundo.sync, mundo.operador, before, 'pediu');
      if (operation === 'unblockUser') await requestDesbloqueio(mundo.sync, mundo.operador, before);
      if (operation === 'cancelUser')
        await requestCancelamento(mundo.sync, mundo.operador, before, {
          motivo: 'não quer mais',
          confirmacao: String(contrato),
          quando: 'agora',
        });
      if (operation === 'changePlan')
        await requestPlano(mundo.sync, mundo.operador, before, await otherPlano());
      await held(id, 'proibido');
      await discard(id);
      await mundo.simulador.semFalhas();
      await assentar(mundo);
      expect(await user()).toMatchObject({
        observada: before.observada,
        desejada: before.observada,
        desejadoPlanoId: before.desejadoPlanoId,
        cancelarEm: null,
        retida: null,
      });
      expect(await accounts(id)).toMatchObject([{ planId }]);
    },
  );

  test('is refused while a call is in flight, and while nobody knows what the last one did', async () => {
    const [contrato = 0] = await mundo.gente(1);
    await mundo.simulador.falha({ kind: 'latency', ms: 400, operation: 'createUser', times: 1 });
    const id = await mundo.criar(contrato);
    await eventually(async () =>
      (await mundo.simulador.historico({ operacao: 'createUser' })).some(({ end }) => end === 'open'),
    );
    await expect(discard(id)).rejects.toMatchObject({ status: 409 });
    await becomes(id, 'ativo');
    expect(await findOperacao(mundo.sync.db, (await lastOperacao(id)).id, 'todas')).toMatchObject({
      estado: 'feita',
    });
  });

  let outro = 0;
  const otherPlano = async (): Promise<number> => {
    if (outro !== 0) return outro;
    outro = await savePlano(mundo.sync, mundo.operador, undefined, {
      nome: 'Família 24 h',
      valor: '89,90',
      codigo: 'familia-24h',
      integracao_id: String(mundo.integracaoId),
    });
    return outro;
  };
});

describe('what the partner says of the first access', () => {
  test('pending is active, waiting for the first access', async () => {
    await mundo.simulador.opcoes({ estadoInicial: 'pending' });
    const { id } = await ativo();
    expect(await mundo.usuario(id)).toMatchObject({ observada: 'ativo', aguardaAcesso: true });
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo);
  expect((await conferir(mundo, ['ja_existe', 'outro_parceiro'])).erros).toEqual([]);
});
