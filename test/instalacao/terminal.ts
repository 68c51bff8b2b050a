// The installer as a technician has it: in a terminal that asks, and that may be closed at any moment.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Dito {
  status: number | null;
  texto: string;
}

/** Runs a command in a pseudo-terminal (util-linux `script`) and types each answer once its question is on the screen. */
export async function type(line: string[], answers: readonly [RegExp, string][]): Promise<Dito> {
  const quoted = line.map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', quoted, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const left = [...answers];
  let texto = '';
  // What was on the screen before the last answer was read: a question there is not asked again.
  let from = 0;
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    texto += part;
    const [next] = left;
    if (next === undefined || !next[0].test(texto.slice(from))) return;
    left.shift();
    from = texto.length;
    child.stdin.write(`${next[1]}\n`);
  });
  const [status] = await once(child, 'close');
  if (left.length > 0) throw new Error(`Never asked: ${left[0]?.[0]}\n${texto}`);
  return { status, texto: texto.replaceAll('\r\n', '\n') };
}

/** Kills a command and all it started (-9) as soon as its output shows `sign`; without the sign it ends by itself. */
export async function cutOff(line: string[], sign: RegExp): Promise<string> {
  const [program = '', ...args] = line;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let texto = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      texto += part;
      if (!sign.test(texto) || child.pid === undefined || child.exitCode !== null) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    });
  await once(child, 'close');
  return texto;
}
