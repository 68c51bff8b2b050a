// The one call that is nobody's wish: the ping of *Testar conexão*, and of the probes that look whether refused credentials are taken again.
import { hostname } from 'node:os';
import { z } from 'zod';
import { rows, run, transaction } from '../db.ts';
import type { Outcome } from '../teleclinica/port.ts';
import { resume, SONDAS_MINUTOS, stopByCredentials } from './atendimento/sinais.ts';
import { closeTentativa } from './atendimento/tentativas.ts';
import { openConnection } from './conexoes.ts';
import type { Sync } from './contexto.ts';
import { isPausedByFile } from './pausas.ts';

/** What a ping answers: the environment, when the partner tells it. */
export type PingOutcome = Outcome<{ ambiente: string | null }>;

/**
 * One harmless authenticated call, behind a row as every other. A refusal of the credentials stops the integração and
 * counts. @throws Problem 404, 409 as `openConnection`.
 */
export async function pingParceiro(sync: Sync, id: number): Promise<PingOutcome> {
  const { parceiro } = await openConnection(sync, id);
  const { timeoutMs } = sync.config;
  await closeAbandoned(sync, id);
  const { insertId } = await run(
    sync.db,
    `INSERT INTO tentativas (integracao_id, lease_token, processo, chamada, escrita, enviada_em)
     VALUES (:id, 0, :processo, 'testar', 0, UTC_TIMESTAMP(6))`,
    { id, processo: `${hostname().replace(/[^\w.-]/g, '')}:${process.pid}`.slice(-80) },
  );
  const answer = await parceiro.ping({ timeoutMs });
  if (answer.outcome.kind === 'credentials') await stopByCredentials(sync.db, id);
  await closeTentativa(sync.db, insertId, answer);
  return answer.outcome;
}

// The pings of processes that died: nothing hangs on their answer, but no row stays open for ever.
async function closeAbandoned({ db, config }: Sync, id: number): Promise<void> {
  await run(
    db,
    `UPDATE tentativas SET resultado = 'sem_resposta', respondida_em = UTC_TIMESTAMP(6)
     WHERE usuario_id IS NULL AND integracao_id = :id AND chamada = 'testar' AND resultado = 'enviada'
       AND enviada_em < UTC_TIMESTAMP(6) - INTERVAL :us MICROSECOND`,
    { id, us: Math.round(config.leaseMs * 1000) },
  );
}

/** Probes every integração whose refused credentials are due for it (decisions 17); none while a pause stands. */
export async function probeCredentials(sync: Sync): Promise<void> {
  if (isPausedByFile(sync)) return;
  const due = await rows(
    sync.db,
    `SELECT id, credencial_recusas AS recusas, sondas FROM integracoes
     WHERE credencial_parada_em IS NOT NULL AND sonda_em <= UTC_TIMESTAMP(6)
       AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)`,
    {},
    z.object({ id: z.number(), recusas: z.number(), sondas: z.number() }),
  );
  for (const each of due) await probe(sync, each);
}

interface Parada {
  id: number;
  /** Times that the partner refused these credentials, however many calls were in flight together. */
  recusas: number;
  /** Probes made since they were refused. */
  sondas: number;
}

async function probe(sync: Sync, { id, recusas, sondas }: Parada): Promise<void> {
  const { parceiro } = await openConnection(sync, id);
  const lockout = parceiro.limits.lockoutAfter;
  // One refusal short of the number that locks the account, only a person tries again.
  if (lockout !== undefined && recusas >= lockout - 1) return;
  const minutes = SONDAS_MINUTOS[Math.min(sondas + 1, SONDAS_MINUTOS.length - 1)] ?? 60;
  const { affectedRows } = await run(
    sync.db,
    `UPDATE integracoes SET sondas = sondas + 1, sonda_em = UTC_TIMESTAMP(6) + INTERVAL ${minutes} MINUTE
     WHERE id = :id AND sonda_em <= UTC_TIMESTAMP(6)`,
    { id },
  );
  if (affectedRows !== 1) return;
  const outcome = await pingParceiro(sync, id);
  if (outcome.kind !== 'ok') return;
  await transaction(sync.db, (tx) => resume(tx, id));
  sync.wake();
}
