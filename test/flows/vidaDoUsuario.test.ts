// The main job: create, block, unblock, move to another plano, cancel, and start again.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { listHistoria } from '../../src/sync/historia.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import {
  requestBloqueio,
  requestCancelamento,
  requestDesbloqueio,
  requestPlano,
  undoCancelamento,
} from '../../src/sync/pedidos.ts';
import { findPlano, savePlano } from '../../src/sync/planos.ts';
import type { Situacao } from '../../src/sync/tipos.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo();
  mundo.startWorker();
});
afterAll(() => mundo.end());

const settled = async (id: number, observada: Situacao): Promise<void> => {
  await eventually(async () => {
    const usuario = await mundo.usuario(id);
    return usuario.observada === observada && !usuario.trabalho;
  });
};

const account = async (id: number) => {
  const found = await mundo.simulador.pessoas({ externalId: `ixc-${mundo.sync.instalacao}-${id}-1` });
  expect(found).toHaveLength(1);
  return found[0];
};

describe('the life of a usuário', () => {
  const { contrato, cpf, nome } = PESSOAS.ativa;
  let id: number;

  test('a created account is active at the partner, with the person of the contract', async () => {
    id = await mundo.criar(contrato);
    await settled(id, 'ativo');

    const remote = await account(id);
    expect(remote).toMatchObject({ cpf, name: nome, status: 'active', planId: 'clinico-24h' });
  });

  test('creating it again for the same contract changes nothing', async () => {
    expect(await mundo.criar(contrato)).toBe(id);
    const creates = (await mundo.simulador.historico({ operacao: 'createUser' })).filter(
      ({ externalId }) => externalId === `ixc-${mundo.sync.instalacao}-${id}-1`,
    );
    expect(creates).toHaveLength(1);
  });

  test('a block and an unblock reach the partner', async () => {
    await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'pediu na recepção');
    await settled(id, 'bloqueado');
    expect(await account(id)).toMatchObject({ status: 'blocked' });

    await requestDesbloqueio(mundo.sync, mundo.operador, await mundo.usuario(id));
    await settled(id, 'ativo');
    expect(await account(id)).toMatchObject({ status: 'active' });
  });

  test('a plano registered by us is made at the partner, and the person moves to it', async () => {
    const familia = await savePlano(mundo.sync, mundo.operador, undefined, {
      nome: 'Família Ouro',
      descricao: 'até quatro pessoas',
      valor: '89,90',
      codigo: '',
      integracao_id: String(mundo.integracaoId),
    });
    await requestPlano(mundo.sync, mundo.operador, await mundo.usuario(id), familia);
    await settled(id, 'ativo');

    const plano = await findPlano(mundo.sync.db, familia);
    expect(plano).toMatchObject({ registro: 'registrado' });
    expect(await account(id)).toMatchObject({ planId: plano?.remotoId });
  });

  test('a cancellation at the end of the prazo blocks now and can be undone', async () => {
    const pedido = { motivo: 'mudou de cidade', confirmacao: String(contrato), quando: 'prazo' };
    await requestCancelamento(mundo.sync, mundo.operador, await mundo.usuario(id), pedido);
    await settled(id, 'bloqueado');

    await undoCancelamento(mundo.sync, mundo.operador, await mundo.usuario(id));
    await settled(id, 'ativo');
  });

  test('a cancellation for now is final at the partner', async () => {
    const pedido = { motivo: 'não quer mais', confirmacao: String(contrato), quando: 'agora' };
    await requestCancelamento(mundo.sync, mundo.operador, await mundo.usuario(id), pedido);
    await settled(id, 'cancelado');
    expect(await account(id)).toMatchObject({ status: 'cancelled' });

    await expect(undoCancelamento(mundo.sync, mundo.operador, await mundo.usuario(id))).rejects.toMatchObject(
      {
        status: 409,
      },
    );
  });

  test('creating again after the cancellation makes a new account under a new reference', async () => {
    await mundo.criar(contrato);
    await settled(id, 'ativo');

    const all = await mundo.simulador.pessoas({ cpf });
    expect(all.map(({ externalId, status }) => [externalId, status]).sort()).toEqual([
      [`ixc-${mundo.sync.instalacao}-${id}-1`, 'cancelled'],
      [`ixc-${mundo.sync.instalacao}-${id}-2`, 'active'],
    ]);
  });

  test('the story tells what was asked and answered, and every operação has ended', async () => {
    const historia = (await listHistoria(mundo.sync.db, id)).map(({ texto }) => texto).join('\n');
    expect(historia).toContain('Pediu o bloqueio: “pediu na recepção”');
    expect(historia).toContain('Bloquear: confirmado');
    const { operacoes } = await listOperacoes(mundo.sync.db, { filiais: 'todas', usuarioId: id, limite: 50 });
    expect(operacoes.filter(({ estado }) => estado !== 'feita')).toEqual([]);
  });

  test('what Tele Clínica confirmed is kept in its order, for the closing of the month', async () => {
    const sql = 'SELECT situacao, plano_id AS plano FROM situacoes WHERE usuario_id = ? ORDER BY desde';
    const [found] = await mundo.nosso.query(sql, [id]);
    const situacoes = (found as { situacao: string }[]).map(({ situacao }) => situacao);

    expect(situacoes.filter((each) => each !== 'ausente')).toEqual(
      expect.arrayContaining(['ativo', 'bloqueado', 'cancelado']),
    );
    expect(situacoes.at(-1)).toBe('ativo');
    expect(situacoes.some((each, n) => each === 'cancelado' && situacoes[n + 1] === 'cancelado')).toBe(false);
  });

  test('our tables hold nothing personal of the person', async () => {
    const [tables] = await mundo.nosso.query('SHOW TABLES');
    const person = [nome, cpf, cpf.replace(/(...)(...)(...)(..)/, '$1.$2.$3-$4'), nome.split(' ')[0] ?? nome];
    for (const row of tables as Record<string, string>[]) {
      const [content] = await mundo.nosso.query(`SELECT * FROM ${Object.values(row)[0]}`);
      const text = JSON.stringify(content);
      for (const secret of person) expect(text).not.toContain(secret);
    }
  });
});
