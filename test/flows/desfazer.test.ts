// *Desfazer*: an order that Tele Clínica has not carried out yet is withdrawn as if never asked.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { undoBloqueio, undoPlano } from '../../src/sync/desfazer.ts';
import { deletePausa, savePausa } from '../../src/sync/pausas.ts';
import { requestBloqueio, requestPlano } from '../../src/sync/pedidos.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { OPERADOR } from '../setup/mundo.ts';

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(3);
});
afterAll(() => casa.end());

const idOf = (n: number): number => gente[n]?.id ?? 0;
const paused = async (work: () => Promise<void>): Promise<void> => {
  const { sync } = casa.mundo;
  await savePausa(sync, OPERADOR, { motivo: 'teste' });
  await work();
  await deletePausa(sync, OPERADOR, {});
  await assentar(casa.mundo);
};

test('a block that has not left leaves no trace at the partner', async () => {
  const { sync } = casa.mundo;
  const id = idOf(0);
  await paused(async () => {
    await requestBloqueio(sync, OPERADOR, await casa.mundo.usuario(id), 'engano');
    await undoBloqueio(sync, OPERADOR, await casa.mundo.usuario(id));
  });

  expect(await casa.mundo.usuario(id)).toMatchObject({
    desejada: 'ativo',
    observada: 'ativo',
    bloqueioManual: false,
  });
  const calls = await casa.mundo.simulador.historico({ operacao: 'block' });
  expect(calls.filter(({ externalId }) => externalId === externalIdOf(sync, id, 1))).toEqual([]);
  const estado =
    'SELECT estado FROM operacoes WHERE usuario_id = ? AND acao = "bloquear" ORDER BY id DESC LIMIT 1';
  expect(await casa.valor(estado, [id])).toBe('substituida');
});

test('a change of plano goes back to the one before', async () => {
  const { sync } = casa.mundo;
  const id = idOf(1);
  const before = await casa.planoNoParceiro(id);
  await paused(async () => {
    await requestPlano(sync, OPERADOR, await casa.mundo.usuario(id), casa.familiaId);
    await undoPlano(sync, OPERADOR, await casa.mundo.usuario(id));
  });

  expect(await casa.planoNoParceiro(id)).toBe(before);
  expect(await casa.mundo.usuario(id)).toMatchObject({ desejadoPlanoId: before });
});

test('what Tele Clínica has carried out is not undone but asked for anew', async () => {
  const { sync } = casa.mundo;
  const id = idOf(2);
  await requestBloqueio(sync, OPERADOR, await casa.mundo.usuario(id), 'viajou');
  await casa.confirmado(id, 'bloqueado');

  await expect(undoBloqueio(sync, OPERADOR, await casa.mundo.usuario(id))).rejects.toMatchObject({
    status: 409,
    action: 'Para devolver o acesso, use Desbloquear.',
  });
  expect(await casa.mundo.usuario(id)).toMatchObject({ observada: 'bloqueado', bloqueioManual: true });
});

test('after all of it, every promise was kept', async () => {
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
