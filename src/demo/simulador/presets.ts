// The common troubles that the page offers as buttons.
import type { FalhaInput } from './falhas.ts';
import { USER_WRITES } from './operations.ts';

interface Preset {
  label: string;
  hint: string;
  /** Null puts everything back to normal. */
  regra: FalhaInput | null;
}

const writes = [...USER_WRITES];

export const PRESETS: Record<string, Preset> = {
  normal: { label: 'Normal', hint: 'Tira todas as falhas', regra: null },
  lento: {
    label: 'Lento 10 s',
    hint: 'Cada resposta demora 10 segundos',
    regra: { kind: 'latency', ms: 10_000 },
  },
  fora: { label: 'Fora do ar', hint: 'Corta toda conexão sem responder', regra: { kind: 'down' } },
  oscila: {
    label: 'Oscila',
    hint: 'Três segundos no ar, três fora',
    regra: { kind: 'flapping', upMs: 3000, downMs: 3000 },
  },
  derruba: {
    label: 'Aplica e derruba',
    hint: 'Faz o que foi pedido e corta a conexão antes de responder',
    regra: { kind: 'applyThenDrop', operation: writes },
  },
  tarde: {
    label: 'Aplica tarde',
    hint: 'Corta a conexão e faz o que foi pedido 8 segundos depois',
    regra: { kind: 'applyLate', ms: 8000, operation: writes },
  },
  senha: { label: '401', hint: 'Recusa usuário e senha', regra: { kind: 'unauthorized' } },
  limite: {
    label: '429',
    hint: 'Pede para esperar 5 segundos',
    regra: { kind: 'rateLimited', retryAfter: 5 },
  },
  erro: {
    label: '500',
    hint: 'Responde erro interno sem fazer nada',
    regra: { kind: 'status', status: 500 },
  },
  html: { label: 'HTML', hint: 'Responde 200 com uma página de manutenção', regra: { kind: 'html200' } },
  palavra: {
    label: 'Situação desconhecida',
    hint: 'Devolve uma situação que ninguém conhece',
    regra: { kind: 'unknownStatus' },
  },
};
