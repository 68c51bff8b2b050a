// Lists as files: the same lines as CSV and as XLSX beside every grid, nothing cut without a word, nothing that runs.
import type { Server } from 'node:http';
import express from 'express';
import { readXlsx } from 'hucre/xlsx';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { Problem } from '../../src/problem.ts';
import type { Celula } from '../../src/web/csv.ts';
import type { Exchange } from '../../src/web/exchange.ts';
import { sendLista } from '../../src/web/exportacao.ts';
import { readPlanilha } from '../../src/web/planilha.ts';
import { rotas } from '../../src/web/rotas.ts';
import { type IxcEscrita, openIxcEscrita } from '../setup/ixc.ts';
import { addressOf } from './enderecos.ts';
import { addDados, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;
let ixc: IxcEscrita;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  ixc = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
  await run(
    mundo.sync.db,
    `UPDATE usuarios SET carencia_ate = CURRENT_DATE + INTERVAL 9 DAY, carencia_motivo = '=1+1' WHERE id = ${dados.usuarioId}`,
  );
  await run(
    mundo.sync.db,
    'INSERT INTO avisos (causa, chave, comecou_em, detalhe) VALUES (\'varredura\', \'\', UTC_TIMESTAMP(6), \'{"causa":"varredura","motivo":"nada foi lido"}\')',
  );
  await run(
    mundo.sync.db,
    `INSERT INTO varreduras (tipo, decisao, motivo, iniciada_em) VALUES ('completa', 'recusada', '=1+1', UTC_TIMESTAMP(6))`,
  );
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

const binary = (res: Response, done: (error: Error | null, body: Buffer) => void): void => {
  const chunks: Buffer[] = [];
  const stream = res as unknown as NodeJS.ReadableStream;
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => done(null, Buffer.concat(chunks)));
};
const download = (path: string, sessao = admin) => mundo.get(path, sessao).buffer(true).parse(binary);
const cellsOf = async (bytes: Buffer): Promise<string[][]> => {
  const rows: string[][] = [];
  for await (const { celulas } of readPlanilha({ nome: '', bytes })) rows.push(celulas);
  return rows;
};

// Tables that are no list of their own: what a page shows of one record, a form, or the numbers behind a chart.
const SEM_ARQUIVO: Record<string, string> = {
  '/': 'the numbers behind each chart; the lists that they count have files',
  '/planos/:id': 'the vínculos of one plano, in its form',
  '/planos/:id/registro': 'the same page',
  '/planos/:id/vinculos': 'results to choose from',
  '/planos/:id/vinculos/:vinculo': 'the same page',
  '/configuracoes': 'a form',
  '/configuracoes/direitos': 'a form',
  '/configuracoes/contatos': 'a form',
  '/ajuda/papeis': 'help',
  '/guia': 'help',
  '/saude': 'the doctor has --json',
};

describe('every route', () => {
  const gets = rotas.filter(({ method }) => method === 'get');
  const files = gets.filter(({ path }) => /\.(csv|xlsx)$/.test(path));

  test('that answers a CSV has an XLSX beside it, and the other way round', () => {
    const of = (ending: string) =>
      files.flatMap(({ path }) => (path.endsWith(ending) ? [path.slice(0, -ending.length)] : [])).sort();
    expect(of('.csv')).toEqual(of('.xlsx'));
  });

  test.each(files.filter(({ path }) => path.endsWith('.csv')).map(({ path }) => [path]))(
    '%s begins with the mark, parts with “;”, quotes every cell and runs nothing',
    async (path) => {
      const rota = files.find((each) => each.path === path);
      if (rota === undefined) throw new Error(path);
      const { text, status } = await mundo.get(addressOf(rota, dados), admin);
      expect(status).toBe(200);
      expect(text.startsWith('\uFEFF"')).toBe(true);
      for (const line of text.slice(1).trimEnd().split('\r\n')) {
        expect(line).toMatch(/^"(?:[^"]|"")*"(?:;"(?:[^"]|"")*")*$/);
        expect(line).not.toMatch(/(?:^|;)"[=+\-@|%]/);
      }
    },
  );

  test('that draws a list leads to both files, or says why it has none', async () => {
    const pages = gets.filter(({ path }) => !/\.(csv|xlsx|txt)$/.test(path));
    const without: string[] = [];
    for (const rota of pages) {
      const { text } = await mundo.get(addressOf(rota, dados), admin);
      const both = /href="[^"]*\.csv[?"]/.test(text) && /href="[^"]*\.xlsx[?"]/.test(text);
      if (text.includes('<table') && !both) without.push(rota.path);
    }
    expect(without.sort()).toEqual(Object.keys(SEM_ARQUIVO).sort());
  });
});

