// Notifications end to end in one process: each cause goes out once when it begins and once when it is over.
import { createHmac } from 'node:crypto';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, rows, run, transaction } from '../../../src/db.ts';
import { PESSOAS } from '../../../src/demo/ixc/pessoas.ts';
import { wakeUsuarios } from '../../../src/sync/atendimento/fila.ts';
import { resume } from '../../../src/sync/atendimento/sinais.ts';
import { listAvisos, listAvisosAbertos } from '../../../src/sync/avisos/avisos.ts';
import { saveConfiguracao } from '../../../src/sync/avisos/configuracao.ts';
import { startAvisos } from '../../../src/sync/avisos/processo.ts';
import { rejectLote } from '../../../src/sync/lotes/decisao.ts';
import { appendLinhas, insertLote } from '../../../src/sync/lotes/escrita.ts';
import { deletePausa, savePausa } from '../../../src/sync/pausas.ts';
import type { Ritmo } from '../../../src/sync/ritmo.ts';
import type { Mudanca } from '../../../src/sync/varredura/mudancas.ts';
import { createVarredura } from '../../../src/sync/varredura/varredura.ts';
import { createMundo, eventually, type Mundo } from '../../setup/mundo.ts';
import { type Correio, startCorreio } from './correio.ts';
import { type Receptor, startReceptor } from './receptor.ts';

const SEGREDO = 'um segredo comprido de teste';
const LOGIN = { usuario: 'avisos', senha: 'senha-do-correio' };
const PLANTADO = 'Fulana Plantada de Tal';
const ARQUIVO = path.join(tmpdir(), `pausa-${process.pid}`);

let mundo: Mundo;
let receptor: Receptor;
let correio: Correio;
let avisos: Ritmo;
let usuarioId: number;

beforeAll(async () => {
  [receptor, correio] = await Promise.all([startReceptor(), startCorreio({ login: LOGIN })]);
  mundo = await createMundo({
    contratos: 120,
    env: { AVISOS_HOSTS: '127.0.0.1', AVISOS_SEGUNDOS: '0.05', PAUSA_ARQUIVO: ARQUIVO },
  });
  usuarioId = await mundo.criar(PESSOAS.produtoNoContrato.contrato);
  await sql("UPDATE usuarios SET trabalho = 0, observada = 'ativo'");
  await sql("UPDATE operacoes SET estado = 'feita'");
  await configure();
});
afterAll(async () => {
  rmSync(ARQUIVO, { force: true });
  await receptor.down();
  await correio.stop();
  await mundo.end();
});

beforeEach(() => {
  receptor.recebidos.length = 0;
  correio.cartas.length = 0;
  avisos = startAvisos(mundo.sync);
});
afterEach(() => avisos.stop());

const sql = (text: string): Promise<unknown> => run(mundo.sync.db, text);

const configure = (change: Record<string, string> = {}): Promise<void> =>
  saveConfiguracao(mundo.sync, mundo.operador, {
    webhook_ativo: '1',
    webhook_url: receptor.url,
    webhook_segredo: SEGREDO,
    email_ativo: '1',
    smtp_servidor: '127.0.0.1',
    smtp_porta: String(correio.porta),
    smtp_seguranca: 'nenhuma',
    smtp_usuario: LOGIN.usuario,
    smtp_senha: LOGIN.senha,
    email_de: 'avisos@provedor.example',
    email_para: 'noc@provedor.example, gerente@provedor.example',
    ...change,
  });

// Nothing to deliver, and both looks have passed since: what did not come by now does not come.
async function calm(): Promise<void> {
  const { ultimo } = await row(
    mundo.sync.db,
    'SELECT COALESCE(MAX(lease_ate), 0) AS ultimo FROM avisos_ronda',
    {},
    z.object({ ultimo: z.string() }),
  );
  let passes = 0;
  let last = ultimo;
  await eventually(async () => {
    const now = await row(
      mundo.sync.db,
      `SELECT (SELECT MAX(lease_ate) FROM avisos_ronda) AS lease,
         (SELECT COUNT(*) FROM avisos_envios WHERE estado = 'pendente') AS pendentes`,
      {},
      z.object({ lease: z.string(), pendentes: z.number() }),
    );
    if (now.lease !== last) passes += 1;
    last = now.lease;
    return now.pendentes === 0 && passes >= 8;
  });
}

const told = (): string[] => receptor.recebidos.map(({ json }) => `${json['causa']} ${json['evento']}`);
const letters = (): string[] => correio.cartas.map(({ assunto }) => assunto);

