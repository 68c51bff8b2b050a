// How a try to register ends, and what a result means that did not register.
import type { Result } from './chamadas.ts';

/** How a try to register ended. */
export type End =
  | { kind: 'registered'; remotoId: string | null; ours: boolean }
  | { kind: 'unneeded'; remotoId: string | null }
  | { kind: 'refused'; mensagem: string }
  | { kind: 'credentials' }
  | { kind: 'stopped' }
  | { kind: 'again'; mensagem: string; fora: boolean; limiteMs?: number; confirmar?: boolean };

/** What a result means that did not register. */
export function otherwise(outcome: Result<unknown>): End {
  switch (outcome.kind) {
    case 'stopped':
      return outcome;
    case 'credentials':
      return { kind: 'credentials' };
    case 'rate_limited':
      return {
        kind: 'again',
        mensagem: 'A Tele Clínica pediu para esperar.',
        fora: false,
        limiteMs: outcome.esperarMs ?? 5_000,
      };
    case 'unavailable':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true };
    case 'uncertain':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true, confirmar: true };
    case 'accepted': {
      const mensagem = 'A Tele Clínica aceitou e ainda está processando.';
      return { kind: 'again', mensagem, fora: false, confirmar: true };
    }
    case 'refused_data':
      return {
        kind: 'refused',
        mensagem: [
          outcome.mensagem,
          ...outcome.campos.map(({ campo, mensagem }) => `${campo}: ${mensagem}`),
        ].join(' · '),
      };
    default:
      return {
        kind: 'refused',
        mensagem: 'mensagem' in outcome ? outcome.mensagem : 'A Tele Clínica deu uma resposta inesperada.',
      };
  }
}
