// Carries out a comparison in the background, phase by phase; whoever finds it abandoned goes on where it stopped.
import { randomBytes } from 'node:crypto';
import { isDatabaseDown, run } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { isPausedByFile } from '../pausas.ts';
import { type Ritmo, repeat } from '../ritmo.ts';
import { refuseNow } from '../varredura/base.ts';
import { requestNightly } from './comparacoes.ts';
import { type Conhecimento, loadConhecimento } from './conhecimento.ts';
import { readContratos } from './contratos.ts';
import { advance, type Corrida, claimCorrida, endCorrida, sweepTables } from './corrida.ts';
import { findDesconhecidas } from './estranhas.ts';
import { closeUnseen } from './gravacao.ts';
import { readListas } from './lista.ts';
import { comparePessoas } from './pessoas.ts';
import { settleCorrigidas } from './resolvidas.ts';
import { findSemConta } from './semConta.ts';

const LOOK_MS = 500;
const SETTLE_MS = 3_000;

/** Starts looking for a comparison to carry out; one process at a time works on it. */
export function startComparacao(sync: Sync): Ritmo {
  const dono = `${process.pid}:${randomBytes(6).toString('hex')}`;
  let stopped = false;
  const ritmo = repeat(sync, 'comparacao', LOOK_MS, async () => {
    await requestNightly(sync);
    await runComparacao(sync, dono, () => stopped);
  });
  const corrigidas = repeat(sync, 'divergencias', SETTLE_MS, () => settleCorrigidas(sync.db));
  return {
    async stop() {
      stopped = true;
      await Promise.all([ritmo.stop(), corrigidas.stop()]);
      await run(sync.db, 'UPDATE comparacoes SET lease_ate = NULL WHERE dono = :dono AND andamento = 1', {
        dono,
      }).catch(() => undefined);
    },
  };
}

/**
 * Carries out the comparison that waits, if there is one and nobody else is at it. Answers whether there was one. Stops
 * between two pages once `isStopped` says so. While a database is away it throws, and goes on when called again.
 */
export async function runComparacao(
  sync: Sync,
  dono: string,
  isStopped: () => boolean = () => false,
): Promise<boolean> {
  if (isPausedByFile(sync)) return false;
  const corrida = await claimCorrida(sync.db, dono, sync.config.leaseMs);
  if (corrida === undefined) return false;
  try {
    await walk(sync, corrida, isStopped);
  } catch (error) {
    if (isDatabaseDown(error)) throw error;
    await endCorrida(sync.db, corrida, 'falhou', null);
    throw error;
  }
  return true;
}

async function walk(sync: Sync, corrida: Corrida, isStopped: () => boolean): Promise<void> {
  if (corrida.fase === 'ixc') {
    // What a run would not believe is not compared either.
    const recusa = await refuseNow(sync);
    if (recusa !== undefined) return endCorrida(sync.db, corrida, 'recusada', recusa);
    await sweepTables(sync.db, corrida.id - 1);
    await readContratos(sync, corrida, isStopped);
  }
  if (corrida.fase === 'lista' && !(await readListas(sync, corrida, isStopped))) return;
  if (isStopped()) return;
  const conhecimento = await loadConhecimento(sync, corrida);
  if (corrida.fase === 'pessoas') await comparePessoas(sync, corrida, conhecimento, isStopped);
  if (isStopped()) return;
  if (!(await findDesconhecidas(sync, corrida, conhecimento, isStopped))) return;
  if (!(await findSemConta(sync, corrida, conhecimento, isStopped))) return;
  await finish(sync, corrida, conhecimento);
}

async function finish(sync: Sync, corrida: Corrida, { listas }: Conhecimento): Promise<void> {
  const complete = [...listas].filter(([, estado]) => estado === 'completa').map(([id]) => id);
  await closeUnseen(sync.db, corrida.id, complete);
  await advance(sync.db, corrida, {});
  const whole = complete.length === listas.size;
  await endCorrida(
    sync.db,
    corrida,
    whole ? 'feita' : 'parcial',
    whole
      ? null
      : 'Nem toda lista da Tele Clínica foi lida por inteiro: ninguém foi dado como ausente por ela.',
  );
  await sweepTables(sync.db, corrida.id);
}
