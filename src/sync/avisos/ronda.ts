// The round: what began since the last look is opened and told, what is over is closed and told. One process at a time.
import { z } from 'zod';
import { type Db, rows, run, transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { type Aberto, CAUSAS, type Causa, type NomeDaCausa, type Sintoma } from './causas.ts';
import { activeCanais, type Canal, loadConfiguracao } from './configuracao.ts';
import { DEMORADAS, isJudgedHere, listDemoradas } from './demoradas.ts';
import { listSubitas, SUBITAS } from './subitas.ts';

const LEASE_SECONDS = 15;

/** Looks at the causes that appear in an instant. Does nothing while another process holds the round. */
export async function roundSubitas(sync: Sync, dono: string): Promise<void> {
  if (!(await takeRound(sync.db, dono))) return;
  const sintomas = await listSubitas(sync.db);
  await compare(sync, SUBITAS, sintomas, await listAbertos(sync.db));
}

/** Looks at the causes that only time makes: dearer to ask for, and in no hurry. */
export async function roundDemoradas(sync: Sync, dono: string): Promise<void> {
  if (!(await takeRound(sync.db, dono))) return;
  const abertos = await listAbertos(sync.db);
  const { limites } = await loadConfiguracao(sync.db);
  const sintomas = await listDemoradas(sync, limites, abertos);
  await compare(sync, DEMORADAS, sintomas, abertos);
}

/** Lets another process take over at once. */
export async function leaveRound(db: Db, dono: string): Promise<void> {
  await run(db, 'UPDATE avisos_ronda SET lease_ate = NULL WHERE id = 1 AND dono = :dono', { dono });
}

async function takeRound(db: Db, dono: string): Promise<boolean> {
  const { affectedRows } = await run(
    db,
    `UPDATE avisos_ronda SET dono = :dono, lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = 1 AND (dono = :dono2 OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { dono, dono2: dono },
  );
  return affectedRows === 1;
}

const listAbertos = (db: Db): Promise<Aberto[]> =>
  rows(
    db,
    'SELECT id, causa, chave FROM avisos WHERE aberto = 1',
    {},
    z.object({
      id: z.number(),
      causa: z.enum(CAUSAS),
      chave: z.string(),
    }),
  );

async function compare(
  sync: Sync,
  causas: readonly NomeDaCausa[],
  sintomas: Sintoma[],
  abertos: Aberto[],
): Promise<void> {
  const known = new Set(abertos.map(({ causa, chave }) => `${causa}:${chave}`));
  const stands = new Set(sintomas.map(({ causa, chave }) => `${causa.causa}:${chave}`));
  const begun = sintomas.filter(({ causa, chave }) => !known.has(`${causa.causa}:${chave}`));
  const over = abertos.filter(
    (aberto) =>
      causas.includes(aberto.causa) && !stands.has(`${aberto.causa}:${aberto.chave}`) && isJudgedHere(aberto),
  );
  const canais = begun.length === 0 ? [] : activeCanais(await loadConfiguracao(sync.db));
  for (const sintoma of begun) await begin(sync, sintoma, canais);
  for (const { id } of over) await end(sync, id);
  for (const { causa, chave } of sintomas)
    if (causa.causa === 'sumidos' && known.has(`sumidos:${chave}`)) await renew(sync.db, causa, chave);
}

// A list that grows while it is open is told once and kept true on the screen.
async function renew(db: Db, causa: Causa, chave: string): Promise<void> {
  await run(
    db,
    'UPDATE avisos SET detalhe = :detalhe WHERE causa = :causa AND chave = :chave AND aberto = 1 AND detalhe <> :detalhe2',
    { causa: causa.causa, chave, detalhe: JSON.stringify(causa), detalhe2: JSON.stringify(causa) },
  );
}

async function begin(sync: Sync, { causa, chave }: Sintoma, canais: Canal[]): Promise<void> {
  const begun = await transaction(sync.db, async (tx) => {
    const { affectedRows, insertId } = await run(
      tx,
      `INSERT IGNORE INTO avisos (causa, chave, comecou_em, detalhe)
       VALUES (:causa, :chave, UTC_TIMESTAMP(6), :detalhe)`,
      { causa: causa.causa, chave, detalhe: JSON.stringify(causa) },
    );
    if (affectedRows !== 1) return false;
    for (const canal of canais) {
      await run(
        tx,
        `INSERT INTO avisos_envios (aviso_id, evento, canal, proxima_em, criado_em)
         VALUES (:insertId, 'comecou', :canal, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
        { insertId, canal },
      );
    }
    return true;
  });
  if (begun) sync.log.warn({ causa: causa.causa, chave }, 'aviso');
}

// The end is told where the beginning was told: nobody hears of the recovery of what they never heard of.
async function end(sync: Sync, id: number): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'UPDATE avisos SET aberto = NULL, acabou_em = UTC_TIMESTAMP(6) WHERE id = :id AND aberto = 1',
      { id },
    );
    if (affectedRows !== 1) return;
    await run(
      tx,
      `INSERT INTO avisos_envios (aviso_id, evento, canal, proxima_em, criado_em)
       SELECT aviso_id, 'recuperado', canal, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM avisos_envios
       WHERE aviso_id = :id AND evento = 'comecou' AND estado <> 'dispensado'`,
      { id },
    );
  });
}
