// Who gave the orders and changed the rules that an explanation names, from the audit trail.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import type { Regras } from '../regras.ts';
import type { Ato } from './tipos.ts';

const MOST = 100;

const AtoRow = z.object({
  id: z.number(),
  em: z.string(),
  operadorId: z.number().nullable(),
});

/** By event, the newest act on record for this usuário. */
export async function listAtos(db: Db, usuarioId: number): Promise<Map<string, Ato>> {
  const found = await rows(
    db,
    `SELECT id, em, operador_id AS operadorId, evento, JSON_VALUE(detalhe, '$.motivo') AS motivo FROM auditoria
     WHERE usuario_id = :usuarioId ORDER BY id DESC LIMIT ${MOST}`,
    { usuarioId },
    AtoRow.extend({ evento: z.string(), motivo: z.string().nullable() }),
  );
  return new Map(found.toReversed().map(({ evento, ...ato }) => [evento, ato]));
}

/** By cell, the act that gave it the meaning it has now. Cells with the default are left out. */
export async function listRegrasMudadas(db: Db, regras: Regras): Promise<Map<string, Ato>> {
  if (regras.size === 0) return new Map();
  const found = await rows(
    db,
    `SELECT id, em, operador_id AS operadorId, detalhe FROM auditoria WHERE evento = 'regras_alteradas'
     ORDER BY id DESC LIMIT ${MOST}`,
    {},
    AtoRow.extend({ detalhe: z.unknown() }),
  );
  const saves = found.map(({ detalhe, ...ato }) => ({ ato, celulas: cellsOf(detalhe) }));
  const changed = new Map<string, Ato>();
  for (const [cell, meaning] of regras) {
    // Newest first: the oldest save in an unbroken row with this meaning is the one that gave it.
    const until = saves.findIndex(({ celulas }) => celulas[cell] !== meaning);
    const first = saves[(until < 0 ? saves.length : until) - 1];
    if (first !== undefined) changed.set(cell, { ...first.ato, motivo: null });
  }
  return changed;
}

function cellsOf(detalhe: unknown): Record<string, unknown> {
  const parsed: unknown = typeof detalhe === 'string' ? JSON.parse(detalhe) : detalhe;
  return z.record(z.string(), z.unknown()).catch({}).parse(parsed);
}
