// The rate that a partner allows, shared by every process through one column: whoever calls takes the next free moment.
import { setTimeout as wait } from 'node:timers/promises';
import { type Db, run } from '../../db.ts';

/**
 * Takes the next place in the rate of an integração and waits until its moment comes: calls leave evenly, `perSecond`
 * of them (GCRA without a burst). Answers false, and takes none, when that moment is more than `patienceMs` away.
 * A place is used up even if no call follows. `perSecond` undefined = the profile knows no rate.
 */
export async function takeSlot(
  db: Db,
  integracaoId: number,
  perSecond: number | undefined,
  patienceMs: number,
): Promise<boolean> {
  if (perSecond === undefined) return true;
  const next = 'GREATEST(COALESCE(ritmo_em, UTC_TIMESTAMP(6)), UTC_TIMESTAMP(6))';
  // LAST_INSERT_ID(expr) hands the wait, in microseconds and one more, back to this connection alone.
  const { affectedRows, insertId } = await run(
    db,
    `UPDATE integracoes SET ritmo_em = ${next} + INTERVAL (
         :stepUs + 0 * LAST_INSERT_ID(1 + TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), ${next}))
       ) MICROSECOND
     WHERE id = :integracaoId AND ${next} <= UTC_TIMESTAMP(6) + INTERVAL :patienceUs MICROSECOND`,
    {
      integracaoId,
      stepUs: Math.ceil(1_000_000 / perSecond),
      patienceUs: Math.max(0, Math.round(patienceMs * 1000)),
    },
  );
  if (affectedRows !== 1) return false;
  if (insertId > 1) await wait(Math.ceil((insertId - 1) / 1000));
  return true;
}
