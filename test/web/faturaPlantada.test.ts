// An invoice with errors of every kind planted over many people: sent as CSV and as XLSX, it lists all of them and no other, to the cent.
import { readFileSync, writeFileSync } from 'node:fs';
import { writeXlsx } from 'hucre/xlsx';
import mysql from 'mysql2/promise';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { findFreePort } from '../../src/demo/mariadb.ts';
import { saveIntegracao } from '../../src/sync/integracoes.ts';
import { savePlano } from '../../src/sync/planos.ts';
import { CLASSE_ROTULOS } from '../../src/web/contestacao.ts';
import { readPlanilha } from '../../src/web/planilha.ts';
import { MES, type Plantada, plantFatura } from '../setup/fatura.ts';
import { OPERADOR } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';
import { BASE, type Mundo, ORIGEM_DO_IXC, type Sessao, startMundo } from './mundo.ts';

const LONGO = process.env['LONGO'] === '1';
const PESSOAS = LONGO ? 50_000 : 300;
const ERROS = LONGO ? 100 : 6;
// What V8 leaves uncollected while tens of thousands of rows pass; what is kept of them is a tenth of it.
const MEMORIA_MB = 200;

const APP_KEY = Buffer.alloc(32, 7).toString('base64');

let mundo: Mundo;
/** Of whoever answers: this process, or in the long run one of the plugin's own, whose memory is its alone. */
let origem: string;
let processo: Processo | undefined;
let admin: Sessao;
let plantada: Plantada;

