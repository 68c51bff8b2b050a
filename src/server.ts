// Starts the program: web, worker and scanner in one process, or only some of them (`--only=web`).
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { z } from 'zod';
import { type Config, ConfigError, environment, loadConfig } from './config.ts';
import { openIxcPool, openPool } from './db.ts';
import { createLog, type Log } from './log.ts';
import { migrate } from './migrate.ts';
import { IXC_CONNECTIONS, OWN_CONNECTIONS, PARTS, type Part } from './partes.ts';
import { startWorker, type Worker } from './sync/atendimento/worker.ts';
import { startAvisos } from './sync/avisos/processo.ts';
import { createSync, type Sync } from './sync/contexto.ts';
import { startComparacao } from './sync/divergencias/execucao.ts';
import { startPrevoo } from './sync/prevoo/execucao.ts';
import { startVarredura } from './sync/varredura/processo.ts';
import { createApp } from './web/app.ts';

const STOP_AFTER_MS = 20_000;

async function main(): Promise<void> {
  const parts = chosenParts(process.argv.slice(2));
  const config = loadConfig(environment());
  const log = createLog(config.logLevel);
  const total = (table: Record<Part, number>): number => parts.reduce((sum, part) => sum + table[part], 0);
  const db = openPool(config.databaseUrl, total(OWN_CONNECTIONS));
  const ixc = openIxcPool(config.ixcDatabaseUrl, total(IXC_CONNECTIONS));
  await migrate(db);

  let worker: Worker | undefined;
  const sync = await createSync({ db, ixc, config, log, wake: () => worker?.wake() });
  auditOverrides(config, log);
  if (parts.includes('worker')) worker = startWorker(sync);
  const avisos = parts.includes('worker') ? startAvisos(sync) : undefined;
  const varredura = parts.includes('varredura') ? startVarredura(sync) : undefined;
  const prevoo = parts.includes('varredura') ? startPrevoo(sync) : undefined;
  const comparacao = parts.includes('varredura') ? startComparacao(sync) : undefined;
  const server = parts.includes('web') ? await listen(sync) : undefined;
  log.info({ partes: parts }, 'no ar');
  stopOnSignal(async () => {
    const loops = [worker, avisos, varredura, prevoo, comparacao].map((each) => each?.stop());
    await Promise.all([close(server), ...loops]);
    await Promise.all([db.end(), ixc.end()]);
  });
}

function chosenParts(args: string[]): Part[] {
  const only = args.find((arg) => arg.startsWith('--only='))?.slice('--only='.length);
  if (only === undefined) return [...PARTS];
  const part = PARTS.find((each) => each === only);
  if (part === undefined) throw new ConfigError(`--only=${only} não existe. Use ${PARTS.join(', ')}.`);
  return [part];
}

// An override of the rule that produção needs a verified profile must be visible to whoever reads the log.
function auditOverrides({ perfisAceitosEmProducao }: Config, log: Log): void {
  if (perfisAceitosEmProducao.length === 0) return;
  log.warn({ perfis: perfisAceitosEmProducao }, 'perfis aceitos em produção sem registro de verificação');
}

async function listen(sync: Sync): Promise<Server> {
  const { config, log } = sync;
  const server = createServer(createApp({ sync, versao: version() }));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  log.info({ host: config.host, porta: port }, 'web no ar');
  console.log(`Tele Clínica no ar: http://${config.host}:${port}${config.basePath}/`);
  return server;
}

function version(): string {
  const manifest = readFileSync(new URL('../manifest.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

function close(server: Server | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server === undefined) return resolve();
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_AFTER_MS).unref();
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
