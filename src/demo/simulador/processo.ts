// Starts the simulator as a process of its own: for tests, benchmarks and the demo.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Cliente, createCliente } from './cliente.ts';

export interface Simulador extends Cliente {
  /** The API: `http://127.0.0.1:<port>/v1`. */
  url: string;
  /** The control: `http://127.0.0.1:<port>/controle`. */
  controle: string;
  /** The page: `http://127.0.0.1:<port>/`. */
  pagina: string;
  port: number;
  pid: number;
  /** The credentials it began with. */
  usuario: string;
  senha: string;
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

const MAIN = fileURLToPath(new URL('../../../dist-demo/demo/simulador/main.js', import.meta.url));

/**
 * A running simulator on a free port (or `env.PORT`). `env` adds to this process's environment: SIMULADOR_USUARIO,
 * SIMULADOR_SENHA, SIMULADOR_OPCOES (JSON). It ends with its starter at the latest. Throws when it does not start.
 */
export async function startSimulador({
  env = {},
}: {
  env?: Record<string, string>;
} = {}): Promise<Simulador> {
  const usuario = env['SIMULADOR_USUARIO'] ?? 'provedor';
  const senha = env['SIMULADOR_SENHA'] ?? 'simulador-tele-clinica';
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, PORT: '0', ...env, SIMULADOR_USUARIO: usuario, SIMULADOR_SENHA: senha },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const port = await readPort(child);
  // It must not keep its starter alive.
  child.unref();
  child.channel?.unref();
  const origin = `http://127.0.0.1:${port}`;
  return {
    ...createCliente(`${origin}/controle`),
    url: `${origin}/v1`,
    controle: `${origin}/controle`,
    pagina: `${origin}/`,
    port,
    pid: child.pid ?? 0,
    usuario,
    senha,
    stop: () => stop(child),
  };
}

async function readPort(child: ChildProcess): Promise<number> {
  const output = child.stdout;
  if (!output) throw new Error('the simulator has no output');
  for await (const line of createInterface({ input: output })) {
    const match = /^simulador pronto (\d+)$/.exec(line);
    if (!match) continue;
    // Nothing more comes, and an open pipe would keep this process alive.
    output.destroy();
    return Number(match[1]);
  }
  throw new Error('the simulator ended before it was ready');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.ref();
  child.kill('SIGTERM');
  await gone;
}
