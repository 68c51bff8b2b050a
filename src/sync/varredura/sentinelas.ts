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
  /** `table.column type` of what was read at the last good complete run; null before the first. */
  estrutura: string[] | null;
  /** UTC; the newest change ever met, null before the first. */
  maisNova: string | null;
}

/** Of the contracts of the last complete run, how many must still be there. */
export const LEAST_SHARE = 0.8;
const CLOCK_MINUTES = 5;
const STALE_DAYS = 7;
// Who deletes the newest row takes its date back a little; a copy of the base goes back further.
const BACK_MINUTES = 15;
const NAMED = 2;

/** What was remembered and is gone or of another type, as `table.column`; what came in addition is none of it. */
export const missingFrom = (estrutura: string[], lembrada: string[] | null): string[] =>
  (lembrada ?? []).filter((each) => !estrutura.includes(each)).map((each) => each.split(' ')[0] ?? each);

/**
 * The reason to refuse the run, in words for the screen, or undefined. `nossoAgora` is our database's clock in
 * milliseconds; `estrutura` the columns that we read now, with their types.
 */
export function refuseRun(
  base: Base,
  estrutura: string[],
  memoria: Memoria,
  nossoAgora: number,
): string | undefined {
  const missing = missingFrom(estrutura, memoria.estrutura);
  if (missing.length > 0) {
    const others = missing.length > NAMED ? ` e mais ${missing.length - NAMED}` : '';
    return `Uma coluna que lemos do IXC sumiu ou mudou de tipo: ${missing.slice(0, NAMED).join(', ')}${others}. Rode o doutor e confira a atualização do IXC.`;
  }
  if (base.total === 0) return 'O IXC não mostrou nenhum contrato.';
  if (memoria.completaTotal !== null && base.total < memoria.completaTotal * LEAST_SHARE) {
    return `O IXC mostrou ${base.total} contratos, muito menos que os ${memoria.completaTotal} da última varredura.`;
  }
  const skew = Math.abs(millis(base.agora) - nossoAgora) / 60_000;
  if (!(skew <= CLOCK_MINUTES)) {
    return `O relógio do banco do IXC difere ${Math.round(skew)} minutos do nosso. Acerte o NTP dos dois servidores.`;
  }
  const age = (nossoAgora - millis(base.maisNova ?? '')) / 86_400_000;
  if (!(age <= STALE_DAYS)) {
    return `A alteração mais nova do IXC tem ${Number.isFinite(age) ? Math.round(age) : 'muitos'} dias: parece uma cópia antiga do banco.`;
  }
  const back = (millis(memoria.maisNova ?? base.maisNova ?? '') - millis(base.maisNova ?? '')) / 60_000;
  if (back > BACK_MINUTES) {
    return `A alteração mais nova do IXC voltou ${Math.round(back)} minutos no tempo: parece uma cópia restaurada. Se o IXC está certo, a próxima alteração de um contrato resolve.`;
  }
  return undefined;
}

const millis = (em: string): number => Date.parse(`${em.replace(' ', 'T')}Z`);
