// The overlap detector: how many writes for one externalId were ever open at the same moment.

export interface Sobreposicao {
  externalId: string;
  max: number;
  /** Seqs of the calls that were open together when the maximum was reached. */
  calls: number[];
}

export interface Concorrencia {
  open: Map<string, Set<number>>;
  /** Only who ever had two or more open at once. */
  overlaps: Map<string, Sobreposicao>;
  /** The largest number seen for any externalId; 1 = every person's calls were one after the other. */
  max: number;
}

export const createConcorrencia = (): Concorrencia => ({ open: new Map(), overlaps: new Map(), max: 0 });

/** A write for `externalId` arrived as call `seq`. Answers what to call, any number of times, when it ended. */
export function enter(concorrencia: Concorrencia, externalId: string, seq: number): () => void {
  const open = concorrencia.open.get(externalId) ?? new Set<number>();
  open.add(seq);
  concorrencia.open.set(externalId, open);
  concorrencia.max = Math.max(concorrencia.max, open.size);
  if (open.size > (concorrencia.overlaps.get(externalId)?.max ?? 1)) {
    concorrencia.overlaps.set(externalId, { externalId, max: open.size, calls: [...open] });
  }
  return () => {
    open.delete(seq);
    if (open.size === 0 && concorrencia.open.get(externalId) === open) concorrencia.open.delete(externalId);
  };
}
