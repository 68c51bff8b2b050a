// The brake: no wrong mapping, emptied table or bad night blocks or cancels people in masses.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { saveConfiguracao } from '../../src/sync/avisos/configuracao.ts';
import { startAvisos } from '../../src/sync/avisos/processo.ts';
import { runLotes } from '../../src/sync/lotes/andamento.ts';
import { approveLote, rejectLote } from '../../src/sync/lotes/decisao.ts';
import { listLinhas } from '../../src/sync/lotes/linhas.ts';
import { type Automacao, createAutomacao, type Gente, OUTRO } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';
import { type Correio, startCorreio } from '../sync/avisos/correio.ts';

const PESSOAS = 64;

const LOGIN = { usuario: 'avisos', senha: 'senha-do-correio' };

let casa: Automacao;
let correio: Correio;
let gente: Gente[];

beforeAll(async () => {
  correio = await startCorreio({ login: LOGIN });
  casa = await createAutomacao({ env: { AVISOS_HOSTS: '127.0.0.1', AVISOS_SEGUNDOS: '0.2' } });
  gente = await casa.ativos(PESSOAS);
});
beforeEach(async () => {
  await casa.mundo.ixc.query(
    "UPDATE cliente_contrato SET status = 'A', status_internet = 'A', id_filial = 1 WHERE id IN (?)",
    [gente.map(({ contrato }) => contrato)],
  );
  await casa.olhar('completa');
  const unblocks = await casa.esperando('freio');
  if (unblocks) await casa.aprovar(unblocks);
  await assentar(casa.mundo);
  await casa.mundo.nosso.query("DELETE FROM operacoes WHERE mensagem = 'de antes'");
  await casa.esquecer();
  await casa.olhar('completa');
});
afterAll(async () => {
  await correio.stop();
  await casa.end();
});

const set = (some: Gente[], sql: string) =>
  casa.mundo.ixc.query(`UPDATE cliente_contrato SET ${sql} WHERE id IN (?)`, [
    some.map(({ contrato }) => contrato),
  ]);
const blocks = () => casa.chamadas('blockUser');
const inState = (observada: string) =>
  casa.valor('SELECT COUNT(*) FROM usuarios WHERE observada = ?', [observada]);
const linhas = async (id: number) =>
  (await listLinhas(casa.mundo.sync.db, id, { filiais: 'todas', limite: 500 })).linhas;

/** What rules did on an earlier day, known to the scan like what is normal: from a complete run on. */
const history = async (acao: string, total: number, daysAgo: number, filial = 1) => {
  await casa.mundo.nosso.query(
    `INSERT INTO operacoes (integracao_id, usuario_id, filial_id, acao, estado, causa, mensagem, criado_em)
     SELECT integracao_id, id, ?, ?, 'feita', 'regra', 'de antes', UTC_TIMESTAMP() - INTERVAL ? DAY FROM usuarios LIMIT ?`,
    [filial, acao, daysAgo, total],
  );
  await casa.olhar('completa');
};
// Days back to the 10th, when today is the 10th: of the last month, or of the one before when that has no such day or
// the same weekday.
const sameDayOfAnotherMonth = (): number => {
  const now = new Date();
  const [days = 0] = [1, 2]
    .map((back) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, now.getUTCDate()))
    .filter((then) => new Date(then).getUTCDate() === now.getUTCDate())
    .map((then) =>
      Math.round((Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()) - then) / 86_400_000),
    )
    .filter((each) => each % 7 !== 0);
  return days;
};
const held = async () => {
  const lote = await casa.esperando('freio');
  if (lote === undefined) throw new Error('nothing is held');
  return lote;
};

