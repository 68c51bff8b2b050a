// `npm run doutor`: is this installation healthy? One line a check, each failure with its exact fix; `--pacote` for support.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Config, ConfigError, environment, loadConfig } from './config.ts';
import { openIxcPool, openPool, type Pool } from './db.ts';
import { createLog } from './log.ts';
import { createSync } from './sync/contexto.ts';
import { examine } from './sync/doutor/exame.ts';
import { falha, type Linha, ok, type Paciente } from './sync/doutor/linha.ts';
import { makePacote } from './sync/doutor/pacote.ts';
import { pingAll } from './sync/doutor/parceiro.ts';
import { examineNetwork } from './sync/doutor/rede.ts';

const OPTIONS = {
  json: { type: 'boolean', default: false },
  // Where to write what support may read, and which file of ours has the log.
  pacote: { type: 'string' },
  registro: { type: 'string' },
  // Without the calls to Tele Clínica.
  'sem-chamadas': { type: 'boolean', default: false },
} as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const config = readConfig();
  const linhas = typeof config === 'string' ? [{ checagem: 'configuração', ...falha(config) }] : [];
  if (typeof config !== 'string')
    await withPaciente(config, (paciente) => examineAll(paciente, values, linhas));
  if (values.json) console.log(JSON.stringify(linhas, null, 2));
  else
    for (const { checagem, estado, mensagem } of linhas)
      console.log(`${estado.padEnd(5)}  ${checagem}: ${mensagem}`);
  if (values.pacote !== undefined && !values.json) console.log(`Para o suporte: ${values.pacote}`);
  if (linhas.some(({ estado }) => estado === 'falha')) process.exitCode = 1;
}

interface Escolhas {
  pacote?: string | undefined;
  registro?: string | undefined;
  'sem-chamadas': boolean;
}

async function examineAll(paciente: PacienteAberto, escolhas: Escolhas, linhas: Linha[]): Promise<void> {
  linhas.push({ checagem: 'configuração', ...ok('todas as variáveis conferem') });
  linhas.push(...(await examine(paciente)));
  linhas.push(...(await examineNetwork(paciente)));
  if (!escolhas['sem-chamadas']) linhas.push(...(await callPartner(paciente)));
  if (escolhas.pacote === undefined) return;
  writeFileSync(escolhas.pacote, await makePacote(paciente, linhas, logTail(escolhas.registro)), {
    mode: 0o600,
  });
}

type PacienteAberto = Paciente & { db: Pool; ixc: Pool };

async function withPaciente(
  config: Config,
  work: (paciente: PacienteAberto) => Promise<void>,
): Promise<void> {
  const db = openPool(config.databaseUrl, 2);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 1);
  try {
    await work({ config, db, ixc, versao: version() });
  } finally {
    await Promise.all([db.end(), ixc.end()]);
  }
}

// Also the proof that APP_KEY opens what it once closed.
async function callPartner({ config, db, ixc }: PacienteAberto): Promise<Linha[]> {
  try {
    const sync = await createSync({ db, ixc, config, log: createLog('silent'), wake: () => undefined });
    return [{ checagem: 'chaves', ...ok('APP_KEY abre o que está guardado') }, ...(await pingAll(sync))];
  } catch (error) {
    return [{ checagem: 'chaves', ...falha(error instanceof Error ? error.message : String(error)) }];
  }
}

const LINES = 300;

const logTail = (file: string | undefined): string[] =>
  file === undefined ? [] : readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LINES);

function version(): string {
  const manifest = readFileSync(new URL('../manifest.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(manifest)).version;
}

function readConfig(): Config | string {
  try {
    return loadConfig(environment());
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

await main();
