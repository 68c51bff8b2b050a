// The installer where things are different: at the keyboard, with a DBA in between, killed half-way, on Apache, at an origin of its own.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createIxcDatabase } from '../../src/demo/ixc/dados.ts';
import { findFreePort, type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { type CasaPhp, startCasaPhp } from '../../src/demo/php/casa.ts';
import { makePacoteDeTrabalho } from '../../src/demo/php/pacote.ts';
import { startApache } from '../plugin/apache.ts';
import { eventually } from '../setup/mundo.ts';
import { CERTIFICADO, CHAVE } from '../teleclinica/certificado.ts';
import { photograph, writeAnswers } from './casa.ts';
import { ask } from './pedido.ts';
import { cutOff, type } from './terminal.ts';

vi.setConfig({ testTimeout: 180_000 });

const LONGO = process.env['LONGO'] === '1';
const PONTE = '/addons/tele-clinica-ixc';
const TRIAL = ['--sem-systemd', '--sem-iniciar'];

let mariadb: Mariadb;
let casa: CasaPhp;
let apache: CasaPhp | undefined;
let portTls: number;
let program: string;
let antes: Map<string, string>;
let root: mysql.Connection;
let plugin: Server;

beforeAll(async () => {
  if (!LONGO) return;
  mariadb = await startMariadb();
  await createIxcDatabase(mariadb.rootUrl, 'ixcprovedor', { contratos: 100 });
  const [port, portApache] = [await findFreePort(), await findFreePort()];
  portTls = await findFreePort();
  const ixcDsn = `${mariadb.rootUrl}/ixcprovedor`;
  casa = await startCasaPhp({ port, origens: [`http://127.0.0.1:${port}`], ixcDsn });
  apache = await startApache(casa, portApache, { portTls });
  const tree = path.join(casa.raiz, '../pacote');
  makePacoteDeTrabalho(tree);
  program = path.join(tree, 'plugin/instalar');
  plugin = createServer((_req, res) => res.end('o plugin')).listen(0, '127.0.0.1');
  await once(plugin, 'listening');
  antes = photograph(casa.raiz);
  root = await mysql.createConnection({ uri: mariadb.rootUrl, multipleStatements: true });
}, 120_000);

afterAll(async () => {
  plugin?.close();
  await root?.end();
  await apache?.stop();
  await casa?.stop();
  await mariadb?.stop();
});

const answers = (dadas: Record<string, string> = {}, machine = casa): string => {
  const file = path.join(casa.raiz, '../respostas');
  const address = plugin.address();
  writeAnswers(file, {
    ...machine.respostas,
    banco_servidor: new URL(mariadb.rootUrl).host,
    banco_admin: `${mariadb.rootUrl}/`,
    porta: typeof address === 'object' ? (address?.port ?? 0) : 0,
    ...dadas,
  });
  return file;
};
const args = (command: string, file: string, ...more: string[]) => [
  ...[command, '--raiz', casa.raiz, '--respostas', file, '--sim'],
  ...more,
];
const run = (...line: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, line, { encoding: 'utf8' });
  return { status, texto: `${stdout}${stderr}` };
};
const install = (file: string) => run(...args('instalar', file, ...TRIAL));

/** Takes everything away again: not a byte may be left. */
function expectNoTrace(file: string): void {
  const { texto } = run(...args('desinstalar', file, '--sem-systemd', '--apagar-dados'));
  expect(texto).toContain('Pronto');
  expect(photograph(casa.raiz)).toEqual(antes);
}

describe.runIf(LONGO)('at the keyboard', () => {
  const ANSWERS = (): [RegExp, string][] => [
    [/Endereço do IXC no navegador/, casa.origem],
    [/Servidor MariaDB do IXC/, new URL(mariadb.rootUrl).host],
    [/Nome do banco do IXC \[ixcprovedor\]/, ''],
    [/para o banco do plugin/, new URL(mariadb.rootUrl).host],
    [/Quem cria os usuários/, `${mariadb.rootUrl}/`],
    [/Servidores da Tele Clínica/, 'api.teleclinica.example'],
    [/Servidor web do IXC/, 'nenhum'],
  ];
  const line = () => [program, 'instalar', '--raiz', casa.raiz, ...TRIAL];

  it('it asks seven things, shows what it will do, and a no changes nothing', async () => {
    const { status, texto } = await type(line(), [...ANSWERS(), [/Fazer isto agora\?/, 'não']]);
    expect(texto).toContain('Nada é mudado antes de você ver a lista');
    expect(texto).toMatch(/O que será feito:[\s\S]*CREATE USER/);
    expect(texto).toContain('Nada foi feito.');
    expect(status).toBe(1);
    expect(photograph(casa.raiz)).toEqual(antes);
    const [users] = await root.query("SELECT user FROM mysql.user WHERE user LIKE 'teleclinica%'");
    expect(users).toEqual([]);
  });

  it('a yes installs what was typed', async () => {
    const { status, texto } = await type(line(), [...ANSWERS(), [/Fazer isto agora\?/, 'sim']]);
    expect(texto).toContain('Pronto: Tele Clínica');
    expect(status).toBe(0);
    const ambiente = readFileSync(path.join(casa.raiz, 'etc/tele-clinica/ambiente'), 'utf8');
    expect(ambiente).toContain(`IXC_ORIGIN=${casa.origem}\n`);
    expect(ambiente).toContain('TELECLINICA_HOSTS=api.teleclinica.example\n');
    expectNoTrace(answers());
  });

  it('an answer that does not serve is named, and nothing is changed', async () => {
    const wrong: [RegExp, string][] = ANSWERS().map(([question], at) => [question, at === 0 ? 'ixc' : '']);
    const { texto } = await type(line(), wrong);
    expect(texto).toContain('A resposta ixc_origem não serve: “ixc”.');
    expect(photograph(casa.raiz)).toEqual(antes);
  });
});

