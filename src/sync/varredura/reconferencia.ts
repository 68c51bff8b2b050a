// Right before a block or a cancel that a rule asked for, the contracts are read once more (decisions 16).
import { z } from 'zod';
import { type Db, row, rows, run, transaction } from '../../db.ts';
import { listFatos } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { strongestOf } from '../desejo.ts';
import { applyWish } from '../desejos.ts';
import { HOJE } from '../hoje.ts';
import { meaningOf } from '../regras.ts';
import { loadRegras } from '../regrasSalvas.ts';
import type { AcaoDoMotor } from '../tipos.ts';
import { refreshUsuarios } from './releitura.ts';
import { settleFacts } from './vigor.ts';

/**
 * Whether the step still stands. `dropped` = the contracts no longer ask for it and the wish was written anew;
 * `unconfirmed` = IXC does not return a contract in force, and a missing row is no fact (decisions 10).
 * Throws when IXC cannot be read: nothing destructive is done then.
 */
export async function reconfirm(
  sync: Sync,
  usuarioId: number,
  acao: AcaoDoMotor,
): Promise<'stands' | 'dropped' | 'unconfirmed'> {
  if (acao !== 'bloquear' && acao !== 'cancelar') return 'stands';
  const ordens = await loadOrdens(sync.db, usuarioId);
  if (ordens.cancelamento || (acao === 'bloquear' && ordens.bloqueio)) return 'stands';
  const vigentes = await listVigentes(sync.db, usuarioId);
  const quick = await lookAt(sync, vigentes);
  if (quick === 'missing') return 'unconfirmed';
  if (asksFor(acao, vigentes) && quick === 'unchanged') return 'stands';
  if ((await refreshUsuarios(sync, [usuarioId])).size > 0) return 'unconfirmed';
  const lidas = (await listVigentes(sync.db, usuarioId)).map(({ lido }) => ({ significado: lido }));
  if (asksFor(acao, lidas)) return 'stands';
  const still = ordens.bloqueio || asksFor('bloquear', lidas);
  await transaction(sync.db, async (tx) => {
    // The step has not happened: what is wished goes back to what is, and the contracts decide from there.
    await run(
      tx,
      "UPDATE usuarios SET desejada = IF(observada = 'bloqueado', 'bloqueado', 'ativo') WHERE id = :usuarioId",
      { usuarioId },
    );
    await settleFacts(tx, [usuarioId]);
    const next = still ? 'bloquear' : 'desbloquear';
    await applyWish(tx, { usuarioId, acao: next, causa: 'regra', operadorId: null });
  });
  return 'dropped';
}

// What a person ordered is done without asking IXC: a block is no order to cancel.
async function loadOrdens(db: Db, usuarioId: number): Promise<{ bloqueio: boolean; cancelamento: boolean }> {
  const flag = z.number().transform((value) => value === 1);
  return row(
    db,
    `SELECT bloqueio_manual = 1 AS bloqueio, cancelar_em IS NOT NULL AS cancelamento FROM usuarios WHERE id = :usuarioId`,
    { usuarioId },
    z.object({ bloqueio: flag, cancelamento: flag }),
  );
}

const significado = z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']);
const Vigente = z.object({ contratoId: z.number(), significado, lido: significado });
type Vigente = z.output<typeof Vigente>;

const listVigentes = (db: Db, usuarioId: number): Promise<Vigente[]> =>
  rows(
    db,
    `SELECT vigente AS contratoId, significado, COALESCE(lido_significado, significado) AS lido
     FROM adesoes WHERE usuario_id = :usuarioId AND vigente IS NOT NULL`,
    { usuarioId },
    Vigente,
  );

// The quick look: the status of every contract alone says what was in force when the wish was made.
async function lookAt(sync: Sync, vigentes: Vigente[]): Promise<'unchanged' | 'changed' | 'missing'> {
  const fatos = await listFatos(
    sync.ixc,
    vigentes.map(({ contratoId }) => contratoId),
  );
  const regras = await loadRegras(sync.db);
  const hoje = HOJE.format();
  const now = new Map(fatos.map((fato) => [fato.id, meaningOf(fato, regras, hoje)]));
  if (vigentes.some(({ contratoId }) => !now.has(contratoId))) return 'missing';
  const same = vigentes.every(({ contratoId, significado: before }) => now.get(contratoId) === before);
  return same ? 'unchanged' : 'changed';
}

function asksFor(acao: 'bloquear' | 'cancelar', adesoes: Pick<Vigente, 'significado'>[]): boolean {
  const strongest = strongestOf(adesoes);
  return strongest === 'cancelar' || (acao === 'bloquear' && strongest === 'bloqueado');
}
