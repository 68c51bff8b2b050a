// The dry run, the modes, and who is created by themselves: nothing goes out before a person has seen the list.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { runLotes } from '../../src/sync/lotes/andamento.ts';
import { approveLote, pauseLote, rejectLote } from '../../src/sync/lotes/decisao.ts';
import { type Linha, listLinhas } from '../../src/sync/lotes/linhas.ts';
import type { Lote } from '../../src/sync/lotes/lotes.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { saveRegras } from '../../src/sync/regrasSalvas.ts';
import { impactOf } from '../../src/sync/varredura/impacto.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { loadPerfis } from '../../src/teleclinica/perfil.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';

const PERFIL = fileURLToPath(new URL('../../plugin/perfis/teleclinica-v1.json', import.meta.url));

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao({ automatico: false });
  gente = await casa.ativos(10);
});
beforeEach(async () => {
  await assentar(casa.mundo);
  await casa.esquecer();
});
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const linhas = async ({ id }: Lote): Promise<Linha[]> =>
  (await listLinhas(casa.mundo.sync.db, id, { filiais: 'todas', limite: 500 })).linhas;
const modo = (modo: string, operacao = '', filial = 0) =>
  saveModo(casa.mundo.sync, casa.mundo.operador, { modo, operacao, filial_id: String(filial) });
const automatico = (value: 0 | 1) =>
  casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = ?', [value]);
const usuarioDe = (contrato: number) =>
  casa.valor('SELECT usuario_id FROM adesoes WHERE vigente = ?', [contrato]);
const calls = async () => (await casa.mundo.simulador.historico()).length;
const sugestoes = async (): Promise<Lote> => {
  const lote = await casa.esperando('previa');
  if (lote === undefined) throw new Error('nothing is suggested');
  return lote;
};

describe('T-100: the first run', () => {
  test('in mode observar only watches', async () => {
    await automatico(1);
    const before = await calls();
    await casa.contrato(one(0).contrato, { status_internet: 'CA' });
    await casa.olhar();
    expect(await casa.esperando('previa')).toBeUndefined();
    expect(await casa.mundo.usuario(one(0).id)).toMatchObject({ desejada: 'ativo' });
    expect(await calls()).toBe(before);
  });

  test('in mode automático is a dry run of everything, and only what is approved of it happens', async () => {
    await modo('automatico');
    const before = await calls();
    await casa.olhar('completa');
    await casa.olhar();
    const lote = await sugestoes();
    const all = await linhas(lote);
    expect(lote).toMatchObject({ titulo: 'Primeira varredura com as regras de agora', criadoPor: null });
    expect(all.filter(({ acao }) => acao === 'criar').length).toBeGreaterThan(30);
    expect(all.filter(({ acao }) => acao === 'bloquear')).toMatchObject([{ usuarioId: one(0).id }]);
    expect(await calls()).toBe(before);

    const chosen = all.filter(({ acao }) => acao === 'bloquear').map(({ n }) => n);
    await casa.aprovar(lote, chosen);
    await casa.confirmado(one(0).id, 'bloqueado');
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.chamadas('createUser')).toBe(10);
  });
});

