// What keeps one fault from becoming everybody's: a wiped base, a changed column, a jumped clock, a broken row, a late click.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { listAvisosAbertos } from '../../src/sync/avisos/avisos.ts';
import { roundDemoradas } from '../../src/sync/avisos/ronda.ts';
import type { Sync } from '../../src/sync/contexto.ts';
import { runLotes } from '../../src/sync/lotes/andamento.ts';
import { approveLote, pauseLote } from '../../src/sync/lotes/decisao.ts';
import { type Linha, listLinhas } from '../../src/sync/lotes/linhas.ts';
import { preparePrevia, requestPrevia } from '../../src/sync/lotes/previa.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { savePlano } from '../../src/sync/planos.ts';
import { saveRegras } from '../../src/sync/regrasSalvas.ts';
import { acceptEstrutura, listMudadas } from '../../src/sync/varredura/estrutura.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  const { sync, operador, integracaoId } = casa.mundo;
  const outro = { nome: 'Clínico e TV', descricao: '', valor: '59,90', codigo: 'clinico-tv' };
  const planoId = await savePlano(sync, operador, undefined, {
    ...outro,
    integracao_id: String(integracaoId),
  });
  await saveVinculo(sync, operador, planoId, { tipo: 'produto', ixc_id: String(PRODUTOS.tv.id) });
  await casa.aceitar();
  gente = await casa.ativos(16);
}, 120_000);
beforeEach(async () => {
  await casa.esquecer();
  await casa.mundo.ixc.query(
    "UPDATE cliente_contrato SET status = 'A', status_internet = 'A' WHERE id IN (?)",
    [gente.map(({ contrato }) => contrato)],
  );
  await casa.olhar('completa');
  await assentar(casa.mundo);
  await casa.guardar();
});
afterEach(async () => {
  await casa.mundo.nosso.query('DELETE FROM pausas');
  for (const trigger of ['falha_de_uma_pessoa', 'falha_no_fim'])
    await casa.mundo.nosso.query(`DROP TRIGGER IF EXISTS ${trigger}`);
});
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const linhas = async (id: number): Promise<Linha[]> =>
  (await listLinhas(casa.mundo.sync.db, id, { filiais: 'todas', limite: 500 })).linhas;
const set = (some: Gente[], sql: string) =>
  casa.mundo.ixc.query(`UPDATE cliente_contrato SET ${sql} WHERE id IN (?)`, [
    some.map(({ contrato }) => contrato),
  ]);
const pausar = (operacao = '') =>
  casa.mundo.nosso.query(
    `INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES (?, 0, 'teste', 1, NOW())`,
    [operacao],
  );
const retomar = async () => {
  await casa.mundo.nosso.query('DELETE FROM pausas');
  await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6) WHERE trabalho = 1');
  casa.mundo.sync.wake();
};
const wipe = () => casa.mundo.escrita.query('DELETE FROM cliente_contrato');
const produto = (contrato: number, id: number) =>
  casa.mundo.ixc.query('UPDATE vd_contratos_produtos SET id_produto = ? WHERE id_contrato = ?', [
    id,
    contrato,
  ]);
const serve = async (sync: Sync = casa.mundo.sync) => {
  while (await runLotes(sync));
};

/** The context with IXC's answers kept back until `pass` lets them through. */
function slow(pass: (sql: string) => Promise<void>): Sync {
  const { sync } = casa.mundo;
  const execute: Sync['ixc']['execute'] = async (sql, params) => {
    await pass(sql);
    return sync.ixc.execute(sql, params);
  };
  return { ...sync, ixc: { ...sync.ixc, execute } };
}