describe.runIf(LONGO)('with a DBA in between', () => {
  it('prints all the SQL once; when the DBA has run it, the second run goes to the end without an administrator', async () => {
    const file = answers({ banco_admin: 'imprimir' });
    const first = install(file);
    expect(first.status).toBe(1);
    expect(first.texto).toContain('rode este comando de novo');
    const sql = first.texto.split('Entregue ao DBA, com as senhas:')[1]?.split('\n\nO DBA precisa')[0] ?? '';
    expect(sql).toMatch(/GRANT SELECT \(`id`, /);
    await root.query(sql);
    const second = install(file);
    expect(second.texto).toContain('Pronto');
    expect(second.status).toBe(0);
    const [tables] = await root.query("SHOW TABLES FROM teleclinica LIKE 'usuarios'");
    expect(tables).toHaveLength(1);
    // Taking away without an administrator: the SQL is for the DBA again, and what is left says so.
    expect(run(...args('desinstalar', file, '--sem-systemd', '--apagar-dados')).texto).toContain(
      'entregue ao DBA:\nDROP',
    );
    expectNoTrace(answers());
  });
});

describe.runIf(LONGO)('for a PHP without libsodium', () => {
  it('one secret for bridge and plugin, and the way back to Ed25519', () => {
    const has = (name: string) => photograph(casa.raiz).has(`etc/tele-clinica/chaves/${name}`);
    const config = () =>
      readFileSync(path.join(casa.raiz, 'opt/tele-clinica/ponte/configuracao.php'), 'utf8');
    const shared = answers({ php_assinatura: 'HS256' });
    expect(install(shared).texto).toContain('Pronto');
    expect(config()).toMatch(/'algoritmo' => 'HS256',\n {4}'chave' => '.*lancamento\.segredo'/);
    expect([has('lancamento.segredo'), has('lancamento-privada.pem')]).toEqual([true, false]);
    expect(install(answers({ php_assinatura: 'EdDSA' })).texto).toContain('Pronto');
    expect(config()).toMatch(/'algoritmo' => 'EdDSA',\n {4}'chave' => '.*lancamento-privada\.pem'/);
    expect([has('lancamento.segredo'), has('lancamento-privada.pem')]).toEqual([false, true]);
    expectNoTrace(answers());
  });
});

describe.runIf(LONGO)('killed half-way', () => {
  it('goes on from wherever it was cut off, and still takes every byte away', async () => {
    const file = answers();
    for (const step of [/^\[1\//m, /ambiente/, /tabelas do plugin/, /sites-enabled/])
      await cutOff([program, ...args('instalar', file, ...TRIAL)], step);
    const { status, texto } = install(file);
    expect(texto).toMatch(/Pronto|nada a fazer/);
    expect(status).toBe(0);
    expect(install(file).texto).toContain('nada a fazer');
    expectNoTrace(file);
  });
});

describe.runIf(LONGO)('on Apache', () => {
  const text = async (where: string) => (await ask(`${apache?.origem}${where}`)).texto;

  it('installs, injects the script, lets the bridge answer, passes the plugin on, and leaves no byte behind', async (context) => {
    if (apache === undefined) return context.skip();
    const file = answers({}, apache);
    expect(await text('/')).not.toContain('botoes.js');
    expect(install(file).texto).toContain('Pronto');
    await eventually(async () =>
      (await text('/')).includes(`<script src="${PONTE}/botoes.js" defer></script></body>`),
    );
    expect(await text(`${PONTE}/ponte.php`)).toContain('Entre no IXC e abra a Tele Clínica de novo');
    expect(await text('/addons/tele-clinica/')).toBe('o plugin');
    expectNoTrace(file);
    await eventually(async () => !(await text('/')).includes('botoes.js'));
  });

  it('at an origin of its own: HTTPS, one path, and the way back to under IXC’s host', async (context) => {
    if (apache === undefined) return context.skip();
    const [plugin_certificado, plugin_chave] = ['cert.pem', 'key.pem'].map((name) =>
      path.join(casa.raiz, '..', name),
    );
    const origin = `https://127.0.0.1:${portTls}`;
    const own = { plugin_origem: origin, plugin_certificado, plugin_chave } as Record<string, string>;
    const file = answers(own, apache);
    const refused = install(file);
    expect(refused.texto).toMatch(/falha {2}servidor web: plugin_certificado .*precisa ser um arquivo/);
    writeFileSync(own['plugin_certificado'] ?? '', CERTIFICADO);
    writeFileSync(own['plugin_chave'] ?? '', CHAVE);
    expect(install(file).texto).toContain('Pronto');
    // Apache listens for HTTPS only once it has read our site.
    const seen = () => ask(`${origin}/addons/tele-clinica/`).catch(() => undefined);
    await eventually(async () => (await seen())?.texto === 'o plugin');
    expect((await ask(`${origin}/`)).status).toBe(403);
    expect(await text('/addons/tele-clinica/')).not.toBe('o plugin');
    const config = readFileSync(path.join(casa.raiz, 'opt/tele-clinica/ponte/configuracao.php'), 'utf8');
    expect(config).toContain(`'plugin' => '${origin}/addons/tele-clinica'`);
    const ambiente = readFileSync(path.join(casa.raiz, 'etc/tele-clinica/ambiente'), 'utf8');
    expect(ambiente).toContain(`PLUGIN_ORIGIN=${origin}\n`);

    const back = answers({ plugin_origem: '' }, apache);
    expect(install(back).texto).toContain('já não serve');
    await eventually(async () => (await text('/addons/tele-clinica/')) === 'o plugin');
    expectNoTrace(back);
  });
});
