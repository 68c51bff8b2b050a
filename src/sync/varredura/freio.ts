// The brake: how many changes of one kind a run may make by itself (reliability: mass harm is the largest danger). Pure.
import type { Acao } from '../tipos.ts';

/** What happened before, to know what is abnormal. All counts are of changes made by rules. */
export interface Passado {
  /** People active at the partner, in the scope (one branch, or all). */
  ativos: number;
  /** Most changes of this kind in one day, on the same day of the month or of the week, in the last 90 days. */
  maiorDiaIgual: number;
  ultimas24h: number;
  ultimos7dias: number;
}

export interface Veredito {
  retem: boolean;
  /** The number that was exceeded, for the screen. */
  limite: number;
  motivo: string;
}

interface Limite {
  /** At most this many in one run. */
  porVez: (passado: Passado) => number;
  por24h: (passado: Passado) => number;
  por7dias: (passado: Passado) => number;
}

const NONE = (): number => Number.POSITIVE_INFINITY;

const LIMITES: Record<Acao, Limite> = {
  bloquear: {
    // Billing day blocks many at once, every month: what was legitimate on the same day before is not abnormal now.
    porVez: ({ ativos, maiorDiaIgual }) =>
      Math.min(Math.max(10, 1.5 * maiorDiaIgual), Math.max(10, 0.2 * ativos)),
    por24h: ({ ativos, maiorDiaIgual }) => Math.max(10, 1.5 * maiorDiaIgual, 0.05 * ativos),
    por7dias: NONE,
  },
  cancelar: {
    porVez: ({ ativos }) => Math.max(5, 0.01 * ativos),
    por24h: ({ ativos }) => Math.max(5, 0.03 * ativos),
    por7dias: ({ ativos }) => Math.max(10, 0.05 * ativos),
  },
  criar: { porVez: ({ ativos }) => Math.max(50, 0.1 * ativos), por24h: NONE, por7dias: NONE },
  desbloquear: { porVez: ({ ativos }) => Math.max(50, 0.1 * ativos), por24h: NONE, por7dias: NONE },
  trocar_plano: { porVez: ({ ativos }) => Math.max(10, 0.05 * ativos), por24h: NONE, por7dias: NONE },
};

/** Whether a run may make `pedidas` changes of this kind in one scope by itself. */
export function judge(acao: Acao, pedidas: number, passado: Passado): Veredito {
  const limite = LIMITES[acao];
  const tests = [
    { limite: limite.porVez(passado), total: pedidas, motivo: 'numa só varredura' },
    { limite: limite.por24h(passado), total: pedidas + passado.ultimas24h, motivo: 'em 24 horas' },
    { limite: limite.por7dias(passado), total: pedidas + passado.ultimos7dias, motivo: 'em 7 dias' },
  ];
  const broken = tests.find((test) => test.total > test.limite);
  if (broken === undefined) return { retem: false, limite: Math.floor(tests[0]?.limite ?? 0), motivo: '' };
  const limit = Math.floor(broken.limite);
  return { retem: true, limite: limit, motivo: `${broken.total} ${broken.motivo}; o normal é até ${limit}` };
}
