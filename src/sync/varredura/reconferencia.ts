// Right before a block or a cancel that a rule asked for, the contracts are read once more (decisions 16).
import { z } from 'zod';
import { type Db, inList, rows, run, transaction } from '../../db.ts';
import { listFatos } from '../../ixc/fatos.ts';
import type { Sync } from '../contexto.ts';
import { strongestOf } from '../desejo.ts';
import { applyWish } from '../desejos.ts';
import { HOJE } from '../hoje.ts';
import { meaningOf } from '../regras.ts';
import { loadRegras } from '../regrasSalvas.ts';
import type { AcaoDoMotor, Significado } from '../tipos.ts';
import { refreshUsuarios } from './releitura.ts';
import { settleFacts } from './vigor.ts';

/** A block or a cancel that is about to be sent. */
export interface Pergunta {
  usuarioId: number;
  acao: AcaoDoMotor;
}

/** What one look says: the step stands, a contract is not there any more, or IXC must be read again more closely. */
export type Olhar = 'stands' | 'missing' | 'changed';

/**
 * Whether the step still stands. `dropped` = the contracts no longer ask for it and the wish was written anew;
 * `unconfirmed` = IXC does not return a contract in force, and a missing row is no fact (decisions 10).
 * Throws when IXC cannot be read: nothing destructive is done then. `look` is `lookQuickly`, alone or together with others.
 */
export async function reconfirm(
  sync: Sync,
  pergunta: Pergunta,
  look: (pergunta: Pergunta) => Promise<Olhar>,
): Promise<'stands' | 'dropped' | 'unconfirmed'> {
  const { acao, usuarioId } = pergunta;
  if (acao !== 'bloquear' && acao !== 'cancelar') return 'stands';
  const quick = await look(pergunta);
  if (quick === 'stands') return 'stands';
  if (quick === 'missing' || (await refreshUsuarios(sync, [usuarioId])).size > 0) return 'unconfirmed';
  const lidas = (await listVigentes(sync.db, [usuarioId])).map(({ lido }) => ({ significado: lido }));
  if (asksFor(acao, lidas)) return 'stands';
  const blocked = (await listOrdens(sync.db, [usuarioId])).some(({ bloqueio }) => bloqueio);
  const still = blocked || asksFor('bloquear', lidas);
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

/**
 * The quick look at many: what a person ordered stands without asking IXC (a block is no order to cancel), and so does what
 * the status of every contract says as it did when the wish was made. Throws when IXC cannot be read.
 */
export async function lookQuickly(sync: Sync, perguntas: readonly Pergunta[]): Promise<Olhar[]> {
  const ordens = new Map(
    (await listOrdens(sync.db, perguntas.map(idOf))).map((each) => [each.usuarioId, each]),
  );
  const isOrdered = ({ usuarioId, acao }: Pergunta): boolean => {
    const { bloqueio = false, cancelamento = false } = ordens.get(usuarioId) ?? {};
    return cancelamento || (acao === 'bloquear' && bloqueio);
  };
  const asked = perguntas.filter((pergunta) => !isOrdered(pergunta));
  if (asked.length === 0) return perguntas.map(() => 'stands');
  const vigentes = await listVigentes(sync.db, asked.map(idOf));
  const now = await judgeNow(sync, vigentes);
  return perguntas.map((pergunta) => {
    if (isOrdered(pergunta)) return 'stands';
    const own = vigentes.filter(({ usuarioId }) => usuarioId === pergunta.usuarioId);
    if (own.some(({ contratoId }) => !now.has(contratoId))) return 'missing';
    const same = own.every(({ contratoId, significado: before }) => now.get(contratoId) === before);
    return same && asksFor(pergunta.acao, own) ? 'stands' : 'changed';
  });
}

const idOf = ({ usuarioId }: { usuarioId: number }): number => usuarioId;

const flag = z.number().transform((value) => value === 1);
const Ordens = z.object({ usuarioId: z.number(), bloqueio: flag, cancelamento: flag });

function listOrdens(db: Db, usuarioIds: readonly number[]): Promise<z.output<typeof Ordens>[]> {
  const list = inList('usuario', usuarioIds);
  return rows(
    db,
    `SELECT id AS usuarioId, bloqueio_manual = 1 AS bloqueio, cancelar_em IS NOT NULL AS cancelamento
     FROM usuarios WHERE id IN (${list.sql})`,
    list.params,
    Ordens,
  );
}

const significado = z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']);
const Vigente = z.object({ usuarioId: z.number(), contratoId: z.number(), significado, lido: significado });
type Vigente = z.output<typeof Vigente>;

function listVigentes(db: Db, usuarioIds: readonly number[]): Promise<Vigente[]> {
  const list = inList('usuario', usuarioIds);
  return rows(
    db,
    `SELECT usuario_id AS usuarioId, vigente AS contratoId, significado, COALESCE(lido_significado, significado) AS lido
     FROM adesoes WHERE usuario_id IN (${list.sql}) AND vigente IS NOT NULL`,
    list.params,
    Vigente,
  );
}

// What the rules make of these contracts as IXC has them now.
async function judgeNow(sync: Sync, vigentes: readonly Vigente[]): Promise<Map<number, Significado>> {
  const fatos = await listFatos(
    sync.ixc,
    vigentes.map(({ contratoId }) => contratoId),
  );
  const regras = await loadRegras(sync.db);
  const hoje = HOJE.format();
  return new Map(fatos.map((fato) => [fato.id, meaningOf(fato, regras, hoje)]));
}

function asksFor(acao: AcaoDoMotor, adesoes: Pick<Vigente, 'significado'>[]): boolean {
  const strongest = strongestOf(adesoes);
  return strongest === 'cancelar' || (acao === 'bloquear' && strongest === 'bloqueado');
}
