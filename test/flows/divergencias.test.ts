// Three sides compared: what is planted is found and nothing else, a broken list never means “gone”, and what corrects a
// line goes through brake and audit.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptDivergencia, unacceptDivergencia } from '../../src/sync/divergencias/aceite.ts';
import { requestComparacao, requestNightly } from '../../src/sync/divergencias/comparacoes.ts';
import { correctMany, correctOne } from '../../src/sync/divergencias/correcao.ts';
import {
  countClasses,
  type Divergencia,
  findDivergencia,
  listDivergencias,
} from '../../src/sync/divergencias/divergencias.ts';
import { runComparacao } from '../../src/sync/divergencias/execucao.ts';
import { settleCorrigidas } from '../../src/sync/divergencias/resolvidas.ts';
import { CLASSES, type Classe } from '../../src/sync/divergencias/tipos.ts';
import { HOJE } from '../../src/sync/hoje.ts';
import { savePausa } from '../../src/sync/pausas.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';
import { type Plantada, plantDivergencias, plantSemConta } from '../setup/plantadas.ts';
import { startPlugin } from '../setup/processo.ts';

const N = 3;

let casa: Automacao;
let gente: Gente[];
let plantadas: Plantada[];

const db = () => casa.mundo.sync.db;
const ask = () => requestComparacao(casa.mundo.sync, casa.mundo.operador);
const compare = async (): Promise<void> => {
  await ask();
  await runComparacao(casa.mundo.sync, 'teste');
};
const ended = async (): Promise<string> =>
  String(await casa.valor('SELECT estado FROM comparacoes ORDER BY id DESC LIMIT 1'));
const open = async (classe?: Classe): Promise<Divergencia[]> =>
  (await listDivergencias(db(), { filiais: 'todas', classe }, 1_000)).divergencias;
const keys = async (): Promise<string[]> => {
  const [rows] = await casa.mundo.nosso.query<RowDataPacket[]>(
    "SELECT classe, chave, usuario_id FROM divergencias WHERE estado = 'aberta'",
  );
  return rows
    .map(({ classe, chave, usuario_id: id }) =>
      classe === 'cpf_duplicado' ? `${classe} usuario:${id}` : `${classe} ${chave}`,
    )
    .sort();
};
const first = async (classe: Classe): Promise<Divergencia> => {
  const found = (await open(classe)).find(({ estado }) => estado === 'aberta');
  if (found === undefined) throw new Error(`no ${classe}`);
  return found;
};
const correct = (divergencia: Divergencia) => correctOne(casa.mundo.sync, casa.mundo.operador, divergencia);
const stateOf = (id: number) => findDivergencia(db(), id, 'todas').then((found) => found?.estado);
const resolved = (id: number) =>
  eventually(async () => {
    await settleCorrigidas(db());
    return (await stateOf(id)) === 'resolvida';
  }, 20_000);
const audited = (evento: string) =>
  casa
    .valor('SELECT COUNT(*) FROM auditoria WHERE evento = ? AND operador_id IS NOT NULL', [evento])
    .then(Number);
const there = async (id: number): Promise<string | undefined> => {
  const { remotoId } = await casa.mundo.usuario(id);
  return (await casa.mundo.simulador.pessoas()).find((pessoa) => pessoa.id === remotoId)?.status;
};

beforeAll(async () => {
  casa = await createAutomacao({ automatico: false });
  gente = await casa.ativos(8 * N);
  await compare();
});
afterAll(() => casa.end());

