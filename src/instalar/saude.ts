// Asks the program itself whether it is ready, by its own address on this machine.
import { setTimeout } from 'node:timers/promises';
import { readAmbiente } from './ambiente.ts';
import { Recusa } from './fala.ts';
import type { Obra } from './obra.ts';
import { spawnProgram } from './servico.ts';

const WAIT_MS = 60_000;

/** Waits until `/readyz` says yes. @throws Recusa with its reasons, or when `gaveUp` says that nobody will answer. */
export async function waitReady(
  { lugares }: Pick<Obra, 'lugares'>,
  { porta, gaveUp, log = '' }: { porta?: string; gaveUp?: () => boolean; log?: string } = {},
): Promise<void> {
  const { BASE_PATH = '', PORT = '3080' } = readAmbiente(lugares);
  const deadline = Date.now() + WAIT_MS;
  let said = 'ninguém respondeu';
  while (Date.now() < deadline && !gaveUp?.()) {
    try {
      const answer = await fetch(`http://127.0.0.1:${porta ?? PORT}${BASE_PATH}/readyz`, {
        signal: AbortSignal.timeout(5_000),
      });
      if (answer.ok) return;
      said = (await answer.text()).slice(0, 300);
    } catch {
      // Not up yet.
    }
    await setTimeout(100);
  }
  throw new Recusa(
    `O programa não ficou pronto: ${said}.`,
    log === '' ? 'Rode tele-clinica doutor.' : `Veja: ${log}`,
  );
}

/**
 * Starts the new version by itself, on a port that no web server knows, and waits until it is ready: nobody's click can
 * reach a version that may still be taken back. @throws Recusa with what it said.
 */
export async function rehearse(obra: Obra, porta: number): Promise<void> {
  const child = spawnProgram(obra, ['--only=web'], ['ignore', 'pipe', 'pipe'], { PORT: String(porta) });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => lines.push(text));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await waitReady(obra, {
      porta: String(porta),
      gaveUp: () => child.exitCode !== null || child.signalCode !== null,
    });
  } catch (error) {
    const said = lines.join('').trim().slice(-500);
    throw error instanceof Recusa && said !== ''
      ? new Recusa(`${error.message} Ele disse: ${said}`, '')
      : error;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}
