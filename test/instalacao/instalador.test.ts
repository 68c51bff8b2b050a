// The release on a real server: installed, run again, upgraded, taken back when it fails, removed without a trace.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Casa, createCasa, edit } from './casa.ts';
import { openPasseio, type Passeio } from './passeio.ts';

// Programs are packed, copied and started: nothing here may depend on a quiet machine.
vi.setConfig({ testTimeout: 180_000 });

// Packing, installing and upgrading for real takes minutes.
const LONGO = process.env['LONGO'] === '1';

// Decided once for the whole run (test/run.mjs).
const SEM_NAVEGADOR = process.env['SEM_NAVEGADOR'] === '1';

let casa: Casa;
let passeio: Passeio;
let antes: Map<string, string>;
let root: mysql.Connection;

beforeAll(async () => {
  if (!LONGO) return;
  casa = await createCasa();
  antes = casa.retrato();
  root = await mysql.createConnection({ uri: casa.mariadb.rootUrl, dateStrings: true });
  // A base in which nobody has changed anything for weeks looks like an old copy.
  await root.query('UPDATE ixcprovedor.cliente_contrato SET ultima_atualizacao = NOW() WHERE id = 302');
  if (!SEM_NAVEGADOR) passeio = await openPasseio(casa);
}, 240_000);

afterAll(async () => {
  await passeio?.close();
  await root?.end();
  await casa?.end();
});

// nginx reloads between requests: each has a connection of its own.
const get = (where: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; texto: string; cookie: string }>((resolve, reject) => {
    http
      .get(`${casa.origem}${where}`, { agent: false, headers }, (answer) => {
        let texto = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          texto += part;
        });
        const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, texto, cookie }));
      })
      .on('error', reject);
  });
const readyz = () => get('/addons/tele-clinica/readyz');
const version = async () =>
  z.object({ version: z.string() }).parse(JSON.parse((await get('/addons/tele-clinica/version')).texto))
    .version;
const tables = [
  'usuarios',
  'adesoes',
  'operacoes',
  'tentativas',
  'integracoes',
  'configuracoes',
  'migracoes',
];

/** Every row of the tables that hold what somebody asked for, byte by byte. */
async function contents(): Promise<string> {
  const found = [];
  for (const table of tables) {
    const [rows] = await root.query(`SELECT * FROM teleclinica.${table} ORDER BY 1, 2`);
    found.push(rows);
  }
  return JSON.stringify(found);
}

/** People in the queue, due tomorrow so that nobody serves them meanwhile: bytes, JSON, quotes, accents and emoji among them. */
async function fillQueue(total: number): Promise<void> {
  await root.query('USE teleclinica');
  await root.query(`INSERT INTO teleclinica.integracoes (nome, ambiente, url_base, usuario, senha, perfil, registro, criado_em, atualizado_em)
    VALUES ('Clínica “1”; d''água 🩺', 'simulador', 'http://127.0.0.1:9/v1', 'u', X'00FF27', 'teleclinica-v1', 'dispensado', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`);
  await root.query(`INSERT INTO teleclinica.usuarios (integracao_id, impressao, desejada, proxima_em, retida_detalhe, criado_em)
    SELECT (SELECT MAX(id) FROM teleclinica.integracoes), UNHEX(SHA2(seq, 256)), 'ativo', UTC_TIMESTAMP(6) + INTERVAL 1 DAY, '{"campo":"é"}', UTC_TIMESTAMP(6)
    FROM seq_1_to_${total}`);
}