describe('usuário automático', () => {
  test('a new contract with a vínculo gets its user by itself', async () => {
    const [contrato = 0] = await casa.mundo.gente(1);
    await casa.olhar();
    await casa.confirmado(Number(await usuarioDe(contrato)), 'ativo');
  });

  test('companies, which can have no account, do not wear the brake out', async () => {
    const { escrita } = casa.mundo;
    for (let n = 0; n < 55; n += 1)
      await escrita.addContrato(await escrita.addCliente({ tipo: 'J', cnpj_cpf: '11.222.333/0001-81' }));
    const [contrato = 0] = await casa.mundo.gente(1);
    await casa.olhar();
    expect(await casa.esperando('freio')).toBeUndefined();
    await casa.confirmado(Number(await usuarioDe(contrato)), 'ativo');
  });

  test('neither a company nor a person without a valid CPF is listed in a prévia: they are counted', async () => {
    const { escrita } = casa.mundo;
    const company = await escrita.addContrato(
      await escrita.addCliente({ tipo: 'J', cnpj_cpf: '11.222.333/0001-81' }),
    );
    const without = await escrita.addContrato(await escrita.addCliente({ cnpj_cpf: '111.111.111-11' }));
    const [contrato = 0] = await casa.mundo.gente(1);
    const previa = await casa.previa();
    const listed = (await linhas(previa)).map(({ contratoId }) => contratoId);
    expect(listed).toContain(contrato);
    expect(listed).not.toContain(company);
    expect(listed).not.toContain(without);
    expect(previa.motivo).toMatch(
      /^\d+ contratos ficaram de fora: são de empresa ou de quem não tem CPF válido/,
    );
    await rejectLote(casa.mundo.sync, casa.mundo.operador, previa.id);
  });

  test('switched off, it is only suggested in the next prévia', async () => {
    await automatico(0);
    const [contrato = 0] = await casa.mundo.gente(1);
    await casa.olhar();
    expect(await usuarioDe(contrato)).toBeUndefined();
    const previa = await casa.previa();
    const linha = (await linhas(previa)).find(({ contratoId }) => contratoId === contrato);
    expect(linha).toMatchObject({ acao: 'criar', de: 'ausente', para: 'ativo', usuarioId: null });
    await casa.aprovar(previa, [linha?.n ?? 0]);
    await casa.confirmado(Number(await usuarioDe(contrato)), 'ativo');
  });

  test('T-99: a contract that IXC’s own SVA module serves is left alone', async () => {
    await automatico(1);
    const [contrato = 0] = await casa.mundo.gente(1);
    const [[produto]] = await casa.mundo.ixc.query<RowDataPacket[]>(
      'SELECT id FROM vd_contratos_produtos WHERE id_contrato = ?',
      [contrato],
    );
    await casa.mundo.escrita.query(
      `INSERT INTO sva_usuarios SET id_contrato = ${contrato}, id_produto_contrato = ${produto?.['id']}, status_integracao = 'A'`,
    );
    await casa.olhar();
    await casa.olhar('completa');
    expect(await usuarioDe(contrato)).toBeUndefined();
    const previa = await casa.previa();
    expect((await linhas(previa)).some(({ contratoId }) => contratoId === contrato)).toBe(false);
    await rejectLote(casa.mundo.sync, casa.mundo.operador, previa.id);
    await automatico(0);
  });
});

