// Registering the integração and the planos at the partner: wishes like any other, carried out once.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startWorker } from '../../src/sync/atendimento/worker.ts';
import { findIntegracao, saveIntegracao } from '../../src/sync/integracoes.ts';
import { listOperacoes } from '../../src/sync/operacoes.ts';
import { deletePausa, savePausa } from '../../src/sync/pausas.ts';
import { findPlano, savePlano } from '../../src/sync/planos.ts';
import { resendOperacao } from '../../src/sync/reenvio.ts';
import { testIntegracao } from '../../src/sync/testeDeConexao.ts';
import { assentar, conferir, valor } from '../setup/conferencia.ts';
import { createMundo, eventually, type Mundo } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

let mundo: Mundo;
const CNPJ = '11222333000181';

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100, env: { CONFIRMACAO_SEGUNDOS: '0.5', LEASE_SEGUNDOS: '1.2' } });
  mundo.startWorker();
});
afterEach(() => mundo.simulador.semFalhas());
afterAll(() => mundo.end());

const form = { valor: '59,90', descricao: 'consultas ilimitadas' };
const novo = (nome: string, codigo = '') =>
  savePlano(mundo.sync, mundo.operador, undefined, {
    ...form,
    nome,
    codigo,
    integracao_id: String(mundo.integracaoId),
  });
const plano = async (id: number) => {
  const found = await findPlano(mundo.sync.db, id);
  if (found === undefined) throw new Error(`no plano ${id}`);
  return found;
};
const registered = (id: number) => eventually(async () => (await plano(id)).registro === 'registrado');
const remotePlans = async (): Promise<{ id: string; externalId: string | null; name: string }[]> => {
  const answer = await fetch(mundo.simulador.controle);
  return ((await answer.json()) as { planos: { id: string; externalId: string | null; name: string }[] })
    .planos;
};

describe('a plano', () => {
  test('whose code the partner has is adopted, and the partner’s name stays when ours changes', async () => {
    await registered(mundo.planoId);
    expect(await plano(mundo.planoId)).toMatchObject({ remotoId: 'clinico-24h' });
    await savePlano(mundo.sync, mundo.operador, mundo.planoId, {
      ...form,
      nome: 'Nome da casa',
      codigo: 'clinico-24h',
      integracao_id: String(mundo.integracaoId),
    });
    await registered(mundo.planoId);
    expect((await remotePlans()).find(({ id }) => id === 'clinico-24h')).toMatchObject({
      name: 'Clínico 24h',
    });
  });

  test('that the partner lacks is made there, and renamed there when we rename it', async () => {
    const id = await novo('Ouro');
    await registered(id);
    const { remotoId } = await plano(id);
    expect((await remotePlans()).find((each) => each.id === remotoId)).toMatchObject({ name: 'Ouro' });
    await savePlano(mundo.sync, mundo.operador, id, {
      ...form,
      nome: 'Ouro Mais',
      codigo: '',
      integracao_id: String(mundo.integracaoId),
    });
    await registered(id);
    expect((await remotePlans()).find((each) => each.id === remotoId)).toMatchObject({ name: 'Ouro Mais' });
  });

  test('whose creation got no answer is not made twice', async () => {
    await mundo.simulador.falha({ kind: 'applyThenDrop', operation: 'createPlan', times: 1 });
    const id = await novo('Prata');
    await registered(id);
    expect((await remotePlans()).filter(({ name }) => name === 'Prata')).toHaveLength(1);
    const calls = await mundo.simulador.historico({ operacao: 'createPlan' });
    expect(calls.filter(({ rule }) => rule !== null)).toHaveLength(1);
  });

  test('edited while its creation is in flight ends with the newest name', async () => {
    await mundo.simulador.falha({ kind: 'latency', ms: 400, operation: 'createPlan', times: 1 });
    const id = await novo('Bronze');
    await eventually(async () =>
      (await mundo.simulador.historico({ operacao: 'createPlan' })).some(({ end }) => end === 'open'),
    );
    await savePlano(mundo.sync, mundo.operador, id, {
      ...form,
      nome: 'Bronze Novo',
      codigo: '',
      integracao_id: String(mundo.integracaoId),
    });
    await registered(id);
    const { remotoId } = await plano(id);
    expect((await remotePlans()).find((each) => each.id === remotoId)).toMatchObject({ name: 'Bronze Novo' });
    expect((await remotePlans()).filter(({ name }) => name.startsWith('Bronze'))).toHaveLength(1);
  });

  test('that the partner does not let us make is refused with its words, and Reenviar tries again', async () => {
    await mundo.simulador.falha({ kind: 'forbidden', operation: 'createPlan' });
    const id = await novo('Diamante');
    await eventually(async () => (await plano(id)).registro === 'recusado');
    expect((await plano(id)).registroMensagem).toContain('Not allowed');
    await mundo.simulador.semFalhas();
    const { operacoes } = await listOperacoes(mundo.sync.db, {
      filiais: 'todas',
      estado: 'recusada',
      limite: 5,
    });
    const refused = operacoes.find(({ planoId }) => planoId === id);
    if (refused === undefined) throw new Error('no operação');
    await resendOperacao(mundo.sync, mundo.operador, refused);
    await registered(id);
  });

  test('that is not registered yet holds its people, and frees them when it is', async () => {
    const rule = await mundo.simulador.falha({ kind: 'status', status: 503, operation: 'createPlan' });
    const id = await novo('Platina');
    const [contrato = 0] = await mundo.gente(1);
    const usuario = await mundo.criar(contrato, id);
    await eventually(async () => (await mundo.usuario(usuario)).retida === 'plano_nao_registrado');
    await mundo.simulador.semFalhas(rule);
    await registered(id);
    await eventually(async () => (await mundo.usuario(usuario)).observada === 'ativo');
    const { remotoId } = await plano(id);
    expect(await mundo.simulador.pessoas()).toMatchObject([{ planId: remotoId }]);
  });

  test('ordered and given to people in the same moment never leaves them behind', async () => {
    const contratos = await mundo.gente(8);
    for (const [index, contrato] of contratos.entries()) {
      const id = await novo(`Relâmpago ${index}`);
      const usuario = await mundo.criar(contrato, id);
      await eventually(async () => (await mundo.usuario(usuario)).observada === 'ativo', 8_000);
    }
  });
});

