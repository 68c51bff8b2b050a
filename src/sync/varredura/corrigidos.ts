// Held people whose register was corrected in IXC are let go within seconds, without waiting for the ten minutes.
import { z } from 'zod';
import { rows } from '../../db.ts';
import { listClientesAlteradosDesde } from '../../ixc/clientes.ts';
import { wakeUsuarios } from '../atendimento/fila.ts';
import type { Sync } from '../contexto.ts';

/** Frees the held people whose client changed in IXC since they were held. */
export async function freeCorrected(sync: Sync): Promise<void> {
  const held = await rows(
    sync.db,
    `SELECT u.id, a.cliente_id AS clienteId, u.retida_em AS retidaEm
     FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.retida = 'dados' ORDER BY u.retida_em DESC LIMIT 500`,
    {},
    z.object({ id: z.number(), clienteId: z.number(), retidaEm: z.string() }),
  );
  const [oldest] = held.map(({ retidaEm }) => retidaEm).sort();
  if (oldest === undefined) return;
  const clientes = [...new Set(held.map(({ clienteId }) => clienteId))];
  const changed = await listClientesAlteradosDesde(sync.ixc, clientes, oldest.slice(0, 19));
  if (changed.length === 0) return;
  const freed: number[] = [];
  for (const { id, clienteId, retidaEm } of held) {
    if (!changed.includes(clienteId)) continue;
    const [since] = await listClientesAlteradosDesde(sync.ixc, [clienteId], retidaEm.slice(0, 19));
    if (since !== undefined) freed.push(id);
  }
  if (freed.length === 0) return;
  await wakeUsuarios(sync.db, freed);
  sync.wake();
}
