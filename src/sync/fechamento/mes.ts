// A month as the closing sees it: Brasília days, as moments in milliseconds since the epoch.

// Brasília has had no summer time since 2019, before this program existed.
const BRASILIA_MS = 3 * 3_600_000;
export const DIA_MS = 86_400_000;

export interface Mes {
  /** AAAA-MM */
  mes: string;
  /** First moment of the month. */
  de: number;
  /** First moment of the next one. */
  ate: number;
  dias: number;
}

/** The month named `AAAA-MM`; undefined when it names none. */
export function parseMes(mes: string): Mes | undefined {
  const parts = /^(20\d\d)-(0[1-9]|1[0-2])$/.exec(mes);
  if (parts === null) return undefined;
  const [year, month] = [Number(parts[1]), Number(parts[2])];
  const de = Date.UTC(year, month - 1, 1) + BRASILIA_MS;
  const ate = Date.UTC(year, month, 1) + BRASILIA_MS;
  return { mes, de, ate, dias: Math.round((ate - de) / DIA_MS) };
}

/** The month, AAAA-MM, that a moment falls in. */
export const mesDe = (ms: number): string => new Date(ms - BRASILIA_MS).toISOString().slice(0, 7);
