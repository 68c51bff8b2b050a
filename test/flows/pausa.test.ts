// T-103: a pause in the middle of a hundred calls stops what has not begun, lets what has begun end, and loses nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deletePausa, savePausa } from '../../src/sync/pausas.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';

const PESSOAS = 100;
const CALL_MS = 250;
const PRAZO_MS = 5_000;

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(PESSOAS);
  await casa.mundo.ixc.query('UPDATE cliente SET ultima_atualizacao = NOW() - INTERVAL 1 HOUR');
  await casa.mundo.ixc.query('UPDATE cliente_contrato SET id_filial = 2 WHERE id IN (?)', [
    gente.slice(0, PESSOAS / 5).map(({ contrato }) => contrato),
  ]);
  await casa.olhar('completa');
}, 300_000);
afterAll(() => casa.end());

const inState = async (observada: string) =>
  Number(await casa.valor('SELECT COUNT(*) FROM usuarios WHERE observada = ?', [observada]));
const open = () => casa.valor("SELECT COUNT(*) FROM tentativas WHERE resultado = 'enviada'");

// What the contracts ask for is so much that a person approves it, and then it is on its way.
async function lineUp(acesso: string): Promise<void> {
  await casa.esquecer();
  await casa.mundo.ixc.query('UPDATE cliente_contrato SET status_internet = ? WHERE id IN (?)', [
    acesso,
    gente.map(({ contrato }) => contrato),
  ]);
  await casa.olhar('completa');
  const lote = await casa.esperando('freio');
  if (lote === undefined) throw new Error('the brake held nothing');
  const { sync, operador } = casa.mundo;
  await savePausa(sync, operador, { motivo: 'até todos esperarem' });
  await casa.aprovar(lote);
  await deletePausa(sync, operador, {});
}

test.each([
  ['of everything', {}, 'CM', 'blockUser', 'bloqueado'],
  ['of the operation', { operacao: 'desbloquear' }, 'A', 'unblockUser', 'ativo'],
  ['of the branch', { filial_id: '1' }, 'CM', 'blockUser', 'bloqueado'],
])(
  'a pause %s',
  async (_, escopo, acesso, operacao, observada) => {
    const { sync, operador, simulador } = casa.mundo;
    const desde = (await simulador.historico()).at(-1)?.seq ?? 0;
    const calls = () => simulador.historico({ operacao, desde });
    await simulador.opcoes({ latencyMs: CALL_MS });
    await lineUp(acesso);
    await eventually(async () => (await calls()).length >= 5);
    await savePausa(sync, operador, { ...escopo, motivo: 'no meio do caminho' });
    const pausedAt = Date.now();

    // Those of another branch are not concerned: wait until nothing but the paused is left.
    const branch = 'filial_id' in escopo;
    await eventually(async () => (await open()) === 0, 30_000);
    if (branch) await eventually(async () => (await inState(observada)) >= PESSOAS / 5, 30_000);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await eventually(async () => (await open()) === 0, 30_000);
    const done = await calls();
    expect(done.length).toBeLessThan(PESSOAS);
    if (!branch) for (const { at } of done) expect(at).toBeLessThanOrEqual(pausedAt + PRAZO_MS);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await calls()).length).toBe(done.length);
    const lost = 'SELECT COUNT(*) FROM usuarios WHERE observada <> desejada AND trabalho = 0';
    expect(await casa.valor(lost)).toBe(0);

    await simulador.opcoes({ latencyMs: 0 });
    await deletePausa(sync, operador, escopo);
    await eventually(async () => (await inState(observada)) === PESSOAS, 60_000);
    await assentar(casa.mundo, 60_000);
    expect(await calls()).toHaveLength(PESSOAS);
  },
  120_000,
);

test('a pause that comes and goes leaves nobody waiting for a later look', async () => {
  const { sync, operador } = casa.mundo;
  const ids: number[] = [];
  for (const contrato of await casa.mundo.gente(20)) {
    const escopo = { operacao: 'criar' };
    await savePausa(sync, operador, { ...escopo, motivo: 'um instante' });
    ids.push(await casa.mundo.criar(contrato));
    await deletePausa(sync, operador, escopo);
  }
  const waiting = 'SELECT COUNT(*) FROM usuarios WHERE id IN (?) AND trabalho = 1';
  await eventually(async () => Number(await casa.valor(waiting, [ids])) === 0);
});

test('after all of it, every promise was kept', async () => {
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
