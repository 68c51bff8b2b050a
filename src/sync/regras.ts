// What a contract's status pair means for the service (decisions 8). Pure: no I/O, no clock.
import type { Contrato } from '../ixc/tipos.ts';
import type { Significado } from './tipos.ts';

type Status = 'A' | 'I' | 'P' | 'N' | 'D';
type Acesso = 'A' | 'D' | 'CM' | 'CA' | 'CE' | 'FA' | 'AA';

// IXC: status A ativo, I inativo (= cancelado), P pré-contrato, N negativado, D desistiu.
const BY_STATUS: Record<Exclude<Status, 'A'>, Significado> = {
  P: 'esperar',
  N: 'bloqueado',
  I: 'cancelar',
  D: 'cancelar',
};

// IXC: status_internet of an active contract. CA is "bloqueio automático", not cancelled.
const BY_ACESSO: Record<Acesso, Significado> = {
  A: 'ativo',
  FA: 'ativo',
  CM: 'bloqueado',
  CA: 'bloqueado',
  D: 'bloqueado',
  AA: 'esperar',
  CE: 'perguntar',
};

export type RegraContrato = Pick<Contrato, 'status' | 'statusInternet' | 'suspenso' | 'tipo'>;

/** The meaning of a contract. Unknown or empty codes are always `perguntar`: they never cause a write. */
export function meaningOf(contrato: RegraContrato): Significado {
  if (contrato.status !== 'A') {
    return isKey(BY_STATUS, contrato.status) ? BY_STATUS[contrato.status] : 'perguntar';
  }
  if (contrato.suspenso) return 'bloqueado';
  // SVA contracts have no Internet access of their own, so an empty access state counts as active.
  const acesso = contrato.statusInternet === '' && contrato.tipo === 'SVA' ? 'A' : contrato.statusInternet;
  return isKey(BY_ACESSO, acesso) ? BY_ACESSO[acesso] : 'perguntar';
}

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}
