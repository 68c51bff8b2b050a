// The doctor on a real installation: each thing that can be wrong is made wrong, and the line says so with its fix.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { readManifest } from '../../src/ixc/colunas.ts';
import { readEsperada } from '../../src/ixc/estrutura.ts';
import { compareGrants } from '../../src/ixc/grants.ts';
import { examine } from '../../src/sync/doutor/exame.ts';
import type { Linha, Paciente } from '../../src/sync/doutor/linha.ts';
import { makePacote, maskAll } from '../../src/sync/doutor/pacote.ts';
import { examineNetwork } from '../../src/sync/doutor/rede.ts';
import { addDados, BASE, type Dados, type Mundo, startMundo } from './mundo.ts';

let mundo: Mundo;
let dados: Dados;
let paciente: Paciente;
let ixc: mysql.Connection;

beforeAll(async () => {
  mundo = await startMundo({ METRICS_TOKEN: 'metricas-que-ninguem-ve' });
  dados = await addDados(mundo);
  const { config, db, ixc: leitor } = mundo.sync;
  paciente = { config: { ...config, ixcOrigins: [mundo.origem] }, db, ixc: leitor, versao: '9.9.9' };
  ixc = await mysql.createConnection({ uri: mundo.bancos.ixcEscritaUrl });
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

const lineOf = (linhas: Linha[], checagem: string): Linha | undefined =>
  linhas.find((linha) => linha.checagem === checagem);
const look = async (checagem: string) => lineOf(await examine(paciente), checagem);

test('nothing is wrong that was not made wrong', async () => {
  const linhas = await examine(paciente);
  expect(linhas.filter(({ estado }) => estado === 'falha')).toEqual([]);
  expect(linhas.map(({ checagem }) => checagem)).toEqual([
    ...['versões', 'perfis', 'nosso banco', 'durabilidade', 'relógio', 'letras', 'fila', 'disco'],
    ...['banco do IXC', 'tipos das colunas', 'direitos no IXC', 'situações dos contratos', 'nomes no IXC'],
    ...['outro controlador', 'Tele Clínica'],
  ]);
});

test('it knows the type of every column that is read', () => {
  const known = readEsperada();
  const missing = readManifest().database.ixc.flatMap(({ table, columns }) =>
    columns.filter((column) => known[table]?.[column] === undefined).map((column) => `${table}.${column}`),
  );
  expect(missing).toEqual([]);
});

describe('grants', () => {
  const account = { user: 'leitor', host: '%' };
  const manifest = { database: { ixc: [{ table: 'filial', columns: ['id', 'razao'] }] } };
  const usage = "GRANT USAGE ON *.* TO `leitor`@`%` IDENTIFIED BY PASSWORD '*X' WITH MAX_USER_CONNECTIONS 7";

  it.each([
    [['GRANT SELECT (`id`, `razao`) ON `ixc`.`filial` TO `leitor`@`%`'], [], []],
    [['GRANT SELECT (razao, id) ON `ixc`.`filial` TO `leitor`@`%`'], [], []],
    [[], ['filial.id', 'filial.razao'], []],
    [['GRANT SELECT (id) ON `ixc`.`filial` TO `leitor`@`%`'], ['filial.razao'], []],
    [
      ['GRANT SELECT (id, razao, cnpj) ON `ixc`.`filial` TO `leitor`@`%`'],
      [],
      ['SELECT (`cnpj`) em ixc.filial'],
    ],
    [
      ['GRANT SELECT ON `ixc`.`filial` TO `leitor`@`%`'],
      ['filial.id', 'filial.razao'],
      ['SELECT em ixc.filial'],
    ],
    [['GRANT SELECT (id, razao), INSERT ON `ixc`.`filial` TO `leitor`@`%`'], [], ['INSERT em ixc.filial']],
    [
      ['GRANT ALL PRIVILEGES ON *.* TO `leitor`@`%` WITH GRANT OPTION'],
      ['filial.id', 'filial.razao'],
      ['ALL PRIVILEGES em *.*'],
    ],
    [['GRANT `chefe` TO `leitor`@`%`'], ['filial.id', 'filial.razao'], ['GRANT `chefe` em *.*']],
  ])('%j', (grants, faltam, sobram) => {
    const found = compareGrants(manifest, 'ixc', account, [usage, ...grants]);
    expect([found.faltam, found.sobram]).toEqual([faltam, sobram]);
    expect(found.consertos.length > 0).toBe(faltam.length + sobram.length > 0);
  });

  it('too many and too few are both failures, with the statements that mend them', async () => {
    const { username } = new URL(mundo.bancos.ixcUrl);
    const database = new URL(mundo.bancos.ixcUrl).pathname.slice(1);
    const root = await mysql.createConnection({ uri: inject('mariadbRootUrl') });
    try {
      await root.query(`GRANT SELECT ON ${database}.fn_areceber TO ${username}`);
      await root.query(`REVOKE SELECT (email) ON ${database}.filial FROM ${username}`);
      const linha = await look('direitos no IXC');
      expect(linha?.estado).toBe('falha');
      expect(linha?.mensagem).toContain(`pode mais que o preciso: SELECT em ${database}.fn_areceber`);
      expect(linha?.mensagem).toContain('não lê filial.email');
      for (const statement of linha?.mensagem.split('O DBA roda: ')[1]?.split('; ') ?? [])
        await root.query(statement);
      expect((await look('direitos no IXC'))?.estado).toBe('ok');
    } finally {
      await root.end();
    }
  });
});

test('a column whose type changed is told, and how bad that is', async () => {
  await ixc.query('ALTER TABLE usuarios_grupo MODIFY grupo TEXT');
  expect(await look('tipos das colunas')).toMatchObject({
    estado: 'aviso',
    mensagem: expect.stringContaining('usuarios_grupo.grupo é text'),
  });
  await ixc.query('ALTER TABLE vd_contratos_produtos MODIFY id_produto VARCHAR(20)');
  expect(await look('tipos das colunas')).toMatchObject({
    estado: 'falha',
    mensagem: expect.stringContaining('esperado int'),
  });
  await ixc.query('ALTER TABLE vd_contratos_produtos MODIFY id_produto INT');
  await ixc.query('ALTER TABLE usuarios_grupo MODIFY grupo VARCHAR(60)');
});

test('a code that IXC does not document is counted', async () => {
  await ixc.query("ALTER TABLE cliente_contrato MODIFY status ENUM('A','I','P','N','D','Z')");
  await ixc.query('UPDATE cliente_contrato SET status = "Z" ORDER BY id DESC LIMIT 3');
  expect(await look('situações dos contratos')).toMatchObject({
    estado: 'aviso',
    mensagem: expect.stringMatching(/Z\/\w+ em \d/),
  });
});

test('a contract that both IXC and we serve is told', async () => {
  await ixc.query(
    `INSERT INTO sva_usuarios (id_contrato, status_integracao) VALUES (${dados.contratoId}, 'A')`,
  );
  expect(await look('outro controlador')).toMatchObject({
    estado: 'aviso',
    mensagem: expect.stringContaining('mesmos 1 contratos'),
  });
});

test.each([
  [20, 'aviso'],
  [200, 'falha'],
])('work that waits %i minutes is %s', async (minutes, estado) => {
  await run(
    mundo.sync.db,
    'UPDATE usuarios SET trabalho = 1, retida = NULL, proxima_em = UTC_TIMESTAMP(6) - INTERVAL :minutes MINUTE',
    { minutes },
  );
  expect(await look('fila')).toMatchObject({
    estado,
    mensagem: expect.stringContaining(`há ${minutes} min`),
  });
});

test('refused credentials are a failure, as last known and without a call', async () => {
  await run(mundo.sync.db, 'UPDATE integracoes SET credencial_parada_em = UTC_TIMESTAMP(6)');
  expect(await look('Tele Clínica')).toMatchObject({
    estado: 'falha',
    mensagem: expect.stringContaining('recusados'),
  });
  await run(mundo.sync.db, 'UPDATE integracoes SET credencial_parada_em = NULL');
});

describe('through the web server', () => {
  // What a web server between may do to the headers; `spoil` as somebody who configured it wrongly.
  async function through(
    spoil: (request: http.RequestOptions, answer: http.IncomingHttpHeaders) => void,
  ): Promise<Linha[]> {
    const proxy = http.createServer((req, res) => {
      const options: http.RequestOptions = { path: req.url ?? '/', headers: { ...req.headers } };
      const headers: http.IncomingHttpHeaders = {};
      spoil(options, headers);
      http.get(mundo.origem, options, (answer) => {
        const all = { ...answer.headers };
        spoil({}, all);
        res.writeHead(answer.statusCode ?? 500, all);
        answer.pipe(res);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const origem = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    try {
      return await examineNetwork({ ...paciente, config: { ...paciente.config, ixcOrigins: [origem] } });
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  }

  test('a good way there is good in every line but the frame of an origin that is not ours', async () => {
    const linhas = await through(() => undefined);
    expect(linhas.map(({ checagem, estado }) => [checagem, estado])).toEqual([
      ['TLS', 'ok'],
      ['caminho do proxy', 'ok'],
      ['moldura', 'falha'],
      ['cookie', 'ok'],
    ]);
  });

  type Spoil = Parameters<typeof through>[0];
  const spoils: [string, string, Spoil][] = [
    [
      'cookie',
      'não chega ao plugin',
      (request) => {
        request.headers = {};
      },
    ],
    [
      'cookie',
      'não chega ao navegador',
      (_request, answer) => {
        delete answer['set-cookie'];
      },
    ],
    [
      'moldura',
      'X-Frame-Options: DENY',
      (_request, answer) => {
        answer['x-frame-options'] = 'DENY';
      },
    ],
    [
      'caminho do proxy',
      'não é o plugin',
      (request) => {
        request.path = request.path?.replace(BASE, '') ?? '/';
      },
    ],
  ];
  test.each(spoils)('%s: %s', async (checagem, words, spoil) => {
    const linha = lineOf(await through(spoil), checagem);
    expect(linha?.estado).toBe('falha');
    expect(linha?.mensagem).toContain(words);
  });

  test('nobody there is told with what to do', async () => {
    const gone = { ...paciente, config: { ...paciente.config, ixcOrigins: ['https://127.0.0.1:9'] } };
    expect((await examineNetwork(gone))[0]).toMatchObject({ checagem: 'TLS', estado: 'aviso' });
  });
});

describe('the bundle for support', () => {
  test('holds no secret, no document, no address, no name, wherever they were planted', async () => {
    const planted = {
      cpf: '529.982.247-25',
      cpfNu: '52998224725',
      email: 'maria.da.silva@example.com',
      telefone: '(11) 98765-4321',
      token: 'Bearer sk_live_abcdef123456',
    };
    const text = `falhou para ${Object.values(planted).join(' ')}`;
    await run(
      mundo.sync.db,
      `INSERT INTO tentativas (integracao_id, lease_token, processo, chamada, escrita, resultado, mensagem, enviada_em)
       VALUES (:id, 1, 'p', 'criar', 1, 'recusado', :text, UTC_TIMESTAMP(6))`,
      { id: dados.integracaoId, text },
    );
    await run(
      mundo.sync.db,
      "INSERT INTO varreduras (tipo, decisao, motivo, iniciada_em) VALUES ('completa', 'falhou', :text, UTC_TIMESTAMP(6))",
      { text },
    );
    const { config } = paciente;
    const registro = [
      text,
      `mysql://dono:senha-do-banco@db/x`,
      config.appKey.toString('base64'),
      config.databaseUrl,
    ];
    const linhas = [
      ...(await examine(paciente)),
      { checagem: 'plantada', estado: 'aviso' as const, mensagem: text },
    ];

    const bundle = await makePacote(paciente, linhas, registro);

    const [clientes] = await ixc.query<mysql.RowDataPacket[]>(
      'SELECT razao, cnpj_cpf, email, telefone_celular FROM cliente WHERE CHAR_LENGTH(razao) > 9',
    );
    const secrets = [
      ...Object.values(planted),
      ...['sk_live', 'senha-do-banco', 'segredo-da-integracao', 'metricas-que-ninguem-ve'],
      ...[
        config.appKey.toString('base64'),
        new URL(config.databaseUrl).password,
        mundo.segredo.toString('base64'),
      ],
      ...clientes.flatMap((row) =>
        Object.values(row)
          .map(String)
          .filter((value) => value.length > 7),
      ),
    ];
    expect(clientes.length).toBeGreaterThan(50);
    expect(secrets.filter((secret) => bundle.includes(secret))).toEqual([]);
    expect(JSON.parse(bundle)).toMatchObject({ plugin: '9.9.9', configuracao: { base_path: BASE } });
  });

  test.each([
    ['2026-11-28T02:41:50.123Z às 2026-11-28 02:41:50', '2026-11-28T02:41:50.123Z às 2026-11-28 02:41:50'],
    ['contrato 123456, 48 linhas, 1234 ms', 'contrato 123456, 48 linhas, 1234 ms'],
    ['CPF 111.444.777-35.', 'CPF [número].'],
    ['+55 11 98765-4321', '[número]'],
    ['a@b.co', '[e-mail]'],
    ['https://u:p@x/y', 'https://[credenciais]@x/y'],
    ['Authorization: Basic dXNlcjpzZW5oYQ==', 'Authorization: Basic [segredo]'],
  ])('masks %j as %j', (text, masked) => {
    expect(maskAll(text, [])).toBe(masked);
  });
});

describe('the screen Saúde', () => {
  test('shows every line to whoever may configure, and to nobody else', async () => {
    const admin = await mundo.login(OPERADORES.administrador.id);
    const page = await mundo.get('/saude', admin);
    expect(page.status).toBe(200);
    expect(page.text.match(/data-checagem=/g)?.length).toBe((await examine(paciente)).length + 1);
    expect(page.text).toContain('data-checagem="direitos no IXC" data-estado="ok"');
    const outro = await mundo.loginWith(['ver', 'operar', 'cancelar', 'aprovar', 'dados']);
    expect((await mundo.get('/saude', outro)).status).toBe(403);
  });
});
