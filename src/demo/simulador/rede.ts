// Answers that go wrong on the wire: cut in the middle, half a JSON, far too large, or a few bytes at a time.
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from './resposta.ts';
import type { Troca } from './troca.ts';

const CHUNK = 64 * 1024;

/** Promises the whole body, sends half of it and breaks the connection. */
export function sendCut(troca: Troca, answer: Answer): void {
  const bytes = bytesOf(answer);
  begin(troca, answer, { 'content-length': bytes.length });
  troca.end(answer.status, 'dropped');
  troca.res.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => troca.res.destroy());
}

/** Half of the body as if it were all: valid HTTP, broken JSON. */
export function sendShort(troca: Troca, answer: Answer): void {
  const whole = bytesOf(answer);
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  begin(troca, answer, { 'content-length': half.length });
  troca.end(answer.status, 'sent');
  troca.res.end(half);
}

/** The true body with `mb` megabytes of padding, no length announced. Stops when the caller has had enough. */
export async function sendHuge(troca: Troca, answer: Answer, mb: number): Promise<void> {
  const text = bytesOf(answer).toString();
  const head = text.length > 2 ? `${text.slice(0, -1)},` : '{';
  begin(troca, answer, {});
  troca.res.write(`${head}"padding":"`);
  const padding = Buffer.alloc(CHUNK, 'x');
  for (let left = Math.round(mb * 1024 * 1024); left > 0; left -= CHUNK) {
    if (!(await writeChunk(troca, padding.subarray(0, Math.min(left, CHUNK))))) return;
  }
  troca.end(answer.status, 'sent');
  troca.res.end('"}');
}

/** The true body at `bytesPerSecond`. Stops when the caller has had enough. */
export async function sendSlowly(troca: Troca, answer: Answer, bytesPerSecond: number): Promise<void> {
  const bytes = bytesOf(answer);
  begin(troca, answer, { 'content-length': bytes.length });
  troca.res.flushHeaders();
  const step = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let from = 0; from < bytes.length; from += step) {
    await wait((step * 1000) / bytesPerSecond);
    if (!(await writeChunk(troca, bytes.subarray(from, from + step)))) return;
  }
  troca.end(answer.status, 'sent');
  troca.res.end();
}

const bytesOf = (answer: Answer): Buffer => Buffer.from(JSON.stringify(answer.body ?? {}));

function begin(troca: Troca, answer: Answer, length: Record<string, number>): void {
  // 204 has no body to spoil.
  const status = answer.status === 204 ? 200 : answer.status;
  troca.res.writeHead(status, { 'content-type': 'application/json', ...answer.headers, ...length });
}

async function writeChunk(troca: Troca, bytes: Buffer): Promise<boolean> {
  if (troca.res.destroyed) return false;
  if (troca.res.write(bytes)) return true;
  const done = new AbortController();
  const { signal } = done;
  await Promise.race([once(troca.res, 'drain', { signal }), once(troca.res, 'close', { signal })]);
  // The losing listener must go, or a large answer piles up thousands of them.
  done.abort();
  return !troca.res.destroyed;
}
