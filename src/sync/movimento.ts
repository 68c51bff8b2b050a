// How it went: accounts made and ended month by month, and how long rules take from a change read in IXC to its confirmation.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { inFiliais } from './filiais.ts';

export interface MesDeMovimento {
  /** AAAA-MM, Brasília */
  mes: string;
  novas: number;
  canceladas: number;
}

export interface Tempos {
  /** Seconds from the moment the change was read to the partner's confirmation; null = nothing was confirmed. */
  p50: number | null;
  p95: number | null;
  total: number;
}

export interface TemposDoDia extends Tempos {
  /** AAAA-MM-DD, Brasília */
  dia: string;
}

export interface Movimento {
  meses: MesDeMovimento[];
  tempos: Tempos;
  dias: TemposDoDia[];
}

const DIAS = 14;
// The newest confirmations looked at: those of two weeks are among them, or are enough of them.
const RECENT = 5_000;
// What took long to count is good for longer.
const GOOD_FOR = 20;
const known = new WeakMap<Db, Map<string, { ate: number; movimento: Promise<Movimento> }>>();

/** The last twelve months with this one, and the last two weeks. At most twenty times as old as counting takes. */
export function readMovimento(db: Db, filiais: Filiais, hoje: string): Promise<Movimento> {
  const mine = known.get(db) ?? new Map();
  known.set(db, mine);
  const key = `${hoje} ${filiais === 'todas' ? 'todas' : [...filiais].sort((a, b) => a - b).join(',')}`;
  const last = mine.get(key);
  if (last !== undefined && performance.now() < last.ate) return last.movimento;
  const beganAt = performance.now();
  const movimento = count(db, filiais, hoje);
  const entry = { ate: Number.POSITIVE_INFINITY, movimento };
  mine.set(key, entry);
  movimento.then(
    () => {
      entry.ate = performance.now() + GOOD_FOR * (performance.now() - beganAt);
    },
    () => mine.delete(key),
  );
  return movimento;
}

async function count(db: Db, filiais: Filiais, hoje: string): Promise<Movimento> {
  const [meses, medidas] = await Promise.all([
    countMeses(db, filiais, lastMonths(hoje, 12)),
    listMedidas(db, filiais),
  ]);
  const dias = [...new Set(medidas.map(({ dia }) => dia))].sort();
  return {
    meses,
    tempos: tempos(medidas),
    dias: dias.map((dia) => ({ dia, ...tempos(medidas.filter((each) => each.dia === dia)) })),
  };
}

async function countMeses(db: Db, filiais: Filiais, meses: string[]): Promise<MesDeMovimento[]> {
  const scope = inFiliais('filial_id', filiais);
  const found = await rows(
    db,
    `SELECT LEFT(encerrada_em - INTERVAL 3 HOUR, 7) AS mes, acao, COUNT(*) AS total FROM operacoes
     WHERE acao IN ('criar', 'cancelar') AND estado = 'feita' AND encerrada_em >= :desde AND ${scope.sql}
     GROUP BY mes, acao`,
    { desde: `${meses[0] ?? '2000-01'}-01 03:00:00`, ...scope.params },
    z.object({ mes: z.string(), acao: z.enum(['criar', 'cancelar']), total: z.coerce.number() }),
  );
  const of = (mes: string, acao: string): number =>
    found.find((each) => each.mes === mes && each.acao === acao)?.total ?? 0;
  return meses.map((mes) => ({ mes, novas: of(mes, 'criar'), canceladas: of(mes, 'cancelar') }));
}

interface Medida {
  dia: string;
  segundos: number;
}

// The wish and its operação are written by the look that read the change, so the operação is as old as the reading.
function listMedidas(db: Db, filiais: Filiais): Promise<Medida[]> {
  const scope = inFiliais('filial_id', filiais);
  return rows(
    db,
    `SELECT LEFT(criado_em - INTERVAL 3 HOUR, 10) AS dia, TIMESTAMPDIFF(MICROSECOND, criado_em, encerrada_em) / 1000000 AS segundos
     FROM operacoes WHERE causa = 'regra' AND operador_id IS NULL AND acao IN ('criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar')
       AND criado_em > UTC_TIMESTAMP() - INTERVAL ${DIAS} DAY AND estado = 'feita' AND ${scope.sql}
     ORDER BY criado_em DESC LIMIT ${RECENT}`,
    scope.params,
    z.object({ dia: z.string(), segundos: z.coerce.number() }),
  );
}

function tempos(medidas: Medida[]): Tempos {
  const sorted = medidas.map(({ segundos }) => segundos).sort((a, b) => a - b);
  // Nearest rank: a time that really was.
  const at = (share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
  return { p50: at(0.5), p95: at(0.95), total: sorted.length };
}

function lastMonths(hoje: string, quantos: number): string[] {
  const [year = 0, month = 1] = hoje.split('-').map(Number);
  return Array.from({ length: quantos }, (_, index) =>
    new Date(Date.UTC(year, month - quantos + index, 1)).toISOString().slice(0, 7),
  );
}
