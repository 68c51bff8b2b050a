// How times are taken: the measured thing and its bare baseline by turns, so that a busy moment hits both alike.

/** Milliseconds at two places of the distribution, and how many samples made it. */
export interface Distribuicao {
  p50: number;
  p95: number;
  amostras: number;
}

/** Does the thing once and answers how many milliseconds it took. */
export type Cronometrada = () => Promise<number>;

/** Sorted samples, read at the nearest rank. Throws without samples. */
export function summarize(samples: readonly number[]): Distribuicao {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error('no samples');
    return value;
  };
  return { p50: at(0.5), p95: at(0.95), amostras: sorted.length };
}

/** Wraps work whose whole duration counts. */
export const timed =
  (work: () => unknown): Cronometrada =>
  async () => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };

/** One thing alone, `vezes` times after a warm-up of a tenth of that. */
export async function measure(thing: Cronometrada, vezes: number): Promise<Distribuicao> {
  for (let i = 0; i < vezes / 10; i += 1) await thing();
  const samples: number[] = [];
  for (let i = 0; i < vezes; i += 1) samples.push(await thing());
  return summarize(samples);
}

/** Both things `vezes` times, A B B A …, after a warm-up of a fifth of that. */
export async function measurePair(
  medido: Cronometrada,
  base: Cronometrada,
  vezes: number,
): Promise<{ medido: Distribuicao; base: Distribuicao }> {
  const samples = { medido: [] as number[], base: [] as number[] };
  const warmUp = Math.ceil(vezes / 5);
  for (let i = -warmUp; i < vezes; i += 1) {
    const turn = { medido: 0, base: 0 };
    if (i % 2 === 0) turn.medido = await medido();
    turn.base = await base();
    if (i % 2 !== 0) turn.medido = await medido();
    if (i < 0) continue;
    samples.medido.push(turn.medido);
    samples.base.push(turn.base);
  }
  return { medido: summarize(samples.medido), base: summarize(samples.base) };
}
