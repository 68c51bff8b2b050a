// A register that moved on in IXC is sent by itself only where everything else is: accepted rules, mode automático, no more
// at once than is normal. What is not sent waits, and a person may let it go.
import { z } from 'zod';
import { type Db, inList, row, run, transaction } from '../../db.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
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
 * Above the limit the whole look is held, and while any is held, others join it.
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
  if (await isTooMany(sync.db, go.length)) {
    await keepWaiting(sync.db, idsOf(go), 'freio');
    sync.log.error({ total: go.length }, 'freio: cadastros retidos à espera de uma pessoa');
    return;
  }
  for (const { person, contato } of go)
    await sendCadastro(sync, { ...person, contratoId: person.contratos[0].contratoId }, contato, null);
  sync.wake();
}

const HAS_ACCOUNT = ['ativo', 'bloqueado', 'desconhecido'];
const idsOf = (mudados: CadastroMudado[]): number[] => mudados.map(({ person }) => person.id);

/** How many registers may go by themselves in one look, and in 24 hours, among so many active people. Pure. */
export const limitesDeCadastros = (ativos: number): { porVez: number; por24h: number } => ({
  porVez: Math.max(10, Math.floor(0.05 * ativos)),
  por24h: Math.max(30, Math.floor(0.1 * ativos)),
});

async function isTooMany(db: Db, asked: number): Promise<boolean> {
  const { retidos } = await row(
    db,
    "SELECT EXISTS (SELECT 1 FROM usuarios WHERE cadastro_espera = 'freio') AS retidos",
    {},
    z.object({ retidos: z.number() }),
  );
  if (retidos === 1) return true;
  // Counting everybody is for when it matters: few are few however many people there are.
  if (await fits(db, asked, 0)) return false;
  const { ativos } = await row(
    db,
    "SELECT COUNT(*) AS ativos FROM usuarios WHERE observada = 'ativo'",
    {},
    z.object({ ativos: z.number() }),
  );
  return !(await fits(db, asked, ativos));
}

async function fits(db: Db, asked: number, ativos: number): Promise<boolean> {
  const { porVez, por24h } = limitesDeCadastros(ativos);
  if (asked > porVez) return false;
  // The newest are enough: as many as the limit in 24 hours is too many already.
  const { total } = await row(
    db,
    `SELECT COUNT(*) AS total FROM (SELECT em FROM auditoria WHERE evento = 'cadastro_mudou' ORDER BY id DESC LIMIT ${por24h}) ultimos
     WHERE em > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR`,
    {},
    z.object({ total: z.number() }),
  );
  return total + asked <= por24h;
}

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
  { id, contratoId }: { id: number; contratoId: number | null },
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
    await audit(tx, { operadorId, evento, usuarioId: id, contratoId });
    return true;
  });
}
