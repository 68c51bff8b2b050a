// Questions a run asks about contracts that grant an account.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';

const CHUNK = 1_000;

/** Contracts of these clients that grant an account. */
export async function listContratosDeClientesComAdesao(db: Db, clienteIds: number[]): Promise<number[]> {
  const found: number[] = [];
  for (let start = 0; start < clienteIds.length; start += CHUNK) {
    const list = inList('cliente', clienteIds.slice(start, start + CHUNK));
    const page = await rows(
      db,
      `SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL AND cliente_id IN (${list.sql})`,
      list.params,
      z.object({ id: z.number() }),
    );
    found.push(...page.map(({ id }) => id));
  }
  return found;
}

/** Contracts of which a date has come that changes what they mean. `hoje` is AAAA-MM-DD. */
export async function listDueContratos(db: Db, hoje: string): Promise<number[]> {
  const found = await rows(
    db,
    'SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL AND reavaliar_em <= :hoje LIMIT 5000',
    { hoje },
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

/** Contracts whose account a rule cancelled, and no person. */
export async function listEncerrados(db: Db): Promise<number[]> {
  const found = await rows(
    db,
    `SELECT a.vigente AS id FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.observada = 'cancelado' AND u.desejada = 'cancelado' AND u.cancelar_em IS NULL`,
    {},
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}