describe('an integração', () => {
  test('with a CNPJ is registered, and every later call carries its tenant', async () => {
    await mundo.simulador.opcoes({ tenantObrigatorio: true });
    await mundo.simulador.falha({ kind: 'applyThenDrop', operation: 'registerIntegration', times: 1 });
    const id = await saveIntegracao(mundo.sync, mundo.operador, undefined, {
      nome: 'Com CNPJ',
      ambiente: 'simulador',
      url_base: mundo.simulador.url,
      usuario: mundo.simulador.usuario,
      senha: mundo.simulador.senha,
      perfil: 'teleclinica-v1',
      cnpj: CNPJ,
    });
    const integracao = () => findIntegracao(mundo.sync.db, id);
    await eventually(async () => (await integracao())?.registro === 'registrado');
    expect((await integracao())?.remotoId).toBe('int-1');

    const planoId = await savePlano(mundo.sync, mundo.operador, undefined, {
      ...form,
      nome: 'Do CNPJ',
      codigo: 'clinico-24h',
      integracao_id: String(id),
    });
    await registered(planoId);
    const [contrato = 0] = await mundo.gente(1);
    const usuario = await mundo.criar(contrato, planoId);
    await eventually(async () => (await mundo.usuario(usuario)).observada === 'ativo');
    await mundo.simulador.opcoes({ tenantObrigatorio: false });
  });
});