describe('modes', () => {
  test('go per operation and branch: the most specific one decides', async () => {
    const [a, b, c] = [one(1), one(2), one(3)];
    await modo('sugerir', 'desbloquear');
    await modo('observar', '', 2);
    await casa.contrato(b.contrato, { id_filial: 2 });
    for (const { contrato } of [a, b, c]) await casa.contrato(contrato, { status_internet: 'CA' });
    await casa.olhar();
    await casa.confirmado(a.id, 'bloqueado');
    await casa.confirmado(c.id, 'bloqueado');
    expect(await casa.mundo.usuario(b.id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });

    await casa.contrato(a.contrato, { status_internet: 'A' });
    await casa.olhar();
    expect(await casa.mundo.usuario(a.id)).toMatchObject({ desejada: 'bloqueado' });
    const lote = await sugestoes();
    expect(lote.titulo).toBe('Sugestões da varredura');
    expect(await linhas(lote)).toMatchObject([{ usuarioId: a.id, acao: 'desbloquear', estado: 'pendente' }]);
    await casa.aprovar(lote);
    await casa.confirmado(a.id, 'ativo');

    await modo('automatico', 'desbloquear');
    await modo('automatico', '', 2);
    await casa.contrato(b.contrato, { status_internet: 'A' });
    await casa.contrato(c.contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.confirmado(c.id, 'ativo');
  });

  test('a suggestion that IXC made pointless is dropped, and the list dissolves', async () => {
    await modo('sugerir', 'bloquear');
    await casa.contrato(one(1).contrato, { status_internet: 'CA' });
    await casa.olhar();
    const lote = await sugestoes();
    await casa.contrato(one(1).contrato, { status_internet: 'A' });
    await casa.olhar();
    expect(await casa.lote(lote.id)).toMatchObject({ estado: 'dissolvido' });
    await modo('automatico', 'bloquear');
  });
});

describe('a prévia on demand', () => {
  const inDoubt = async (people: Gente[], acesso: string) => {
    await modo('observar', 'bloquear');
    for (const { contrato } of people) await casa.contrato(contrato, { status_internet: acesso });
    const previa = await casa.previa();
    const all = await linhas(previa);
    return { previa, mine: all.filter(({ usuarioId }) => people.some(({ id }) => id === usuarioId)) };
  };

  test('shows every change with its reason and does nothing of it', async () => {
    const before = await calls();
    const { previa, mine } = await inDoubt([one(4), one(5), one(6)], 'CA');
    expect(previa).toMatchObject({ origem: 'previa', estado: 'simulado', preparado: true, criadoPor: 1 });
    expect(mine).toHaveLength(3);
    expect(mine[0]).toMatchObject({
      acao: 'bloquear',
      de: 'ativo',
      para: 'bloqueado',
      contratoId: one(4).contrato,
    });
    expect(mine[0]?.motivo).toContain('bloqueia (antes: dá direito)');
    expect(await calls()).toBe(before);
    await casa.aprovar(previa, []);
    await assentar(casa.mundo);
    expect(await calls()).toBe(before);
    expect(await casa.lote(previa.id)).toMatchObject({ estado: 'concluido' });
  });

  test('carries out the chosen lines, each read again in IXC at that moment', async () => {
    const { previa, mine } = await inDoubt([one(4), one(5), one(6)], 'CM');
    await casa.contrato(one(5).contrato, { status_internet: 'A' });
    const chosen = mine.filter(({ usuarioId }) => usuarioId !== one(6).id).map(({ n }) => n);
    await casa.aprovar(previa, chosen);
    await casa.confirmado(one(4).id, 'bloqueado');
    expect((await linhas(previa)).filter(({ n }) => mine.some((each) => each.n === n))).toMatchObject([
      { usuarioId: one(4).id, estado: 'aplicada' },
      { usuarioId: one(5).id, estado: 'dispensada', mensagem: 'O IXC mudou depois que a lista foi feita.' },
      { usuarioId: one(6).id, estado: 'recusada' },
    ]);
    expect(await casa.mundo.usuario(one(5).id)).toMatchObject({ observada: 'ativo' });
    expect(await casa.mundo.usuario(one(6).id)).toMatchObject({ observada: 'ativo' });
    await casa.contrato(one(4).contrato, { status_internet: 'A' });
    await casa.contrato(one(6).contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.confirmado(one(4).id, 'ativo');
  });

  test('waits while its lote is paused, and does nothing without IXC', async () => {
    const { previa, mine } = await inDoubt([one(4)], 'CM');
    const { sync, operador } = casa.mundo;
    await approveLote(
      sync,
      operador,
      previa.id,
      previa.resumo,
      mine.map(({ n }) => n),
    );
    await pauseLote(sync, operador, previa.id, true);
    expect(await runLotes(sync)).toBe(false);
    await pauseLote(sync, operador, previa.id, false);
    await casa.semIxc(() => expect(runLotes(sync)).rejects.toThrow());
    expect(await casa.mundo.usuario(one(4).id)).toMatchObject({ desejada: 'ativo' });
    while (await runLotes(sync));
    await casa.confirmado(one(4).id, 'bloqueado');
    await modo('automatico', 'bloquear');
    await casa.contrato(one(4).contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.confirmado(one(4).id, 'ativo');
  });
});

describe('a change of rules', () => {
  test('is shown before it is saved, and its first run waits for a person', async () => {
    await casa.contrato(one(7).contrato, { status_internet: 'FA' });
    await casa.olhar();
    const regras = new Map([['A_FA', 'bloqueado' as const]]);
    const impacto = await impactOf(casa.mundo.sync, regras);
    expect(impacto.grupos).toMatchObject([
      { de: 'ativo', para: 'bloqueado', total: 1, amostra: [one(7).contrato] },
    ]);
    await saveRegras(casa.mundo.sync, casa.mundo.operador, regras);
    await casa.contrato(one(8).contrato, { status_internet: 'CM' });
    await casa.olhar();
    const lote = await sugestoes();
    expect(lote.titulo).toBe('Primeira varredura com as regras de agora');
    expect((await linhas(lote)).map(({ usuarioId, acao }) => [usuarioId, acao])).toEqual([
      [one(7).id, 'bloquear'],
      [one(8).id, 'bloquear'],
    ]);
    expect(await casa.mundo.usuario(one(8).id)).toMatchObject({ desejada: 'ativo' });
    await casa.aprovar(lote);
    await casa.confirmado(one(7).id, 'bloqueado');
    await casa.confirmado(one(8).id, 'bloqueado');
    await casa.contrato(one(8).contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.confirmado(one(8).id, 'ativo');
  });

  test('changed again while the list waits, the approval is for the rules of now', async () => {
    await saveRegras(casa.mundo.sync, casa.mundo.operador, new Map([['A_AA', 'bloqueado']]));
    await casa.olhar();
    const first = await sugestoes();
    expect(await linhas(first)).toMatchObject([{ usuarioId: one(7).id, acao: 'desbloquear' }]);
    await saveRegras(casa.mundo.sync, casa.mundo.operador, new Map());
    await casa.olhar();
    await casa.aprovar(await sugestoes());
    await casa.confirmado(one(7).id, 'ativo');
    await casa.contrato(one(7).contrato, { status_internet: 'CM' });
    await casa.olhar();
    await casa.confirmado(one(7).id, 'bloqueado');
  });

  test('a changed vínculo is one too', async () => {
    const { sync, operador } = casa.mundo;
    await saveVinculo(sync, operador, casa.familiaId, { tipo: 'produto', ixc_id: String(PRODUTOS.tv.id) });
    await casa.contrato(one(9).contrato, { status_internet: 'CM' });
    await casa.olhar();
    const lote = await sugestoes();
    expect(await casa.mundo.usuario(one(9).id)).toMatchObject({ desejada: 'ativo' });
    await casa.aprovar(lote);
    await casa.confirmado(one(9).id, 'bloqueado');
  });
});

describe('a profile that a technician changed', () => {
  test('makes the first run under it wait for a person, however automatic the mode', async () => {
    const { sync } = casa.mundo;
    const edited = mkdtempSync(path.join(tmpdir(), 'perfis-'));
    const profile = JSON.parse(readFileSync(PERFIL, 'utf8'));
    writeFileSync(
      path.join(edited, path.basename(PERFIL)),
      JSON.stringify({ ...profile, limits: { ...profile.limits, concurrency: 3 } }),
    );
    const other = { ...sync, perfis: loadPerfis(edited) };
    const restarted = createVarredura(other, 'outro perfil');
    await casa.mundo.nosso.query('UPDATE varredura SET dono = NULL');
    await casa.contrato(one(2).contrato, { status_internet: 'CM', id_filial: 1 });
    await restarted.look();
    await assentar(casa.mundo);
    const lote = await sugestoes();
    expect(lote.titulo).toBe('Primeira varredura com as regras de agora');
    expect(await casa.mundo.usuario(one(2).id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    await expect(casa.aprovar(lote)).rejects.toMatchObject({ status: 409 });
    await approveLote(other, casa.mundo.operador, lote.id, lote.resumo);
    while (await runLotes(other));
    await casa.confirmado(one(2).id, 'bloqueado');
    await restarted.release();
    rmSync(edited, { recursive: true });
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
