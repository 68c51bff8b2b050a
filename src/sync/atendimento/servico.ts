// One service of one person: who is served, by what clock, under which names, and what comes next.
import type { Conexao } from '../conexoes.ts';
import { externalIdOf, type Sync } from '../contexto.ts';
import type { Estado, Tempos } from './estado.ts';
import type { Atendido } from './fila.ts';
import { type Passo, plan } from './planejador.ts';
import type { Rodadas } from './rodadas.ts';
import type { Sinais } from './sinais.ts';

export interface Atendimento {
  sync: Sync;
  sinais: Sinais;
  rodadas: Rodadas;
  /** host:pid of this process, for the rows. */
  dono: string;
  atendido: Atendido;
  /** performance.now() from before the claim was sent: the lease counts from there. */
  inicioMs: number;
  conexao: Conexao;
}

/**
 * How a service ended: `respondeu` = the partner knows us, `parou` = the integração takes no calls now, so nobody else
 * of it should be tried, `seguiu` = neither was learnt.
 */
export type Resultado = 'seguiu' | 'respondeu' | 'parou';

/** How a step ended: with the service, or with the person still in our hands. */
export type Continue = Resultado | 'continua';

const LEASE_MARGIN = 0.05;

/** The one next step for the person served, were `estado` what is known. */
export function nextStep(at: Atendimento, estado: Estado): Passo {
  const { capabilities } = at.conexao.parceiro;
  return plan(
    {
      situacao: estado.desejada,
      plano: estado.planoDesejado,
      atualizar: estado.atualizar === true,
      reviver: estado.reviver === true,
    },
    { situacao: estado.observada, plano: estado.planoObservado, lido: estado.lido },
    { conferirEm: estado.conferirEm, criarNaoAntes: estado.criarNaoAntes },
    {
      trocarPlano: capabilities.changePlan,
      atualizar: capabilities.updateUser,
      reviver: capabilities.revive,
    },
    now(at),
  );
}

/**
 * The database clock at the claim plus our own monotonic time since, in milliseconds: the host clock plays no part.
 */
export const now = (at: Atendimento): number => at.atendido.agoraMs + (performance.now() - at.inicioMs);

/** How long, in milliseconds, a call may still be put off so that it surely ends inside the lease. */
export function spareMs(at: Atendimento): number {
  const { leaseMs, timeoutMs } = at.sync.config;
  return leaseMs * (1 - LEASE_MARGIN) - (performance.now() - at.inicioMs) - timeoutMs;
}

/** Whether one more call surely ends inside the lease. */
export const hasTime = (at: Atendimento): boolean => spareMs(at) > 0;

/** The moment and the chance for judging an answer. */
export const times = (at: Atendimento): Tempos => ({
  agora: now(at),
  confirmacaoMs: at.sync.config.confirmacaoMs,
  sorte: Math.random(),
});

/** The reference by which the partner knows this person from us. */
export const reference = (at: Atendimento): string => externalIdOf(at.sync, at.atendido.id, at.atendido.vez);

/** The same on every try of one operação. */
export const idempotencyKey = (at: Atendimento, operacaoId: number): string =>
  `ixc-${at.sync.instalacao}-op-${operacaoId}`;