async function holdLote(): Promise<number> {
  const mudancas = Array.from(
    { length: 12 },
    (_, n): Mudanca => ({
      usuarioId: null,
      contratoId: 9000 + n,
      clienteId: 1,
      filialId: 1 + (n % 2),
      acao: 'bloquear',
      de: 'ativo',
      para: 'bloqueado',
      planoId: null,
      motivo: `Contrato de ${PLANTADO}`,
    }),
  );
  return transaction(mundo.sync.db, async (tx) => {
    const lote = await insertLote(tx, {
      origem: 'freio',
      estado: 'aguardando',
      titulo: 'Bloqueios retidos pelo freio',
      motivo: '12 numa só varredura; o normal é até 10',
      limite: 10,
      regime: null,
      criadoPor: null,
    });
    await appendLinhas(tx, lote, mudancas);
    return lote;
  });
}

describe('each cause is told once when it begins and once when it is over', () => {
  const settle = async (begin: () => Promise<unknown>, end: () => Promise<unknown>): Promise<void> => {
    await begin();
    await eventually(async () => receptor.recebidos.length >= 1 && correio.cartas.length >= 1);
    await calm();
    expect(told()).toHaveLength(1);
    expect(letters()).toHaveLength(1);
    await end();
    await eventually(async () => receptor.recebidos.length >= 2 && correio.cartas.length >= 2);
    await calm();
  };

  test('the brake', async () => {
    let lote = 0;
    await settle(
      async () => {
        lote = await holdLote();
      },
      () => rejectLote(mundo.sync, mundo.operador, lote),
    );

    expect(told()).toEqual(['freio comecou', 'freio recuperado']);
    expect(letters()).toEqual([
      '[Tele Clínica] Freio: 12 bloqueios à espera de decisão',
      `[Tele Clínica] Recuperado: o lote ${lote} não espera mais`,
    ]);
    expect(receptor.recebidos[0]?.json).toMatchObject({
      detalhe: { lote, acao: 'bloquear', total: 12, limite: 10, filiais: [1, 2] },
    });
    const [first, second] = correio.cartas;
    expect(second?.header('In-Reply-To')).toBe(first?.header('Message-ID'));
  });

  test('a refused run, which ends with the next quiet look', async () => {
    const ixc = await mundo.ixc.getConnection();
    await ixc.query('UPDATE cliente_contrato SET ultima_atualizacao = NOW()');
    // The first look of a scanner counts the whole base, like its later ones once a minute.
    const look = () => createVarredura(mundo.sync, 'teste').look();
    await look();
    await ixc.query('CREATE TABLE copia AS SELECT * FROM cliente_contrato');
    await ixc.query('SET FOREIGN_KEY_CHECKS = 0');
    await settle(
      async () => {
        await ixc.query('DELETE FROM cliente_contrato WHERE id % 2 = 0');
        await look();
      },
      async () => {
        await ixc.query('INSERT INTO cliente_contrato SELECT * FROM copia WHERE id % 2 = 0');
        await look();
      },
    );
    ixc.destroy();

    expect(told()).toEqual(['varredura comecou', 'varredura recuperado']);
    expect(correio.cartas[0]?.texto).toContain('muito menos que');
  });

  test('refused credentials', async () => {
    await settle(
      () => sql('UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6)'),
      () => transaction(mundo.sync.db, (tx) => resume(tx, mundo.integracaoId)),
    );

    expect(told()).toEqual(['credencial comecou', 'credencial recuperado']);
  });

  test('an old queue, which is over only when the wait is down to half', async () => {
    const wait = (minutes: number) =>
      sql(`UPDATE usuarios SET trabalho = 1, proxima_em = UTC_TIMESTAMP(6) - INTERVAL ${minutes} MINUTE`);
    await wait(14);
    await calm();
    expect(told()).toEqual([]);

    await settle(
      () => wait(16),
      async () => {
        await wait(14);
        await calm();
        expect(told()).toEqual(['fila comecou']);
        await sql('UPDATE usuarios SET trabalho = 0');
      },
    );

    expect(told()).toEqual(['fila comecou', 'fila recuperado']);
  });

  test('people held for long, whatever often they were looked at again', async () => {
    const hold = () =>
      sql("UPDATE usuarios SET retida = 'dados', retida_em = UTC_TIMESTAMP(6), trabalho = 1");
    await sql("UPDATE operacoes SET estado = 'aberta', criado_em = UTC_TIMESTAMP(6) - INTERVAL 23 HOUR");
    await hold();
    await calm();
    expect(told()).toEqual([]);

    await settle(
      () => sql('UPDATE operacoes SET criado_em = UTC_TIMESTAMP(6) - INTERVAL 25 HOUR'),
      async () => {
        await wakeUsuarios(mundo.sync.db, [usuarioId]);
        await calm();
        await hold();
        await calm();
        expect(told()).toEqual(['retidas comecou']);
        await sql('UPDATE usuarios SET retida = NULL, retida_em = NULL, trabalho = 0');
        await sql("UPDATE operacoes SET estado = 'feita'");
      },
    );

    expect(told()).toEqual(['retidas comecou', 'retidas recuperado']);
    expect(receptor.recebidos[0]?.json).toMatchObject({
      detalhe: { retencao: 'dados', total: 1, horas: 24 },
    });
    expect(letters()[0]).toContain('1 pessoa retida há mais de 24 h: “Cadastro precisa de correção”');
  });

  test('a contract that no rule decides, however many there are', async () => {
    await sql("UPDATE adesoes SET lido_significado = 'perguntar'");
    await eventually(async () => told().includes('perguntar comecou'));
    await calm();
    expect(told()).toEqual(['perguntar comecou']);
    expect(letters().join()).toContain('que a regra não decide');
    await sql("UPDATE adesoes SET lido_significado = 'ativo'");
    await eventually(async () => told().includes('perguntar recuperado'));
    // Its letter is on the way: it must not arrive in the next test.
    await calm();
  });

  test('a forgotten pause', async () => {
    const scope = { operacao: 'bloquear', filial_id: '2' };
    await settle(
      async () => {
        await savePausa(mundo.sync, mundo.operador, { ...scope, motivo: `A pedido de ${PLANTADO}` });
        await sql('UPDATE pausas SET criado_em = UTC_TIMESTAMP(6) - INTERVAL 9 HOUR');
      },
      () => deletePausa(mundo.sync, mundo.operador, scope),
    );

    expect(told()).toEqual(['pausa comecou', 'pausa recuperado']);
    expect(correio.cartas[0]?.texto).toContain('Bloqueios da filial 2 seguem em pausa.');
  });

  test('a forgotten pause file', async () => {
    const hoursAgo = Date.now() / 1000 - 9 * 3600;
    await settle(
      async () => {
        writeFileSync(ARQUIVO, '');
        utimesSync(ARQUIVO, hoursAgo, hoursAgo);
      },
      async () => rmSync(ARQUIVO),
    );

    expect(told()).toEqual(['pausa comecou', 'pausa recuperado']);
  });
});

