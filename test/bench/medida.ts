// The side of a measured process (processo.ts) that does the work: how long it takes, and how much memory above itself at rest.
import type mysql from 'mysql2';

export interface Medida {
  ms: number;
  /** Rows or accounts seen: what is compared must have done the same. */
  total: number;
  /** Resident at the peak, above the process at rest. */
  memoriaMb: number;
}

const LOOK_MS = 10;

/** Does `work` each time that the parent asks, and answers what it took. */
export function serveMedidas(work: () => Promise<Omit<Medida, 'memoriaMb'>>): void {
  process.on('message', () => void measure(work).then((medida) => process.send?.(medida)));
  process.send?.('pronto');
}

async function measure(work: () => Promise<Omit<Medida, 'memoriaMb'>>): Promise<Medida> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const looking = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, LOOK_MS);
  const done = await work();
  clearInterval(looking);
  return { ...done, memoriaMb: (peak - before) / 2 ** 20 };
}

/** Streams every row of a statement and drops it; answers how many there were. */
export function dropRows(connection: mysql.Connection, sql: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let lidas = 0;
    connection
      .query(sql)
      .on('result', () => {
        lidas += 1;
      })
      .on('error', reject)
      .on('end', () => resolve(lidas));
  });
}
