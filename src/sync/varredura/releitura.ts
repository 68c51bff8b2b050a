// Reading the contracts of some people once more, right before something is done to them.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
import { listFatos } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { judgeContratos, loadCriterios } from './leitura.ts';

/**
 * Reads again every contract of these usuários and records the facts. Answers those of whom IXC did not return every
 * contract in force: a missing row is no fact (decisions 10), so about them nothing is certain.
 */
export async function refreshUsuarios(sync: Sync, usuarioIds: number[]): Promise<Set<number>> {
  const vigentes = await listVigentes(sync.db, usuarioIds);
  const fatos = await listFatos(
    sync.ixc,
    vigentes.map(({ contratoId }) => contratoId),
  );
  await judgeContratos(sync, fatos, await loadCriterios(sync));
  const met = new Set(fatos.map(({ id }) => id));
  return new Set(vigentes.filter(({ contratoId }) => !met.has(contratoId)).map(({ usuarioId }) => usuarioId));
}

async function listVigentes(
  db: Db,
  usuarioIds: number[],
): Promise<{ usuarioId: number; contratoId: number }[]> {
  const list = inList('usuario', usuarioIds);
  return rows(
    db,
    `SELECT usuario_id AS usuarioId, vigente AS contratoId FROM adesoes
     WHERE vigente IS NOT NULL AND usuario_id IN (${list.sql})`,
    list.params,
    z.object({ usuarioId: z.number(), contratoId: z.number() }),
  );
}
