// The demo as a visitor starts it: the same process, found by the line it prints and by GET /demo.json.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Cliente, createCliente } from '../../src/demo/simulador/cliente.ts';

export interface Demo {
  url: string;
  plugin: string;
  simulador: Cliente & { url: string; usuario: string; senha: string };
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Descricao = z.object({
  url: z.url(),
  plugin: z.url(),
  simulador: z.object({ url: z.url(), usuario: z.string(), senha: z.string(), controle: z.url() }),
});

/** Starts it on a free port with `contratos` contracts, and waits for its ready line. */
export async function startDemo(contratos: number): Promise<Demo> {
  const child = spawn(process.execPath, ['src/demo/run.mjs'], {
    cwd: ROOT,
    env: { ...process.env, DEMO_PORT: '0', DEMO_CONTRATOS: String(contratos) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const told: string[] = [];
  child.stderr.on('data', (chunk) => told.push(String(chunk)));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(/http:\S+/.exec(String(chunk))?.[0] ?? ''));
    child.once('exit', () => reject(new Error(`a demo terminou antes de ficar pronta: ${told.join('')}`)));
  });
  const { plugin, simulador } = Descricao.parse(await (await fetch(`${url}demo.json`)).json());
  return {
    url,
    plugin,
    simulador: { ...createCliente(simulador.controle), ...simulador },
    stop: async () => {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
