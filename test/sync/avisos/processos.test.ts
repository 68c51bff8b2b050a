// Several real processes: one message each, over STARTTLS, and none lost when a process dies in the middle of sending.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transaction } from '../../../src/db.ts';
import { resume } from '../../../src/sync/atendimento/sinais.ts';
import { listAvisos } from '../../../src/sync/avisos/avisos.ts';
import { saveConfiguracao } from '../../../src/sync/avisos/configuracao.ts';
import { createMundo, eventually, type Mundo } from '../../setup/mundo.ts';
import { type Processo, startPlugin } from '../../setup/processo.ts';
import { CERTIFICADO } from '../../teleclinica/certificado.ts';
import { type Correio, startCorreio } from './correio.ts';
import { type Receptor, startReceptor } from './receptor.ts';

const LOGIN = { usuario: 'avisos', senha: 'senha-do-correio' };
const FOLDER = mkdtempSync(path.join(tmpdir(), 'avisos-'));

let mundo: Mundo;
let receptor: Receptor;
let correio: Correio;
let processos: Processo[];
let env: Record<string, string>;

beforeAll(async () => {
  const trusted = path.join(FOLDER, 'confiado.pem');
  writeFileSync(trusted, CERTIFICADO);
  [receptor, correio] = await Promise.all([startReceptor(), startCorreio({ login: LOGIN, tls: 'starttls' })]);
  mundo = await createMundo({ contratos: 120, env: { AVISOS_HOSTS: '127.0.0.1', AVISOS_SEGUNDOS: '0.1' } });
  await saveConfiguracao(mundo.sync, mundo.operador, {
    webhook_ativo: '1',
    webhook_url: receptor.url,
    webhook_segredo: 'um segredo comprido de teste',
    email_ativo: '1',
    smtp_servidor: '127.0.0.1',
    smtp_porta: String(correio.porta),
    smtp_seguranca: 'starttls',
    smtp_usuario: LOGIN.usuario,
    smtp_senha: LOGIN.senha,
    email_de: 'avisos@provedor.example',
    email_para: 'noc@provedor.example',
  });
  env = { ...mundo.env, NODE_EXTRA_CA_CERTS: trusted };
  processos = await Promise.all([startPlugin(env), startPlugin(env)]);
});
afterAll(async () => {
  await Promise.all(processos.map((processo) => processo.stop()));
  await receptor.down();
  await correio.stop();
  await mundo.end();
  rmSync(FOLDER, { recursive: true });
});

const stopCredentials = () =>
  mundo.nosso.query(
    'UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6), sonda_em = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR',
  );
const resumeCredentials = () => transaction(mundo.sync.db, (tx) => resume(tx, mundo.integracaoId));
const delivered = async (total: number) => {
  const { avisos } = await listAvisos(mundo.sync.db, { filiais: 'todas', limite: 50 });
  const envios = avisos.flatMap(({ envios }) => envios);
  return envios.length === total && envios.every(({ estado }) => estado === 'entregue');
};

test('two processes deliver each message once on each channel', async () => {
  for (let round = 1; round <= 5; round += 1) {
    await stopCredentials();
    await eventually(() => delivered(4 * round - 2));
    await resumeCredentials();
    await eventually(() => delivered(4 * round));
  }

  expect(receptor.recebidos.map(({ json }) => json['evento'])).toEqual(
    Array(5).fill(['comecou', 'recuperado']).flat(),
  );
  expect(new Set(receptor.recebidos.map(({ json }) => json['id'])).size).toBe(10);
  expect(correio.cartas).toHaveLength(10);
  expect(correio.cartas.every(({ seguro, usuario }) => seguro && usuario === LOGIN.usuario)).toBe(true);
});

test('a process that dies while sending loses nothing: the message comes again under its id', async () => {
  receptor.recebidos.length = 0;
  receptor.answerWith(() => undefined);
  await stopCredentials();
  await eventually(async () => receptor.recebidos.length === 1);

  await Promise.all(processos.map((processo) => processo.kill()));
  receptor.answerWith((response) => response.writeHead(204).end());
  await mundo.nosso.query(
    'UPDATE avisos_envios SET lease_ate = UTC_TIMESTAMP(6) WHERE lease_ate IS NOT NULL',
  );
  await mundo.nosso.query('UPDATE avisos_ronda SET lease_ate = UTC_TIMESTAMP(6)');
  processos = [await startPlugin(env)];
  await eventually(() => delivered(22));
  await resumeCredentials();
  await eventually(() => delivered(24));

  const ids = receptor.recebidos.map(({ json }) => `${json['evento']} ${json['id']}`);
  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(2);
});
