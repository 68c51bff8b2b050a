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
import { refreshUsuarios } from './execucao.ts';
import { settleFacts } from './vigor.ts';

/**
 * Whether the step still stands. `dropped` = the contracts no longer ask for it and the wish was written anew.
 * Throws when IXC cannot be read: nothing destructive is done then.
 */
export async function reconfirm(
  sync: Sync,
  usuarioId: number,
  acao: AcaoDoMotor,
): Promise<'stands' | 'dropped'> {
  if ((acao !== 'bloquear' && acao !== 'cancelar') || !(await askedByRule(sync.db, usuarioId)))
    return 'stands';
  const vigentes = await listVigentes(sync.db, usuarioId);
  if (asksFor(acao, vigentes) && (await isUnchanged(sync, vigentes))) return 'stands';
  await refreshUsuarios(sync, [usuarioId]);
  const lidas = (await listVigentes(sync.db, usuarioId)).map(({ lido }) => ({ significado: lido }));
  if (asksFor(acao, lidas)) return 'stands';
  const still = asksFor('bloquear', lidas);
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

// What a person ordered is done without asking IXC.
async function askedByRule(db: Db, usuarioId: number): Promise<boolean> {
  const { porPessoa } = await row(
    db,
    'SELECT bloqueio_manual = 1 OR cancelar_em IS NOT NULL AS porPessoa FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    z.object({ porPessoa: z.number() }),
  );
  return porPessoa === 0;
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
async function isUnchanged(sync: Sync, vigentes: Vigente[]): Promise<boolean> {
  const fatos = await listFatos(
    sync.ixc,
    vigentes.map(({ contratoId }) => contratoId),
  );
  const regras = await loadRegras(sync.db);
  const hoje = HOJE.format();
  return vigentes.every(({ contratoId, significado: before }) => {
    const now = fatos.find(({ id }) => id === contratoId);
    return now !== undefined && meaningOf(now, regras, hoje) === before;
  });
}

function asksFor(acao: 'bloquear' | 'cancelar', adesoes: Pick<Vigente, 'significado'>[]): boolean {
  const strongest = strongestOf(adesoes);
  return strongest === 'cancelar' || (acao === 'bloquear' && strongest === 'bloqueado');
}
