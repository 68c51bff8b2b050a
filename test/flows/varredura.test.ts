// When IXC is not to be believed: a run is refused with its reason, and nothing destructive follows from it.
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';

let casa: Automacao;
let gente: Gente[];

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(12);
  // Whose client has just changed is read again at every look.
  await casa.mundo.ixc.query('UPDATE cliente SET ultima_atualizacao = NOW() - INTERVAL 1 DAY');
  await casa.olhar('completa');
});
beforeEach(async () => {
  await casa.esquecer();
  await casa.guardar();
});
afterEach(async () => {
  vi.useRealTimers();
  await casa.restaurar();
  await casa.olhar('completa');
  await assentar(casa.mundo);
});
afterAll(() => casa.end());

const one = (n: number): Gente => {
  const found = gente[n];
  if (found === undefined) throw new Error(`nobody ${n}`);
  return found;
};
const wishes = () => casa.valor('SELECT MAX(id) FROM operacoes');
const calls = async () => (await casa.mundo.simulador.historico()).length;
const everything = (sql: string) => casa.mundo.ixc.query(`UPDATE cliente_contrato SET ${sql}`);

const nobodyDue = async () =>
  (await casa.valor(
    `SELECT COUNT(*) FROM usuarios WHERE retida IS NULL AND (lease_ate > UTC_TIMESTAMP(6)
       OR (trabalho = 1 AND proxima_em <= UTC_TIMESTAMP(6)))`,
  )) === 0;

/** The work is done with nothing wished and nothing called. */
async function quietly(work: () => Promise<void>): Promise<void> {
  const before = [await wishes(), await calls()];
  await work();
  await assentar(casa.mundo);
  expect([await wishes(), await calls()]).toEqual(before);
}

describe('T-46: a base that does not look like itself is refused', () => {
  test('without a single row', async () => {
    await quietly(async () => {
      await casa.mundo.escrita.query('DELETE FROM cliente_contrato');
      await casa.olhar('completa');
      await casa.olhar();
    });
    expect(await casa.recusa()).toContain('nenhum contrato');
  });

  test('with 40 % of its rows, whatever the rest says', async () => {
    await quietly(async () => {
      await casa.mundo.escrita.query('DELETE FROM cliente_contrato WHERE id % 5 IN (0, 1, 2)');
      await everything("status = 'I'");
      await casa.olhar('completa');
      await casa.olhar();
    });
    expect(await casa.recusa()).toMatch(/O IXC mostrou \d+ contratos, muito menos/);
  });

  test('when the reading stops half-way, and the next good run ends the refusal', async () => {
    const lock = await mysql.createConnection({ uri: casa.mundo.bancos.ixcEscritaUrl });
    try {
      await quietly(async () => {
        await everything("status = 'I'");
        await lock.query('LOCK TABLES vd_contratos_produtos WRITE');
        await expect(casa.olhar('completa')).rejects.toThrow();
      });
    } finally {
      await lock.end();
    }
    expect(await casa.recusa()).toContain('parou no meio (ER_STATEMENT_TIMEOUT)');
    await casa.restaurar();
    await casa.olhar('completa');
    expect(await casa.recusa()).toBeNull();
  });

  test('with a clock that jumped an hour', async () => {
    const { sync } = casa.mundo;
    const connection = await sync.ixc.getConnection();
    await connection.query('SET timestamp = UNIX_TIMESTAMP() + 3600');
    const execute: typeof connection.execute = (sql, params) => connection.execute(sql, params);
    const scanner = createVarredura({ ...sync, ixc: { ...sync.ixc, execute } }, 'relogio adiantado');
    await casa.mundo.nosso.query('UPDATE varredura SET dono = NULL');
    try {
      await quietly(async () => {
        await everything("status = 'I'");
        await scanner.look();
        await scanner.look();
      });
    } finally {
      connection.destroy();
      await scanner.release();
    }
    expect(await casa.recusa()).toContain('O relógio do banco do IXC difere 60 minutos do nosso');
  });

  test('of which the newest change is unusually old', async () => {
    await quietly(async () => {
      await everything("status = 'I', ultima_atualizacao = NOW() - INTERVAL 30 DAY");
      await casa.olhar('completa');
      await casa.olhar();
    });
    expect(await casa.recusa()).toContain(
      'A alteração mais nova do IXC tem 30 dias: parece uma cópia antiga',
    );
  });

  test('when IXC does not answer at all', async () => {
    await quietly(() => casa.semIxc(() => expect(casa.olhar()).rejects.toThrow()));
    expect(await casa.recusa()).toContain('parou no meio');
  });

  test('a prévia is refused for the same reason', async () => {
    await casa.mundo.escrita.query('DELETE FROM cliente_contrato');
    const lote = await casa.previa();
    expect(lote).toMatchObject({
      estado: 'dissolvido',
      total: 0,
      motivo: 'O IXC não mostrou nenhum contrato.',
    });
  });
});

