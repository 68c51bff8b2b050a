// Carries out a pré-voo in the background: page by page over IXC, a third of the time left to others, and whoever finds
// it abandoned goes on where it stopped.
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { type Db, isDatabaseDown, optionalRow, type Params, rows, run, transaction } from '../../db.ts';
import { listNativos, type ProdutoVinculado } from '../../ixc/vinculados.ts';
import { loadContato } from '../contatos.ts';
import type { Sync } from '../contexto.ts';
import { knownPadroes, learnPadroes } from '../padroes.ts';
import { type Ritmo, repeat } from '../ritmo.ts';
import type { Criterios } from '../varredura/avaliacao.ts';
import { listRelevant } from '../varredura/completa.ts';
import { loadCriterios } from '../varredura/leitura.ts';
import { nomeadosPor } from '../varredura/nativos.ts';
import { type Achado, type Contexto, judgeCandidatos } from './candidatos.ts';

const LOOK_MS = 500;
const LEASE_SECONDS = 60;
const PAGE = 500;
const CHUNK = 250;
// How long the others get for each moment that a page took.
const REST_SHARE = 0.5;

/** Starts looking for a pré-voo to carry out; one process at a time works on it. */
export function startPrevoo(sync: Sync): Ritmo {
  const dono = `${process.pid}:${randomBytes(6).toString('hex')}`;
  let stopped = false;
  const ritmo = repeat(sync, 'prevoo', LOOK_MS, async () => {
    await runPrevoo(sync, dono, () => stopped);
  });
  return {
    async stop() {
      stopped = true;
      await ritmo.stop();
      await run(sync.db, 'UPDATE prevoos SET lease_ate = NULL WHERE dono = :dono AND andamento = 1', {
        dono,
      }).catch(() => undefined);
    },
  };
}

/**
 * Carries out the pré-voo that waits, if there is one and nobody else is at it. Answers whether there was one. Stops
 * between two pages once `isStopped` says so. While a database is away it throws, and goes on when called again.
 */
export async function runPrevoo(
  sync: Sync,
  dono: string,
  isStopped: () => boolean = () => false,
): Promise<boolean> {
  const prevoo = await claim(sync.db, dono);
  if (prevoo === undefined) return false;
  try {
    await walk(sync, prevoo, isStopped);
  } catch (error) {
    // A database that is away comes back: the lease stays ours and the next round goes on.
    if (isDatabaseDown(error)) throw error;
    await end(sync.db, prevoo, 'falhou');
    throw error;
  }
  return true;
}

interface Prevoo {
  id: number;
  dono: string;
  ate: number;
}

