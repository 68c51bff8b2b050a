// What rules did before, from the operações: the measure of what is normal.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import type { Acao } from '../tipos.ts';
import type { Passado } from './freio.ts';

const BASELINE_DAYS = 90;
const ACOES_SQL = "('criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar')";

export interface Historico {
  /** For one action in one branch, or in all (filialId undefined). */
  of(acao: Acao, filialId?: number): Passado;
}

// Once a minute is enough for what changes slowly and grows with the people we have.
const HABITO_MS = 60_000;

/**
 * What is normal, for one scanner: what rules did in the last days is read at every question, the rest when it is older
 * than a minute. What a person approved is normal from then on, and does not use up what rules may
 * do by themselves.
 */
export function createMemoria(db: Db): () => Promise<Historico> {
  let known: { habito: Habito; em: number } | undefined;
  return async () => {
    if (known === undefined || performance.now() - known.em > HABITO_MS)
      known = { habito: await loadHabito(db), em: performance.now() };
    return historicoOf(known.habito, await listRecentes(db));
  };
}

/** The same, all of it read now. */
export const loadHistorico = (db: Db): Promise<Historico> => createMemoria(db)();

function historicoOf({ ativos, dias }: Habito, recentes: z.output<typeof RecenteRow>[]): Historico {
  return {
    of(acao, filialId) {
      const inScope = (each: { filialId: number }): boolean =>
        filialId === undefined || each.filialId === filialId;
      const mine = recentes.filter((each) => each.acao === acao && inScope(each));
      return {
        ativos: sum(ativos.filter(inScope), ({ total }) => total),
        maiorDiaIgual: Math.max(0, ...byDay(dias.filter((each) => each.acao === acao && inScope(each)))),
        ultimas24h: sum(mine, ({ em24h }) => em24h),
        ultimos7dias: sum(mine, ({ em7d }) => em7d),
      };
    },
  };
}

const AtivosRow = z.object({ filialId: z.coerce.number(), total: z.coerce.number() });
const DiaRow = z.object({
  acao: z.string(),
  filialId: z.number(),
  dia: z.string(),
  total: z.coerce.number(),
});

interface Habito {
  ativos: z.output<typeof AtivosRow>[];
  dias: z.output<typeof DiaRow>[];
}

async function loadHabito(db: Db): Promise<Habito> {
  const ativos = await rows(
    db,
    // Each person once, in the branch of the first contract.
    `SELECT COALESCE(a.filial_id, 0) AS filialId, COUNT(*) AS total
     FROM usuarios u LEFT JOIN (SELECT usuario_id, MIN(id) AS id FROM adesoes WHERE vigente IS NOT NULL GROUP BY usuario_id)
       primeira ON primeira.usuario_id = u.id
     LEFT JOIN adesoes a ON a.id = primeira.id
     WHERE u.desejada = 'ativo' OR u.observada = 'ativo' GROUP BY COALESCE(a.filial_id, 0)`,
    {},
    AtivosRow,
  );
  const dias = await rows(
    db,
    `SELECT acao, filial_id AS filialId, DATE(criado_em) AS dia, COUNT(*) AS total
     FROM operacoes WHERE causa = 'regra' AND acao IN ${ACOES_SQL} AND estado <> 'descartada'
       AND criado_em > UTC_TIMESTAMP() - INTERVAL ${BASELINE_DAYS} DAY AND criado_em < UTC_DATE()
       AND (DAYOFMONTH(criado_em) = DAYOFMONTH(UTC_TIMESTAMP()) OR DAYOFWEEK(criado_em) = DAYOFWEEK(UTC_TIMESTAMP()))
     GROUP BY acao, filial_id, dia`,
    {},
    DiaRow,
  );
  return { ativos, dias };
}

const RecenteRow = z.object({
  acao: z.string(),
  filialId: z.number(),
  em24h: z.coerce.number(),
  em7d: z.coerce.number(),
});

// Seven days only for cancellations: no other action has a limit of that length, and days are many rows.
function listRecentes(db: Db): Promise<z.output<typeof RecenteRow>[]> {
  const since = (acoes: string, days: number): string =>
    `SELECT acao, filial_id AS filialId, SUM(criado_em > UTC_TIMESTAMP() - INTERVAL 1 DAY) AS em24h, COUNT(*) AS em7d
     FROM operacoes WHERE causa = 'regra' AND acao IN (${acoes}) AND operador_id IS NULL AND estado <> 'descartada'
       AND criado_em > UTC_TIMESTAMP() - INTERVAL ${days} DAY GROUP BY acao, filial_id`;
  const others = "'criar', 'bloquear', 'desbloquear', 'trocar_plano'";
  return rows(db, `${since("'cancelar'", 7)} UNION ALL ${since(others, 1)}`, {}, RecenteRow);
}

function byDay(days: { dia: string; total: number }[]): number[] {
  const totals = new Map<string, number>();
  for (const { dia, total } of days) totals.set(dia, (totals.get(dia) ?? 0) + total);
  return [...totals.values()];
}

const sum = <T>(list: T[], value: (each: T) => number): number =>
  list.reduce((total, each) => total + value(each), 0);