describe('a call of a registration', () => {
  const pendentes = async () =>
    Number(await valor(mundo, "SELECT COUNT(*) FROM planos WHERE registro = 'pendente'"));
  const soFar = async () => (await mundo.simulador.historico()).at(-1)?.seq ?? 0;

  test('does not leave once the credentials were refused, however many wait', async () => {
    await assentar(mundo);
    await savePausa(mundo.sync, mundo.operador, { motivo: 'troca de senha' });
    for (let index = 0; index < 20; index += 1) await novo(`Recusado ${index}`);
    await mundo.simulador.opcoes({ senha: 'outra-senha' });
    const desde = await soFar();
    await deletePausa(mundo.sync, mundo.operador, {});
    const parada = async () => (await findIntegracao(mundo.sync.db, mundo.integracaoId))?.credencialParadaEm;
    await eventually(async () => (await parada()) !== null);
    // Four rounds a second: the next calls would come within this time.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await mundo.simulador.historico({ desde })).toHaveLength(1);
    expect(await pendentes()).toBe(20);

    await mundo.simulador.opcoes({ senha: mundo.simulador.senha });
    expect(await testIntegracao(mundo.sync, mundo.operador, mundo.integracaoId)).toMatchObject({ ok: true });
    await eventually(async () => (await pendentes()) === 0, 20_000);
  }, 60_000);

  test('goes on under the lease of one process, however long the partner’s list of plans is', async () => {
    await mundo.simulador.opcoes({ paginaMaxima: 2 });
    await mundo.simulador.falha({ kind: 'latency', ms: 200, operation: 'listPlans' });
    mundo.startWorker();
    const desde = await soFar();
    const id = await novo('Do fim da lista');
    await eventually(async () => (await plano(id)).registro === 'registrado', 30_000);
    const chamadas = await mundo.simulador.historico({ desde });
    const spanMs = (chamadas.at(-1)?.at ?? 0) - (chamadas[0]?.at ?? 0);
    expect(spanMs).toBeGreaterThan(mundo.sync.config.leaseMs);
    expect(chamadas.filter(({ operation }) => operation === 'createPlan')).toHaveLength(1);
    const tokens = `SELECT COUNT(DISTINCT t.lease_token) FROM tentativas t JOIN operacoes o ON o.id = t.operacao_id
      WHERE o.plano_id = :id`;
    expect(Number(await valor(mundo, tokens, { id }))).toBe(1);
    await mundo.simulador.opcoes({ paginaMaxima: 100 });
  }, 60_000);

  test('does not leave when another process took the registration over meanwhile', async () => {
    await assentar(mundo);
    await mundo.simulador.opcoes({ paginaMaxima: 2 });
    await mundo.simulador.falha({ kind: 'latency', ms: 200, operation: 'listPlans' });
    const id = await novo('Tomado');
    const lists = `SELECT COUNT(*) FROM tentativas t JOIN operacoes o ON o.id = t.operacao_id WHERE o.plano_id = :id`;
    await eventually(async () => Number(await valor(mundo, lists, { id })) >= 2);
    // As a process would find it that slept through its lease.
    await mundo.nosso.query(
      'UPDATE planos SET registro_lease_token = registro_lease_token + 1, registro_lease_ate = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE id = ?',
      [id],
    );
    const before = Number(await valor(mundo, lists, { id }));
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(Number(await valor(mundo, lists, { id }))).toBeLessThanOrEqual(before + 1);
    await mundo.nosso.query('UPDATE planos SET registro_lease_ate = NULL WHERE id = ?', [id]);
    await mundo.simulador.opcoes({ paginaMaxima: 100 });
    await mundo.simulador.semFalhas();
    await registered(id);
  }, 60_000);

  test('does not leave once the sending is paused in the middle', async () => {
    await assentar(mundo);
    await mundo.simulador.opcoes({ paginaMaxima: 2 });
    await mundo.simulador.falha({ kind: 'latency', ms: 200, operation: 'listPlans' });
    const desde = await soFar();
    const id = await novo('Pausado');
    await eventually(async () => (await soFar()) > desde);
    await savePausa(mundo.sync, mundo.operador, { motivo: 'manutenção' });
    const atPause = (await soFar()) + 1;
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(await soFar()).toBeLessThanOrEqual(atPause);
    expect(await plano(id)).toMatchObject({ registro: 'pendente', registroMensagem: null });
    await mundo.simulador.opcoes({ paginaMaxima: 100 });
    await deletePausa(mundo.sync, mundo.operador, {});
    await registered(id);
  }, 60_000);

  test('keeps the rate of the profile', async () => {
    await assentar(mundo);
    const perfil = mundo.sync.perfis.get('teleclinica-v1');
    if (perfil === undefined) throw new Error('no perfil');
    const perSecond = 5;
    const other = await createMundo({ contratos: 100 });
    try {
      const perfis = new Map([['teleclinica-v1', { ...perfil, limits: { ...perfil.limits, perSecond } }]]);
      for (let index = 0; index < 4; index += 1) {
        await savePlano(other.sync, other.operador, undefined, {
          ...form,
          nome: `Devagar ${index}`,
          integracao_id: String(other.integracaoId),
        });
      }
      const worker = startWorker({ ...other.sync, perfis });
      const open = "SELECT COUNT(*) FROM planos WHERE registro <> 'registrado'";
      await eventually(async () => Number(await valor(other, open)) === 0, 20_000);
      await worker.stop();
      const times = (await other.simulador.historico()).map(({ at }) => at);
      const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
      expect(times.length).toBeGreaterThanOrEqual(9);
      expect(seconds).toBeGreaterThanOrEqual((times.length - 1) / perSecond - 0.1);
    } finally {
      await other.end();
    }
  }, 60_000);
});

describe('a process that dies in the middle of a registration', () => {
  test('leaves no call open and no second plan', async () => {
    const other = await createMundo({
      contratos: 100,
      env: { CONFIRMACAO_SEGUNDOS: '0.5', LEASE_SEGUNDOS: '1.2' },
    });
    let worker: Processo | undefined;
    try {
      await other.simulador.falha({
        kind: 'latency',
        ms: 3_000,
        when: 'after',
        operation: 'createPlan',
        times: 1,
      });
      await savePlano(other.sync, other.operador, undefined, {
        ...form,
        nome: 'Interrompido',
        integracao_id: String(other.integracaoId),
      });
      worker = await startPlugin(other.env);
      await eventually(
        async () => (await other.simulador.historico({ operacao: 'createPlan' })).length === 1,
      );
      await worker.kill();
      expect(await valor(other, "SELECT COUNT(*) FROM tentativas WHERE resultado = 'enviada'")).toBe(1);
      other.startWorker();
      const pending = "SELECT COUNT(*) FROM planos WHERE registro <> 'registrado'";
      await eventually(async () => Number(await valor(other, pending)) === 0);
      expect(await other.simulador.historico({ operacao: 'createPlan' })).toHaveLength(1);
      expect((await conferir(other)).erros).toEqual([]);
    } finally {
      await worker?.kill();
      await other.end();
    }
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(mundo);
  expect((await conferir(mundo)).erros).toEqual([]);
});
