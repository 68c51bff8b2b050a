// Accounts made elsewhere: one without a reference is taken over by the contract of its CPF; any other is never touched.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Pessoa } from '../../src/demo/simulador/controle.ts';
import { listClientes } from '../../src/ixc/clientes.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { requestComparacao } from '../../src/sync/divergencias/comparacoes.ts';
import { correctMany, correctOne } from '../../src/sync/divergencias/correcao.ts';
import {
  type Divergencia,
  findDivergencia,
  listDivergencias,
} from '../../src/sync/divergencias/divergencias.ts';
import { runComparacao } from '../../src/sync/divergencias/execucao.ts';
import { settleCorrigidas } from '../../src/sync/divergencias/resolvidas.ts';
import { type Automacao, createAutomacao } from '../setup/automacao.ts';
import { eventually } from '../setup/mundo.ts';

const LONGO = process.env['LONGO'] === '1';

let casa: Automacao;
let contrato: number;
let cpf: string;

beforeAll(async () => {
  casa = await createAutomacao({ automatico: false });
});
afterAll(() => casa.end());
beforeEach(async () => {
  [contrato = 0] = await casa.mundo.gente(1);
  cpf = await cpfOf(contrato);
});

const cpfOf = async (id: number): Promise<string> => {
  const { sync } = casa.mundo;
  const lido = await findContrato(sync.ixc, id, 'todas');
  const [cliente] = await listClientes(sync.ixc, [lido?.clienteId ?? 0]);
  return cliente?.documento ?? '';
};
const plant = (more: Pessoa = {}) =>
  casa.mundo.simulador.planta({ cpf, externalId: null, planId: 'familia-24h', ...more });
const compare = async (): Promise<void> => {
  const { sync, operador } = casa.mundo;
  await requestComparacao(sync, operador);
  await runComparacao(sync, 'teste');
};
const lineOf = async (remotoId: string): Promise<Divergencia> => {
  const all = await listDivergencias(casa.mundo.sync.db, { filiais: 'todas' }, 1_000);
  const found = all.divergencias.find((each) => each.remotoId === remotoId);
  if (found === undefined) throw new Error(`no line of ${remotoId}`);
  return found;
};
const comparedLine = async (remotoId: string): Promise<Divergencia> => {
  await compare();
  return lineOf(remotoId);
};
const correct = (line: Divergencia) => correctOne(casa.mundo.sync, casa.mundo.operador, line);
const stateIs = (id: number, estado: string) =>
  eventually(async () => {
    await settleCorrigidas(casa.mundo.sync.db);
    return (await findDivergencia(casa.mundo.sync.db, id, 'todas'))?.estado === estado;
  }, 20_000);
const there = async () => (await casa.mundo.simulador.pessoas()).filter((each) => each.cpf === cpf);
const writes = async (): Promise<number> => {
  const all = await Promise.all(
    ['createUser', 'block', 'unblock', 'cancel', 'changePlan'].map(casa.chamadas),
  );
  return all.reduce((sum, each) => sum + each, 0);
};

