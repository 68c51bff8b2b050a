// What rules did before, from the operações: the measure of what is normal.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import type { Acao } from '../tipos.ts';
import type { Passado } from './freio.ts';

const BASELINE_DAYS = 90;

export interface Historico {
  /** For one action in one branch, or in all (filialId undefined). */
  of(acao: Acao, filialId?: number): Passado;
}

/**
 * Reads the counts of changes by rules once for a run. What a person approved is normal from then on, and does not use
 * up what rules may do by themselves.
 */
export async function loadHistorico(db: Db): Promise<Historico> {
  const ativos = await rows(
    db,
    // Each person once, in the branch of the first contract.
    `SELECT COALESCE(a.filial_id, 0) AS filialId, COUNT(*) AS total
     FROM usuarios u LEFT JOIN (SELECT usuario_id, MIN(id) AS id FROM adesoes WHERE vigente IS NOT NULL GROUP BY usuario_id)
       primeira ON primeira.usuario_id = u.id
     LEFT JOIN adesoes a ON a.id = primeira.id
     WHERE u.desejada = 'ativo' OR u.observada = 'ativo' GROUP BY COALESCE(a.filial_id, 0)`,
    {},
    z.object({ filialId: z.coerce.number(), total: z.coerce.number() }),
  );
  const days = await rows(
    db,
    `SELECT acao, filial_id AS filialId, DATE(criado_em) AS dia,
       (DAYOFMONTH(criado_em) = DAYOFMONTH(UTC_TIMESTAMP()) OR DAYOFWEEK(criado_em) = DAYOFWEEK(UTC_TIMESTAMP())) AS igual,
       SUM(operador_id IS NULL AND criado_em > UTC_TIMESTAMP() - INTERVAL 1 DAY) AS em24h,
       SUM(operador_id IS NULL AND criado_em > UTC_TIMESTAMP() - INTERVAL 7 DAY) AS em7d,
       COUNT(*) AS total
     FROM operacoes WHERE causa = 'regra' AND estado <> 'descartada' AND criado_em > UTC_TIMESTAMP() - INTERVAL ${BASELINE_DAYS} DAY
     GROUP BY acao, filial_id, dia, igual`,
    {},
    z.object({
      acao: z.string(),
      filialId: z.coerce.number(),
      dia: z.string(),
      igual: z.coerce.number(),
      em24h: z.coerce.number(),
      em7d: z.coerce.number(),
      total: z.coerce.number(),
    }),
  );
  const today = new Date().toISOString().slice(0, 10);
  return {
    of(acao, filialId) {
      const inScope = (each: { filialId: number }): boolean =>
        filialId === undefined || each.filialId === filialId;
      const mine = days.filter((each) => each.acao === acao && inScope(each));
      const earlier = mine.filter((each) => each.igual === 1 && each.dia < today);
      return {
        ativos: sum(ativos.filter(inScope), ({ total }) => total),
        maiorDiaIgual: Math.max(0, ...byDay(earlier)),
        ultimas24h: sum(mine, ({ em24h }) => em24h),
        ultimos7dias: sum(mine, ({ em7d }) => em7d),
      };
    },
  };
}

function byDay(days: { dia: string; total: number }[]): number[] {
  const totals = new Map<string, number>();
  for (const { dia, total } of days) totals.set(dia, (totals.get(dia) ?? 0) + total);
  return [...totals.values()];
}

const sum = <T>(list: T[], value: (each: T) => number): number =>
  list.reduce((total, each) => total + value(each), 0);
