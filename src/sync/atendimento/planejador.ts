// The planner: given what should be, what was seen and what is pending, the one next step. Pure: no I/O, no clock.
import type { CausaDeRetencao, Desejada, Situacao } from '../tipos.ts';

export interface Desejado {
  situacao: Desejada;
  /** The partner's code of the wished plan; null = the plano is not (yet) known there. */
  plano: string | null;
  /** Name or contact in IXC differs from what was last sent. */
  atualizar?: boolean;
  /** Somebody asked for the cancelled account again (decisions 7). */
  reviver?: boolean;
}

export interface Observado {
  situacao: Situacao;
  plano: string | null;
  /** false = nobody has ever asked the partner about this person. */
  lido: boolean;
}

/** Times in milliseconds since the epoch, null = none. */
export interface Pendencias {
  conferirEm: number | null;
  criarNaoAntes: number | null;
}

export interface Podem {
  trocarPlano: boolean;
  atualizar?: boolean;
  /** An unblock gives a cancelled account back. */
  reviver?: boolean;
}

export type Passo =
  | { passo: 'ler' }
  | { passo: 'criar' }
  | { passo: 'bloquear' }
  | { passo: 'desbloquear' }
  | { passo: 'trocar_plano' }
  | { passo: 'atualizar' }
  | { passo: 'cancelar' }
  | { passo: 'esperar'; ate: number }
  | { passo: 'reter'; causa: CausaDeRetencao }
  | { passo: 'nada' };

/**
 * The next step for one person. Never a write on an unknown state, never a create inside the wait that follows an
 * uncertain one, and nothing destructive but what is wished.
 */
export function plan(
  desejado: Desejado,
  observado: Observado,
  pendencias: Pendencias,
  podem: Podem,
  agora: number,
): Passo {
  if (observado.situacao === 'desconhecido') return { passo: 'ler' };
  if (pendencias.conferirEm !== null && pendencias.conferirEm <= agora) return { passo: 'ler' };
  const passo = towards(desejado, observado, podem);
  if (passo.passo === 'criar') {
    if (!observado.lido) return { passo: 'ler' };
    if (pendencias.criarNaoAntes !== null && pendencias.criarNaoAntes > agora) {
      return {
        passo: 'esperar',
        ate: Math.min(pendencias.criarNaoAntes, pendencias.conferirEm ?? Number.MAX_VALUE),
      };
    }
  }
  if (passo.passo === 'nada' && pendencias.conferirEm !== null) {
    return { passo: 'esperar', ate: pendencias.conferirEm };
  }
  return passo;
}

function towards(desejado: Desejado, observado: Observado, podem: Podem): Passo {
  switch (desejado.situacao) {
    case 'ativo':
      return towardsActive(desejado, observado, podem);
    case 'bloqueado':
      if (observado.situacao === 'ativo') return { passo: 'bloquear' };
      if (observado.situacao === 'cancelado') return { passo: 'reter', causa: 'cancelado_no_parceiro' };
      return { passo: 'nada' };
    case 'cancelado':
      return ['ativo', 'bloqueado'].includes(observado.situacao) ? { passo: 'cancelar' } : { passo: 'nada' };
    case 'ausente':
      return { passo: 'nada' };
  }
}

function towardsActive(desejado: Desejado, observado: Observado, podem: Podem): Passo {
  switch (observado.situacao) {
    case 'ausente':
      return { passo: 'criar' };
    case 'bloqueado':
      return { passo: 'desbloquear' };
    case 'cancelado':
      if (desejado.reviver && podem.reviver) return { passo: 'desbloquear' };
      return { passo: 'reter', causa: 'cancelado_no_parceiro' };
    default:
      return towardsPlan(desejado, observado.plano, podem);
  }
}

// A partner that never told the plan gives nothing to compare; a plano that is not there yet must be waited for.
function towardsPlan(
  { plano: desejado, atualizar }: Desejado,
  observado: string | null,
  podem: Podem,
): Passo {
  if (desejado === null) return { passo: 'reter', causa: 'plano_nao_registrado' };
  if (observado !== null && observado !== desejado && podem.trocarPlano) return { passo: 'trocar_plano' };
  return atualizar && podem.atualizar ? { passo: 'atualizar' } : { passo: 'nada' };
}