describe('T-47: everything goes to I', () => {
  test('somebody is written to at once', async () => {
    const { sync, operador } = casa.mundo;
    await saveConfiguracao(sync, operador, {
      email_ativo: '1',
      smtp_servidor: '127.0.0.1',
      smtp_porta: String(correio.porta),
      smtp_seguranca: 'nenhuma',
      smtp_usuario: LOGIN.usuario,
      smtp_senha: LOGIN.senha,
      email_de: 'avisos@provedor.example',
      email_para: 'noc@provedor.example',
    });
    const avisos = startAvisos(sync);
    const letters = () => correio.cartas.map(({ assunto }) => assunto).join('\n');
    try {
      await set(gente, "status = 'I'");
      await casa.olhar();
      await eventually(
        async () => letters().includes(`Freio: ${PESSOAS} bloqueios à espera de decisão`),
        20_000,
      );
      await set(gente, "status = 'A'");
      await casa.olhar();
      await eventually(async () => /Recuperado: o lote \d+ não espera mais/.test(letters()), 20_000);
    } finally {
      await avisos.stop();
    }
  });

  test('nothing is done, one list waits with every line, and it dissolves by itself when IXC goes back', async () => {
    const sent = await blocks();
    await set(gente, "status = 'I'");
    await casa.olhar();
    await casa.olhar('completa');
    await assentar(casa.mundo);

    const lote = await held();
    expect(lote).toMatchObject({ titulo: 'Bloqueios retidos pelo freio', total: PESSOAS, criadoPor: null });
    expect(lote.motivo).toBe(`${PESSOAS} numa só varredura; o normal é até 10`);
    expect(lote.limite).toBe(10);
    const [linha] = await linhas(lote.id);
    expect(linha).toMatchObject({ acao: 'bloquear', de: 'ativo', para: 'bloqueado', estado: 'pendente' });
    expect(linha?.motivo).toContain('cancela');
    expect([await blocks(), await casa.chamadas('cancelUser')]).toEqual([sent, 0]);

    await set(gente, "status = 'A'");
    await casa.olhar();
    expect(await casa.lote(lote.id)).toMatchObject({ estado: 'dissolvido' });
    await assentar(casa.mundo);
    expect(await blocks()).toBe(sent);
    expect(await inState('ativo')).toBe(PESSOAS);
  });
});

describe('T-96: an approval', () => {
  test('is for exactly the list that was seen', async () => {
    await set(gente.slice(0, 20), "status_internet = 'CA'");
    await casa.olhar();
    const lote = await held();
    await set(gente.slice(0, 3), "status_internet = 'A'");
    await casa.olhar();
    await expect(casa.aprovar(lote)).rejects.toMatchObject({ status: 409 });
    expect((await casa.lote(lote.id)).porEstado).toMatchObject({ pendente: 17, dispensada: 3 });
    await set(gente.slice(20, 22), "status_internet = 'CA'");
    await casa.olhar('completa');
    await expect(casa.aprovar(lote)).rejects.toMatchObject({ status: 409 });

    await casa.aprovar(await held());
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(19);
    await expect(casa.aprovar(lote)).rejects.toMatchObject({ status: 409 });
  });

  test('leaves alone whoever recovers between approval and execution', async () => {
    await set(gente.slice(0, 20), "status_internet = 'CA'");
    await casa.olhar();
    const lote = await held();
    await approveLote(casa.mundo.sync, casa.mundo.operador, lote.id, lote.resumo);
    await set(gente.slice(0, 3), "status_internet = 'A'");
    await casa.olhar();
    while (await runLotes(casa.mundo.sync));
    await assentar(casa.mundo);
    expect(await casa.lote(lote.id)).toMatchObject({
      estado: 'concluido',
      porEstado: { aplicada: 17, dispensada: 3, pendente: 0, recusada: 0 },
    });
    expect(await inState('bloqueado')).toBe(17);
  });

  test('of some lines refuses the others, and what was refused stays so until the contract changes', async () => {
    await set(gente.slice(0, 15), "status_internet = 'CA'");
    await casa.olhar();
    const lote = await held();
    const chosen = (await linhas(lote.id)).slice(0, 5).map(({ n }) => n);
    await casa.aprovar(lote, chosen);
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(5);
    await casa.olhar();
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(5);
    expect(await casa.esperando('freio')).toBeUndefined();

    const refused = (await linhas(lote.id)).filter(({ estado }) => estado === 'recusada').slice(0, 2);
    const again = gente.filter(({ id }) => refused.some(({ usuarioId }) => usuarioId === id));
    await set(again, "status_internet = 'A'");
    await casa.olhar();
    await set(again, "status_internet = 'CA'");
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(7);
  });

  test('rejected, the list does not come back with the next look', async () => {
    await set(gente.slice(0, 15), "status_internet = 'CA'");
    await casa.olhar();
    await rejectLote(casa.mundo.sync, casa.mundo.operador, (await held()).id);
    await casa.olhar();
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.esperando('freio')).toBeUndefined();
    expect(await inState('ativo')).toBe(PESSOAS);
  });

  test('does not use up what rules may do by themselves afterwards', async () => {
    await set(gente.slice(0, 15), "status_internet = 'CA'");
    await casa.olhar();
    await casa.aprovar(await held());
    await set(gente.slice(15, 18), "status_internet = 'CA'");
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(18);
  });
});