describe('a comparison', () => {
  test('of people who agree lists only contracts without an account', async () => {
    const list = await open();
    expect(new Set(list.map(({ classe }) => classe))).toEqual(new Set(['ativo_sem_usuario']));
    expect(list.every(({ usuarioId }) => usuarioId === null)).toBe(true);
  });

  test('lists exactly what was planted: each class, nobody else', async () => {
    const before = new Set(await keys());
    plantadas = [...(await plantDivergencias(casa, gente, N)), ...(await plantSemConta(casa, N))];
    await compare();
    expect((await keys()).filter((line) => !before.has(line))).toEqual(
      plantadas.map(({ classe, chave }) => `${classe} ${chave}`).sort(),
    );
    expect(new Set(plantadas.map(({ classe }) => classe))).toEqual(new Set(CLASSES));
    expect(await ended()).toBe('feita');
  });

  test('says the most harmful first, with what is at stake', async () => {
    const list = await open();
    expect(list.slice(0, N).map(({ classe }) => classe)).toEqual(Array(N).fill('pago_bloqueado'));
    expect(list[0]).toMatchObject({
      ixc: 'ativo',
      nosso: 'ativo',
      parceiro: 'bloqueado',
      valorCentavos: 4990,
    });
    expect((await first('plano_errado')).correcao).toBe('trocar_plano');
    const [pago] = await countClasses(db(), 'todas');
    expect(pago).toEqual({ classe: 'pago_bloqueado', total: N, valor: N * 4990, corrigiveis: N });
  });

  test('made again changes nothing: the same lines since the same moment', async () => {
    const before = (await open()).map(({ id, desde }) => [id, desde]);
    await compare();
    expect((await open()).map(({ id, desde }) => [id, desde])).toEqual(before);
  });

  test('leaves nothing personal and no working rows behind', async () => {
    const [dump] = await casa.mundo.nosso.query<RowDataPacket[]>('SELECT * FROM divergencias');
    const people = await casa.mundo.simulador.pessoas();
    const text = JSON.stringify(dump);
    for (const { cpf, email, name } of people)
      for (const value of [cpf, email, name]) if (value) expect(text.includes(value)).toBe(false);
    expect(await casa.valor('SELECT COUNT(*) FROM comparacao_contas')).toBe(0);
  });

  test('of the night is asked for once, between its hours', async () => {
    const total = () => casa.valor('SELECT COUNT(*) FROM comparacoes WHERE noite IS NOT NULL');
    await requestNightly(casa.mundo.sync, new Date('2026-03-10T05:59:00Z'));
    expect(await total()).toBe(0);
    await requestNightly(casa.mundo.sync, new Date('2026-03-10T06:00:00Z'));
    await requestNightly(casa.mundo.sync, new Date('2026-03-10T06:01:00Z'));
    await runComparacao(casa.mundo.sync, 'teste');
    await requestNightly(casa.mundo.sync, new Date('2026-03-10T06:02:00Z'));
    expect(await total()).toBe(1);
  });
});

describe('a list that breaks in the middle', () => {
  test('makes the comparison partial and nobody missing, and closes nothing', async () => {
    const [gone] = gente.slice(-1);
    const before = await keys();
    await casa.mundo.simulador.opcoes({ paginaMaxima: 5 });
    const falha = await casa.mundo.simulador.falha({
      kind: 'status',
      status: 500,
      operation: 'listUsers',
      skip: 2,
    });
    await casa.mundo.simulador.some((await casa.mundo.usuario(gone?.id ?? 0)).remotoId ?? '');
    await compare();
    expect(await ended()).toBe('parcial');
    expect(await keys()).toEqual(before);
    await casa.mundo.simulador.semFalhas(falha);
    await casa.mundo.simulador.opcoes({ paginaMaxima: 100 });
  });

  test('that shows far fewer accounts than are known counts as partial', async () => {
    const people = await casa.mundo.simulador.pessoas();
    const before = await keys();
    for (const { id } of people) await casa.mundo.simulador.some(id);
    await compare();
    expect(await ended()).toBe('parcial');
    expect(await keys()).toEqual(before);
    for (const pessoa of people) {
      const { id: _id, createdAt: _c, updatedAt: _u, blockedAt: _b, cancelledAt: _x, ...dados } = pessoa;
      const { id } = await casa.mundo.simulador.planta(dados);
      await casa.mundo.nosso.query('UPDATE usuarios SET remoto_id = ? WHERE remoto_id = ?', [id, pessoa.id]);
    }
  });

  test('waits while a pause is on, and makes no call', async () => {
    await savePausa(casa.mundo.sync, casa.mundo.operador, { motivo: 'teste', operacao: '', filial_id: '' });
    const calls = await casa.chamadas('listUsers');
    await ask();
    expect(await runComparacao(casa.mundo.sync, 'teste')).toBe(false);
    expect(await casa.chamadas('listUsers')).toBe(calls);
    await casa.mundo.nosso.query('DELETE FROM pausas');
    await runComparacao(casa.mundo.sync, 'teste');
    expect(await ended()).toBe('feita');
  });
});

