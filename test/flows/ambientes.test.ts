// Homologação touches only its test contracts, produção only with an accepted profile, and a rate is kept by all processes together.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorker, type Worker } from '../../src/sync/atendimento/worker.ts';
import type { Sync } from '../../src/sync/contexto.ts';
import { saveIntegracao } from '../../src/sync/integracoes.ts';
import { listOperacoes, type Operacao } from '../../src/sync/operacoes.ts';
import { requestBloqueio } from '../../src/sync/pedidos.ts';
import { findPlano, savePlano } from '../../src/sync/planos.ts';
import { resendOperacao } from '../../src/sync/reenvio.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100, env: { LEASE_SEGUNDOS: '20' } });
});
afterAll(() => mundo.end());

const integracao = (nome: string, ambiente: string, contratos = '') =>
  saveIntegracao(mundo.sync, mundo.operador, undefined, {
    nome,
    ambiente,
    url_base: mundo.simulador.url,
    usuario: mundo.simulador.usuario,
    senha: mundo.simulador.senha,
    perfil: 'teleclinica-v1',
    contratos_teste: contratos,
  });
const planoOf = (integracaoId: number) =>
  savePlano(mundo.sync, mundo.operador, undefined, {
    nome: `Plano ${integracaoId}`,
    valor: '10,00',
    codigo: 'clinico-24h',
    integracao_id: String(integracaoId),
  });

const lastOperacao = async (usuarioId: number): Promise<Operacao> => {
  const { operacoes } = await listOperacoes(mundo.sync.db, { filiais: 'todas', usuarioId, limite: 1 });
  const [last] = operacoes;
  if (last === undefined) throw new Error('no operação');
  return last;
};

describe('a rate in the profile', () => {
  const PER_SECOND = 25;
  const PEOPLE = 30;

  test('is kept by two processes together, and is used up', async () => {
    // The same installation, with a profile that knows a rate, served by two workers that share nothing but the database.
    const slow = (): Sync => {
      const perfis = new Map(mundo.sync.perfis);
      const perfil = perfis.get('teleclinica-v1');
      if (perfil === undefined) throw new Error('no perfil');
      perfis.set('teleclinica-v1', { ...perfil, limits: { ...perfil.limits, perSecond: PER_SECOND } });
      return { ...mundo.sync, perfis };
    };
    const ids: number[] = [];
    for (const contrato of await mundo.gente(PEOPLE)) ids.push(await mundo.criar(contrato));
    const startedAt = Date.now();
    const workers: Worker[] = [startWorker(slow()), startWorker(slow())];
    await eventually(async () => {
      const all = await Promise.all(ids.map((id) => mundo.usuario(id)));
      return all.every(({ observada }) => observada === 'ativo');
    }, 20_000);
    await Promise.all(workers.map((worker) => worker.stop()));

    const calls = (await mundo.simulador.historico()).filter(
      ({ operation }) => operation === 'listUsers' || operation === 'createUser',
    );
    const times = calls.map(({ at }) => at);
    // One reading and one create each; whoever came before the plano was registered was read once more.
    expect(calls.filter(({ operation }) => operation === 'createUser')).toHaveLength(PEOPLE);
    expect(times.length).toBeGreaterThanOrEqual(2 * PEOPLE);
    expect(times.length).toBeLessThanOrEqual(3 * PEOPLE);
    // At every moment, no more calls since the start than the rate gives: exact, because a delay only makes a call later.
    const early = times.map((at, n) => at - (startedAt + (n * 1_000) / PER_SECOND)).filter((ms) => ms < -2);
    expect(early).toEqual([]);
    // And not slower for it: with more room than a busy machine takes.
    const seconds = ((times.at(-1) ?? 0) - startedAt) / 1_000;
    expect(seconds).toBeLessThanOrEqual((3 * times.length) / PER_SECOND);
    expect((await conferir(mundo)).erros).toEqual([]);
  });
});

describe('homologação', () => {
  test('touches only the contracts of its list', async () => {
    const [listed = 0, other = 0] = await mundo.gente(2);
    const homologacao = await integracao('Homologação', 'homologacao', String(listed));
    const plano = await planoOf(homologacao);
    mundo.startWorker();
    await expect(mundo.criar(other, plano)).rejects.toMatchObject({
      status: 409,
      title: expect.stringContaining('contratos de teste'),
    });
    const id = await mundo.criar(listed, plano);
    await eventually(async () => (await mundo.usuario(id)).observada === 'ativo');

    // Taken off the list, the person is not touched any more.
    await mundo.nosso.query("UPDATE integracoes SET contratos_teste = '', versao = versao + 1 WHERE id = ?", [
      homologacao,
    ]);
    await assentar(mundo);
    const before = await mundo.simulador.historico();
    await requestBloqueio(mundo.sync, mundo.operador, await mundo.usuario(id), 'pediu');
    await eventually(async () => (await mundo.usuario(id)).retida === 'fora_do_teste');
    expect(await mundo.simulador.historico()).toEqual(before);

    // Not a question either: a CPF would go with it.
    await resendOperacao(mundo.sync, mundo.operador, await lastOperacao(id));
    await eventually(async () => (await mundo.usuario(id)).retida === 'fora_do_teste');
    expect(await mundo.simulador.historico()).toEqual(before);
  });
});

describe('produção', () => {
  test('is refused while nobody has accepted the profile for it', async () => {
    await expect(integracao('Produção', 'producao')).rejects.toMatchObject({
      status: 422,
      fields: { ambiente: expect.stringContaining('não foi verificado para produção') },
    });
  });

  test('that was saved when the profile was accepted sends nothing once it is not', async () => {
    const id = await integracao('Veio de outro servidor', 'simulador');
    const plano = await planoOf(id);
    await eventually(async () => (await findPlano(mundo.sync.db, plano))?.registro === 'registrado');
    const [contrato = 0] = await mundo.gente(1);
    await mundo.nosso.query(
      "UPDATE integracoes SET ambiente = 'producao', versao = versao + 1 WHERE id = ?",
      [id],
    );
    await assentar(mundo);
    const before = await mundo.simulador.historico();
    const usuario = await mundo.criar(contrato, plano);
    await eventually(async () => (await mundo.usuario(usuario)).retida === 'fora_do_teste');
    const outro = await savePlano(mundo.sync, mundo.operador, undefined, {
      nome: 'Só em produção',
      valor: '10,00',
      integracao_id: String(id),
    });
    await eventually(async () => (await findPlano(mundo.sync.db, outro))?.registro === 'recusado');
    expect(await mundo.simulador.historico()).toEqual(before);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo);
  expect((await conferir(mundo, ['fora_do_teste'])).erros).toEqual([]);
});
