// The row of the comparison in progress: who carries it out, and how far it has come.
import { z } from 'zod';
import { type Db, optionalRow, type Params, run } from '../../db.ts';
import type { Comparacao } from './comparacoes.ts';

export interface Corrida {
  id: number;
  dono: string;
  /** How long it stays ours without a sign of life. */
  leaseUs: number;
  fase: Comparacao['fase'];
  /** The last contract, or usuário, looked at in this phase. */
  ate: number;
  /** UTC; what changed after this is not compared. */
  comecouEm: string;
}

const CorridaRow = z.object({
  id: z.number(),
  fase: z.enum(['ixc', 'lista', 'pessoas', 'contas']),
  ate: z.coerce.number(),
  comecouEm: z.string(),
});

const FREE = '(dono = :dono OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))';

/** Takes the comparison that waits, or that somebody left; undefined when there is none, or while a pause is on. */
export async function claimCorrida(db: Db, dono: string, leaseMs: number): Promise<Corrida | undefined> {
  const leaseUs = Math.round(leaseMs * 1000);
  const waiting = await optionalRow(
    db,
    `SELECT id FROM comparacoes WHERE andamento = 1 AND ${FREE}
       AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)`,
    { dono },
    z.object({ id: z.number() }),
  );
  if (waiting === undefined) return undefined;
  const { affectedRows } = await run(
    db,
    `UPDATE comparacoes SET estado = 'correndo', dono = :dono2, visto_em = UTC_TIMESTAMP(6),
       comecou_em = COALESCE(comecou_em, UTC_TIMESTAMP(6)),
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL :leaseUs MICROSECOND
     WHERE id = :id AND andamento = 1 AND ${FREE}`,
    { id: waiting.id, dono, dono2: dono, leaseUs },
  );
  if (affectedRows !== 1) return undefined;
  const now = await optionalRow(
    db,
    'SELECT id, fase, ate, comecou_em AS comecouEm FROM comparacoes WHERE id = :id',
    { id: waiting.id },
    CorridaRow,
  );
  return now && { ...now, dono, leaseUs };
}

type Avanco = Partial<Pick<Comparacao, 'fase' | 'procurados'>> & { ate?: number };
type Soma = Partial<Pick<Comparacao, 'contratos' | 'contas' | 'pessoas'>>;

/** Writes down how far it has come and keeps it ours. @throws when another process carries it out now. */
export async function advance(tx: Db, corrida: Corrida, avanco: Avanco, soma: Soma = {}): Promise<void> {
  const params: Params = { id: corrida.id, dono: corrida.dono, leaseUs: corrida.leaseUs };
  const sets: string[] = [];
  for (const [name, value] of Object.entries(avanco)) {
    sets.push(`${name} = :${name}`);
    params[name] = value;
  }
  for (const [name, value] of Object.entries(soma)) {
    sets.push(`${name} = ${name} + :${name}`);
    params[name] = value;
  }
  const { affectedRows } = await run(
    tx,
    `UPDATE comparacoes SET ${[...sets, ''].join(', ')} visto_em = UTC_TIMESTAMP(6),
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL :leaseUs MICROSECOND
     WHERE id = :id AND dono = :dono AND andamento = 1`,
    params,
  );
  if (affectedRows !== 1) throw new Error('another process carries this comparison out now');
  Object.assign(corrida, avanco);
}

/** Ends it and lets the next one begin. */
export async function endCorrida(
  db: Db,
  { id, dono }: Corrida,
  estado: Comparacao['estado'],
  motivo: string | null,
): Promise<void> {
  await run(
    db,
    `UPDATE comparacoes SET andamento = NULL, estado = :estado, motivo = :motivo, dono = NULL, lease_ate = NULL,
       visto_em = UTC_TIMESTAMP(6), terminada_em = UTC_TIMESTAMP(6)
     WHERE id = :id AND dono = :dono AND andamento = 1`,
    { id, dono, estado, motivo: motivo?.slice(0, 255) ?? null },
  );
}

/** Empties what was only there to be compared. Runs again after a death: each statement is short. */
export async function sweepTables(db: Db, ate: number): Promise<void> {
  for (const table of ['comparacao_contas', 'comparacao_contratos']) {
    for (let gone = 1; gone > 0; ) {
      const sql = `DELETE FROM ${table} WHERE comparacao_id <= :ate LIMIT 5000`;
      gone = (await run(db, sql, { ate })).affectedRows;
    }
  }
}
