// How many active contracts a vínculo reaches, for the screen: bounded in rows and in time, whatever the size of the base.
import { z } from 'zod';
import { type Db, row, rows } from '../db.ts';
import { type Alcance, countAlcance } from '../ixc/alcance.ts';
import type { Sync } from './contexto.ts';
import type { Vinculo } from './planos.ts';

export type ItemDoVinculo = Pick<Vinculo, 'tipo' | 'ixcId' | 'filialId'>;

// Beyond this many the exact number changes nobody's mind.
const MOST = 10_000;

/**
 * The reach of each, in order, spending at most `segundos` on all together; undefined for those that time was up for. A
 * vínculo for all branches does not reach where the same item has one of the branch's own (decisions 5).
 */
export async function listAlcances(
  { db, ixc }: Pick<Sync, 'db' | 'ixc'>,
  itens: readonly ItemDoVinculo[],
  segundos: number,
): Promise<(Alcance | undefined)[]> {
  const until = performance.now() + segundos * 1000;
  const found: (Alcance | undefined)[] = [];
  for (const item of itens) {
    const left = (until - performance.now()) / 1000;
    const semFiliais = left > 0 ? await listFiliaisComProprio(db, item) : [];
    found.push(
      left > 0 ? await countAlcance(ixc, { ...item, semFiliais }, { ate: MOST, segundos: left }) : undefined,
    );
  }
  return found;
}

async function listFiliaisComProprio(db: Db, { tipo, ixcId, filialId }: ItemDoVinculo): Promise<number[]> {
  if (filialId > 0) return [];
  const sql = 'SELECT filial_id AS id FROM vinculos WHERE tipo = :tipo AND ixc_id = :ixcId AND filial_id > 0';
  return (await rows(db, sql, { tipo, ixcId }, z.object({ id: z.number() }))).map(({ id }) => id);
}

/** Contracts that give somebody this plano now because of a vínculo, and not by a person's choice. */
export async function countPorVinculo(db: Db, planoId: number): Promise<number> {
  const found = await row(
    db,
    `SELECT COUNT(*) AS total FROM adesoes
     WHERE vigente IS NOT NULL AND plano_id = :planoId AND plano_origem <> 'operador'`,
    { planoId },
    z.object({ total: z.number() }),
  );
  return found.total;
}
