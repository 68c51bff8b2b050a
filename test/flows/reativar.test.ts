// "Reativar sozinho": after a cancellation by rule the contract may bring the account back by itself, when the provider says so.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rejectLote } from '../../src/sync/lotes/decisao.ts';
import { listLinhas } from '../../src/sync/lotes/linhas.ts';
import type { Lote } from '../../src/sync/lotes/lotes.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { requestCancelamento } from '../../src/sync/pedidos.ts';
import { loadRegras, saveRegras } from '../../src/sync/regrasSalvas.ts';
import { impactOf } from '../../src/sync/varredura/impacto.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';

const MUITOS = 60;

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(MUITOS + 4);
});
beforeEach(() => casa.esquecer());
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const set = (some: Gente[], sql: string) =>
  casa.mundo.ixc.query(`UPDATE cliente_contrato SET ${sql} WHERE id IN (?)`, [
    some.map(({ contrato }) => contrato),
  ]);
const linhas = async ({ id }: Lote) =>
  (await listLinhas(casa.mundo.sync.db, id, { filiais: 'todas', limite: 500 })).linhas;
const vez = ({ id }: Gente) => casa.valor('SELECT vez FROM usuarios WHERE id = ?', [id]);
const reativar = async (sozinho: boolean) => {
  const { sync, operador } = casa.mundo;
  await saveRegras(sync, operador, await loadRegras(sync.db), sozinho);
};

/** A rule cancels them: blocked, and cancelled at the end of the prazo; whatever the brake holds is approved. */
async function cancelByRule(some: Gente[]): Promise<void> {
  await set(some, "status = 'I'");
  for (let step = 0; step < 2; step += 1) {
    await casa.olhar();
    const lote = await casa.esperando('freio');
    if (lote) await casa.mundo.nosso.query('UPDATE lotes SET decidido_por = 7 WHERE id = ?', [lote.id]);
    if (lote) await casa.aprovar(await casa.lote(lote.id));
    await assentar(casa.mundo, 60_000);
    await casa.mundo.nosso.query(
      'UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP() WHERE cancelar_regra_em IS NOT NULL',
    );
    await casa.esquecer();
  }
  for (const { id } of some) expect(await casa.mundo.usuario(id)).toMatchObject({ observada: 'cancelado' });
}

test('switched off, a contract that comes back is only suggested', async () => {
  await cancelByRule([one(0)]);
  await casa.contrato(one(0).contrato, { status: 'A' });
  await casa.olhar();
  await casa.olhar('completa');
  await assentar(casa.mundo);
  expect(await casa.mundo.usuario(one(0).id)).toMatchObject({ observada: 'cancelado' });
  const previa = await casa.previa();
  expect((await linhas(previa)).find(({ contratoId }) => contratoId === one(0).contrato)).toMatchObject({
    acao: 'criar',
    de: 'cancelado',
  });
  await rejectLote(casa.mundo.sync, casa.mundo.operador, previa.id);
});

test('switched on, its impact is shown first and its first run waits for a person', async () => {
  const { sync } = casa.mundo;
  expect((await impactOf(sync, await loadRegras(sync.db), true)).voltam).toEqual({
    total: 1,
    amostra: [one(0).contrato],
  });
  await reativar(true);
  await casa.contrato(one(1).contrato, { status_internet: 'CM' });
  await casa.olhar();
  await assentar(casa.mundo);
  expect(await casa.mundo.usuario(one(1).id)).toMatchObject({ observada: 'ativo' });
  const lote = await casa.esperando('previa');
  expect(lote?.titulo).toBe('Primeira varredura com as regras de agora');
  if (lote) await casa.aprovar(lote);
  await casa.confirmado(one(1).id, 'bloqueado');
});

test('a contract that comes back starts a new vez by itself, once', async () => {
  await cancelByRule([one(2)]);
  const creates = await casa.chamadas('createUser');
  await casa.contrato(one(2).contrato, { status: 'A' });
  await casa.olhar();
  await casa.confirmado(one(2).id, 'ativo');
  await casa.olhar();
  await casa.olhar('completa');
  await assentar(casa.mundo);
  expect(await vez(one(2))).toBe(2);
  expect(await casa.chamadas('createUser')).toBe(creates + 1);
  expect(
    await casa.valor('SELECT causa FROM operacoes WHERE usuario_id = ? ORDER BY id DESC LIMIT 1', [
      one(2).id,
    ]),
  ).toBe('regra');
});

test('whom a person cancelled stays so, and so does whoever a person refused to bring back', async () => {
  const { sync, operador } = casa.mundo;
  const person = await casa.mundo.usuario(one(3).id);
  await requestCancelamento(sync, operador, person, {
    motivo: 'pediu para sair',
    confirmacao: String(one(3).contrato),
    quando: 'agora',
  });
  await casa.confirmado(one(3).id, 'cancelado');
  await casa.contrato(one(3).contrato, { status: 'I' });
  await casa.olhar();
  await casa.contrato(one(3).contrato, { status: 'A' });
  await casa.olhar();
  await casa.olhar('completa');
  await assentar(casa.mundo);
  expect(await casa.mundo.usuario(one(3).id)).toMatchObject({ observada: 'cancelado' });
  expect(await casa.mundo.usuario(one(0).id)).toMatchObject({ observada: 'cancelado' });
});

test('in mode observar and sugerir nobody comes back by themselves', async () => {
  const { sync, operador } = casa.mundo;
  await cancelByRule([one(2)]);
  for (const modo of ['observar', 'sugerir']) {
    await saveModo(sync, operador, { modo, operacao: 'criar' });
    await casa.contrato(one(2).contrato, { status: 'A' });
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(one(2).id)).toMatchObject({ observada: 'cancelado' });
  }
  const waiting = await casa.esperando('previa');
  expect(
    waiting && (await linhas(waiting)).map(({ contratoId, estado, de }) => [contratoId, estado, de]),
  ).toEqual([[one(2).contrato, 'pendente', 'cancelado']]);
  await saveModo(sync, operador, { modo: 'automatico', operacao: 'criar' });
  await casa.olhar('completa');
  await casa.confirmado(one(2).id, 'ativo');
});

test(`${MUITOS} who come back at once are held by the brake like any creation`, async () => {
  const many = gente.slice(4);
  await cancelByRule(many);
  const creates = await casa.chamadas('createUser');
  await set(many, "status = 'A'");
  await casa.olhar();
  await assentar(casa.mundo);
  expect(await casa.chamadas('createUser')).toBe(creates);
  const lote = await casa.esperando('freio');
  expect(lote).toMatchObject({ titulo: 'Criações retidas pelo freio', total: MUITOS });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
