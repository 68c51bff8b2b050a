// Accepting a divergência as known: with a reason, until a day; and taking that back.
import { z } from 'zod';
import { run, transaction } from '../../db.ts';
import { conflict, invalid } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { parseMotivo } from '../texto.ts';
import type { Operador } from '../tipos.ts';
import type { Divergencia } from './divergencias.ts';

/** The most days from today that a divergência may be accepted for. */
export const MAX_DIAS_DE_ACEITE = 90;
const DAY_MS = 86_400_000;

/** Takes the line off the list of what is open until the end of `ate`. @throws Problem 422 on motivo, ate; 409. */
export async function acceptDivergencia(
  sync: Sync,
  operador: Operador,
  divergencia: Divergencia,
  form: Record<string, string | undefined>,
): Promise<void> {
  const motivo = parseMotivo(form['motivo'] ?? '');
  const ate = parseAte(form['ate'] ?? '');
  if (divergencia.estado === 'resolvida')
    throw conflict('Esta divergência já foi resolvida.', 'Não há o que aceitar. Volte à lista.');
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      'UPDATE divergencias SET aceita_ate = :ate, aceita_motivo = :motivo, aceita_por = :operadorId WHERE id = :id',
      { id: divergencia.id, ate, motivo, operadorId: operador.id },
    );
    await audit(tx, actOf(operador, divergencia, 'divergencia_aceita', { ate, motivo }));
  });
}

/** Puts it back among the open ones. Harmless when it is not accepted. */
export async function unacceptDivergencia(
  sync: Sync,
  operador: Operador,
  divergencia: Divergencia,
): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'UPDATE divergencias SET aceita_ate = NULL WHERE id = :id AND aceita_ate IS NOT NULL',
      { id: divergencia.id },
    );
    if (affectedRows === 0) return;
    await audit(tx, actOf(operador, divergencia, 'divergencia_reaberta', {}));
  });
}

function parseAte(text: string): string {
  const brazilian = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text.trim());
  const day = brazilian ? `${brazilian[3]}-${brazilian[2]}-${brazilian[1]}` : text.trim();
  if (!z.iso.date().safeParse(day).success) throw invalid({ ate: 'Escolha o dia: dd/mm/aaaa.' });
  if (day < HOJE.format()) throw invalid({ ate: 'O dia já passou. Escolha hoje ou um dia depois.' });
  if (day > HOJE.format(Date.now() + MAX_DIAS_DE_ACEITE * DAY_MS))
    throw invalid({ ate: `Aceite por no máximo ${MAX_DIAS_DE_ACEITE} dias; depois ela volta à lista.` });
  return day;
}

const actOf = (
  operador: Operador,
  { id, classe, filialId, usuarioId, contratoId }: Divergencia,
  evento: string,
  detalhe: Record<string, string>,
) => ({
  operadorId: operador.id,
  evento,
  filialId,
  usuarioId,
  contratoId,
  detalhe: { divergencia: id, classe, ...detalhe },
});
