// What a contract's status pair means for the service (decisions 8, 11). Pure: no I/O, no clock.
import type { Significado } from './tipos.ts';

export const STATUS = ['A', 'P', 'N', 'I', 'D'] as const;
export const ACESSO = ['A', 'FA', 'CA', 'CM', 'D', 'AA', 'CE', ''] as const;

/** Meanings that a person chose, by cell (`A_CA`, `N_D`, `A_` …); cells not in it have the default. */
export type Regras = ReadonlyMap<string, Significado>;

export const REGRAS_PADRAO: Regras = new Map();

// IXC: status A ativo, I inativo (= cancelado), P pré-contrato, N negativado, D desistiu.
const BY_STATUS: Readonly<Record<string, Significado>> = {
  P: 'esperar',
  N: 'bloqueado',
  I: 'cancelar',
  D: 'cancelar',
};

// IXC: status_internet of an active contract. CA is "bloqueio automático", not cancelled.
const BY_ACESSO: Readonly<Record<string, Significado>> = {
  A: 'ativo',
  FA: 'ativo',
  CM: 'bloqueado',
  CA: 'bloqueado',
  D: 'bloqueado',
  AA: 'esperar',
  CE: 'perguntar',
};

export interface RegraContrato {
  status: string;
  statusInternet: string;
  suspenso: boolean;
  tipo: string;
  /** AAAA-MM-DD or null */
  naoBloquearAte?: string | null;
  desbloqueioConfianca?: boolean;
}

/** The name of a cell of the grid. */
export const cellOf = (status: string, acesso: string): string => `${status}_${acesso}`;

/** The meaning of one cell: what a person chose, else the default; unknown codes are always `perguntar`. */
export function meaningOfCell(status: string, acesso: string, regras: Regras = REGRAS_PADRAO): Significado {
  if (!isKnown(STATUS, status)) return 'perguntar';
  if (status === 'A' && !isKnown(ACESSO, acesso)) return 'perguntar';
  return regras.get(cellOf(status, acesso)) ?? defaultOf(status, acesso);
}

function defaultOf(status: string, acesso: string): Significado {
  if (status !== 'A') return BY_STATUS[status] ?? 'perguntar';
  return BY_ACESSO[acesso] ?? 'perguntar';
}

const isKnown = (known: readonly string[], code: string): boolean => known.includes(code);

/** What decides for a contract: a cell of the grid, or its suspension, which blocks an active contract whatever its access. */
export function effectiveCell({
  status,
  statusInternet,
  suspenso,
  tipo,
}: RegraContrato): { status: string; acesso: string } | 'suspenso' {
  if (status === 'A' && suspenso) return 'suspenso';
  // SVA contracts have no Internet access of their own, so an empty access state counts as active.
  return { status, acesso: statusInternet === '' && tipo === 'SVA' ? 'A' : statusInternet };
}

/**
 * The meaning of a contract on the day `hoje` (AAAA-MM-DD). IXC's "não bloquear até" and its active trust unlock shield
 * against the automatic block (CA) only; a suspended contract is blocked.
 */
export function meaningOf(contrato: RegraContrato, regras: Regras = REGRAS_PADRAO, hoje = ''): Significado {
  const cell = effectiveCell(contrato);
  if (cell === 'suspenso') return 'bloqueado';
  const { status, acesso } = cell;
  const meaning = meaningOfCell(status, acesso, regras);
  return meaning === 'bloqueado' && status === 'A' && acesso === 'CA' && isShielded(contrato, hoje)
    ? 'ativo'
    : meaning;
}

function isShielded({ naoBloquearAte, desbloqueioConfianca }: RegraContrato, hoje: string): boolean {
  return desbloqueioConfianca === true || (hoje !== '' && (naoBloquearAte ?? '') >= hoje);
}