describe('the structure of IXC', () => {
  test('may grow: a column that we come to read refuses nothing and is remembered', async () => {
    const nova = 'cliente.telefone_comercial varchar';
    await casa.mundo.nosso.query("UPDATE varredura SET estrutura = REPLACE(estrutura, ?, '')", [`${nova}\n`]);
    expect(String(await casa.valor('SELECT estrutura FROM varredura'))).not.toContain(nova);
    await casa.olhar();
    expect(await casa.recusa()).toBeNull();
    await casa.olhar('completa');
    expect(await casa.recusa()).toBeNull();
    expect(String(await casa.valor('SELECT estrutura FROM varredura'))).toContain(nova);
  });

  test('that changed is accepted by a person, and the next run is a prévia', async () => {
    const { sync, operador } = casa.mundo;
    await expect(acceptEstrutura(sync, operador)).rejects.toMatchObject({ status: 409 });
    await casa.root('ALTER TABLE {ixc}.cliente_contrato MODIFY status VARCHAR(20)');
    await casa.olhar('completa');
    expect(await casa.recusa()).toContain('mudou de tipo: cliente_contrato.status.');
    expect(await listMudadas(sync)).toEqual(['cliente_contrato.status']);

    await acceptEstrutura(sync, operador);
    await set([one(0)], "status_internet = 'CM'");
    await casa.olhar();
    expect(await casa.recusa()).toBeNull();
    expect(await casa.mundo.usuario(one(0).id)).toMatchObject({ desejada: 'ativo' });
    const lote = await casa.esperando('previa');
    expect(lote?.titulo).toBe('Primeira varredura com as regras de agora');
    if (lote) await casa.aprovar(lote);
    await casa.confirmado(one(0).id, 'bloqueado');
    const audited = await casa.valor("SELECT detalhe FROM auditoria WHERE evento = 'estrutura_aceita'");
    expect(JSON.stringify(audited)).toContain('cliente_contrato.status');

    await casa.root('ALTER TABLE {ixc}.cliente_contrato MODIFY status CHAR(1)');
    await acceptEstrutura(sync, operador);
    await casa.olhar();
    await casa.aceitar();
  });
});

describe('a base that was wiped', () => {
  test('after an approval: no line is carried out until IXC is itself again', async () => {
    const { sync, operador } = casa.mundo;
    const some = gente.slice(0, 12);
    await set(some, "status_internet = 'CA'");
    await casa.olhar();
    await casa.guardar();
    const lote = await casa.esperando('freio');
    const blocks = await casa.chamadas('blockUser');
    await approveLote(sync, operador, lote?.id ?? 0, lote?.resumo ?? '');

    await wipe();
    await serve();
    await casa.olhar('completa').catch(() => undefined);
    await serve();
    await assentar(casa.mundo);
    expect(await casa.lote(lote?.id ?? 0)).toMatchObject({
      estado: 'executando',
      porEstado: { pendente: 12, aplicada: 0, dispensada: 0 },
    });
    expect(await casa.chamadas('blockUser')).toBe(blocks);

    await casa.restaurar();
    await casa.olhar('completa');
    await casa.mundo.nosso.query('UPDATE lote_linhas SET adiada_ate = NULL');
    await serve();
    await assentar(casa.mundo);
    expect(await casa.lote(lote?.id ?? 0)).toMatchObject({
      estado: 'concluido',
      porEstado: { aplicada: 12 },
    });
    expect(await casa.chamadas('blockUser')).toBe(blocks + 12);
  });

  test('during a refused run, even an intact contract is not blocked by an approved lote', async () => {
    const { sync, operador } = casa.mundo;
    await set(gente.slice(0, 12), "status_internet = 'CA'");
    await casa.olhar();
    const lote = await casa.esperando('freio');
    await approveLote(sync, operador, lote?.id ?? 0, lote?.resumo ?? '');
    await casa.guardar();
    const keep = gente.map(({ contrato }) => contrato).join(', ');
    await casa.mundo.escrita.query(`DELETE FROM cliente_contrato WHERE id NOT IN (${keep})`);
    await casa.olhar('completa');
    expect(await casa.recusa()).toContain('muito menos');
    await serve();
    expect(await casa.lote(lote?.id ?? 0)).toMatchObject({ porEstado: { pendente: 12 } });
    await casa.restaurar();
    await casa.olhar('completa');
    await serve();
    await assentar(casa.mundo);
    expect(await casa.lote(lote?.id ?? 0)).toMatchObject({ porEstado: { aplicada: 12 } });
  });

  test('while paused: what was wished before waits, and goes on when the contract is back', async () => {
    const { id } = one(1);
    await pausar();
    await set([one(1)], "status_internet = 'CM'");
    await casa.olhar();
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'bloqueado', observada: 'ativo' });
    await casa.guardar();
    const blocks = await casa.chamadas('blockUser');
    await wipe();
    await retomar();
    await eventually(async () =>
      String(await casa.valor('SELECT mensagem FROM usuarios WHERE id = ?', [id])).includes(
        'não está mais no IXC',
      ),
    );
    expect(await casa.chamadas('blockUser')).toBe(blocks);
    await casa.restaurar();
    await retomar();
    await casa.confirmado(id, 'bloqueado');
  });
});

