// The only reader of the environment: contract of names and defaults, checked at start, one sentence per mistake.
import { readFileSync } from 'node:fs';
import { z } from 'zod';

export type LaunchKey = { alg: 'EdDSA'; pem: string } | { alg: 'HS256'; secret: Buffer };

export interface Config {
  databaseUrl: string;
  ixcDatabaseUrl: string;
  host: string;
  port: number;
  basePath: string;
  ixcOrigins: string[];
  /** Our own origin, only when we are not under IXC's host. */
  pluginOrigin: string | undefined;
  appKey: Buffer;
  launchKey: LaunchKey;
  teleclinicaHosts: string[];
  avisosHosts: string[];
  metricsToken: string | undefined;
  pausaArquivo: string | undefined;
  varreduraMs: number;
  varreduraCompletaMs: number;
  avisosMs: number;
  timeoutMs: number;
  confirmacaoMs: number;
  leaseMs: number;
  perfisAceitosEmProducao: string[];
  logLevel: string;
}

/** A start that cannot go on; `message` is one sentence that names the variable. */
export class ConfigError extends Error {}

/**
 * Reads and checks every variable (see `.env.example`).
 * @throws ConfigError naming the first missing or wrong variable.
 */
export function loadConfig(env: Record<string, string | undefined>): Config {
  const timeoutMs = number(env, 'TELECLINICA_TIMEOUT_MS', 15_000, { min: 100 });
  const leaseMs = number(env, 'LEASE_SEGUNDOS', 60, { min: 0.5 }) * 1000;
  if (leaseMs <= timeoutMs) {
    throw new ConfigError(
      `LEASE_SEGUNDOS (${leaseMs / 1000}) precisa ser maior que TELECLINICA_TIMEOUT_MS (${timeoutMs}).`,
    );
  }
  return {
    databaseUrl: databaseUrl(env, 'DATABASE_URL'),
    ixcDatabaseUrl: databaseUrl(env, 'IXC_DATABASE_URL'),
    host: env['HOST'] || '127.0.0.1',
    port: wholeNumber(env, 'PORT', 3080, 65_535),
    basePath: basePath(env['BASE_PATH'] ?? '/addons/tele-clinica'),
    ixcOrigins: origins(env),
    pluginOrigin: pluginOrigin(env['PLUGIN_ORIGIN']),
    appKey: appKey(env),
    launchKey: launchKey(env),
    teleclinicaHosts: hosts(env, 'TELECLINICA_HOSTS'),
    avisosHosts: hosts(env, 'AVISOS_HOSTS'),
    metricsToken: env['METRICS_TOKEN'] || undefined,
    pausaArquivo: env['PAUSA_ARQUIVO'] || undefined,
    varreduraMs: number(env, 'VARREDURA_SEGUNDOS', 5, { min: 0.1 }) * 1000,
    varreduraCompletaMs: number(env, 'VARREDURA_COMPLETA_SEGUNDOS', 3600, { min: 1 }) * 1000,
    avisosMs: number(env, 'AVISOS_SEGUNDOS', 2, { min: 0.05, max: 60 }) * 1000,
    timeoutMs,
    confirmacaoMs: number(env, 'CONFIRMACAO_SEGUNDOS', 60, { min: 0.05 }) * 1000,
    leaseMs,
    perfisAceitosEmProducao: list(env['PERFIS_ACEITOS_EM_PRODUCAO']),
    logLevel: logLevel(env['LOG_LEVEL'] || 'info'),
  };
}

function databaseUrl(env: Record<string, string | undefined>, name: string): string {
  const value = required(env, name);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['mysql:', 'mariadb:'].includes(url.protocol) || url.pathname.length < 2) {
    throw new ConfigError(`${name} precisa ter a forma mysql://usuario:senha@servidor:3306/banco.`);
  }
  return value;
}

function basePath(value: string): string {
  if (value === '' || /^(\/[\w.-]+)+$/.test(value)) return value;
  throw new ConfigError(
    'BASE_PATH precisa começar com / e não terminar com /, por exemplo /addons/tele-clinica.',
  );
}

