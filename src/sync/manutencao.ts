// What time alone brings about: held people looked at again, cancel orders that ripen, probes of refused credentials, clean-up.
import { z } from 'zod';
import { optionalRow, rows, run, transaction } from '../db.ts';
import { wakeUsuarios } from './atendimento/fila.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { probeCredentials } from './sonda.ts';
import { recordVidas } from './vidas.ts';

// Holds that only a person ends: looking again by ourselves would change nothing or could harm.
const BY_PERSON =
  "('derruba_o_processo', 'sem_plano', 'mais_de_um_plano', 'quem_e_a_pessoa', 'sumiu', 'cancelado_no_parceiro')";

/** Everything that is due now. Safe in several processes at once: each act is a guarded UPDATE. */
export async function maintain(sync: Sync): Promise<void> {
  await reevaluateByTime(sync);
  await ripenCancelamentos(sync);
  await probeCredentials(sync);
  await recordVidas(sync);
}

async function reevaluateByTime(sync: Sync): Promise<void> {
  const due = await rows(
    sync.db,
    `SELECT id FROM usuarios WHERE retida IS NOT NULL AND retida NOT IN ${BY_PERSON}
       AND reavaliar_em <= UTC_TIMESTAMP(6) LIMIT 200`,
    {},
    z.object({ id: z.number() }),
  );
  if (due.length === 0) return;
  await wakeUsuarios(
    sync.db,
    due.map(({ id }) => id),
  );
  sync.wake();
}

// A cancel order "ao fim do prazo" becomes a cancellation when its day comes.
async function ripenCancelamentos(sync: Sync): Promise<void> {
  const ripe = await rows(
    sync.db,
    `SELECT id FROM usuarios WHERE cancelar_em <= UTC_TIMESTAMP(6) AND desejada <> 'cancelado' LIMIT 200`,
    {},
    z.object({ id: z.number() }),
  );
  for (const { id } of ripe) {
    await transaction(sync.db, async (tx) => {
      // Another process may have been quicker.
      const still = await optionalRow(
        tx,
        `SELECT id FROM usuarios WHERE id = :id AND cancelar_em <= UTC_TIMESTAMP(6) AND desejada <> 'cancelado' FOR UPDATE`,
        { id },
        z.object({ id: z.number() }),
      );
      if (still === undefined) return;
      await applyWish(tx, { usuarioId: id, acao: 'cancelar', causa: 'operador', operadorId: null });
      await audit(tx, { operadorId: null, evento: 'prazo_de_cancelamento', usuarioId: id });
    });
  }
  if (ripe.length > 0) sync.wake();
}

/** Throws away what has had its time: used launch tokens, dead sessions. */
export async function cleanUp(sync: Sync): Promise<void> {
  await run(sync.db, 'DELETE FROM tokens_usados WHERE expira_em < UTC_TIMESTAMP(3) - INTERVAL 1 HOUR');
  await run(sync.db, 'DELETE FROM sessoes WHERE criada_em < UTC_TIMESTAMP(3) - INTERVAL 1 DAY');
}