describe('T-95: a column or a code that changed', () => {
  const STRUCTURES: [string, string, string][] = [
    [
      'vanished for us',
      'REVOKE SELECT (status_internet) ON {ixc}.cliente_contrato FROM {leitor}',
      'GRANT SELECT (status_internet) ON {ixc}.cliente_contrato TO {leitor}',
    ],
    [
      'changed its type',
      'ALTER TABLE {ixc}.cliente_contrato MODIFY status VARCHAR(20)',
      "ALTER TABLE {ixc}.cliente_contrato MODIFY status ENUM('P','A','I','N','D')",
    ],
    [
      'was renamed',
      'ALTER TABLE {ixc}.cliente_contrato RENAME COLUMN contrato_suspenso TO suspenso',
      'ALTER TABLE {ixc}.cliente_contrato RENAME COLUMN suspenso TO contrato_suspenso',
    ],
  ];
  test.each(STRUCTURES)('a column that %s refuses the run', async (_, breaks, heals) => {
    await quietly(async () => {
      await everything("status = 'I'");
      await casa.root(breaks);
      await casa.olhar('completa').catch(() => undefined);
      await casa.olhar().catch(() => undefined);
    });
    expect(await casa.recusa()).toContain('Uma coluna que lemos do IXC sumiu ou mudou de tipo');
    await casa.root(heals);
  });

  test('a longer or an additional column refuses nothing', async () => {
    await casa.root('ALTER TABLE {ixc}.cliente_contrato MODIFY contrato VARCHAR(150), ADD novidade INT NULL');
    await casa.olhar('completa');
    expect(await casa.recusa()).toBeNull();
    await casa.root('ALTER TABLE {ixc}.cliente_contrato DROP COLUMN novidade');
  });

  test('an unknown code writes nothing and touches nobody, also when a block was on its way', async () => {
    const { id, contrato } = one(0);
    await casa.root(
      "ALTER TABLE {ixc}.cliente_contrato MODIFY status_internet ENUM('A','D','CM','CA','FA','AA','CE','XX')",
    );
    await quietly(async () => {
      await casa.contrato(contrato, { status_internet: 'XX' });
      await casa.olhar('completa');
      await casa.contrato(contrato, { status_internet: '' });
      await casa.olhar();
    });
    expect(await casa.valor('SELECT lido_significado FROM adesoes WHERE usuario_id = ?', [id])).toBe(
      'perguntar',
    );

    const blocks = await casa.chamadas('blockUser');
    await casa.mundo.nosso.query(
      "INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES ('', 0, 'teste', 1, NOW())",
    );
    await casa.contrato(contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.contrato(contrato, { status_internet: 'CM' });
    await casa.olhar();
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'bloqueado', observada: 'ativo' });
    await casa.contrato(contrato, { status_internet: 'XX' });
    await casa.olhar();
    await casa.mundo.nosso.query('DELETE FROM pausas');
    await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)');
    await casa.confirmado(id, 'ativo');
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo' });
    expect(await casa.chamadas('blockUser')).toBe(blocks);
  });
});

describe('T-97: a row deleted in IXC', () => {
  test('never blocks or cancels; complete scans count how long it has been away', async () => {
    const { id, contrato } = one(1);
    await quietly(async () => {
      await casa.mundo.escrita.remove('cliente_contrato', contrato);
      await casa.olhar('completa');
      await casa.olhar();
      await casa.olhar('completa');
    });
    expect(await casa.valor('SELECT ausencias FROM adesoes WHERE usuario_id = ?', [id])).toBe(2);
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    await casa.restaurar();
    await casa.olhar('completa');
    expect(await casa.valor('SELECT ausencias FROM adesoes WHERE usuario_id = ?', [id])).toBe(0);
  });
});

describe('a contract that moves to another filial', () => {
  test('counts there in the month from then on, before Tele Clínica says anything more', async () => {
    const { id, contrato } = one(3);
    const last = 'SELECT filial_id FROM situacoes WHERE usuario_id = ? ORDER BY desde DESC LIMIT 1';
    const rows = () => casa.valor('SELECT COUNT(*) FROM situacoes WHERE usuario_id = ?', [id]);
    const before = Number(await rows());
    expect(await casa.valor(last, [id])).toBe(1);
    await quietly(async () => {
      await casa.contrato(contrato, { id_filial: 2 });
      await casa.olhar();
      await casa.olhar('completa');
    });
    expect(await casa.valor(last, [id])).toBe(2);
    expect(await rows()).toBe(before + 1);
  });
});

