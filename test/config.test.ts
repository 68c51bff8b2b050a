// Every variable: what happens when it is missing, wrong or right. A mistake is one sentence that names the variable.
import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, ConfigError, loadConfig } from '../src/config.ts';

type Env = Record<string, string | undefined>;

const PEM = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
// Of another kind, private, cut short: each looks like a key, and none would open a launch.
const spki = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();
const WRONG_KEYS = [
  spki(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
  spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  spki(generateKeyPairSync('x25519').publicKey),
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  PEM.replace(/.{10}(?=\n-----END)/, ''),
  '-----BEGIN PUBLIC KEY-----',
];
const APP_KEY = randomBytes(32).toString('base64');
const LAUNCH_SECRET = randomBytes(32).toString('base64');
const BASE: Env = {
  DATABASE_URL: 'mysql://dono:senhadono@127.0.0.1:3306/nosso',
  IXC_DATABASE_URL: 'mariadb://leitor:senhaleitor@127.0.0.1:3306/ixc',
  IXC_ORIGIN: 'https://ixc.example.com',
  APP_KEY,
  LAUNCH_SECRET,
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (change: Env = {}): Config => loadConfig({ ...BASE, ...change });
const complaint = (change: Env): string => {
  try {
    load(change);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'taken';
};
const inFile = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

describe('with only what must be there', () => {
  it('everything else has its default', () => {
    const { databaseUrl, ixcDatabaseUrl, appKey, launchKey, ...rest } = load();
    expect(databaseUrl).toBe(BASE['DATABASE_URL']);
    expect(ixcDatabaseUrl).toBe(BASE['IXC_DATABASE_URL']);
    expect(appKey.toString('base64')).toBe(APP_KEY);
    expect(launchKey).toEqual({ alg: 'HS256', secret: Buffer.from(LAUNCH_SECRET, 'base64') });
    expect(rest).toMatchObject({
      host: '127.0.0.1',
      port: 3080,
      basePath: '/addons/tele-clinica',
      ixcOrigins: ['https://ixc.example.com'],
      pluginOrigin: undefined,
      teleclinicaHosts: [],
      metricsToken: undefined,
      pausaArquivo: undefined,
      varreduraMs: 5_000,
      varreduraCompletaMs: 3_600_000,
      timeoutMs: 15_000,
      confirmacaoMs: 60_000,
      leaseMs: 60_000,
      perfisAceitosEmProducao: [],
      logLevel: 'info',
    });
  });

  it('a variable set to nothing is as good as missing', () => {
    const empty = { PORT: '', HOST: '', TELECLINICA_TIMEOUT_MS: '', LOG_LEVEL: '', METRICS_TOKEN: '' };
    expect(load(empty)).toEqual(load());
  });
});

describe('a mistake', () => {
  it.each<[string, Env]>([
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['DATABASE_URL', { DATABASE_URL: '' }],
    ['DATABASE_URL', { DATABASE_URL: 'localhost:3306/nosso' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://u:p@h/nosso' }],
    ['DATABASE_URL', { DATABASE_URL: 'mysql://u:p@h' }],
    ['IXC_DATABASE_URL', { IXC_DATABASE_URL: undefined }],
    ['IXC_DATABASE_URL', { IXC_DATABASE_URL: 'http://h/ixc' }],
    ['PLUGIN_ORIGIN', { PLUGIN_ORIGIN: 'http://tele-clinica.example.com' }],
    ['PLUGIN_ORIGIN', { PLUGIN_ORIGIN: 'https://tele-clinica.example.com/' }],
    ['PLUGIN_ORIGIN', { PLUGIN_ORIGIN: 'tele-clinica.example.com' }],
    ['IXC_ORIGIN', { IXC_ORIGIN: undefined }],
    ['IXC_ORIGIN', { IXC_ORIGIN: 'ixc.example.com' }],
    ['IXC_ORIGIN', { IXC_ORIGIN: 'https://ixc.example.com/' }],
    ['IXC_ORIGIN', { IXC_ORIGIN: 'https://ixc.example.com/adm' }],
    ['IXC_ORIGIN', { IXC_ORIGIN: 'https://a.example.com,*' }],
    ['APP_KEY', { APP_KEY: undefined }],
    ['APP_KEY', { APP_KEY: randomBytes(16).toString('base64') }],
    ['APP_KEY', { APP_KEY: randomBytes(33).toString('base64') }],
    ['APP_KEY_FILE', { APP_KEY_FILE: '/nao/existe' }],
    ['LAUNCH_SECRET_FILE', { LAUNCH_SECRET: undefined }],
    ['LAUNCH_PUBLIC_KEY_FILE', { LAUNCH_PUBLIC_KEY: PEM }],
    ['LAUNCH_PUBLIC_KEY_FILE', { LAUNCH_SECRET: undefined, LAUNCH_PUBLIC_KEY: 'nada' }],
    ...WRONG_KEYS.map((pem): [string, Env] => [
      'LAUNCH_PUBLIC_KEY_FILE',
      { LAUNCH_SECRET: undefined, LAUNCH_PUBLIC_KEY: pem },
    ]),
    ['LAUNCH_PUBLIC_KEY_FILE', { LAUNCH_SECRET: undefined, LAUNCH_PUBLIC_KEY_FILE: '/nao/existe' }],
    ['LAUNCH_SECRET_FILE', { LAUNCH_SECRET: 'curto' }],
    ['PORT', { PORT: '-1' }],
    ['PORT', { PORT: '65536' }],
    ['PORT', { PORT: 'abc' }],
    ['BASE_PATH', { BASE_PATH: 'addons' }],
    ['BASE_PATH', { BASE_PATH: '/addons/' }],
    ['BASE_PATH', { BASE_PATH: '/a b' }],
    ['BASE_PATH', { BASE_PATH: '/' }],
    ['TELECLINICA_TIMEOUT_MS', { TELECLINICA_TIMEOUT_MS: '99' }],
    ['TELECLINICA_TIMEOUT_MS', { TELECLINICA_TIMEOUT_MS: '15s' }],
    ['LEASE_SEGUNDOS', { LEASE_SEGUNDOS: '0' }],
    ['LEASE_SEGUNDOS', { LEASE_SEGUNDOS: '15' }],
    ['LEASE_SEGUNDOS', { LEASE_SEGUNDOS: '10', TELECLINICA_TIMEOUT_MS: '10000' }],
    ['CONFIRMACAO_SEGUNDOS', { CONFIRMACAO_SEGUNDOS: '0' }],
    ['CONFIRMACAO_SEGUNDOS', { CONFIRMACAO_SEGUNDOS: 'NaN' }],
    ['VARREDURA_SEGUNDOS', { VARREDURA_SEGUNDOS: '-5' }],
    ['VARREDURA_COMPLETA_SEGUNDOS', { VARREDURA_COMPLETA_SEGUNDOS: '0' }],
  ])('in %s is one sentence that names it: %j', (name, change) => {
    const sentence = complaint(change);
    expect(sentence).toContain(name);
    expect(sentence).toMatch(/\.$|\)\.$/);
    expect(sentence).not.toContain('\n');
  });

  it('never repeats a secret', () => {
    const senha = 'senha-que-ninguem-le';
    expect(complaint({ DATABASE_URL: `postgres://u:${senha}@h/x` })).not.toContain(senha);
    expect(complaint({ APP_KEY: senha })).not.toContain(senha);
    expect(complaint({ LAUNCH_SECRET: senha })).not.toContain(senha);
  });
});

describe('what is set', () => {
  it.each<[string, Env, Partial<Config>]>([
    ['HOST', { HOST: '0.0.0.0' }, { host: '0.0.0.0' }],
    ['PORT 0, a free one', { PORT: '0' }, { port: 0 }],
    ['BASE_PATH empty, the root', { BASE_PATH: '' }, { basePath: '' }],
    ['BASE_PATH', { BASE_PATH: '/a/b-c.d' }, { basePath: '/a/b-c.d' }],
    [
      'several origins',
      { IXC_ORIGIN: 'https://a.example.com , http://10.0.0.1:8080,' },
      { ixcOrigins: ['https://a.example.com', 'http://10.0.0.1:8080'] },
    ],
    [
      'TELECLINICA_HOSTS, in small letters',
      { TELECLINICA_HOSTS: 'API.Example.com, b.example.com' },
      { teleclinicaHosts: ['api.example.com', 'b.example.com'] },
    ],
    ['METRICS_TOKEN', { METRICS_TOKEN: 'abc' }, { metricsToken: 'abc' }],
    ['PAUSA_ARQUIVO', { PAUSA_ARQUIVO: '/etc/pausa' }, { pausaArquivo: '/etc/pausa' }],
    ['VARREDURA_SEGUNDOS', { VARREDURA_SEGUNDOS: '0.5' }, { varreduraMs: 500 }],
    ['VARREDURA_COMPLETA_SEGUNDOS', { VARREDURA_COMPLETA_SEGUNDOS: '60' }, { varreduraCompletaMs: 60_000 }],
    ['CONFIRMACAO_SEGUNDOS', { CONFIRMACAO_SEGUNDOS: '2.5' }, { confirmacaoMs: 2_500 }],
    [
      'LEASE_SEGUNDOS above the timeout',
      { LEASE_SEGUNDOS: '2', TELECLINICA_TIMEOUT_MS: '1999' },
      { leaseMs: 2_000, timeoutMs: 1_999 },
    ],
    [
      'PERFIS_ACEITOS_EM_PRODUCAO',
      { PERFIS_ACEITOS_EM_PRODUCAO: 'a,b' },
      { perfisAceitosEmProducao: ['a', 'b'] },
    ],
    ['LOG_LEVEL', { LOG_LEVEL: 'debug' }, { logLevel: 'debug' }],
    [
      'an Ed25519 key',
      { LAUNCH_SECRET: undefined, LAUNCH_PUBLIC_KEY: PEM },
      { launchKey: { alg: 'EdDSA', pem: PEM.trim() } },
    ],
  ])('counts: %s', (_, change, expected) => {
    expect(load(change)).toMatchObject(expected);
  });

  it('a secret in a file wins over the variable, and its last line break is no part of it', () => {
    const other = randomBytes(32).toString('base64');
    expect(load({ APP_KEY_FILE: inFile('app.key', `${other}\n`) }).appKey.toString('base64')).toBe(other);
    const pem = { LAUNCH_SECRET: undefined, LAUNCH_PUBLIC_KEY_FILE: inFile('launch.pem', PEM) };
    expect(load(pem).launchKey).toEqual({ alg: 'EdDSA', pem: PEM.trim() });
  });
});