describe('while the same held change waits', () => {
  const runs = () => casa.valor("SELECT COUNT(*) FROM varreduras WHERE tipo = 'incremental'");

  test('looks leave no further row and no further list, also between approval and execution', async () => {
    await set(gente.slice(0, 15), "status_internet = 'CA'");
    await casa.olhar();
    const lote = await held();
    const before = await runs();
    for (let n = 0; n < 3; n += 1) await casa.olhar();
    expect(await runs()).toBe(before);

    await approveLote(casa.mundo.sync, casa.mundo.operador, lote.id, lote.resumo);
    await casa.olhar('completa');
    await casa.olhar();
    expect(await casa.esperando('freio')).toBeUndefined();
    expect(await runs()).toBe(before);
    while (await runLotes(casa.mundo.sync));
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(15);
  });
});

describe('T-48: billing day', () => {
  test('goes by itself when the same weekday of an earlier week was like it', async () => {
    await history('bloquear', 40, 28);
    await set(gente.slice(0, 12), "status_internet = 'CA'");
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(12);
  });

  test('goes by itself when the same day of an earlier month was like it, whatever its weekday', async () => {
    await history('bloquear', 40, sameDayOfAnotherMonth());
    await set(gente.slice(0, 12), "status_internet = 'CA'");
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(12);
  });

  test('needs one approval, never one per person, when it was not', async () => {
    await history('bloquear', 40, 27);
    await set(gente.slice(0, 12), "status_internet = 'CA'");
    await casa.olhar();
    expect(await held()).toMatchObject({ total: 12 });
    expect(await inState('bloqueado')).toBe(0);
  });

  test('is held beyond a fifth of everybody, whatever the earlier months were like', async () => {
    await history('bloquear', 60, 28);
    await set(gente.slice(0, 14), "status_internet = 'CA'");
    await casa.olhar();
    expect(await held()).toMatchObject({ total: 14, limite: 12 });
  });

  test('one branch alone is held when it is abnormal for the branch', async () => {
    await history('bloquear', 40, 28);
    await set(gente.slice(0, 20), 'id_filial = 2');
    await casa.olhar();
    await set(gente.slice(0, 11), "status_internet = 'CA'");
    await casa.olhar();
    expect(await held()).toMatchObject({
      total: 11,
      motivo: '11 numa só varredura; o normal é até 10 na filial 2',
    });
  });
});

describe('unblocks that are held', () => {
  test('do not keep back who pays after them, and stay where they are', async () => {
    const many = gente.slice(0, 60);
    const [payer] = gente.slice(60, 61);
    await set(gente.slice(60, 61), 'id_filial = 2');
    await set(gente.slice(0, 61), "status_internet = 'CA'");
    await casa.olhar();
    await casa.aprovar(await held());
    await assentar(casa.mundo, 60_000);
    await set(many, "status_internet = 'A'");
    await casa.olhar();
    expect(await held()).toMatchObject({ titulo: 'Desbloqueios retidos pelo freio', total: 60 });
    await set(gente.slice(60, 61), "status_internet = 'A'");
    await casa.olhar();
    await casa.confirmado(payer?.id ?? 0, 'ativo');
    expect((await held()).porEstado).toMatchObject({ pendente: 60 });
    expect(await inState('bloqueado')).toBe(60);
    await casa.olhar('completa');
    expect((await held()).porEstado).toMatchObject({ pendente: 60 });
  }, 120_000);
});

