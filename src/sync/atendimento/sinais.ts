// What one answer says of a whole integração: credentials refused, not answering, asked to slow down, or fine.
import { type Db, run } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import type { Sinal } from './estado.ts';

/** Minutes before each probe of refused credentials (decisions 17); the last repeats. */
export const SONDAS_MINUTOS = [1, 15, 60];
const FORA_AFTER = 5;
const FORA_MAX_SECONDS = 60;
const CONTATO_EVERY_MS = 5_000;

export interface Sinais {
  /** Records what an answer said; cheap when nothing changed. */
  record(integracaoId: number, sinal: Sinal): Promise<void>;
}

/** The recorder of one process: it remembers what it last wrote, so that a healthy partner costs no writes. */
export function createSinais(sync: Sync): Sinais {
  const fineSince = new Map<number, number>();
  return {
    async record(integracaoId, sinal) {
      if (sinal.kind === 'respondeu') {
        // Our own monotonic time: a host clock set back must not silence the news that the partner is there.
        const now = performance.now();
        if (now - (fineSince.get(integracaoId) ?? Number.NEGATIVE_INFINITY) < CONTATO_EVERY_MS) return;
        fineSince.set(integracaoId, now);
        await markFine(sync.db, integracaoId);
        return;
      }
      fineSince.delete(integracaoId);
      sync.log.warn({ integracao: integracaoId, sinal: sinal.kind }, 'a Tele Clínica não atendeu');
      if (sinal.kind === 'credencial') await stopByCredentials(sync.db, integracaoId);
      else if (sinal.kind === 'limite') await slowDown(sync.db, integracaoId, sinal.esperarMs);
      else await countSilence(sync.db, integracaoId);
    },
  };
}

// People who waited out the silence are due at once: the partner is back.
async function markFine(db: Db, id: number): Promise<void> {
  const { affectedRows } = await run(
    db,
    `UPDATE integracoes SET falhas_seguidas = 0, fora_desde = NULL, fora_ate = NULL, contato_em = UTC_TIMESTAMP(6)
     WHERE id = :id AND fora_desde IS NOT NULL`,
    { id },
  );
  if (affectedRows === 0) {
    await run(
      db,
      'UPDATE integracoes SET falhas_seguidas = 0, contato_em = UTC_TIMESTAMP(6) WHERE id = :id AND credencial_parada_em IS NULL',
      { id },
    );
    return;
  }
  await run(
    db,
    `UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)
     WHERE integracao_id = :id AND trabalho = 1 AND retida IS NULL AND falhas > 0 AND proxima_em > UTC_TIMESTAMP(6)`,
    { id },
  );
}

// The wait is as long as the silence has been, one second to one minute: calls that were in flight together do not add up.
async function countSilence(db: Db, id: number): Promise<void> {
  await run(
    db,
    `UPDATE integracoes SET
       fora_desde = IF(falhas_seguidas + 1 >= ${FORA_AFTER}, COALESCE(fora_desde, UTC_TIMESTAMP(6)), fora_desde),
       fora_ate = IF(falhas_seguidas + 1 >= ${FORA_AFTER},
         UTC_TIMESTAMP(6) + INTERVAL GREATEST(1000000, LEAST(${FORA_MAX_SECONDS * 1_000_000},
           TIMESTAMPDIFF(MICROSECOND, fora_desde, UTC_TIMESTAMP(6)))) MICROSECOND, fora_ate),
       falhas_seguidas = LEAST(falhas_seguidas + 1, 1000)
     WHERE id = :id`,
    { id },
  );
}

async function slowDown(db: Db, id: number, esperarMs: number): Promise<void> {
  await run(
    db,
    `UPDATE integracoes SET limite_ate = GREATEST(COALESCE(limite_ate, UTC_TIMESTAMP(6)),
       UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND) WHERE id = :id`,
    { id, us: Math.round(esperarMs * 1000) },
  );
}

/** Stops the integração at once: refused credentials would lock the account (decisions 17). Each refusal counts. */
export async function stopByCredentials(db: Db, id: number): Promise<void> {
  await run(
    db,
    `UPDATE integracoes SET credencial_parada_em = COALESCE(credencial_parada_em, UTC_TIMESTAMP(6)),
       credencial_recusas = credencial_recusas + 1,
       sonda_em = COALESCE(sonda_em, UTC_TIMESTAMP(6) + INTERVAL ${SONDAS_MINUTOS[0]} MINUTE)
     WHERE id = :id`,
    { id },
  );
}

/** Whatever stopped the integração is over: what was known of its credentials and its silence is forgotten. */
export async function forgive(tx: Db, id: number): Promise<void> {
  await run(
    tx,
    `UPDATE integracoes SET credencial_parada_em = NULL, credencial_recusas = 0, sondas = 0, sonda_em = NULL,
       fora_desde = NULL, fora_ate = NULL, falhas_seguidas = 0 WHERE id = :id`,
    { id },
  );
}

/** The partner answered with these credentials: the integração goes on. */
export async function resume(tx: Db, id: number): Promise<void> {
  await forgive(tx, id);
  await run(tx, 'UPDATE integracoes SET contato_em = UTC_TIMESTAMP(6) WHERE id = :id', { id });
}