function origins(env: Record<string, string | undefined>): string[] {
  const found = list(required(env, 'IXC_ORIGIN'));
  for (const origin of found) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new ConfigError(
        `IXC_ORIGIN tem “${origin}”, que não é uma origem como https://ixc.provedor.com.br.`,
      );
    }
  }
  return found;
}

// Browsers keep a partitioned cookie only from HTTPS, or from this very machine.
function pluginOrigin(value: string | undefined): string | undefined {
  if (!value) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const safe = url?.protocol === 'https:' || ['localhost', '127.0.0.1'].includes(url?.hostname ?? '');
  if (url?.origin === value && safe) return value;
  throw new ConfigError(
    'PLUGIN_ORIGIN precisa ser uma origem HTTPS como https://tele-clinica.provedor.com.br, ou ficar vazia.',
  );
}

function appKey(env: Record<string, string | undefined>): Buffer {
  const key = Buffer.from(secret(env, 'APP_KEY') ?? '', 'base64');
  if (key.length !== 32) {
    throw new ConfigError(
      'APP_KEY_FILE ou APP_KEY precisa ter 32 bytes em base64 (openssl rand -base64 32).',
    );
  }
  return key;
}

function launchKey(env: Record<string, string | undefined>): LaunchKey {
  const pem = secret(env, 'LAUNCH_PUBLIC_KEY');
  const shared = secret(env, 'LAUNCH_SECRET');
  if ((pem === undefined) === (shared === undefined)) {
    throw new ConfigError(
      'Defina exatamente um: LAUNCH_PUBLIC_KEY_FILE (Ed25519) ou LAUNCH_SECRET_FILE (HS256).',
    );
  }
  if (pem !== undefined) {
    if (!pem.includes('BEGIN PUBLIC KEY')) {
      throw new ConfigError('LAUNCH_PUBLIC_KEY_FILE precisa conter uma chave pública Ed25519 em PEM.');
    }
    return { alg: 'EdDSA', pem };
  }
  const bytes = Buffer.from(shared ?? '', 'base64');
  if (bytes.length < 32) throw new ConfigError('LAUNCH_SECRET_FILE precisa ter ao menos 32 bytes em base64.');
  return { alg: 'HS256', secret: bytes };
}

// A secret comes from NAME_FILE (preferred: not inherited by children, not visible in process lists) or from NAME.
function secret(env: Record<string, string | undefined>, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name]?.trim() || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError(`${name}_FILE aponta para ${file}, que não pode ser lido.`);
  }
}

function number(
  env: Record<string, string | undefined>,
  name: string,
  fallback: number,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number },
): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const parsed = z.coerce.number().min(min).max(max).safeParse(text);
  if (!parsed.success)
    throw new ConfigError(`${name} precisa ser um número entre ${min} e ${max}, e não “${text}”.`);
  return parsed.data;
}

function wholeNumber(
  env: Record<string, string | undefined>,
  name: string,
  fallback: number,
  max: number,
): number {
  const value = number(env, name, fallback, { max });
  if (!Number.isInteger(value))
    throw new ConfigError(`${name} precisa ser um número inteiro, e não “${value}”.`);
  return value;
}

function hosts(env: Record<string, string | undefined>, name: string): string[] {
  const found = list(env[name]).map((host) => host.toLowerCase());
  const wrong = found.find((host) => !/^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/.test(host));
  if (wrong !== undefined) {
    throw new ConfigError(`${name} tem “${wrong}”: escreva só servidor ou servidor:porta, sem https://.`);
  }
  return found;
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

function logLevel(value: string): string {
  if (LEVELS.includes(value)) return value;
  throw new ConfigError(`LOG_LEVEL precisa ser um destes: ${LEVELS.join(', ')}.`);
}

function required(env: Record<string, string | undefined>, name: string): string {
  const value = env[name];
  if (!value) throw new ConfigError(`Falta a variável ${name}. Veja .env.example.`);
  return value;
}

function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The process's environment, so that no other file needs `process.env`. */
export const environment = (): Record<string, string | undefined> => process.env;