describe('T-49: a slow drip', () => {
  test('of blocks is stopped by the rolling 24 hours', async () => {
    for (const n of [0, 1]) {
      await set(gente.slice(n * 5, n * 5 + 5), "status_internet = 'CM'");
      await casa.olhar();
    }
    await set(gente.slice(10, 12), "status_internet = 'CM'");
    await casa.olhar();
    await assentar(casa.mundo);
    expect(await inState('bloqueado')).toBe(10);
    expect(await held()).toMatchObject({ total: 2, motivo: '12 em 24 horas; o normal é até 10' });
  });

  test('of cancellations is stopped by 24 hours and by 7 days', async () => {
    const dripping = gente.slice(0, 5);
    await set(dripping, "status = 'I'");
    await casa.olhar();
    await assentar(casa.mundo);
    await casa.esquecer();
    await history('cancelar', 3, 0);
    await casa.mundo.nosso.query(
      'UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP() WHERE cancelar_regra_em IS NOT NULL',
    );
    await casa.olhar();
    expect(await held()).toMatchObject({ total: 5, motivo: '8 em 24 horas; o normal é até 5' });
    await casa.esquecer();
    await history('cancelar', 9, 3);
    await casa.olhar('completa');
    expect(await held()).toMatchObject({ total: 5, motivo: '14 em 7 dias; o normal é até 10' });
    expect(await casa.chamadas('cancelUser')).toBe(0);
  });
});

describe('more than fifty cancellations', () => {
  test('need a second person, or the same a day later', async () => {
    await set(gente, "status = 'I'");
    await casa.olhar();
    await casa.aprovar(await held());
    await assentar(casa.mundo, 60_000);
    expect(await inState('bloqueado')).toBe(PESSOAS);
    await casa.mundo.nosso.query('UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP()');
    await casa.olhar();
    const lote = await held();
    expect(lote).toMatchObject({ titulo: 'Cancelamentos retidos pelo freio', total: PESSOAS });

    const { sync, operador } = casa.mundo;
    expect(await approveLote(sync, operador, lote.id, lote.resumo)).toBe('segunda');
    await expect(approveLote(sync, operador, lote.id, lote.resumo)).rejects.toMatchObject({ status: 409 });
    expect(await casa.chamadas('cancelUser')).toBe(0);
    await casa.mundo.nosso.query(
      'UPDATE lotes SET decidido_em = decidido_em - INTERVAL 24 HOUR WHERE id = ?',
      [lote.id],
    );
    await casa.mundo.nosso.query(
      'UPDATE lotes SET decidido_em = decidido_em + INTERVAL 1 HOUR WHERE id = ?',
      [lote.id],
    );
    await expect(approveLote(sync, operador, lote.id, lote.resumo)).rejects.toMatchObject({ status: 409 });
    await casa.aprovar(lote, undefined, OUTRO);
    await assentar(casa.mundo, 60_000);
    expect(await inState('cancelado')).toBe(PESSOAS);
    expect(await casa.chamadas('cancelUser')).toBe(PESSOAS);
  }, 120_000);

  test('what was cancelled is not revived by IXC going back, only suggested', async () => {
    const creates = await casa.chamadas('createUser');
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await inState('cancelado')).toBe(PESSOAS);
    const previa = await casa.previa();
    const mine = (await linhas(previa.id)).filter(({ contratoId }) =>
      gente.some((each) => each.contrato === contratoId),
    );
    expect(mine).toHaveLength(PESSOAS);
    expect(mine[0]).toMatchObject({ acao: 'criar', de: 'cancelado', para: 'ativo' });
    expect(await casa.chamadas('createUser')).toBe(creates);

    await casa.aprovar(previa, [mine[0]?.n ?? 0]);
    await assentar(casa.mundo);
    expect(await casa.chamadas('createUser')).toBe(creates + 1);
    expect(await inState('ativo')).toBe(1);
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