describe('beside every grid', () => {
  const lists = [
    'contratos',
    'usuarios',
    'operacoes',
    'planos',
    'lotes',
    'prevoo',
    'carencias',
    'avisos',
    'lote',
    'divergencias',
    'integracoes',
    'sincronizacao',
  ];

  test.each(lists)('%s: CSV and XLSX hold the same lines, the page leads to both', async (name) => {
    const page = name === 'lote' ? `/lotes/${dados.loteId}` : `/${name}`;
    const file = name === 'sincronizacao' ? '/sincronizacao/varreduras' : page;
    const [csv, xlsx, html] = await Promise.all([
      download(`${file}.csv`),
      download(`${file}.xlsx`),
      mundo.get(page, admin),
    ]);

    expect([csv.status, xlsx.status]).toEqual([200, 200]);
    expect(xlsx.headers['content-type']).toBe(
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    );
    expect(xlsx.headers['content-disposition']).toMatch(/^attachment; filename=[a-z0-9-]+\.xlsx$/);
    const unescaped = (rows: string[][]) =>
      rows.map((row) =>
        row.map((text) => text.replace(/^'(?=[=+\-@|%])/, '').replace(/^(\d+),(\d+)$/, '$1.$2')),
      );
    expect(unescaped(await cellsOf(csv.body))).toEqual(await cellsOf(xlsx.body));
    expect((await cellsOf(xlsx.body)).length).toBeGreaterThan(name === 'prevoo' ? 0 : 1);
    // A pré-voo that nobody asked for has nothing to hand on yet.
    if (name !== 'prevoo')
      expect(html.text.match(new RegExp(`href="[^"]*${file}\\.(csv|xlsx)`, 'g'))).toHaveLength(2);
  });

  test('the XLSX keeps branches and filters, masks documents, counts numbers and runs no formula', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const own = await cellsOf((await download('/usuarios.xlsx', north)).body);
    const one = await cellsOf((await download(`/contratos.xlsx?busca=${PESSOAS.ativa.cpf}`)).body);
    const { sheets } = await readXlsx((await download('/carencias.xlsx')).body);

    expect(own).toHaveLength(1);
    expect(one).toHaveLength(2);
    expect(JSON.stringify(one)).not.toContain(PESSOAS.ativa.cpf);
    expect(sheets[0]?.rows[1]).toContain('=1+1');
    expect(sheets[0]?.rows[1]?.[1]).toBe(dados.usuarioId);
    expect(sheets[0]?.cells?.get('1,5')?.formula).toBeUndefined();
  });
});

describe('a name that more than 500 clients have', () => {
  beforeAll(async () => {
    for (let n = 0; n < 501; n += 1) await ixc.addCliente({ razao: `FULANO REPETIDO ${n}` });
  });

  test.each([
    '/usuarios.csv?busca=repetido',
    '/usuarios.xlsx?busca=repetido',
    '/operacoes.csv?busca=repetido',
    '/contratos.csv?busca=repetido&espera=parado',
    '/contratos.xlsx?busca=repetido&espera=parado',
  ])('%s is refused instead of holding some of them', async (path) => {
    const answer = await mundo.get(path, admin);

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('Muitos clientes têm este nome: escreva mais.');
    expect(answer.headers['content-disposition']).toBeUndefined();
  });

  test('another word finds them whole', async () => {
    expect((await mundo.get('/usuarios.csv?busca=repetido%20500', admin)).status).toBe(200);
  });
});

describe('an XLSX', () => {
  let server: Server;
  beforeAll(() => {
    const app = express();
    app.get('/:total.xlsx', async (req, res) => {
      const exchange = { sync: mundo.sync, operador: { id: 1 }, req, res } as unknown as Exchange;
      const lista = {
        nome: 'lista',
        colunas: ['Contrato', 'Pessoa'],
        filtro: {},
        paginas: pages(Number(req.params.total)),
      };
      await sendLista(exchange, lista).catch((error: unknown) => {
        res
          .status(error instanceof Problem ? error.status : 500)
          .send(error instanceof Problem ? error.title : '');
      });
    });
    server = app.listen(0, '127.0.0.1');
  });
  afterAll(() => server.close());

  async function* pages(total: number): AsyncGenerator<Celula[][]> {
    for (let n = 0; n < total; n += 1_000) {
      yield Array.from({ length: Math.min(1_000, total - n) }, (_, k) => [
        n + k,
        `Ana \u0000\u001b& <${n + k}>\ud800`,
      ]);
    }
  }

  test('of 100,000 lines comes, of one more is refused; characters that no XML holds are left out', async () => {
    const refused = await request(server).get('/100001.xlsx');
    const taken = await request(server).get('/100000.xlsx').buffer(true).parse(binary);
    const rows = await cellsOf(taken.body);

    expect(refused.status).toBe(422);
    expect(refused.text).toBe('A lista tem mais de 100.000 linhas, e o XLSX vai só até aí.');
    expect([rows.length, rows.at(-1)]).toEqual([100_001, ['99999', 'Ana & <99999>']]);
  });
});
