// The screens of the notifications: the bell, the list, the settings whose secrets never come back, and *Enviar teste*.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { row, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { loadConfiguracao, openEmail, openWebhook } from '../../src/sync/avisos/configuracao.ts';
import { roundSubitas } from '../../src/sync/avisos/ronda.ts';
import { type Correio, startCorreio } from '../sync/avisos/correio.ts';
import { type Receptor, startReceptor } from '../sync/avisos/receptor.ts';
import { addDados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const SEGREDO = 'um segredo comprido de teste';
const SENHA = 'senha-do-correio';

let mundo: Mundo;
let admin: Sessao;
let receptor: Receptor;
let correio: Correio;

beforeAll(async () => {
  receptor = await startReceptor();
  correio = await startCorreio({ login: { usuario: 'avisos', senha: SENHA } });
  mundo = await startMundo({ AVISOS_HOSTS: '127.0.0.1' });
  await addDados(mundo);
  await run(mundo.sync.db, "UPDATE lotes SET estado = 'rejeitado'");
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(async () => {
  await mundo.stop();
  await receptor.down();
  await correio.stop();
});
beforeEach(async () => {
  await run(mundo.sync.db, "DELETE FROM configuracoes WHERE chave = 'avisos'");
});

const form = (change: Record<string, string> = {}): Record<string, string> => ({
  webhook_ativo: '1',
  webhook_url: receptor.url,
  webhook_segredo: SEGREDO,
  email_ativo: '1',
  smtp_servidor: '127.0.0.1',
  smtp_porta: String(correio.porta),
  smtp_seguranca: 'nenhuma',
  smtp_usuario: 'avisos',
  smtp_senha: SENHA,
  email_de: 'avisos@provedor.example',
  email_para: 'noc@provedor.example; gerente@provedor.example',
  ...change,
});
const save = (change: Record<string, string> = {}) =>
  mundo.write('put', '/avisos/configuracao', admin, form(change));
const faults = async (change: Record<string, string>): Promise<string[]> => {
  const answer = await save(change).set('Accept', 'application/problem+json');
  expect(answer.status).toBe(422);
  return Object.keys(JSON.parse(answer.text).errors);
};

describe('the settings', () => {
  test('are kept, with both secrets encrypted and never shown again', async () => {
    expect((await save()).status).toBe(303);

    const { sync } = mundo;
    const configuracao = await loadConfiguracao(sync.db);
    expect(openWebhook(sync, configuracao)).toEqual({ url: receptor.url, segredo: SEGREDO });
    expect(openEmail(sync, configuracao)).toEqual({
      servidor: '127.0.0.1',
      porta: correio.porta,
      seguranca: 'nenhuma',
      usuario: 'avisos',
      senha: SENHA,
      de: 'avisos@provedor.example',
      para: ['noc@provedor.example', 'gerente@provedor.example'],
    });
    const page = await mundo.get('/avisos/configuracao', admin);
    const { stored } = await row(
      sync.db,
      `SELECT CONCAT((SELECT valor FROM configuracoes WHERE chave = 'avisos'),
         (SELECT GROUP_CONCAT(detalhe) FROM auditoria WHERE evento = 'avisos_configurados')) AS stored`,
      {},
      z.object({ stored: z.string() }),
    );
    expect(page.text).toContain('noc@provedor.example');
    expect([page.text, stored].filter((text) => text.includes(SEGREDO) || text.includes(SENHA))).toEqual([]);
  });

  test('empty secrets keep the stored ones', async () => {
    await save();
    expect((await save({ webhook_segredo: '', smtp_senha: '', fila_minutos: '30' })).status).toBe(303);

    const { sync } = mundo;
    const configuracao = await loadConfiguracao(sync.db);
    expect(configuracao.limites).toEqual({ filaMinutos: 30, retidasHoras: 24, pausaHoras: 8 });
    expect(openWebhook(sync, configuracao)?.segredo).toBe(SEGREDO);
    expect(openEmail(sync, configuracao)?.senha).toBe(SENHA);
  });

  test('the stored password follows to no other server, port or user', async () => {
    await save();

    expect(await faults({ smtp_senha: '', smtp_servidor: 'localhost' })).toEqual(['smtp_senha']);
    expect(await faults({ smtp_senha: '', smtp_porta: '2525' })).toEqual(['smtp_senha']);
    expect(await faults({ smtp_senha: '', smtp_usuario: 'outro' })).toEqual(['smtp_senha']);
  });

  test.each([
    ['webhook_url', ''],
    ['webhook_url', 'http://example.com/'],
    ['webhook_url', 'https://10.0.0.1/'],
    ['webhook_segredo', ''],
    ['webhook_segredo', 'curto'],
    ['smtp_servidor', ''],
    ['smtp_servidor', '10.0.0.1'],
    ['smtp_servidor', 'smtp.example.com:25'],
    ['smtp_porta', '70000'],
    ['smtp_seguranca', 'outra'],
    ['email_de', 'Avisos <avisos@provedor.example>'],
    ['email_de', 'a@b.example, c@d.example'],
    ['email_para', ''],
    ['email_para', 'noc'],
    ['fila_minutos', '0'],
    ['retidas_horas', '-1'],
    ['pausa_horas', 'oito'],
  ])('%s cannot be %j', async (field, value) => {
    expect(await faults({ smtp_seguranca: 'starttls', [field]: value })).toEqual([field]);
  });

  test.each([
    'webhook_url',
    'webhook_segredo',
    'smtp_usuario',
    'smtp_senha',
    'email_de',
    'email_para',
    'smtp_servidor',
  ])('%s takes no line break', async (field) => {
    const value = `${form()[field]}\r\nBcc: outro@example.com`;

    expect(await faults({ [field]: value })).toContain(field);
    expect((await loadConfiguracao(mundo.sync.db)).email.ativo).toBe(false);
  });

  test('mail without encryption is for this computer only', async () => {
    expect(await faults({ smtp_servidor: 'smtp.example.com' })).toEqual(['smtp_seguranca']);
  });

  test('a wrong form comes back with what was typed, but without the secrets', async () => {
    const answer = await save({ email_para: 'noc' });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('avisos@provedor.example');
    expect(answer.text).not.toContain(SEGREDO);
    expect(answer.text).not.toContain(SENHA);
  });
});

describe('Enviar teste', () => {
  const send = (canal: string) =>
    mundo
      .write('post', '/avisos/configuracao/teste', admin, { canal })
      .set({ 'HX-Request': 'true', 'HX-Request-Type': 'partial' });

  test('by webhook arrives and says so', async () => {
    await save({ webhook_ativo: '' });
    receptor.recebidos.length = 0;

    const answer = await send('webhook');

    expect(answer.text).toContain('recebeu (HTTP 204)');
    expect(receptor.recebidos.map(({ json }) => json['evento'])).toEqual(['teste']);
  });

  test('by e-mail arrives and says so', async () => {
    await save();
    correio.cartas.length = 0;

    const answer = await send('email');

    expect(answer.text).toContain('aceitou a mensagem');
    expect(correio.cartas.map(({ assunto }) => assunto)).toEqual(['[Tele Clínica] Teste de aviso']);
  });

  test('that fails says why', async () => {
    await save({ smtp_senha: 'outra' });

    expect((await send('email')).text).toContain('recusou o usuário ou a senha');
  });

  test('of a channel that was never filled in says what to do', async () => {
    expect((await send('webhook')).text).toContain('Preencha e salve');
    expect((await send('pombo')).status).toBe(422);
  });
});

describe('what is wrong now', () => {
  const stop = (em: string) =>
    run(mundo.sync.db, `UPDATE integracoes SET credencial_parada_em = ${em}`).then(() =>
      roundSubitas(mundo.sync, 'teste'),
    );
  afterEach(() => stop('NULL'));

  test('is in the bell of every page and in the list, with where to act', async () => {
    const calm = await mundo.get('/contratos', admin);
    await stop('UTC_TIMESTAMP(6)');
    const [page, list] = [await mundo.get('/contratos', admin), await mundo.get('/avisos', admin)];

    expect(calm.text).not.toContain('data-abertos');
    expect(page.text).toContain('data-abertos="1"');
    expect(page.text).toContain('A Tele Clínica recusou usuário ou senha');
    expect(list.text).toContain('data-estado="aberto"');
    expect(list.text).toContain('/integracoes/');
  });

  test('moves to the history when it is over', async () => {
    await stop('UTC_TIMESTAMP(6)');
    await stop('NULL');
    const list = await mundo.get('/avisos', admin);

    expect(list.text).toContain('Nada fora do normal.');
    expect(list.text).toContain('data-estado="recuperado"');
    expect(list.text).not.toContain('data-estado="aberto"');
  });

  test('a delivery that fails is told on the page', async () => {
    await save();
    await stop('UTC_TIMESTAMP(6)');
    await run(
      mundo.sync.db,
      "UPDATE avisos_envios SET tentativas = 3, mensagem = 'O servidor recusou.' WHERE estado = 'pendente' AND canal = 'webhook'",
    );
    const list = await mundo.get('/avisos', admin);

    expect(list.text).toContain('Webhook: a última entrega não deu certo.');
    expect(list.text).toContain('3 tentativas');
  });
});

test('only who may configure reaches the settings', async () => {
  const sessao = await mundo.loginWith(['ver', 'aprovar']);
  const statuses = [
    (await mundo.get('/avisos', sessao)).status,
    (await mundo.get('/avisos/configuracao', sessao)).status,
    (await mundo.write('put', '/avisos/configuracao', sessao, form())).status,
    (await mundo.write('post', '/avisos/configuracao/teste', sessao, { canal: 'webhook' })).status,
  ];

  expect(statuses).toEqual([200, 403, 403, 403]);
});