test('killed in the middle of the list, another process goes on from the page where it stopped', async () => {
  await casa.mundo.simulador.opcoes({ paginaMaxima: 4 });
  const slow = await casa.mundo.simulador.falha({ kind: 'latency', ms: 300, operation: 'listUsers' });
  const env = { ...casa.mundo.env, VARREDURA_SEGUNDOS: '600' };
  const before = await keys();
  const processo = await startPlugin(env, ['--only=varredura']);
  await ask();
  const contas = async (): Promise<number> =>
    Number(await casa.valor('SELECT contas FROM comparacoes WHERE andamento = 1'));
  await eventually(async () => (await contas()) >= 8, 30_000);
  await processo.kill();
  const seen = await contas();
  const calls = await casa.chamadas('listUsers');
  expect(await runComparacao(casa.mundo.sync, 'outro')).toBe(false);
  await casa.mundo.simulador.semFalhas(slow);
  await eventually(() => runComparacao(casa.mundo.sync, 'outro'), 20_000);
  expect(await ended()).toBe('feita');
  const pages = Math.ceil(
    (Number(await casa.valor('SELECT contas FROM comparacoes ORDER BY id DESC LIMIT 1')) - seen) / 4,
  );
  expect((await casa.chamadas('listUsers')) - calls).toBeLessThanOrEqual(pages + 1);
  expect(await keys()).toEqual(before);
  await casa.mundo.simulador.opcoes({ paginaMaxima: 100 });
}, 90_000);

