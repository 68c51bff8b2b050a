// What a failure says to people: what happened, whether Tele Clínica heard it, what happens next, what they can do. Pure.
import type { Problem } from '../problem.ts';

export interface Mensagem {
  tom: 'atencao' | 'erro';
  titulo: string;
  ouviu: string;
  depois: string;
  fazer: string;
  /** What is wrong in each field. */
  itens: string[];
  /** For the support, when the fault is ours. */
  numero?: string;
  /** Words of the button that brings the session back to this page, so that what was typed can be sent again. */
  retomada?: string;
}

export interface Pedido {
  /** False for a mere look. */
  escrita: boolean;
  /** The request's id. */
  numero: string;
  /** A part of a page asked, and the page is still there with what was typed. */
  naPagina: boolean;
}

/** The message for `problem`, the answer to `pedido`. */
export function messageOf(problem: Problem, pedido: Pedido): Mensagem {
  const base = {
    tom: problem.status >= 500 ? ('erro' as const) : ('atencao' as const),
    titulo: problem.title,
    ouviu: problem.mais.ouviu ?? heardOf(problem, pedido),
    depois: nextOf(problem, pedido),
    fazer: problem.action,
    itens: Object.values(problem.fields),
    ...(problem.status >= 500 ? { numero: pedido.numero } : {}),
  };
  if (!pedido.naPagina) return base;
  if (problem.status === 401) {
    return {
      ...base,
      fazer: 'Abra a Tele Clínica de novo pelo IXC, em outra aba; depois volte aqui e repita.',
      retomada: 'Já abri, continuar aqui',
    };
  }
  if (!problem.mais.retomavel) return base;
  return {
    ...base,
    fazer: 'A Tele Clínica foi aberta de novo em outra aba. Continue aqui e repita o pedido.',
    retomada: 'Continuar aqui',
  };
}

// A handler never calls the partner: what it refuses was not stored, so it was not sent either (decisions 16).
function heardOf({ status }: Problem, { escrita }: Pedido): string {
  if (!escrita) return '';
  if (status === 500) return 'Não sabemos se o pedido chegou a ser guardado.';
  if (status === 503) return 'O pedido não foi confirmado; nada sai para a Tele Clínica sem estar guardado.';
  return 'Nada foi guardado, e nada foi enviado à Tele Clínica por este pedido.';
}

function nextOf({ status, mais }: Problem, { escrita, naPagina }: Pedido): string {
  if (!escrita) return status >= 500 ? 'Você só estava consultando: nada mudou.' : '';
  if (status === 500) return 'Se foi guardado, ele segue sozinho e aparece na situação da pessoa.';
  const stays = status === 401 || status === 503 || status === 429 || mais.retomavel;
  return naPagina && stays ? 'O que você digitou continua nesta página.' : '';
}
