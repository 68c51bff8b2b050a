// A register that moved on in IXC is sent by itself only where everything else is: accepted rules, mode automático, no more
// at once than is normal. What is not sent waits, and a person may let it go.
import { z } from 'zod';
import { type Db, inList, rows, run, transaction } from '../../db.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { FILIAL_DE } from '../filiais.ts';
import { listModos, modoFor } from '../modos.ts';
import type { Guardado } from './guardados.ts';

export interface CadastroMudado {
  person: Guardado;
  /** E-mail or mobile changed too, not only the name. */
  contato: boolean;
}

const CHUNK = 500;

/**
 * Decides on the registers that one look found changed. `aceito` = somebody has decided on a run under the rules of now.
 * Above the limit of all, or of a branch, those are held, and while so many are held, others join them.
 */
export async function decideCadastros(sync: Sync, mudados: CadastroMudado[], aceito: boolean): Promise<void> {
  const open = mudados.filter(
    ({ person }) => !person.atualizar && person.espera !== 'freio' && HAS_ACCOUNT.includes(person.observada),
  );
  if (open.length === 0) return;
  const modos = await listModos(sync.db);
  const byItself = ({ person: { ambiente, contratos } }: CadastroMudado): boolean =>
    aceito &&
    ambiente !== 'homologacao' &&
    modoFor(modos, 'atualizar', contratos[0].filialId) === 'automatico';
  const wait = open.filter((each) => !byItself(each) && each.person.espera === null);
  await keepWaiting(sync.db, idsOf(wait), 'modo');
  const go = open.filter(byItself);
  if (go.length === 0) return;
  const held = await chooseHeld(sync.db, go);
  if (held.size > 0) {
    await keepWaiting(sync.db, idsOf([...held]), 'freio');
    sync.log.error({ total: held.size }, 'freio: cadastros retidos à espera de uma pessoa');
  }
  for (const mudado of go) {
    const { person, contato } = mudado;
    if (held.has(mudado)) continue;
    const { contratoId, filialId } = person.contratos[0];
    await sendCadastro(sync, { id: person.id, contratoId, filialId }, contato, null);
  }
  if (held.size < go.length) sync.wake();
}

const HAS_ACCOUNT = ['ativo', 'bloqueado', 'desconhecido'];
const idsOf = (mudados: CadastroMudado[]): number[] => mudados.map(({ person }) => person.id);

/** How many registers may go by themselves in one look, and in 24 hours, among so many active people. Pure. */
export const limitesDeCadastros = (ativos: number): { porVez: number; por24h: number } => ({
  porVez: Math.max(10, Math.floor(0.05 * ativos)),
  por24h: Math.max(30, Math.floor(0.1 * ativos)),
});

const filialOf = ({ person }: CadastroMudado): number => person.contratos[0].filialId;

// Too many in all hold all; too many of one branch hold that branch. Those held already count with those that ask.
async function chooseHeld(db: Db, go: CadastroMudado[]): Promise<Set<CadastroMudado>> {
  const espera = await countByFilial(db, "u.cadastro_espera = 'freio'");
  // Counting everybody is for when it matters: few are few however many people there are, in all and in each branch.
  const few = limitesDeCadastros(0);
  const all = go.length + totalOf(espera);
  if (all <= few.porVez && all + totalOf(await countRecent(db, few.por24h)) <= few.por24h) return new Set();
  const ativos = await countByFilial(db, "u.observada = 'ativo'");
  const recentes = await countRecent(db, limitesDeCadastros(totalOf(ativos)).por24h);
  const tooMany = (asked: number, of: (counts: PorFilial) => number): boolean => {
    const { porVez, por24h } = limitesDeCadastros(of(ativos));
    const together = asked + of(espera);
    return together > porVez || together + of(recentes) > por24h;
  };
  if (tooMany(go.length, totalOf)) return new Set(go);
  const held = [...new Set(go.map(filialOf))].flatMap((filialId) => {
    const asking = go.filter((each) => filialOf(each) === filialId);
    return tooMany(asking.length, (counts) => counts.get(filialId) ?? 0) ? asking : [];
  });
  return new Set(held);
}

type PorFilial = ReadonlyMap<number, number>;
const Contada = z.object({ filialId: z.coerce.number(), total: z.number() });
const byFilial = (found: z.output<typeof Contada>[]): PorFilial =>
  new Map(found.map(({ filialId, total }) => [filialId, total]));
const totalOf = (counts: PorFilial): number => [...counts.values()].reduce((sum, total) => sum + total, 0);

const countByFilial = async (db: Db, where: string): Promise<PorFilial> =>
  byFilial(
    await rows(
      db,
      `SELECT ${FILIAL_DE('u.id')} AS filialId, COUNT(*) AS total FROM usuarios u WHERE ${where} GROUP BY filialId`,
      {},
      Contada,
    ),
  );

// Sent by itself in the last 24 hours. The newest are enough: as many as the limit is too many already.
const countRecent = async (db: Db, limite: number): Promise<PorFilial> =>
  byFilial(
    await rows(
      db,
      `SELECT filial_id AS filialId, COUNT(*) AS total FROM (
         SELECT em, filial_id FROM auditoria WHERE evento = 'cadastro_mudou' ORDER BY id DESC LIMIT ${limite}) ultimos
       WHERE em > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR GROUP BY filial_id`,
      {},
      Contada,
    ),
  );

async function keepWaiting(db: Db, ids: number[], espera: 'modo' | 'freio'): Promise<void> {
  for (let start = 0; start < ids.length; start += CHUNK) {
    const list = inList('id', ids.slice(start, start + CHUNK));
    await run(db, `UPDATE usuarios SET cadastro_espera = :espera WHERE id IN (${list.sql})`, {
      espera,
      ...list.params,
    });
  }
}

/** IXC went back to what was sent: nothing waits any more. */
export const forgetEspera = (db: Db, usuarioId: number): Promise<unknown> =>
  run(db, 'UPDATE usuarios SET cadastro_espera = NULL WHERE id = :usuarioId', { usuarioId });

/**
 * Lets the register of a person go; answers whether anything was to do. What is sent is read at that moment: a change that
 * comes before it goes along. `contato` = e-mail or mobile changed; `operadorId` null = by itself.
 */
export async function sendCadastro(
  sync: Sync,
  { id, contratoId, filialId }: { id: number; contratoId: number | null; filialId?: number },
  contato: boolean,
  operadorId: number | null,
): Promise<boolean> {
  return transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE usuarios SET atualizar = 1, cadastro_espera = NULL, trabalho = 1, geracao = geracao + 1,
         proxima_em = UTC_TIMESTAMP(6), prioridade = 5, contato_mudou_em = IF(:contato = 1, UTC_TIMESTAMP(6), contato_mudou_em)
       WHERE id = :id AND atualizar = 0 AND observada NOT IN ('ausente', 'cancelado')`,
      { id, contato: contato ? 1 : 0 },
    );
    if (affectedRows === 0) return false;
    const evento = operadorId === null ? 'cadastro_mudou' : 'cadastro_pedido';
    await audit(tx, { operadorId, evento, usuarioId: id, contratoId, filialId: filialId ?? 0 });
    return true;
  });
}
