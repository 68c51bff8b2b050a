// Contracts drive the service: what IXC does to a contract reaches Tele Clínica by itself, as far as mode and brake allow.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { daysAgo, type Linha, produtoDoContratoRow, servicoRow } from '../../src/demo/ixc/linhas.ts';
import { approveLote } from '../../src/sync/lotes/decisao.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { startVarredura } from '../../src/sync/varredura/processo.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';

let casa: Automacao;
let varredura: ReturnType<typeof startVarredura>;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao({ automatico: false, env: { VARREDURA_COMPLETA_SEGUNDOS: '1' } });
  gente = await casa.ativos(14);
  varredura = startVarredura(casa.mundo.sync);
});
beforeEach(() => casa.esquecer());
afterAll(async () => {
  await varredura.stop();
  await casa.end();
});

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const insert = (table: string, row: Linha) => casa.mundo.ixc.query(`INSERT INTO ${table} SET ?`, [row]);
const moved = (id: number, to: number) => eventually(async () => (await casa.planoNoParceiro(id)) === to);

describe('a block in IXC', () => {
  test('is only watched in mode observar', async () => {
    const { id, contrato } = one(0);
    await casa.contrato(contrato, { status_internet: 'CA' });
    await eventually(
      async () =>
        (await casa.valor('SELECT lido_significado FROM adesoes WHERE usuario_id = ?', [id])) === 'bloqueado',
    );
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
  });

  test('waits in the first prévia, and after its approval follows by itself both ways', async () => {
    const { id, contrato } = one(0);
    await saveModo(casa.mundo.sync, casa.mundo.operador, { modo: 'automatico' });
    const lote = await eventually(async () => {
      const waiting = await casa.esperando('previa');
      return waiting && waiting.porEstado.pendente > 0 ? waiting : undefined;
    });
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo' });

    await approveLote(casa.mundo.sync, casa.mundo.operador, lote?.id ?? 0, lote?.resumo ?? '');
    await casa.confirmado(id, 'bloqueado');

    await casa.contrato(contrato, { status_internet: 'A' });
    await casa.confirmado(id, 'ativo');
  });

  const BLOCKS: [string, Record<string, string>][] = [
    ['CM (manual)', { status_internet: 'CM' }],
    ['CA (automático)', { status_internet: 'CA' }],
    ['D (desativado)', { status_internet: 'D' }],
    ['N (negativado)', { status: 'N' }],
    ['a suspension', { contrato_suspenso: 'S', data_final_suspensao: daysAgo(-20) }],
  ];
  test.each(BLOCKS)('%s blocks, and the way back unblocks', async (_, change) => {
    const { id, contrato } = one(1);
    await casa.contrato(contrato, change);
    await casa.confirmado(id, 'bloqueado');
    await casa.contrato(contrato, { status: 'A', status_internet: 'A', contrato_suspenso: 'N' });
    await casa.confirmado(id, 'ativo');
  });

  test('FA goes on; AA waits: neither sends anything', async () => {
    const { id, contrato } = one(2);
    const before = (await casa.mundo.simulador.historico()).length;
    for (const acesso of ['FA', 'AA']) {
      await casa.contrato(contrato, { status_internet: acesso });
      await eventually(
        async () =>
          (await casa.valor('SELECT lido_significado FROM adesoes WHERE usuario_id = ?', [id])) ===
          (acesso === 'FA' ? 'ativo' : 'esperar'),
      );
    }
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    expect((await casa.mundo.simulador.historico()).length).toBe(before);
  });
});

