// The one thing that main, API, control and page share: the state, the rules, the history and the open sockets.
import type { Socket } from 'node:net';
import { type Concorrencia, createConcorrencia } from './concorrencia.ts';
import { createEstado, type Estado } from './estado.ts';
import { createFalha, type Falha } from './falhas.ts';
import { clearHistorico, createHistorico, type Historico } from './historico.ts';
import type { Opcoes } from './opcoes.ts';

export interface Mundo {
  /** The options the process began with: what a reset goes back to. */
  inicio: Opcoes;
  estado: Estado;
  falhas: Falha[];
  historico: Historico;
  concorrencia: Concorrencia;
  /** Connections that have served the API (not the control): what an outage cuts. */
  sockets: Set<Socket>;
  falhasMade: number;
}

export function createMundo(opcoes: Opcoes): Mundo {
  return {
    inicio: opcoes,
    estado: createEstado(opcoes, Date.now),
    falhas: [],
    historico: createHistorico(),
    concorrencia: createConcorrencia(),
    sockets: new Set(),
    falhasMade: 0,
  };
}

/** Back to the first day. Changes still queued or late belong to the old days and touch nothing. */
export function resetMundo(mundo: Mundo): void {
  mundo.estado = createEstado(mundo.inicio, Date.now);
  mundo.falhas = [];
  clearHistorico(mundo.historico);
  mundo.concorrencia = createConcorrencia();
}

/** Adds a rule. An outage of everything also cuts the connections that are open now. */
export function addFalha(mundo: Mundo, regra: Falha['regra']): Falha {
  mundo.falhasMade += 1;
  const falha = createFalha(`f${mundo.falhasMade}`, regra, Date.now());
  mundo.falhas.push(falha);
  if (regra.kind === 'down' && [regra.operation].flat().includes('*')) {
    for (const socket of mundo.sockets) socket.destroy();
  }
  return falha;
}

/** Takes one rule away, or all. False when there is no such rule. */
export function removeFalha(mundo: Mundo, id: string | null): boolean {
  const rest = id === null ? [] : mundo.falhas.filter((falha) => falha.id !== id);
  const removed = id === null || rest.length < mundo.falhas.length;
  mundo.falhas = rest;
  return removed;
}
