// The scanner's part of a process: looks at IXC in its rhythm and serves the approved lotes.
import { randomBytes } from 'node:crypto';
import type { Sync } from '../contexto.ts';
import { runLotes } from '../lotes/andamento.ts';
import { runPedidos } from '../lotes/operador/execucao.ts';
import { startSimulacoes } from '../lotes/operador/simulacao.ts';
import { preparePrevia } from '../lotes/previa.ts';
import { type Ritmo, repeat } from '../ritmo.ts';
import { createVarredura } from './varredura.ts';

const LOTES_MS = 250;

/** Starts both; only one process at a time scans, whoever holds the lease. */
export function startVarredura(sync: Sync): Ritmo {
  const dono = `${process.pid}:${randomBytes(6).toString('hex')}`;
  const varredura = createVarredura(sync, dono);
  const scanning = repeat(sync, 'varredura', sync.config.varreduraMs, () => varredura.look());
  const lotes = repeat(sync, 'lotes', LOTES_MS, async () => {
    while ((await preparePrevia(sync, dono)) || (await runLotes(sync)));
  });
  // What a person asked for has a rhythm of its own: neither waits for the other.
  const simulacoes = startSimulacoes(sync);
  const pedidos = repeat(sync, 'pedidos', LOTES_MS, async () => {
    while (await runPedidos(sync));
  });
  return {
    async stop() {
      await Promise.all([scanning.stop(), lotes.stop(), simulacoes.stop(), pedidos.stop()]);
      await varredura.release().catch(() => undefined);
    },
  };
}
