// Reasons not to believe what IXC shows: a run that meets one is refused, and nothing follows from it. Pure.

export interface Base {
  total: number;
  /** UTC `AAAA-MM-DD hh:mm:ss` of the newest change, null when there is none. */
  maisNova: string | null;
  /** IXC's database clock, UTC. */
  agora: string;
}

export interface Memoria {
  /** Contracts met by the last complete run; null before the first. */
  completaTotal: number | null;
  /** SHA-256 of columns and types at the last good run; null before the first. */
  estrutura: Buffer | null;
}

/** Of the contracts of the last complete run, how many must still be there. */
export const LEAST_SHARE = 0.8;
const CLOCK_MINUTES = 5;
const STALE_DAYS = 7;

/**
 * The reason to refuse the run, in words for the screen, or undefined. `nossoAgora` is our database's clock in
 * milliseconds; `estrutura` what the columns hash to now.
 */
export function refuseRun(
  base: Base,
  estrutura: Buffer,
  memoria: Memoria,
  nossoAgora: number,
): string | undefined {
  if (memoria.estrutura !== null && !memoria.estrutura.equals(estrutura)) {
    return 'Uma coluna que lemos do IXC sumiu ou mudou de tipo. Rode o doutor e confira a atualização do IXC.';
  }
  if (base.total === 0) return 'O IXC não mostrou nenhum contrato.';
  if (memoria.completaTotal !== null && base.total < memoria.completaTotal * LEAST_SHARE) {
    return `O IXC mostrou ${base.total} contratos, muito menos que os ${memoria.completaTotal} da última varredura.`;
  }
  const skew = Math.abs(Date.parse(`${base.agora.replace(' ', 'T')}Z`) - nossoAgora) / 60_000;
  if (!(skew <= CLOCK_MINUTES)) {
    return `O relógio do banco do IXC difere ${Math.round(skew)} minutos do nosso. Acerte o NTP dos dois servidores.`;
  }
  const age = (nossoAgora - Date.parse(`${(base.maisNova ?? '').replace(' ', 'T')}Z`)) / 86_400_000;
  if (!(age <= STALE_DAYS)) {
    return `A alteração mais nova do IXC tem ${Number.isFinite(age) ? Math.round(age) : 'muitos'} dias: parece uma cópia antiga do banco.`;
  }
  return undefined;
}