test('a rule’s cancel of whom a person blocked is asked of IXC once more', async () => {
  const { id } = one(2);
  await casa.mundo.nosso.query('UPDATE usuarios SET bloqueio_manual = 1 WHERE id = ?', [id]);
  await set([one(2)], "status = 'I'");
  await casa.olhar();
  await casa.confirmado(id, 'bloqueado');
  await pausar('cancelar');
  await casa.mundo.nosso.query('UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP() WHERE id = ?', [id]);
  await casa.olhar();
  expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'cancelado', observada: 'bloqueado' });
  await set([one(2)], "status = 'A'");
  // Whoever met the pause at the moment it ended looks again some seconds later: it is woken until it has.
  await eventually(async () => {
    await retomar();
    return (await casa.mundo.usuario(id)).desejada === 'bloqueado';
  });
  await assentar(casa.mundo);
  expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'bloqueado', observada: 'bloqueado' });
  expect(await casa.chamadas('cancelUser')).toBe(0);
});

describe('a prévia', () => {
  test('prepared by two at once is filled once, and never after somebody decided on it', async () => {
    const { sync, operador } = casa.mundo;
    await set([one(3)], "status_internet = 'CM'");
    const id = await requestPrevia(sync.db, operador);
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const late = preparePrevia(
      slow((sql) => (sql.includes('FROM cliente_contrato WHERE id IN') ? gate : Promise.resolve())),
      'teste',
    );
    await preparePrevia(sync, 'teste');
    const lote = await casa.lote(id);
    expect(lote.porEstado.pendente).toBeGreaterThan(0);
    await approveLote(sync, operador, id, lote.resumo, []);
    open();
    await late;
    expect((await casa.lote(id)).porEstado).toMatchObject({ pendente: 0, recusada: lote.total });
    await serve();
  });

  test('is prepared by whoever scans', async () => {
    const { sync, operador } = casa.mundo;
    const id = await requestPrevia(sync.db, operador);
    expect(await preparePrevia(sync, 'outro processo')).toBe(false);
    expect(await casa.lote(id)).toMatchObject({ preparado: false });
    expect(await preparePrevia(sync, 'teste')).toBe(true);
    expect(await casa.lote(id)).toMatchObject({ preparado: true });
  });

  test('of older rules cannot be approved, and an empty one accepts those of now', async () => {
    const { sync, operador } = casa.mundo;
    const old = await casa.previa();
    await saveRegras(sync, operador, new Map([['A_AA', 'bloqueado' as const]]));
    await expect(casa.aprovar(old, [])).rejects.toMatchObject({ status: 409 });
    await expect(casa.aprovar(old)).rejects.toThrow('mudaram depois que esta lista foi feita');
    await casa.aceitar();
    await set([one(4)], "status_internet = 'AA'");
    await casa.olhar();
    await casa.confirmado(one(4).id, 'bloqueado');
    await saveRegras(sync, operador, new Map());
    await casa.aceitar();
  });
});

describe('an approval is for one plano', () => {
  test('a person whose contract points to a third plano by now is left alone', async () => {
    const { id, contrato } = one(5);
    await produto(contrato, PRODUTOS.familia.id);
    const previa = await casa.previa();
    const linha = (await linhas(previa.id)).find(({ usuarioId }) => usuarioId === id);
    expect(linha).toMatchObject({ acao: 'trocar_plano', planoId: casa.familiaId });
    await produto(contrato, PRODUTOS.tv.id);
    await casa.aprovar(previa, [linha?.n ?? 0]);
    const done = (await linhas(previa.id)).find(({ n }) => n === linha?.n);
    expect(done).toMatchObject({
      estado: 'dispensada',
      mensagem: 'O IXC mudou depois que a lista foi feita.',
    });
    expect(await casa.valor('SELECT desejado_plano_id FROM usuarios WHERE id = ?', [id])).toBe(
      casa.mundo.planoId,
    );
    await produto(contrato, PRODUTOS.individual.id);
  });

  test('a contract that would get another plano gets no account', async () => {
    const [contrato = 0] = await casa.mundo.gente(1);
    const previa = await casa.previa();
    const linha = (await linhas(previa.id)).find((each) => each.contratoId === contrato);
    expect(linha).toMatchObject({ acao: 'criar', planoId: casa.mundo.planoId });
    await produto(contrato, PRODUTOS.familia.id);
    await casa.aprovar(previa, [linha?.n ?? 0]);
    const done = (await linhas(previa.id)).find(({ n }) => n === linha?.n);
    expect(done?.estado).toBe('dispensada');
    expect(done?.mensagem).toContain('passou a outro plano');
    expect(await casa.valor('SELECT COUNT(*) FROM adesoes WHERE contrato_id = ?', [contrato])).toBe(0);
  });
});

