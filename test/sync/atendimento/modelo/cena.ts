// The words of a history: what is wished, what goes wrong, and what the stage looks like while it is played.
import type { afterWrite } from '../../../../src/sync/atendimento/aposEscrita.ts';
import type { afterRead } from '../../../../src/sync/atendimento/aposLeitura.ts';
import type { Estado, PassoDeEscrita, uncertain } from '../../../../src/sync/atendimento/estado.ts';
import type { plan } from '../../../../src/sync/atendimento/planejador.ts';
import type { CausaDeRetencao, Desejada } from '../../../../src/sync/tipos.ts';
import type { ParceiroDeModelo } from './parceiro.ts';

/** The parts of the engine that decide. A test may pass a broken one, to see the promises break. */
export interface Motor {
  plan: typeof plan;
  afterRead: typeof afterRead;
  afterWrite: typeof afterWrite;
  uncertain: typeof uncertain;
}

/** A wish that arrives `em` milliseconds after the start. */
export interface Pedido {
  em: number;
  desejada: Exclude<Desejada, 'ausente'>;
  plano: string;
}

export const FALHAS = [
  'bem',
  'perdida',
  'aplicada_sem_resposta',
  'aplicada_tarde',
  'aceita',
  'fora',
  'limite',
  'nao_achada',
  'duplicada',
  'estado_errado',
  'morre_antes',
  'morre_depois',
  'morre_e_aplica_tarde',
] as const;

/** What happens to one call. `tarde` = the part (below 1) of the longest delay after which the effect lands. */
export interface Falha {
  kind: (typeof FALHAS)[number];
  demoraMs: number;
  tarde: number;
  esperarMs: number | undefined;
}

export interface Historia {
  /** The partner itself refuses a second account. */
  unico: boolean;
  pedidos: Pedido[];
  /** One for each call, in order; all is well afterwards. */
  falhas: Falha[];
  /** For the jitter of the waits, 0 ≤ x < 1. */
  sorte: number;
}

export interface Cena {
  motor: Motor;
  historia: Historia;
  parceiro: ParceiroDeModelo;
  /** Milliseconds since the start. */
  agora: number;
  estado: Estado;
  pedidosFeitos: number;
  desejada: Desejada;
  retida: CausaDeRetencao | null;
  chamadas: number;
  /** Calls made after the last wish and the last fault. */
  chamadasDepois: number;
  /** When each write left. */
  escritas: { passo: PassoDeEscrita; em: number }[];
  /** After an uncertain create: no other before `ate`, nor before two readings. */
  janela: { ate: number; leituras: number } | null;
  /** Promises broken on the way. */
  quebras: string[];
}

export const CONFIRMACAO_MS = 60_000;
/** How many confirmation times an effect other than a create may take to land. */
export const LATE_MAX = 15;
export const LEASE_MS = 60_000;