describe('T-98: what comes late', () => {
  test('a change committed by a transaction that stayed open for minutes arrives within the minute', async () => {
    const { id, contrato } = one(2);
    await casa.olhar();
    const open = await mysql.createConnection({ uri: casa.mundo.bancos.ixcEscritaUrl });
    await open.query('SET timestamp = UNIX_TIMESTAMP() - 300');
    await open.beginTransaction();
    await open.query("UPDATE cliente_contrato SET status_internet = 'CM' WHERE id = ?", [contrato]);
    await casa.contrato(one(3).contrato, { status_internet: 'FA' });
    await casa.olhar();
    await open.commit();
    await open.end();
    await casa.olhar();
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await casa.olhar();
    vi.useRealTimers();
    await casa.confirmado(id, 'bloqueado');
  });

  test('a row dated in the future does not make the scan blind', async () => {
    await casa.mundo.ixc.query(
      'UPDATE cliente_contrato SET ultima_atualizacao = NOW() + INTERVAL 1 DAY WHERE id = ?',
      [one(3).contrato],
    );
    await casa.olhar();
    const { id, contrato } = one(4);
    await casa.contrato(contrato, { status_internet: 'CM' });
    await casa.olhar();
    await casa.confirmado(id, 'bloqueado');
  });

  test('a row that went back in time is found by the next complete scan', async () => {
    const { id, contrato } = one(5);
    await casa.contrato(contrato, { status_internet: 'CM', ultima_atualizacao: '2026-01-02 03:04:05' });
    await casa.olhar();
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'ativo' });
    await casa.olhar('completa');
    await casa.confirmado(id, 'bloqueado');
  });

  test('a client that changed while nobody scanned is still looked at after the start', async () => {
    const { id, cliente } = one(6);
    await casa.olhar();
    await casa.mundo.nosso.query(
      'UPDATE varredura SET marca_cliente_em = UTC_TIMESTAMP() - INTERVAL 2 HOUR, completa_em = NULL, dono = NULL',
    );
    await casa.mundo.escrita.change('cliente', cliente, {
      email: 'outro.endereco@example.com',
      ultima_atualizacao: new Date(Date.now() - 3_600_000).toISOString().slice(0, 19).replace('T', ' '),
    });
    const updates = await casa.chamadas('updateUser');
    const started = createVarredura(casa.mundo.sync, 'depois da pausa');
    await started.look();
    await started.look();
    await started.release();
    await eventually(async () => (await casa.chamadas('updateUser')) === updates + 1);
    await casa.confirmado(id, 'ativo');
    // IXC is put back after this: a second other e-mail within a day would be a question.
    await casa.mundo.nosso.query('UPDATE usuarios SET contato_mudou_em = NULL WHERE id = ?', [id]);
  });
});

// In the middle of a hundred calls: pausa.test.ts.
describe('T-103: a pause', () => {
  test.each([
    ['of everything', '', 0],
    ['of the branch', '', 1],
    ['of the operation', 'bloquear', 0],
  ])('%s holds a rule’s block back and loses nothing', async (_, operacao, filial) => {
    const { id, contrato } = one(7);
    await casa.mundo.nosso.query(
      `INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES (?, ?, 'teste', 1, NOW())`,
      [operacao, filial],
    );
    const blocks = await casa.chamadas('blockUser');
    await casa.contrato(contrato, { status_internet: 'CM' });
    await casa.olhar();
    expect(await casa.mundo.usuario(id)).toMatchObject({ desejada: 'bloqueado', trabalho: true });
    await casa.contrato(contrato, { status_internet: 'D' });
    await casa.olhar();
    expect(await casa.chamadas('blockUser')).toBe(blocks);
    await casa.mundo.nosso.query('DELETE FROM pausas');
    await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)');
    await casa.confirmado(id, 'bloqueado');
    await casa.contrato(contrato, { status_internet: 'A' });
    await casa.olhar();
    await casa.confirmado(id, 'ativo');
  });
});

describe('T-104: a control table that cannot be read', () => {
  test.each(['modos', 'configuracoes', 'lotes', 'pausas'])(
    '%s: nothing destructive goes out',
    async (table) => {
      const { id, contrato } = one(8);
      const blocks = await casa.chamadas('blockUser');
      await casa.mundo.nosso.query(`RENAME TABLE ${table} TO ${table}_fora`);
      await casa.contrato(contrato, { status_internet: 'CM' });
      await casa.olhar().catch(() => undefined);
      await casa.olhar().catch(() => undefined);
      // Nobody in hand or due, or, where the worker cannot look into its table, time enough for many tries.
      await eventually(nobodyDue, 2_000).catch(() => undefined);
      expect(await casa.chamadas('blockUser')).toBe(blocks);
      expect(await casa.mundo.usuario(id)).toMatchObject({ observada: 'ativo' });
      await casa.mundo.nosso.query(`RENAME TABLE ${table}_fora TO ${table}`);
      await casa.olhar();
      await casa.confirmado(id, 'bloqueado');
      await casa.contrato(contrato, { status_internet: 'A' });
      await casa.olhar();
      await casa.confirmado(id, 'ativo');
    },
  );
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