describe('our clock', () => {
  test('that jumps together with IXC’s is noticed, and prazos do not end by it', async () => {
    const { sync } = casa.mundo;
    await casa.mundo.nosso.query('UPDATE varredura SET dono = NULL');
    const [nosso, deles] = await Promise.all([sync.db.getConnection(), sync.ixc.getConnection()]);
    const shared: Sync = {
      ...sync,
      db: { ...sync.db, execute: (sql, params) => nosso.execute(sql, params) },
      ixc: { ...sync.ixc, execute: (sql, params) => deles.execute(sql, params) },
    };
    const scanner = createVarredura(shared, 'um servidor so');
    try {
      await scanner.look();
      expect(await casa.recusa()).toBeNull();
      for (const connection of [nosso, deles])
        await connection.query('SET timestamp = UNIX_TIMESTAMP() + 3600');
      await scanner.look();
      expect(await casa.recusa()).toContain('O relógio do nosso banco pulou 60 minutos para a frente');
      await scanner.look();
      expect(await casa.recusa()).toContain('pulou');
      for (const connection of [nosso, deles]) await connection.query('SET timestamp = DEFAULT');
      await scanner.look();
      expect(await casa.recusa()).toBeNull();
    } finally {
      nosso.destroy();
      deles.destroy();
      await casa.mundo.nosso.query('UPDATE varredura SET dono = NULL');
    }
  });
});

test('a copy of yesterday is refused, whatever it says', async () => {
  await casa.mundo.ixc.query(
    "UPDATE cliente_contrato SET status = 'I', ultima_atualizacao = ultima_atualizacao - INTERVAL 1 DAY",
  );
  await casa.olhar('completa');
  expect(await casa.recusa()).toMatch(/voltou \d+ minutos no tempo: parece uma cópia restaurada/);
  expect(await casa.valor("SELECT COUNT(*) FROM usuarios WHERE desejada = 'ativo'")).toBeGreaterThan(10);
  expect(await casa.esperando('freio')).toBeUndefined();
  await casa.restaurar();
});

