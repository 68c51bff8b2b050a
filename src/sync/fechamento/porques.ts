// Why nothing is due for somebody in a month, as a manager would say it. Pure but for the reading of what was confirmed.
import type { Db } from '../../db.ts';
import { listTrechosDe } from '../situacoes.ts';
import type { Trecho } from './contagem.ts';
import { DIA_MS, type Mes } from './mes.ts';
import type { Regra } from './regra.ts';

export interface Porque {
  /**
   * cancelado, bloqueado (and blocked does not count): since `desde`; sem_conta: had none until `ate`;
   * fechado: counts by now, and did not when the month was closed.
   */
  causa: 'cancelado' | 'bloqueado' | 'sem_conta' | 'fechado';
  /** Milliseconds. */
  desde: number | null;
  /** The moment that the rule looks at, in milliseconds: the end of the day, or of the month. */
  ate: number;
}

/** Why a person with this history costs nothing by this rule. */
export function porqueDe(trechos: readonly Trecho[], mes: Mes, regra: Regra): Porque {
  const ate = regra.modo === 'dia' ? mes.de + Math.min(regra.dia, mes.dias) * DIA_MS : mes.ate;
  const known = trechos.filter(({ desde }) => desde < ate);
  const last = known.at(-1);
  if (last === undefined || last.situacao === 'ausente') return { causa: 'sem_conta', desde: null, ate };
  // The same situação in another branch or plano is no new beginning.
  const before = known.findLastIndex(({ situacao }) => situacao !== last.situacao);
  const desde = known[before + 1]?.desde ?? last.desde;
  if (last.situacao === 'cancelado') return { causa: 'cancelado', desde, ate };
  if (last.situacao === 'bloqueado' && !regra.bloqueadoConta) return { causa: 'bloqueado', desde, ate };
  return { causa: 'fechado', desde, ate };
}

/** The same for each of these people. */
export async function loadPorques(
  db: Db,
  usuarioIds: readonly number[],
  mes: Mes,
  regra: Regra,
): Promise<Map<number, Porque>> {
  const porques = new Map(usuarioIds.map((id) => [id, porqueDe([], mes, regra)]));
  for await (const { usuarioId, trechos } of listTrechosDe(db, usuarioIds, mes.ate))
    porques.set(usuarioId, porqueDe(trechos, mes, regra));
  return porques;
}