beforeAll(async () => {
  mundo = await startMundo({ APP_KEY });
  ({ origem } = mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  const { sync, bancos } = mundo;
  const integracao = { nome: 'Tele Clínica', ambiente: 'simulador', url_base: 'http://127.0.0.1:9/v1' };
  const integracaoId = await saveIntegracao(sync, OPERADOR, undefined, {
    ...integracao,
    usuario: 'provedor',
    senha: 'segredo-da-integracao',
    perfil: 'teleclinica-v1',
  });
  const planos = [
    { nome: 'Individual', codigo: 'clinico-24h', centavos: 4990 },
    { nome: 'Família', codigo: 'familia-24h', centavos: 129_990 },
  ];
  const salvos: ((typeof planos)[number] & { id: number })[] = [];
  for (const { centavos, ...plano } of planos) {
    const valor = (centavos / 100).toFixed(2).replace('.', ',');
    const form = { ...plano, descricao: '', valor, integracao_id: String(integracaoId) };
    salvos.push({ ...plano, centavos, id: await savePlano(sync, OPERADOR, undefined, form) });
  }
  const nosso = await mysql.createConnection({ uri: bancos.url, dateStrings: true, timezone: 'Z' });
  plantada = await plantFatura({ sync, nosso, integracaoId, planos: salvos }, PESSOAS, ERROS);
  await nosso.end();
  const regra = { modo: 'pro_rata', dia: '1', bloqueado_conta: 'nao', versao: 'nenhuma' };
  expect((await mundo.write('put', '/fechamentos/regra', admin, regra)).status).toBe(303);
  if (LONGO) await startProcesso();
}, 300_000);
afterAll(async () => {
  await processo?.stop();
  await mundo?.stop();
});

async function startProcesso(): Promise<void> {
  const port = await findFreePort();
  const env = {
    DATABASE_URL: mundo.bancos.url,
    IXC_DATABASE_URL: mundo.bancos.ixcUrl,
    BASE_PATH: BASE,
    IXC_ORIGIN: ORIGEM_DO_IXC,
    APP_KEY,
    LAUNCH_SECRET: mundo.segredo.toString('base64'),
    TELECLINICA_HOSTS: '127.0.0.1:9',
    PORT: String(port),
  };
  processo = await startPlugin(env, ['--only=web']);
  origem = `http://127.0.0.1:${port}`;
  await get('/fechamentos');
}

const get = (path: string) =>
  request(origem).get(`${BASE}${path}`).set({ Accept: 'text/html', Cookie: admin.cookie });
const post = (path: string) =>
  request(origem)
    .post(`${BASE}${path}`)
    .set({ Cookie: admin.cookie, 'X-CSRF-Token': admin.csrf, Origin: origem, Accept: 'text/html' });

const send = (bytes: Buffer, nome: string) =>
  post(`/fechamentos/${MES}/fatura`).attach('arquivo', bytes, nome);

const CABECA = ['Referência', 'Id', 'CPF', 'Plano', 'Valor (R$)'];
const reais = new Intl.NumberFormat('pt-BR', { minimumFractionDigits: 2 });

// Amounts as people write them: 1.299,90, R$ 49,90, 49.90.
function csv(): Buffer {
  const lines = plantada.linhas.map(({ referencia, id, cpf, plano, centavos }, n) => {
    const valor = [
      reais.format(centavos / 100),
      `R$ ${reais.format(centavos / 100)}`,
      (centavos / 100).toFixed(2),
    ];
    return [referencia, id, cpf, plano, valor[n % 3]].map((cell) => `"${cell}"`).join(';');
  });
  return Buffer.from([CABECA.join(';'), ...lines, 'Total;;;;1,00'].join('\r\n'), 'latin1');
}

const xlsx = async (): Promise<Buffer> => {
  const rows = plantada.linhas.map(({ referencia, id, cpf, plano, centavos }) => [
    ...[referencia, id, cpf, plano],
    centavos / 100,
  ]);
  return Buffer.from(await writeXlsx({ sheets: [{ name: 'Fatura', rows: [CABECA, ...rows] }] }));
};

const CLASSE_DO_ROTULO = new Map(Object.entries(CLASSE_ROTULOS).map(([classe, rotulo]) => [rotulo, classe]));
const centavosDe = (text: string): number =>
  Math.round(Number(text.replace(/\./g, '').replace(',', '.')) * 100);

// Every page of the list on the screen.
async function listed(): Promise<string[]> {
  const found: string[] = [];
  for (let pagina = 1; ; pagina += 1) {
    const { text } = await get(`/fechamentos/${MES}?pagina=${pagina}`);
    const rows = text.split('<tr data-divergencia="').slice(1);
    for (const row of rows) {
      const cell = (rotulo: string) => new RegExp(`data-rotulo="${rotulo}">(.*?)</td>`).exec(row)?.[1] ?? '';
      const usuario = /\/usuarios\/(\d+)"/.exec(row)?.[1] ?? '-';
      const money = (rotulo: string) => centavosDe(cell(rotulo).replace(/^R\$\s/, ''));
      const linha = cell('Linha').replace('—', '-');
      found.push(
        `${row.slice(0, row.indexOf('"'))} ${linha} ${usuario} ${money('Cobrado')} ${money('Esperado')}`,
      );
    }
    if (!text.includes('>Próximas<')) return found.sort();
  }
}

async function sheet(ending: 'csv' | 'xlsx'): Promise<string[]> {
  const { body } = await get(`/fechamentos/${MES}/fatura.${ending}`).buffer(true).parse(binary);
  const found: string[] = [];
  const number = (text = '') => (ending === 'csv' ? centavosDe(text) : Math.round(Number(text) * 100));
  for await (const { linha, celulas } of readPlanilha({ nome: 'x', bytes: body })) {
    if (linha === 1) continue;
    const [rotulo = '', , noArquivo, usuario] = celulas;
    const [cobrado, esperado, diferenca] = celulas.slice(8, 11).map(number);
    expect(diferenca).toBe((cobrado ?? 0) - (esperado ?? 0));
    found.push(
      `${CLASSE_DO_ROTULO.get(rotulo)} ${noArquivo || '-'} ${usuario || '-'} ${cobrado} ${esperado}`,
    );
  }
  return found.sort();
}

function binary(res: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  const stream = res as unknown as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
}

async function checkTotals(): Promise<void> {
  const { text } = await get(`/fechamentos/${MES}`);
  const difference = plantada.cobrado - plantada.esperado;
  const money = (text: string): number => centavosDe(text.replace(/^(-?)R\$\s/, '$1'));
  expect(money(/data-total>(.*?)</.exec(text)?.[1] ?? '')).toBe(difference);
  for (const [classe, { quantas, centavos }] of plantada.porClasse) {
    const row = new RegExp(`<tr data-classe="${classe}">.*?Linhas">(.*?)<.*?Diferença">(.*?)<`).exec(text);
    expect([classe, Number(row?.[1]?.replace('.', '')), money(row?.[2] ?? '')]).toEqual([
      classe,
      quantas,
      centavos,
    ]);
  }
  expect(text).toContain(
    `<strong>${new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' }).format(plantada.esperado / 100)}`,
  );
}

// The most that the process held while `work` went on, over what it holds at rest. Of this process nothing is said.
async function inMemory(what: string, work: () => Promise<void>): Promise<void> {
  const rest = memoryOf('VmRSS');
  if (processo) writeFileSync(`/proc/${processo.pid}/clear_refs`, '5');
  const start = performance.now();
  await work();
  const ms = Math.round(performance.now() - start);
  if (rest === undefined) return;
  const megabytes = (memoryOf('VmHWM') ?? 0) - rest;
  console.log(`${what}: ${plantada.linhas.length} linhas em ${ms} ms, ${megabytes} MB acima de ${rest} MB`);
  expect(megabytes).toBeLessThan(MEMORIA_MB);
}

function memoryOf(what: 'VmRSS' | 'VmHWM'): number | undefined {
  if (processo === undefined) return undefined;
  const status = readFileSync(`/proc/${processo.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024);
}

test(`${ERROS} errors of each kind over ${PESSOAS} people, in an open month, as CSV: all of them and no other`, async () => {
  const bytes = csv();
  await inMemory('CSV', async () => {
    expect((await send(bytes, 'fatura.csv')).status).toBe(303);
  });
  await inMemory('contestação', async () => {
    expect(await sheet('csv')).toEqual(plantada.divergencias);
  });
  expect(plantada.divergencias.length).toBe(ERROS * plantada.porClasse.size);
  expect(await listed()).toEqual(plantada.divergencias);
  await checkTotals();
});

test('and in the month closed, at prices that changed since, as XLSX: the same', async () => {
  const bytes = await xlsx();
  await inMemory('fechar', async () => {
    expect((await post(`/fechamentos/${MES}`).type('form').send({})).status).toBe(303);
  });
  await mundo.sync.db.execute('UPDATE planos SET valor_centavos = 1');
  await inMemory('XLSX', async () => {
    expect((await send(bytes, 'fatura.xlsx')).status).toBe(303);
  });
  await inMemory('contestação', async () => {
    expect(await sheet('xlsx')).toEqual(plantada.divergencias);
  });
  expect(await listed()).toEqual(plantada.divergencias);
  await checkTotals();
});