describe('what fails for one person', () => {
  const failFor = (id: number) =>
    casa.mundo.nosso.query(
      `CREATE TRIGGER falha_de_uma_pessoa BEFORE INSERT ON operacoes FOR EACH ROW
       IF NEW.usuario_id = ${id} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'quebrado'; END IF`,
    );

  test('stops nobody else in a run, and is told and tried again', async () => {
    const three = gente.slice(6, 9);
    await failFor(one(7).id);
    await set(three, "status_internet = 'CM'");
    await casa.olhar();
    await casa.confirmado(one(6).id, 'bloqueado');
    await casa.confirmado(one(8).id, 'bloqueado');
    expect(await casa.mundo.usuario(one(7).id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    expect(await casa.valor('SELECT motivo FROM varreduras ORDER BY id DESC LIMIT 1')).toContain(
      '1 mudança não pôde ser feita por uma falha nossa',
    );
    await casa.mundo.nosso.query('DROP TRIGGER falha_de_uma_pessoa');
    await casa.olhar('completa');
    await casa.confirmado(one(7).id, 'bloqueado');
  });

  test('is one line of a lote, and the lote comes to its end', async () => {
    const { sync, operador } = casa.mundo;
    await saveModo(sync, operador, { modo: 'observar', operacao: 'bloquear' });
    await set(gente.slice(6, 9), "status_internet = 'CM'");
    const previa = await casa.previa();
    const mine = (await linhas(previa.id)).filter(({ acao }) => acao === 'bloquear');
    expect(mine).toHaveLength(3);
    await failFor(one(7).id);
    await casa.aprovar(
      previa,
      mine.map(({ n }) => n),
    );
    const done = (await linhas(previa.id)).filter(({ acao }) => acao === 'bloquear');
    expect(done.map(({ estado }) => estado)).toEqual(['aplicada', 'dispensada', 'aplicada']);
    expect(done[1]?.mensagem).toContain('Uma falha nossa impediu esta mudança');
    expect(await casa.lote(previa.id)).toMatchObject({ estado: 'concluido' });
    await saveModo(sync, operador, { modo: 'automatico', operacao: 'bloquear' });
  });

  test('a run that stops in the middle says what it had done', async () => {
    await casa.mundo.nosso.query(
      `CREATE TRIGGER falha_no_fim BEFORE UPDATE ON varredura FOR EACH ROW
       IF NEW.marca_contrato_em <> OLD.marca_contrato_em THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'quebrado'; END IF`,
    );
    // The mark has whole seconds: a change in the second that it stands at would not move it.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await set([one(9)], "status_internet = 'CM', ultima_atualizacao = NOW()");
    await expect(casa.olhar()).rejects.toThrow();
    expect(await casa.recusa()).toContain('1 conta já tinha sido mudada; o resto espera a próxima.');
    expect(await casa.mundo.usuario(one(9).id)).toMatchObject({ desejada: 'bloqueado' });
  });
});

test('a pause stops the creation that is being made, too', async () => {
  const { sync, operador } = casa.mundo;
  const novos = await casa.mundo.gente(2);
  const previa = await casa.previa();
  const mine = (await linhas(previa.id)).filter(({ contratoId }) => novos.includes(contratoId));
  await approveLote(
    sync,
    operador,
    previa.id,
    previa.resumo,
    mine.map(({ n }) => n),
  );
  let paused = false;
  const pausing = slow(async (sql) => {
    if (paused || !sql.includes('cliente_contrato')) return;
    paused = true;
    await pauseLote(sync, operador, previa.id, true);
  });
  await serve(pausing);
  expect(await casa.valor('SELECT COUNT(*) FROM adesoes WHERE contrato_id IN (?)', [novos])).toBe(0);
  expect(await casa.lote(previa.id)).toMatchObject({
    estado: 'pausado',
    porEstado: { pendente: 2, aplicada: 0 },
  });
  await pauseLote(sync, operador, previa.id, false);
  await serve();
  expect(await casa.lote(previa.id)).toMatchObject({ estado: 'concluido', porEstado: { aplicada: 2 } });
});

test('creations that are held dissolve when IXC goes back', async () => {
  await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 1');
  const novos = await casa.mundo.gente(60);
  await casa.olhar();
  const lote = await casa.esperando('freio');
  expect(lote).toMatchObject({ titulo: 'Criações retidas pelo freio', total: 60 });
  await casa.mundo.ixc.query("UPDATE cliente_contrato SET status = 'I' WHERE id IN (?)", [novos]);
  await casa.olhar('completa');
  expect(await casa.lote(lote?.id ?? 0)).toMatchObject({ estado: 'dissolvido' });
  await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 0');
}, 60_000);

test('a change counts for the branch of the contract that asked for it', async () => {
  const { id, cliente, contrato } = one(10);
  const segundo = await casa.mundo.escrita.addContrato(cliente);
  await casa.contrato(segundo, { id_filial: 2 });
  await casa.mundo.criar(segundo);
  await casa.confirmado(id, 'ativo');
  await casa.contrato(contrato, { status_internet: 'CM' });
  await casa.olhar();
  await casa.contrato(segundo, { status_internet: 'CM' });
  await casa.olhar();
  await casa.confirmado(id, 'bloqueado');
  const [[operacao]] = await casa.mundo.nosso.query<RowDataPacket[]>(
    "SELECT filial_id, contrato_id FROM operacoes WHERE usuario_id = ? AND acao = 'bloquear' ORDER BY id DESC LIMIT 1",
    [id],
  );
  expect(operacao).toMatchObject({ filial_id: 2, contrato_id: segundo });
  await casa.contrato(segundo, { status_internet: 'A' });
});

test('T-97: a contract that two complete scans did not meet is told to somebody, a prévia counts for nothing', async () => {
  const { sync } = casa.mundo;
  const { id, contrato } = one(11);
  const told = async () => {
    await roundDemoradas(sync, 'ronda');
    return (await listAvisosAbertos(sync.db, 'todas')).filter(({ causa }) => causa === 'sumidos');
  };
  await casa.mundo.escrita.remove('cliente_contrato', contrato);
  await casa.previa();
  await casa.previa();
  await casa.olhar('completa');
  expect(await casa.valor('SELECT ausencias FROM adesoes WHERE usuario_id = ?', [id])).toBe(1);
  expect(await told()).toEqual([]);
  await casa.olhar('completa');
  const [aviso] = await told();
  expect(aviso).toMatchObject({ caminho: `/usuarios/${id}`, nome: 'Contrato que sumiu do IXC' });
  expect(aviso?.texto).toContain(String(contrato));
  await casa.mundo.escrita.remove('cliente_contrato', one(12).contrato);
  await casa.olhar('completa');
  await casa.olhar('completa');
  const both = [contrato, one(12).contrato].sort((a, b) => a - b);
  expect((await told())[0]?.texto).toContain(both.join(', '));
  await casa.restaurar();
  await casa.olhar('completa');
  expect(await told()).toEqual([]);
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