describe.runIf(LONGO)('installing', () => {
  it('says what is wrong and changes nothing when a check fails', () => {
    const ruins = `${casa.respostas}-ruins`;
    writeFileSync(
      ruins,
      readFileSync(casa.respostas, 'utf8').replace('banco_admin', 'ixc_banco=nao_existe\nbanco_admin'),
    );
    const { status, texto } = casa.instalar([
      '--respostas',
      ruins,
      '--raiz',
      casa.raiz,
      '--sim',
      '--sem-systemd',
    ]);
    expect(texto).toMatch(
      /falha {2}banco do IXC: o banco nao_existe não existe ali; os que existem: .*ixcprovedor/,
    );
    expect(status).toBe(1);
    expect(casa.retrato()).toEqual(antes);
  });

  it('needs a yes: without a terminal and without --sim it stops', () => {
    const { status, texto } = casa.instalar([
      '--respostas',
      casa.respostas,
      '--raiz',
      casa.raiz,
      '--sem-systemd',
    ]);
    expect(texto).toContain('O que será feito');
    expect(status).toBe(1);
    expect(casa.retrato()).toEqual(antes);
  });

  it('puts the plugin under the address of IXC, in less than a minute', async () => {
    const started = Date.now();
    const { status, texto } = casa.instalar([
      '--respostas',
      casa.respostas,
      '--raiz',
      casa.raiz,
      '--sim',
      '--sem-systemd',
    ]);
    expect(texto).toContain('Pronto');
    expect(status).toBe(0);
    expect((await readyz()).status).toBe(200);
    expect(Date.now() - started).toBeLessThan(60_000);
  });

  it('injects the one script into pages of IXC', async () => {
    const page = (await get('/')).texto;
    expect(page).toContain('name="password"');
    expect(page).toContain('<script src="/addons/tele-clinica-ixc/botoes.js" defer></script>');
    const script = await get('/addons/tele-clinica-ixc/botoes.js');
    expect(script.status).toBe(200);
    expect((await get('/addons/tele-clinica-ixc/configuracao.php')).status).toBe(404);
  });

  it('gives the reader of IXC the columns of the manifest and a sized number of connections', async () => {
    const [rows] = await root.query("SHOW GRANTS FOR 'teleclinica_ixc'@'127.0.0.1'");
    const grants = (rows as Record<string, string>[]).flatMap((row) => Object.values(row));
    expect(grants[0]).toContain('MAX_USER_CONNECTIONS 7');
    expect(grants.slice(1).every((grant) => /^GRANT SELECT \(/.test(grant))).toBe(true);
  });

  it('keeps secrets from everybody but root, and out of the ledger', () => {
    const mode = (name: string) => casa.retrato().get(name)?.split(' ')[0];
    expect(mode('etc/tele-clinica/ambiente')).toBe('600');
    expect(mode('etc/tele-clinica/chaves/app.key')).toBe('400');
    expect(mode('etc/tele-clinica/chaves/lancamento-privada.pem')).toBe('440');
    const livro = readFileSync(path.join(casa.raiz, 'var/lib/tele-clinica/livro.json'), 'utf8');
    expect(livro).not.toContain(new URL(casa.mariadb.rootUrl).password);
    const { DATABASE_URL = '' } = Object.fromEntries(
      readFileSync(path.join(casa.raiz, 'etc/tele-clinica/ambiente'), 'utf8')
        .split('\n')
        .map((line) => line.split(/=(.*)/)),
    );
    expect(livro).not.toContain(new URL(DATABASE_URL).password);
  });

  it.skipIf(SEM_NAVEGADOR)('menu → frame → main job; contract button → panel → block → unblock', async () => {
    await passeio.entrar();
    await passeio.cadastrar();
    await passeio.contratar();
    expect((await casa.simulador.pessoas()).map(({ status }) => status)).toEqual(['active']);
    expect(passeio.queixas()).toEqual([]);
  });

  it('leaves the doctor with no failure to tell', () => {
    const { status, texto } = casa.instalar(['doutor'], casa.instalado);
    expect(texto).toContain('ok     caminho do proxy');
    expect(texto).toContain('ok     cookie');
    expect(texto).toContain('ok     direitos no IXC');
    expect(texto.split('\n').filter((line) => line.startsWith('falha'))).toEqual([]);
    expect(status).toBe(0);
  });

  it('run again changes nothing', () => {
    const before = casa.retrato();
    const { status, texto } = casa.instalar(
      ['instalar', '--respostas', casa.respostas, '--sim'],
      casa.instalado,
    );
    expect(texto).toContain('nada a fazer');
    expect(status).toBe(0);
    expect(casa.retrato()).toEqual(before);
  });

  it('run again mends what somebody took away', async () => {
    const site = path.join(casa.raiz, 'etc/nginx/sites-enabled/ixc');
    const before = readFileSync(site, 'utf8');
    edit(site, (text) => text.replace(/^.*# tele-clinica\n/m, ''));
    expect(casa.instalar(['instalar', '--respostas', casa.respostas, '--sim'], casa.instalado).status).toBe(
      0,
    );
    expect(readFileSync(site, 'utf8')).toBe(before);
    expect((await readyz()).status).toBe(200);
  });
});

describe.runIf(LONGO)('upgrading', () => {
  const atualizar = (archive: string, ...args: string[]) =>
    casa.instalar(['atualizar', archive, '--respostas', casa.respostas, '--sim', ...args], casa.instalado);

  it('refuses an archive that is not signed by who signed the present version, or that was changed', async () => {
    const outra = path.join(casa.raiz, '../outra-chave.pem');
    const { privateKey } = (await import('node:crypto')).generateKeyPairSync('ed25519');
    writeFileSync(outra, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const before = casa.retrato();
    expect(atualizar(casa.proxima('0.1.1', undefined, outra)).texto).toContain(
      'a assinatura não é da chave esperada',
    );
    expect(casa.retrato()).toEqual(before);
  });

  it('asks before it reads more of IXC than before', async () => {
    const more = (tree: string) =>
      edit(path.join(tree, 'manifest.json'), (text) =>
        text.replace(
          '"columns": ["id", "razao", "fantasia"',
          '"columns": ["id", "razao", "cnpj", "fantasia"',
        ),
      );
    const before = casa.retrato();
    const { status, texto } = atualizar(casa.proxima('0.1.2', more));
    expect(texto).toContain('filial.cnpj');
    expect(status).toBe(1);
    expect(casa.retrato()).toEqual(before);
  });

  it('with a full queue: a migration that fails takes everything back', async () => {
    await fillQueue(3_000);
    const [rowsBefore, filesBefore] = [await contents(), casa.retrato()];
    const fails = (tree: string) =>
      writeFileSync(
        path.join(tree, 'migrations/9001_ruim.sql'),
        "ALTER TABLE usuarios ADD COLUMN nova INT NULL;\nUPDATE usuarios SET desejada = 'cancelado';\nSELECT * FROM nao_existe;\n",
      );
    const { status, texto } = atualizar(casa.proxima('0.1.3', fails));
    expect(texto).toContain('foi desfeita');
    expect(status).toBe(1);
    expect(await contents()).toBe(rowsBefore);
    expectSame(casa.retrato(), filesBefore, [/copias/, /livro\.json$/, /processos\.json$/, /registro\.log$/]);
    expect((await readyz()).status).toBe(200);
    expect(existsSync(path.join(casa.raiz, 'var/lib/tele-clinica/parado'))).toBe(false);
  });

  it('a version that does not start is never put before people, and is taken back', async () => {
    const rowsBefore = await contents();
    const breaks = (tree: string) => {
      edit(path.join(tree, 'dist/server.js'), () => "throw new Error('não sobe');\n");
      writeFileSync(
        path.join(tree, 'migrations/9002_boa.sql'),
        'CREATE TABLE nova (id INT PRIMARY KEY) ENGINE=InnoDB;\n',
      );
    };
    const { texto } = atualizar(casa.proxima('0.1.4', breaks));
    expect(texto).toContain('não sobe');
    expect(texto).toContain('foi desfeita');
    expect(await contents()).toBe(rowsBefore);
    const [found] = await root.query("SHOW TABLES FROM teleclinica LIKE 'nova'");
    expect(found).toEqual([]);
    expect((await readyz()).status).toBe(200);
  });

  it('goes to the next version with the queue full, and asks for a prévia', async () => {
    const before = await version();
    const grows = (tree: string) => {
      writeFileSync(
        path.join(tree, 'migrations/9003_boa.sql'),
        'CREATE TABLE nova (id INT PRIMARY KEY) ENGINE=InnoDB;\n',
      );
      edit(path.join(tree, 'manifest.json'), (text) =>
        text.replace(
          '"columns": ["id", "razao", "fantasia"',
          '"columns": ["id", "razao", "cnpj", "fantasia"',
        ),
      );
    };
    const { status, texto } = atualizar(casa.proxima('0.2.0', grows), '--aceitar-direitos');
    expect(texto).toContain(`${before} → 0.2.0`);
    expect(status).toBe(0);
    expect(await version()).toBe('0.2.0');
    if (!SEM_NAVEGADOR) await passeio.bloquear();
    const [[fila]] = await root.query<mysql.RowDataPacket[]>(
      'SELECT COUNT(*) AS total FROM teleclinica.usuarios',
    );
    // Those who waited, and the one of the contract.
    expect(fila?.['total']).toBe(3_000 + (SEM_NAVEGADOR ? 0 : 1));
    const [lotes] = await root.query<mysql.RowDataPacket[]>(
      "SELECT titulo FROM teleclinica.lotes WHERE origem = 'previa' AND criado_por IS NULL",
    );
    expect(lotes).toHaveLength(1);
    const [grants] = await root.query("SHOW GRANTS FOR 'teleclinica_ixc'@'127.0.0.1'");
    expect(JSON.stringify(grants)).toContain('cnpj');
  });
});

describe.runIf(LONGO)('removing', () => {
  it('takes the program and keeps the data, and can be installed again on it', async () => {
    const { status, texto } = casa.instalar(
      ['desinstalar', '--respostas', casa.respostas, '--sim'],
      casa.instalado,
    );
    expect(texto).toContain('Ninguém foi cancelado na Tele Clínica');
    expect(status).toBe(0);
    if (!SEM_NAVEGADOR) expect(await passeio.nossos()).toBe(0);
    const left = [...casa.retrato().keys()].filter((name) => !antes.has(name));
    expect(left.filter((name) => !/^(etc|var\/lib)\/tele-clinica|^var\/lib$/.test(name))).toEqual([]);
    const [found] = await root.query("SHOW TABLES FROM teleclinica LIKE 'usuarios'");
    expect(found).toHaveLength(1);
  });

  it('leaves every file and byte as it was before, and no account, when data goes too', async () => {
    const args = ['--respostas', casa.respostas, '--raiz', casa.raiz, '--sim'];
    rmSync(path.join(casa.raiz, '../proximas'), { recursive: true });
    const { texto } = casa.instalar(['desinstalar', ...args, '--sem-systemd', '--apagar-dados']);
    expect(texto).toContain('Pronto');
    expect(casa.retrato()).toEqual(antes);
    const [users] = await root.query("SELECT user FROM mysql.user WHERE user LIKE 'teleclinica%'");
    expect(users).toEqual([]);
  });
});

function expectSame(found: Map<string, string>, wanted: Map<string, string>, except: RegExp[]): void {
  const relevant = (map: Map<string, string>) =>
    [...map].filter(([name]) => !except.some((each) => each.test(name)));
  expect(relevant(found)).toEqual(relevant(wanted));
}