describe('a change of plan or product', () => {
  test('another product row in the contract moves the person to its plano', async () => {
    const { id, contrato } = one(3);
    await casa.mundo.ixc.query('UPDATE vd_contratos_produtos SET id_produto = ? WHERE id_contrato = ?', [
      PRODUTOS.familia.id,
      contrato,
    ]);
    await moved(id, casa.familiaId);
  });

  test('a product row removed blocks, and put back unblocks', async () => {
    const { id, contrato } = one(4);
    await casa.mundo.ixc.query('DELETE FROM vd_contratos_produtos WHERE id_contrato = ?', [contrato]);
    await casa.confirmado(id, 'bloqueado');
    await insert('vd_contratos_produtos', produtoDoContratoRow(contrato, PRODUTOS.individual, 'SVA'));
    await casa.confirmado(id, 'ativo');
  });

  test('an upgrade to a plano de venda that carries the product keeps the account; one that carries another moves it', async () => {
    const { id, contrato } = one(5);
    await casa.contrato(contrato, { id_vd_contrato: PLANOS_DE_VENDA.fibraComFamilia.id });
    await casa.mundo.ixc.query('DELETE FROM vd_contratos_produtos WHERE id_contrato = ?', [contrato]);
    await moved(id, casa.familiaId);
    await casa.contrato(contrato, { id_vd_contrato: PLANOS_DE_VENDA.fibraComIndividual.id });
    await moved(id, casa.mundo.planoId);
    expect(await casa.mundo.usuario(id)).toMatchObject({ observada: 'ativo' });
    await casa.contrato(contrato, { id_vd_contrato: PLANOS_DE_VENDA.fibra.id });
    await casa.confirmado(id, 'bloqueado');
    await casa.contrato(contrato, { id_vd_contrato: PLANOS_DE_VENDA.fibraComIndividual.id });
    await casa.confirmado(id, 'ativo');
  });

  test('a product row of the plano de venda itself reaches everybody who has that plan', async () => {
    const { id, contrato } = one(6);
    const own = PLANOS_DE_VENDA.fibra.id + 1;
    await casa.contrato(contrato, { id_vd_contrato: own });
    await insert('vd_contratos_produtos', {
      ...produtoDoContratoRow(0, PRODUTOS.familia, 'SVA'),
      id_vd_contrato: own,
    });
    await casa.mundo.ixc.query('DELETE FROM vd_contratos_produtos WHERE id_contrato = ?', [contrato]);
    await moved(id, casa.familiaId);
    await casa.mundo.ixc.query('DELETE FROM vd_contratos_produtos WHERE id_vd_contrato = ?', [own]);
    await casa.confirmado(id, 'bloqueado');
  });

  test('an additional service gives the product, until it ends', async () => {
    const { id, contrato } = one(7);
    const service = servicoRow({
      contrato,
      produto: PRODUTOS.familia,
      tipo: 'SVA',
      status: 'A',
      acresDesc: 'A',
      repetir: 'S',
    });
    await insert('cliente_contrato_servicos', service);
    await casa.mundo.ixc.query('DELETE FROM vd_contratos_produtos WHERE id_contrato = ?', [contrato]);
    await moved(id, casa.familiaId);
    await casa.mundo.ixc.query("UPDATE cliente_contrato_servicos SET status = 'I' WHERE id_contrato = ?", [
      contrato,
    ]);
    await casa.confirmado(id, 'bloqueado');
  });
});

describe('a contract transfer', () => {
  test('the new contract of the same person joins the account, and the old one ends without a gap', async () => {
    const { id, contrato, cliente } = one(8);
    const blocks = await casa.chamadas('blockUser');
    const novo = await casa.mundo.escrita.addContrato(cliente);
    await casa.contrato(contrato, { status: 'I', status_internet: 'D' });
    await eventually(async () => {
      const { adesoes } = await casa.mundo.usuario(id);
      return adesoes.some((each) => each.contratoId === novo && each.vigente);
    });
    await eventually(
      async () =>
        (await casa.valor('SELECT significado FROM adesoes WHERE contrato_id = ?', [contrato])) ===
        'cancelar',
    );
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    expect(await casa.chamadas('blockUser')).toBe(blocks);

    await casa.contrato(novo, { status_internet: 'CA' });
    await casa.confirmado(id, 'bloqueado');
    await casa.contrato(novo, { status_internet: 'A' });
    await casa.confirmado(id, 'ativo');
  });
});

describe('time and order', () => {
  test('IXC’s “não bloquear até” shields until its last day and then the block comes without a change in IXC', async () => {
    const { id, contrato } = one(12);
    await casa.contrato(contrato, { status_internet: 'CA', nao_bloquear_ate: daysAgo(-3) });
    await eventually(async () => {
      const em = await casa.valor('SELECT reavaliar_em FROM adesoes WHERE usuario_id = ?', [id]);
      return em === daysAgo(-4);
    });
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    // The days pass: the date lies behind us, and the row itself looks as if nobody had touched it.
    await casa.mundo.ixc.query(
      'UPDATE cliente_contrato SET nao_bloquear_ate = ?, ultima_atualizacao = ? WHERE id = ?',
      [daysAgo(2), `${daysAgo(40)} 10:00:00`, contrato],
    );
    await casa.mundo.nosso.query('UPDATE adesoes SET reavaliar_em = ? WHERE usuario_id = ?', [
      daysAgo(1),
      id,
    ]);
    await casa.confirmado(id, 'bloqueado');
  });

  test('two scanners never scan at once, and the second goes on when the first stops', async () => {
    const other = startVarredura(casa.mundo.sync);
    const dono = await casa.valor('SELECT dono FROM varredura');
    const { sync } = casa.mundo;
    let asked = 0;
    const execute: typeof sync.ixc.execute = (sql, params) => {
      asked += 1;
      return sync.ixc.execute(sql, params);
    };
    const second = createVarredura({ ...sync, ixc: { ...sync.ixc, execute } }, 'outro processo');
    for (let n = 0; n < 5; n += 1) await second.look();
    expect([await casa.valor('SELECT dono FROM varredura'), asked]).toEqual([dono, 0]);
    const token = Number(await casa.valor('SELECT lease_token FROM varredura'));
    await varredura.stop();
    await eventually(async () => {
      const now = await casa.valor('SELECT dono FROM varredura');
      return now !== null && now !== dono;
    });
    expect(Number(await casa.valor('SELECT lease_token FROM varredura'))).toBeGreaterThan(token);
    const { id, contrato } = one(13);
    await casa.contrato(contrato, { status_internet: 'CM' });
    await casa.confirmado(id, 'bloqueado');
    varredura = other;
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
