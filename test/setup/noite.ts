// The comparison of the night, which would begin under the eyes of whoever tests between its hours: it was made already.
import { openPool, run } from '../../src/db.ts';
import { NOITE } from '../../src/sync/divergencias/comparacoes.ts';

/** Notes tonight's comparison as made in our schema at `url`, which is migrated, when its hours are near. */
export async function skipNight(url: string): Promise<void> {
  const brasilia = new Date(Date.now() - 3 * 3_600_000).toISOString();
  const hora = Number(brasilia.slice(11, 13));
  if (hora < NOITE.das - 1 || hora >= NOITE.ate) return;
  const pool = openPool(url, 1);
  await run(
    pool,
    `INSERT IGNORE INTO comparacoes (andamento, noite, estado, pedida_em, terminada_em)
     VALUES (NULL, :noite, 'feita', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    { noite: brasilia.slice(0, 10) },
  );
  await pool.end();
}
