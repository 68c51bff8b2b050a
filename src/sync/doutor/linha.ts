// What the doctor says: one line a check, with the exact fix, the same on the command line and on the screen.

import type { Config } from '../../config.ts';
import { type Db, isDatabaseDown } from '../../db.ts';

export interface Linha {
  checagem: string;
  estado: 'ok' | 'aviso' | 'falha';
  mensagem: string;
}

export type Resultado = Omit<Linha, 'checagem'>;

/** The installation under examination. */
export interface Paciente {
  config: Config;
  db: Db;
  ixc: Db;
  /** Of this program. */
  versao: string;
}

export type Checagem = readonly [nome: string, check: (paciente: Paciente) => Promise<Resultado>];

export const ok = (mensagem: string): Resultado => ({ estado: 'ok', mensagem });
export const aviso = (mensagem: string): Resultado => ({ estado: 'aviso', mensagem });
export const falha = (mensagem: string): Resultado => ({ estado: 'falha', mensagem });

/** Runs the checks one after the other; one that cannot be made is a failure that says why. */
export async function runChecagens(checagens: readonly Checagem[], paciente: Paciente): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const [checagem, check] of checagens)
    linhas.push({ checagem, ...(await check(paciente).catch(explain)) });
  return linhas;
}

function explain(error: unknown): Resultado {
  const message = error instanceof Error ? error.message : String(error);
  return falha(isDatabaseDown(error) ? `o banco não responde ou recusou a entrada (${message})` : message);
}

/** The first few of a list, and how many more there are. */
export function fewOf(list: readonly string[], few = 6): string {
  const more = list.length - few;
  return `${list.slice(0, few).join(', ')}${more > 0 ? ` e mais ${more}` : ''}`;
}
