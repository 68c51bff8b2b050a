// One HTTP call behind its row: it waits for its place in the rate, is written down, and only then leaves.
import type { Answer } from '../../teleclinica/port.ts';
import { isPausedByFile } from '../pausas.ts';
import type { Chamada } from '../tipos.ts';
import type { PassoDeEscrita } from './estado.ts';
import { type Atendimento, hasTime, spareMs } from './servico.ts';
import { type Impedimento, withdrawTentativa } from './tentativas.ts';
import { takeSlot } from './vazao.ts';

/** What came of a call: its answer, with the row that still waits for it, or why it never left. */
export type Called<T> =
  | { kind: 'answered'; tentativaId: number; answer: Answer<T> }
  | { kind: 'stopped'; porque: Impedimento };

/**
 * Makes one HTTP call: its place in the shared rate, its row, then `send`. `stopped` = it must not leave now; the
 * answered row is for the caller to close.
 */
export async function call<T>(
  at: Atendimento,
  acao: PassoDeEscrita | 'ler',
  operacaoId: number | null,
  chamada: Chamada,
  send: () => Promise<Answer<T>>,
): Promise<Called<T>> {
  const { atendido, dono, sync } = at;
  const { perSecond } = at.conexao.parceiro.limits;
  const inRate = await takeSlot(sync.db, atendido.integracaoId, perSecond, spareMs(at));
  if (!inRate || isPausedByFile(sync)) return { kind: 'stopped', porque: 'parou' };
  // The row is written with the place in hand, so that what it asks (pause, lease, newest wish) is asked at the last moment.
  const leave = await at.conexao.passagem.enter();
  try {
    const tentativaId = await at.rodadas.openTentativa({ atendido, operacaoId, acao, chamada, dono });
    if (typeof tentativaId === 'string') return { kind: 'stopped', porque: tentativaId };
    if (!hasTime(at)) {
      await withdrawTentativa(sync.db, tentativaId);
      return { kind: 'stopped', porque: 'mudou' };
    }
    return { kind: 'answered', tentativaId, answer: await send() };
  } finally {
    leave();
  }
}
