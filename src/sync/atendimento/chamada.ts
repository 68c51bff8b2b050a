// One HTTP call behind its row: it waits for its place in the rate, is asked about and written down, and only then leaves.
import type { Answer, CallOptions } from '../../teleclinica/port.ts';
import { isPausedByFile } from '../pausas.ts';
import type { Chamada } from '../tipos.ts';
import type { PassoDeEscrita } from './estado.ts';
import { type Atendimento, hasTime, idempotencyKey, type Resultado, spareMs } from './servico.ts';
import { type Impedimento, type NovaTentativa, renewTentativa, withdrawTentativa } from './tentativas.ts';
import { takeSlot } from './vazao.ts';

/** A call that is to leave. */
export interface Partida<T> {
  acao: PassoDeEscrita | 'ler';
  chamada: Chamada;
  /** Asks right before whether it may still happen; a result means that it may not, and how the service ended. */
  check?(): Promise<'stands' | Resultado>;
  /** The operação that it serves; a reading serves none. */
  operacao?(): Promise<number>;
  send(options: CallOptions): Promise<Answer<T>>;
}

/** What came of a call: its answer, with the row that still waits for it, or why it never left. */
export type Called<T> =
  | { kind: 'answered'; tentativaId: number; operacaoId: number | null; answer: Answer<T> }
  | { kind: 'stopped'; porque: Impedimento }
  | { kind: 'ended'; resultado: Resultado };

// What was asked longer ago than this is asked again, place in hand: a slow partner keeps people waiting for one.
const FRESH_MS = 100;

/**
 * Makes one HTTP call: its place in the shared rate, what it asks, its row, then `send`. `stopped` = it must not leave now;
 * the answered row is for the caller to close.
 */
export async function call<T>(at: Atendimento, partida: Partida<T>): Promise<Called<T>> {
  const { atendido, sync } = at;
  const { antessala, parceiro, passagem } = at.conexao;
  const inRate = await takeSlot(sync.db, atendido.integracaoId, parceiro.limits.perSecond, spareMs(at));
  if (!inRate || isPausedByFile(sync)) return { kind: 'stopped', porque: 'parou' };
  const goOut = await antessala.enter();
  try {
    const askedAt = performance.now();
    const ready = await prepare(at, partida);
    if (ready.kind !== 'ready') return ready;
    const leave = await passagem.enter();
    try {
      const isFresh = performance.now() - askedAt < FRESH_MS;
      const refused = isFresh ? undefined : await askAgain(at, partida, ready);
      return refused ?? (await depart(at, partida, ready));
    } finally {
      leave();
    }
  } finally {
    goOut();
  }
}

interface Pronta {
  kind: 'ready';
  tentativaId: number;
  operacaoId: number | null;
}

type NotCalled = Exclude<Called<unknown>, { kind: 'answered' }>;

// Asked and written down: what the row itself asks (pause, lease, newest wish) is asked at the last moment.
async function prepare<T>(
  at: Atendimento,
  { acao, chamada, check, operacao }: Partida<T>,
): Promise<Pronta | NotCalled> {
  const standing = await check?.();
  if (standing !== undefined && standing !== 'stands') return { kind: 'ended', resultado: standing };
  const operacaoId = (await operacao?.()) ?? null;
  const opened = await at.rodadas.openTentativa(novaOf(at, { acao, chamada }, operacaoId));
  return typeof opened === 'string'
    ? { kind: 'stopped', porque: opened }
    : { kind: 'ready', tentativaId: opened, operacaoId };
}

// The row is withdrawn first: whoever takes the person once the check has let go of it must find no call under way.
async function askAgain<T>(
  at: Atendimento,
  partida: Partida<T>,
  { tentativaId, operacaoId }: Pronta,
): Promise<NotCalled | undefined> {
  await withdrawTentativa(at.sync.db, tentativaId);
  if (isPausedByFile(at.sync)) return { kind: 'stopped', porque: 'parou' };
  const standing = await partida.check?.();
  if (standing !== undefined && standing !== 'stands') return { kind: 'ended', resultado: standing };
  const porque = await renewTentativa(at.sync.db, tentativaId, novaOf(at, partida, operacaoId));
  return porque && { kind: 'stopped', porque };
}

function novaOf(
  { atendido, dono }: Atendimento,
  { acao, chamada }: Pick<Partida<unknown>, 'acao' | 'chamada'>,
  operacaoId: number | null,
): NovaTentativa {
  return { atendido, operacaoId, acao, chamada, dono };
}

async function depart<T>(
  at: Atendimento,
  { send }: Partida<T>,
  { tentativaId, operacaoId }: Pronta,
): Promise<Called<T>> {
  if (!hasTime(at)) {
    await withdrawTentativa(at.sync.db, tentativaId);
    return { kind: 'stopped', porque: 'mudou' };
  }
  const { timeoutMs } = at.sync.config;
  const options =
    operacaoId === null ? { timeoutMs } : { timeoutMs, idempotencyKey: idempotencyKey(at, operacaoId) };
  return { kind: 'answered', tentativaId, operacaoId, answer: await send(options) };
}