describe('a correction', () => {
  test.each(['pago_bloqueado', 'cancelado_ativo', 'plano_errado', 'dados_diferentes'] as const)(
    'of %s is a wish with its audit row, and the partner confirms it',
    async (classe) => {
      const divergencia = await first(classe);
      const before = await audited('divergencia_corrigida');
      expect(await correct(divergencia)).toEqual({ kind: 'pedida', usuarioId: divergencia.usuarioId });
      expect(await audited('divergencia_corrigida')).toBe(before + 1);
      await expect(correct(await first(classe).then(() => ({ ...divergencia })))).rejects.toMatchObject({
        status: 409,
      });
      await resolved(divergencia.id);
      expect(await there(divergencia.usuarioId ?? 0)).toBe(
        classe === 'cancelado_ativo' ? 'blocked' : 'active',
      );
    },
  );

  test('of a vanished account reads it first, and makes a new one only when asked again', async () => {
    const divergencia = await first('ativo_sem_usuario');
    const gone =
      divergencia.usuarioId === null
        ? (await open('ativo_sem_usuario')).find(({ usuarioId }) => usuarioId)
        : divergencia;
    if (!gone?.usuarioId) throw new Error('nobody vanished');
    expect(gone.correcao).toBe('conferir');
    await correct(gone);
    const again = await eventually(async () => {
      await settleCorrigidas(db());
      const now = await findDivergencia(db(), gone.id, 'todas');
      return now?.correcao === 'recriar' && now.estado === 'aberta' ? now : undefined;
    }, 20_000);
    if (again === undefined) throw new Error('it is not open again');
    await correct(again);
    await resolved(gone.id);
    expect(await there(gone.usuarioId)).toBe('active');
  });

  test('of an account without a contract blocks now and cancels at the end of the prazo', async () => {
    const divergencia = await first('usuario_sem_contrato');
    await correct(divergencia);
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(divergencia.usuarioId ?? 0)).toMatchObject({ desejada: 'bloqueado' });
    expect((await casa.mundo.usuario(divergencia.usuarioId ?? 0)).cancelarEm).not.toBeNull();
    expect(await there(divergencia.usuarioId ?? 0)).toBe('blocked');
  });

  test.each(['cpf_duplicado', 'desconhecido_aqui'] as const)(
    'of %s only the partner can make',
    async (classe) => {
      await expect(correct(await first(classe))).rejects.toMatchObject({ status: 409 });
    },
  );

  test('is refused when IXC says something else by now', async () => {
    const divergencia = await first('pago_bloqueado');
    await casa.contrato(divergencia.contratoId ?? 0, { status_internet: 'CM' });
    await expect(correct(divergencia)).rejects.toMatchObject({ status: 409 });
    expect(await there(divergencia.usuarioId ?? 0)).toBe('blocked');
    await casa.contrato(divergencia.contratoId ?? 0, { status_internet: 'A' });
  });

  test('of several waits in a lote, happens when it is approved, and each exactly once', async () => {
    const list = [...(await open('pago_bloqueado')), ...(await open('cancelado_ativo'))].filter(
      ({ estado }) => estado === 'aberta',
    );
    expect(list.length).toBeGreaterThan(2);
    const loteId = await correctMany(casa.mundo.sync, casa.mundo.operador, list);
    const lote = await casa.lote(loteId);
    expect(lote).toMatchObject({ origem: 'operador', estado: 'aguardando', total: list.length });
    await assentar(casa.mundo);
    expect(await there(list[0]?.usuarioId ?? 0)).toBe('blocked');
    await casa.aprovar(lote);
    for (const { id } of list) await resolved(id);
    expect(await casa.lote(loteId)).toMatchObject({
      estado: 'concluido',
      porEstado: { aplicada: list.length },
    });
    for (const { usuarioId, classe } of list)
      expect(await there(usuarioId ?? 0)).toBe(classe === 'cancelado_ativo' ? 'blocked' : 'active');
  });

  test('that the brake finds abnormal waits in a lote of the brake; rejected, the line is open again', async () => {
    const divergencia = await first('usuario_sem_contrato');
    await casa.mundo.nosso.query(
      `UPDATE divergencias SET corrigida_por = 1, corrigida_em = UTC_TIMESTAMP(6), correcao = 'cancelar', lote_id = NULL
       WHERE estado = 'resolvida' LIMIT 6`,
    );
    const corrigida = await correct(divergencia);
    if (corrigida.kind !== 'lote') throw new Error('the brake let it go');
    expect(await casa.lote(corrigida.loteId)).toMatchObject({
      origem: 'freio',
      estado: 'aguardando',
      total: 1,
    });
    expect(await there(divergencia.usuarioId ?? 0)).toBe('active');
    await casa.mundo.nosso.query("UPDATE lotes SET estado = 'rejeitado' WHERE id = ?", [corrigida.loteId]);
    await settleCorrigidas(db());
    expect(await stateOf(divergencia.id)).toBe('aberta');
  });
});

test('accepted as known it leaves the list until its day, and comes back when that is taken back', async () => {
  const { sync, operador } = casa.mundo;
  const divergencia = await first('desconhecido_aqui');
  const listed = async () => (await open()).some(({ id }) => id === divergencia.id);
  const form = { motivo: 'Conta de demonstração deles', ate: HOJE.format() };
  await expect(acceptDivergencia(sync, operador, divergencia, { ...form, motivo: '' })).rejects.toMatchObject(
    { status: 422 },
  );
  await acceptDivergencia(sync, operador, divergencia, form);
  expect(await listed()).toBe(false);
  await compare();
  expect(await listed()).toBe(false);
  await unacceptDivergencia(sync, operador, divergencia);
  expect(await listed()).toBe(true);
  await acceptDivergencia(sync, operador, divergencia, form);
  await casa.mundo.nosso.query(
    'UPDATE divergencias SET aceita_ate = aceita_ate - INTERVAL 1 DAY WHERE id = ?',
    [divergencia.id],
  );
  expect(await listed()).toBe(true);
  expect(await audited('divergencia_aceita')).toBe(2);
});