async function claim(db: Db, dono: string): Promise<Prevoo | undefined> {
  const waiting = await optionalRow(
    db,
    'SELECT id FROM prevoos WHERE andamento = 1 AND (dono = :dono OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))',
    { dono },
    z.object({ id: z.number() }),
  );
  if (waiting === undefined) return undefined;
  const { affectedRows } = await run(
    db,
    `UPDATE prevoos SET estado = 'correndo', dono = :dono, visto_em = UTC_TIMESTAMP(6),
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = :id AND andamento = 1 AND (dono = :dono2 OR lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { id: waiting.id, dono, dono2: dono },
  );
  if (affectedRows !== 1) return undefined;
  const now = await optionalRow(
    db,
    'SELECT id, ate FROM prevoos WHERE id = :id',
    { id: waiting.id },
    z.object({ id: z.number(), ate: z.number() }),
  );
  return now && { ...now, dono };
}

async function walk(sync: Sync, prevoo: Prevoo, isStopped: () => boolean): Promise<void> {
  const { contexto, ids } = await prepare(sync);
  await run(sync.db, 'UPDATE prevoos SET procurados = :total WHERE id = :id', {
    id: prevoo.id,
    total: ids.length,
  });
  for (let start = countUpTo(ids, prevoo.ate); start < ids.length; start += PAGE) {
    if (isStopped()) return;
    const beganAt = performance.now();
    const page = [...ids.subarray(start, start + PAGE)];
    const achados = await judgeCandidatos(sync, page, contexto);
    await record(sync, prevoo, page.at(-1) ?? 0, start + page.length, achados);
    await setTimeout((performance.now() - beganAt) * REST_SHARE);
  }
  await end(sync.db, prevoo, 'feito');
  await forgetOlder(sync.db, prevoo.id);
}

async function prepare(sync: Sync): Promise<{ contexto: Contexto; ids: Uint32Array }> {
  const criterios = await loadCriterios(sync);
  const produtos = new Map<number, ProdutoVinculado[]>();
  const ids = await listRelevant(sync, produtos, criterios);
  return { ids, contexto: await loadContexto(sync, criterios, produtos) };
}

/** What every page of one look goes by. `produtos` may be filled later, before the page that needs them. */
export async function loadContexto(
  sync: Sync,
  criterios: Criterios,
  produtos: ReadonlyMap<number, ProdutoVinculado[]>,
): Promise<Contexto> {
  if (knownPadroes(sync) === undefined) await learnPadroes(sync);
  const nativos = new Set(await listNativos(sync.ixc, nomeadosPor(criterios.vinculos)));
  const padroes = knownPadroes(sync) ?? { nascimentos: new Set(), dominios: new Set() };
  const planosRecusados = await listPlanosRecusados(sync.db);
  const { contato } = await loadContato(sync.db);
  return { criterios, produtos, nativos, planosRecusados, padroes, contato };
}

async function listPlanosRecusados(db: Db): Promise<Set<number>> {
  const sql = "SELECT id FROM planos WHERE registro = 'recusado' AND remoto_id IS NULL";
  return new Set((await rows(db, sql, {}, z.object({ id: z.number() }))).map(({ id }) => id));
}

// How many of the ids (in order) were looked at before.
function countUpTo(ids: Uint32Array, ate: number): number {
  const next = ids.findIndex((id) => id > ate);
  return next === -1 ? ids.length : next;
}

// Lines and progress in one transaction: whoever goes on later writes none of them twice.
async function record(
  sync: Sync,
  { id, dono }: Prevoo,
  ate: number,
  vistos: number,
  achados: Achado[],
): Promise<void> {
  const reprovados = achados.filter(({ causas }) => causas.length > 0);
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE prevoos SET ate = :ate, vistos = :vistos, elegiveis = elegiveis + :elegiveis,
         reprovados = reprovados + :reprovados, visto_em = UTC_TIMESTAMP(6),
         lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
       WHERE id = :id AND dono = :dono AND andamento = 1`,
      { id, dono, ate, vistos, elegiveis: achados.length, reprovados: reprovados.length },
    );
    if (affectedRows !== 1) throw new Error('another process carries this pré-voo out now');
    for (let start = 0; start < reprovados.length; start += CHUNK)
      await insertLinhas(tx, id, reprovados.slice(start, start + CHUNK));
  });
}

async function insertLinhas(tx: Db, id: number, achados: Achado[]): Promise<void> {
  const params: Params = { id };
  const values = achados.flatMap(({ contratoId, clienteId, filialId, causas }, n) => {
    Object.assign(params, {
      [`contrato${n}`]: contratoId,
      [`cliente${n}`]: clienteId,
      [`filial${n}`]: filialId,
    });
    return causas.map((causa) => `(:id, :contrato${n}, '${causa}', :cliente${n}, :filial${n})`);
  });
  const sql = `INSERT INTO prevoo_linhas (prevoo_id, contrato_id, causa, cliente_id, filial_id) VALUES ${values.join(', ')}`;
  await run(tx, sql, params);
}

async function end(db: Db, { id, dono }: Prevoo, estado: 'feito' | 'falhou'): Promise<void> {
  await run(
    db,
    `UPDATE prevoos SET andamento = NULL, estado = :estado, dono = NULL, lease_ate = NULL,
       visto_em = UTC_TIMESTAMP(6), terminado_em = UTC_TIMESTAMP(6)
     WHERE id = :id AND dono = :dono AND andamento = 1`,
    { id, dono, estado },
  );
}

// The newest result is the one that people work with.
async function forgetOlder(db: Db, id: number): Promise<void> {
  for (let gone = 1; gone > 0; ) {
    const sql = 'DELETE FROM prevoo_linhas WHERE prevoo_id < :id LIMIT 5000';
    gone = (await run(db, sql, { id })).affectedRows;
  }
  await run(db, 'DELETE FROM prevoos WHERE id < :id AND andamento IS NULL', { id });
}