describe('without a reference, of a CPF whose contract gives right', () => {
  test('is taken over in one click: the same account, unblocked, on the plano of the contract', async () => {
    const { id } = await plant({ status: 'blocked' });
    const line = await comparedLine(id);
    expect(line).toMatchObject({
      classe: 'desconhecido_aqui',
      correcao: 'adotar',
      contratoId: contrato,
      ixc: 'ativo',
      para: 'ativo',
      usuarioId: null,
      referencia: 'nenhuma',
    });
    const corrigida = await correct(line);
    await stateIs(line.id, 'resolvida');
    const usuarioId = corrigida.kind === 'pedida' ? corrigida.usuarioId : 0;
    expect(await casa.mundo.usuario(usuarioId)).toMatchObject({ remotoId: id, observada: 'ativo' });
    expect(await there()).toMatchObject([{ id, status: 'active', planId: 'clinico-24h' }]);
    expect(
      await casa.valor(
        "SELECT COUNT(*) FROM auditoria WHERE evento = 'divergencia_corrigida' AND usuario_id = ?",
        [usuarioId],
      ),
    ).toBe(1);
    // From now on it is one of ours.
    await compare();
    expect((await findDivergencia(casa.mundo.sync.db, line.id, 'todas'))?.estado).toBe('resolvida');
  });

  test.runIf(LONGO)('also by a usuário who is held because of it', async () => {
    const { id } = await plant();
    const usuarioId = await casa.mundo.criar(contrato);
    await eventually(async () => (await casa.mundo.usuario(usuarioId)).retida === 'ja_existe');
    const line = await comparedLine(id);
    expect(line).toMatchObject({ correcao: 'adotar', usuarioId, contratoId: contrato });
    await correct(line);
    await stateIs(line.id, 'resolvida');
    expect(await casa.mundo.usuario(usuarioId)).toMatchObject({
      remotoId: id,
      observada: 'ativo',
      retida: null,
    });
  });

  test('that has got a reference since is held, and nothing is written there', async () => {
    const { id } = await plant();
    const line = await comparedLine(id);
    await casa.mundo.simulador.muda(id, { externalId: 'de-outro-sistema' });
    const before = await writes();
    await correct(line);
    await stateIs(line.id, 'aberta');
    const { usuarioId } = await lineOf(id);
    expect((await casa.mundo.usuario(usuarioId ?? 0)).retida).toBe('ja_existe');
    expect(await writes()).toBe(before);
  });

  test('is not taken over once the contract is another person’s', async () => {
    const { id } = await plant();
    const line = await comparedLine(id);
    const outra = await casa.mundo.escrita.addCliente({
      razao: 'Outra Pessoa da Silva',
      nascimento: '1981-03-04',
    });
    await casa.contrato(contrato, { id_cliente: outra });
    await expect(correct(line)).rejects.toMatchObject({ status: 409 });
    expect(await casa.valor('SELECT COUNT(*) FROM adesoes WHERE contrato_id = ?', [contrato])).toBe(0);
    expect((await lineOf(id)).estado).toBe('aberta');
  });

  test('of several waits in a lote with the contracts that have no account, and each is done once', async () => {
    const { id } = await plant();
    const [sem = 0] = await casa.mundo.gente(1);
    await compare();
    const { divergencias } = await listDivergencias(casa.mundo.sync.db, { filiais: 'todas' }, 1_000);
    const chosen = divergencias.filter(({ contratoId }) => [contrato, sem].includes(contratoId ?? 0));
    expect(chosen.map(({ correcao }) => correcao).sort()).toEqual(['adotar', 'criar']);
    const lote = await casa.lote(await correctMany(casa.mundo.sync, casa.mundo.operador, chosen));
    expect((await there()).length).toBe(1);
    await casa.aprovar(lote);
    for (const line of chosen) await stateIs(line.id, 'resolvida');
    expect(await casa.lote(lote.id)).toMatchObject({ estado: 'concluido', porEstado: { aplicada: 2 } });
    expect((await there()).map((each) => each.id)).toEqual([id]);
  });
});

describe('is only the partner’s', () => {
  const ofOthers: [string, Pessoa][] = [
    ['under another system’s reference', { externalId: 'crm-77' }],
    ['under an old reference of ours', { externalId: 'nossa' }],
    ['of a CPF that no contract has', { cpf: '52998224725' }],
    ['without a CPF', { cpf: null }],
  ];
  test.each(LONGO ? ofOthers : ofOthers.slice(0, 1))('%s', async (_, more) => {
    const { instalacao } = casa.mundo.sync;
    const externalId = more.externalId === 'nossa' ? `ixc-${instalacao}-99999-1` : (more.externalId ?? null);
    const { id } = await plant({ ...more, externalId });
    const line = await comparedLine(id);
    const before = await writes();
    expect(line).toMatchObject({ classe: 'desconhecido_aqui', correcao: null });
    await expect(correct(line)).rejects.toMatchObject({ status: 409 });
    expect(await writes()).toBe(before);
    await casa.mundo.simulador.some(id);
  });

  test.runIf(LONGO)('while its contract does not give right', async () => {
    const usuarioId = await casa.mundo.criar(contrato);
    await casa.mundo.nosso.query('UPDATE usuarios SET trabalho = 0 WHERE id = ?', [usuarioId]);
    await casa.contrato(contrato, { status_internet: 'CM' });
    const { id } = await plant();
    const line = await comparedLine(id);
    expect(line).toMatchObject({ correcao: null });
  });

  test('when the CPF has two: both numbers are told, and which one is ours', async () => {
    const usuarioId = await casa.mundo.criar(contrato);
    await casa.confirmado(usuarioId, 'ativo');
    const { id } = await plant();
    const { id: other } = await plant();
    await compare();
    const line = [await lineOf(id).catch(() => undefined), await lineOf(other).catch(() => undefined)].find(
      Boolean,
    );
    expect(line).toMatchObject({
      classe: 'cpf_duplicado',
      correcao: null,
      usuarioId,
      contaDele: (await casa.mundo.usuario(usuarioId)).remotoId,
    });
    expect([line?.remotoId, ...(line?.outras ?? [])].sort()).toEqual([id, other].sort());
  });
});