describe('a receiver', () => {
  const stopCredentials = () => sql('UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6)');
  const resumeCredentials = () => transaction(mundo.sync.db, (tx) => resume(tx, mundo.integracaoId));

  test('recomputes the signature over the exact bytes', async () => {
    await stopCredentials();
    const got = await eventually(async () => receptor.recebidos[0]);
    await resumeCredentials();
    await calm();

    const [, t, v1] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers['x-tele-clinica-assinatura'])) ?? [];
    expect(createHmac('sha256', SEGREDO).update(`${t}.${got?.body}`).digest('hex')).toBe(v1);
    expect(Math.abs(Date.now() / 1000 - Number(t))).toBeLessThan(60);
    expect(got?.headers['x-tele-clinica-entrega']).toBe(got?.json['id']);
  });

  test('that was down gets each message once, the beginning first, under distinct ids', async () => {
    await receptor.down();
    await stopCredentials();
    await eventually(async () => (await attempts()) >= 3);
    await resumeCredentials();
    const [open] = (await listAvisos(mundo.sync.db, { filiais: 'todas', limite: 1 })).avisos;
    expect(open?.envios.find(({ canal }) => canal === 'webhook')?.mensagem).toContain('recusou a conexão');
    await receptor.up();
    await calm();

    expect(told()).toEqual(['credencial comecou', 'credencial recuperado']);
    expect(new Set(receptor.recebidos.map(({ json }) => json['id'])).size).toBe(2);
    expect(letters()).toHaveLength(2);
  });

  test('that refuses is tried again with the same id until it takes it', async () => {
    receptor.answerWith((response) => response.writeHead(500).end());
    await stopCredentials();
    await eventually(async () => receptor.recebidos.length >= 2);
    receptor.answerWith((response) => response.writeHead(200).end());
    await calm();
    await resumeCredentials();
    await calm();

    const began = receptor.recebidos.filter(({ json }) => json['evento'] === 'comecou');
    expect(began.length).toBeGreaterThan(1);
    expect(new Set(began.map(({ json }) => json['id'])).size).toBe(1);
  });

  test('switched off with messages waiting gets none, and hears of no recovery either', async () => {
    await receptor.down();
    await stopCredentials();
    await eventually(async () => (await attempts()) >= 1);
    await configure({ webhook_ativo: '' });
    await receptor.up();
    await calm();
    await configure();
    await resumeCredentials();
    await calm();

    expect(told()).toEqual([]);
    expect(letters()).toHaveLength(2);
  });

  async function attempts(): Promise<number> {
    const { total } = await row(
      mundo.sync.db,
      "SELECT COALESCE(SUM(tentativas), 0) AS total FROM avisos_envios WHERE estado = 'pendente' AND canal = 'webhook'",
      {},
      z.object({ total: z.coerce.number() }),
    );
    return total;
  }
});

