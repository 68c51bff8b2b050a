// Carência: "não bloquear até" a day, given by a person with a reason; every path obeys it (decisions 11).
import { z } from 'zod';
import { type Db, rows, run, transaction } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { conflict, forbidden, invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { usuarioInFiliais } from './filiais.ts';
import { HOJE } from './hoje.ts';
import { parseMotivo } from './texto.ts';
import type { Operador, Usuario } from './tipos.ts';

/** How many days from today each role may give. */
const LIMITS = [
  { papel: 'aprovar', dias: 30 },
  { papel: 'operar', dias: 7 },
] as const;

/** The most days from today that this operator may give; 0 = none. */
export const maxDiasDeCarencia = ({ papeis }: Operador): number =>
  LIMITS.find(({ papel }) => papeis.has(papel))?.dias ?? 0;

/**
 * Gives carência until `ate` (AAAA-MM-DD or dd/mm/aaaa) and takes a rule's block back at once.
 * @throws Problem 422 on ate, motivo; 403 beyond the role's days; 409 when cancelled or blocked by a person.
 */
export async function saveCarencia(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  form: Record<string, string | undefined>,
): Promise<void> {
  const motivo = parseMotivo(form['motivo'] ?? '');
  const ate = parseDay(form['ate'] ?? '');
  refuseBeyond(operador, ate);
  if (usuario.cancelarEm !== null || usuario.observada === 'cancelado') {
    throw conflict('Há um cancelamento para este usuário.', 'Desfaça o cancelamento antes de dar carência.');
  }
  if (usuario.bloqueioManual) {
    throw conflict('Este usuário foi bloqueado por uma pessoa.', 'Desbloqueie em vez de dar carência.');
  }
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      'UPDATE usuarios SET carencia_ate = :ate, carencia_motivo = :motivo, carencia_operador_id = :operadorId WHERE id = :id',
      { id: usuario.id, ate, motivo, operadorId: operador.id },
    );
    await afterChange(tx, operador, usuario, 'carencia_dada', { ate, motivo });
  });
  sync.wake();
}

/** Ends the carência now; what the rules say comes back with the next run. Harmless when there is none. */
export async function deleteCarencia(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE usuarios SET carencia_ate = DATE(UTC_TIMESTAMP() - INTERVAL 27 HOUR)
       WHERE id = :id AND carencia_ate IS NOT NULL`,
      { id: usuario.id },
    );
    if (affectedRows === 0) return;
    await audit(tx, { operadorId: operador.id, evento: 'carencia_encerrada', usuarioId: usuario.id });
  });
}

async function afterChange(
  tx: Db,
  operador: Operador,
  usuario: Usuario,
  evento: string,
  detalhe: Record<string, string>,
): Promise<void> {
  // Only a person whom a rule blocks or cancels changes now; for the others it is a promise about later.
  if (usuario.desejada === 'bloqueado' || usuario.desejada === 'cancelado') {
    await applyWish(tx, {
      usuarioId: usuario.id,
      acao: 'desbloquear',
      causa: 'operador',
      operadorId: operador.id,
    });
  }
  await audit(tx, {
    operadorId: operador.id,
    evento,
    filialId: usuario.adesoes[0]?.filialId ?? 0,
    usuarioId: usuario.id,
    contratoId: usuario.adesoes[0]?.contratoId ?? null,
    detalhe,
  });
}

function parseDay(text: string): string {
  const brazilian = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text.trim());
  const day = brazilian ? `${brazilian[3]}-${brazilian[2]}-${brazilian[1]}` : text.trim();
  const valid = z.iso.date().safeParse(day);
  if (!valid.success) throw invalid({ ate: 'Escolha o último dia da carência.' });
  if (day < HOJE.format()) throw invalid({ ate: 'Este dia já passou.' });
  return day;
}

function refuseBeyond(operador: Operador, ate: string): void {
  const days = Math.round((Date.parse(ate) - Date.parse(HOJE.format())) / 86_400_000);
  const allowed = LIMITS.find(({ papel }) => operador.papeis.has(papel));
  if (allowed === undefined) throw forbidden('operar');
  if (days <= allowed.dias) return;
  if (allowed.papel === 'operar' && days <= LIMITS[0].dias) throw forbidden('aprovar');
  throw invalid({ ate: `Você pode dar até ${allowed.dias} dias.` });
}

export interface Carencia {
  usuarioId: number;
  /** AAAA-MM-DD */
  ate: string;
  motivo: string | null;
  operadorId: number | null;
  contratoId: number | null;
}

/** At most so many carências at a time. */
export const PAGINA_DE_CARENCIAS = 500;

/** The carências in force, the next to end first: a page of them, after `depois`. */
export function listCarencias(
  db: Db,
  filiais: Filiais,
  depois?: Pick<Carencia, 'ate' | 'usuarioId'>,
): Promise<Carencia[]> {
  const scope = usuarioInFiliais('u.id', filiais);
  const after = depois === undefined ? 'TRUE' : '(u.carencia_ate, u.id) > (:ate, :usuarioId)';
  return rows(
    db,
    `SELECT u.id AS usuarioId, u.carencia_ate AS ate, u.carencia_motivo AS motivo, u.carencia_operador_id AS operadorId,
       (SELECT MIN(a.vigente) FROM adesoes a WHERE a.usuario_id = u.id) AS contratoId
     FROM usuarios u
     WHERE u.carencia_ate >= DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR) AND ${after} AND ${scope.sql}
     ORDER BY u.carencia_ate, u.id LIMIT ${PAGINA_DE_CARENCIAS}`,
    { ...scope.params, ...(depois && { ate: depois.ate, usuarioId: depois.usuarioId }) },
    z.object({
      usuarioId: z.number(),
      ate: z.string(),
      motivo: z.string().nullable(),
      operadorId: z.number().nullable(),
      contratoId: z.number().nullable(),
    }),
  );
}
