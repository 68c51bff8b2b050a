// `npm run doutor`: is this installation healthy? One line a check, each failure with its exact fix.
import { z } from 'zod';
import { type Config, ConfigError, environment, loadConfig } from './config.ts';
import { type Db, isDatabaseDown, openIxcPool, openPool, rows } from './db.ts';
import { findMissingColumns, readManifest } from './ixc/colunas.ts';
import { pendingMigrations } from './migrate.ts';
import { loadPerfisInstalados } from './sync/contexto.ts';

type Estado = 'ok' | 'aviso' | 'falha';

interface Linha {
  checagem: string;
  estado: Estado;
  mensagem: string;
}

type Check = () => Promise<Omit<Linha, 'checagem'>>;

const ok = (mensagem: string) => ({ estado: 'ok' as const, mensagem });
const aviso = (mensagem: string) => ({ estado: 'aviso' as const, mensagem });
const falha = (mensagem: string) => ({ estado: 'falha' as const, mensagem });

async function main(): Promise<void> {
  const linhas = await examine();
  const asJson = process.argv.includes('--json');
  if (asJson) console.log(JSON.stringify(linhas, null, 2));
  else
    for (const { checagem, estado, mensagem } of linhas)
      console.log(`${estado.padEnd(5)}  ${checagem}: ${mensagem}`);
  if (linhas.some(({ estado }) => estado === 'falha')) process.exitCode = 1;
}

async function examine(): Promise<Linha[]> {
  const config = readConfig();
  if (typeof config === 'string') return [{ checagem: 'configuração', ...falha(config) }];
  const db = openPool(config.databaseUrl, 1);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 1);
  const checks: [string, Check][] = [
    ['configuração', async () => ok('todas as variáveis conferem')],
    ['perfis', checkPerfis],
    ['nosso banco', () => checkSchema(db)],
    ['durabilidade', () => checkDurability(db)],
    ['banco do IXC', () => checkColumns(ixc)],
    ['direitos no IXC', () => checkGrants(ixc)],
    ['relógio', () => checkClock(db)],
  ];
  const linhas: Linha[] = [];
  for (const [checagem, check] of checks) linhas.push({ checagem, ...(await check().catch(explain)) });
  await Promise.all([db.end(), ixc.end()]);
  return linhas;
}

function readConfig(): Config | string {
  try {
    return loadConfig(environment());
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

function explain(error: unknown): Omit<Linha, 'checagem'> {
  const message = error instanceof Error ? error.message : String(error);
  return falha(isDatabaseDown(error) ? `o banco não responde ou recusou a entrada (${message})` : message);
}

async function checkPerfis(): Promise<Omit<Linha, 'checagem'>> {
  return ok([...loadPerfisInstalados().keys()].join(', '));
}

async function checkSchema(db: Db): Promise<Omit<Linha, 'checagem'>> {
  const pending = await pendingMigrations(db);
  return pending.length === 0 ? ok('em dia') : falha(`faltam ${pending.join(', ')}: rode npm run migrate`);
}

// What a click was told is done must survive a power cut.
async function checkDurability(db: Db): Promise<Omit<Linha, 'checagem'>> {
  const [found] = await rows(
    db,
    'SELECT @@innodb_flush_log_at_trx_commit AS flush, VERSION() AS versao',
    {},
    z.object({ flush: z.coerce.number(), versao: z.string() }),
  );
  if (found?.flush === 1) return ok(`${found.versao}, cada gravação vai ao disco`);
  return aviso(
    `innodb_flush_log_at_trx_commit = ${found?.flush}: uma queda de energia pode perder o último segundo; use 1`,
  );
}

async function checkColumns(ixc: Db): Promise<Omit<Linha, 'checagem'>> {
  const missing = await findMissingColumns(ixc, readManifest());
  if (missing.length === 0) return ok('todas as colunas do manifest.json podem ser lidas');
  return falha(
    `sem acesso a ${missing.slice(0, 8).join(', ')}${missing.length > 8 ? '…' : ''}: refaça os GRANTs`,
  );
}

// A user that could write IXC is a danger even if we never do.
async function checkGrants(ixc: Db): Promise<Omit<Linha, 'checagem'>> {
  const grants = await rows(ixc, 'SHOW GRANTS', {}, z.record(z.string(), z.string()));
  const excess = grants
    .flatMap((grant) => Object.values(grant))
    .filter((grant) => !/^GRANT (USAGE|SELECT \()/.test(grant));
  if (excess.length === 0) return ok('só leitura, coluna por coluna');
  return falha(
    `o usuário do IXC pode mais que o preciso (${excess.length} concessões): deixe só SELECT nas colunas`,
  );
}

async function checkClock(db: Db): Promise<Omit<Linha, 'checagem'>> {
  const [found] = await rows(
    db,
    'SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(3)) * 1000 AS agora',
    {},
    z.object({ agora: z.coerce.number() }),
  );
  const skew = Math.abs(Date.now() - (found?.agora ?? 0)) / 1000;
  return skew < 10
    ? ok('este servidor e o banco concordam')
    : aviso(
        `este servidor e o banco diferem ${skew.toFixed(0)} s: ligue o NTP, ou os lançamentos serão recusados`,
      );
}

await main();