test('both channels failing leave the screen and the next causes alone', async () => {
  await configure({ smtp_senha: 'outra' });
  receptor.answerWith((response) => response.writeHead(302, { Location: 'https://example.com/' }).end());
  await sql('UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6)');
  const lote = await holdLote();
  const open = await eventually(async () => {
    const found = await listAvisosAbertos(mundo.sync.db, 'todas');
    return found.length === 2 ? found : undefined;
  });
  const messages = await eventually(async () => {
    const failed = await rows(
      mundo.sync.db,
      "SELECT DISTINCT canal, mensagem FROM avisos_envios WHERE estado = 'pendente' AND mensagem IS NOT NULL ORDER BY canal",
      {},
      z.object({ canal: z.string(), mensagem: z.string() }),
    );
    return failed.length === 2 ? failed.map(({ mensagem }) => mensagem) : undefined;
  });
  receptor.answerWith((response) => response.writeHead(204).end());
  await configure();
  await rejectLote(mundo.sync, mundo.operador, lote);
  await transaction(mundo.sync.db, (tx) => resume(tx, mundo.integracaoId));
  await calm();

  expect(new Set(open?.map(({ causa }) => causa))).toEqual(new Set(['freio', 'credencial']));
  expect(messages).toEqual([
    '127.0.0.1 recusou o usuário ou a senha.',
    expect.stringContaining('mandou seguir para outro endereço (HTTP 302); não seguimos.'),
  ]);
});

test('an operator of one branch sees what concerns that branch', async () => {
  await savePausa(mundo.sync, mundo.operador, { filial_id: '2', motivo: 'teste' });
  await sql('UPDATE pausas SET criado_em = UTC_TIMESTAMP(6) - INTERVAL 9 HOUR');
  await calm();
  const seen = async (filiais: number[]) => (await listAvisosAbertos(mundo.sync.db, filiais)).length;
  const all = [await seen([1]), await seen([2]), await seen([2, 3])];
  await deletePausa(mundo.sync, mundo.operador, { filial_id: '2' });
  await calm();

  expect(all).toEqual([0, 1, 1]);
});

test('nothing that was sent or stored names a person', async () => {
  const lote = await holdLote();
  await savePausa(mundo.sync, mundo.operador, { motivo: `A pedido de ${PLANTADO}` });
  await sql('UPDATE pausas SET criado_em = UTC_TIMESTAMP(6) - INTERVAL 9 HOUR');
  await sql("UPDATE usuarios SET retida = 'dados', retida_em = UTC_TIMESTAMP(6) - INTERVAL 30 HOUR");
  await calm();
  await rejectLote(mundo.sync, mundo.operador, lote);
  await deletePausa(mundo.sync, mundo.operador, {});
  await sql('UPDATE usuarios SET retida = NULL, retida_em = NULL, trabalho = 0');
  await calm();

  const [people] = (await mundo.ixc.query('SELECT razao, cnpj_cpf FROM cliente')) as [
    { razao: string; cnpj_cpf: string | null }[],
    unknown,
  ];
  const [stored] = (await mundo.nosso.query('SELECT detalhe FROM avisos')) as [
    { detalhe: string }[],
    unknown,
  ];
  const all = [
    ...receptor.recebidos.map(({ body, headers }) => body + JSON.stringify(headers)),
    ...correio.cartas.map(({ tudo }) => tudo),
    ...stored.map(({ detalhe }) => String(detalhe)),
  ].join('\n');
  const secrets = [
    PLANTADO,
    mundo.operador.nome,
    SEGREDO,
    LOGIN.senha,
    ...people.flatMap(({ razao, cnpj_cpf }) => [razao, cnpj_cpf ?? '', (cnpj_cpf ?? '').replace(/\D/g, '')]),
  ];
  expect(receptor.recebidos).toHaveLength(6);
  expect(secrets.filter((each) => each.trim().length > 3 && all.includes(each))).toEqual([]);
});
