// How long a start takes, and how much memory stays in use.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { startVigia } from '../../src/demo/vigia.ts';
import { summarize } from './amostra.ts';
import type { Instalacao } from './instalacao.ts';
import { endProcess, type Plugin, type Programa, ROOT } from './plugin.ts';
import { atMost, type Linha, timeLine } from './tabela.ts';

const PARTIDAS = 7;
const IDLE_MS = 5_000;
const MEMORIA_MB = 150;
const DEMO_CONTRATOS = 5_000;
const DEMO_S = 20;

/** From the start of the process to ready, several times; then what a process holds that nobody has used. */
export async function measurePartidas(programa: Programa, { env }: Instalacao): Promise<Linha[]> {
  const samples: number[] = [];
  for (let i = 0; i < PARTIDAS; i += 1) {
    const plugin = await programa.start(env);
    samples.push(plugin.prontoMs);
    await plugin.stop();
  }
  const plugin = await programa.start(env);
  try {
    const idle = await memoryLine('Memória do plugin parado, 5 s depois de pronto', plugin);
    return [timeLine('Partida do plugin: processo → pronto', summarize(samples)), idle];
  } finally {
    await plugin.stop();
  }
}

/** Resident memory after five quiet seconds; promised for a process that has only served pages at most. */
export async function memoryLine(nome: string, plugin: Plugin, promised = true): Promise<Linha> {
  await pause(IDLE_MS);
  const valor = plugin.memoriaMb();
  return { nome, valor, unidade: 'MB', ...(promised ? { alvo: atMost(valor, MEMORIA_MB, 'MB') } : {}) };
}

/** The whole demo, packages being there: from the command to its ready line. */
export async function measureDemo(): Promise<Linha[]> {
  const start = performance.now();
  const child = spawn(process.execPath, ['src/demo/run.mjs'], {
    cwd: ROOT,
    env: { ...process.env, DEMO_PORT: '0', DEMO_CONTRATOS: String(DEMO_CONTRATOS) },
    stdio: ['ignore', 'pipe', 2],
  });
  const { stdout } = child;
  if (stdout === null) throw new Error('a demo não tem saída');
  const vigia = startVigia();
  if (child.pid) vigia.watchProcess(child.pid);
  try {
    for await (const line of createInterface({ input: stdout })) {
      if (!line.startsWith('Demo pronta: ')) continue;
      const valor = (performance.now() - start) / 1000;
      const nome = `npm run demo, ${DEMO_CONTRATOS.toLocaleString('pt-BR')} contratos: comando → pronta`;
      return [{ nome, valor, unidade: 's', alvo: atMost(valor, DEMO_S, 's') }];
    }
    throw new Error('a demo terminou antes de ficar pronta');
  } finally {
    await endProcess(child);
    vigia.release();
  }
}
