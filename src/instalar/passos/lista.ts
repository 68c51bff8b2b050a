// The steps in the order in which they build on each other.
import type { Acao, Passo } from '../acoes.ts';
import type { Obra } from '../obra.ts';
import { ambiente } from './ambiente.ts';
import { bancos } from './bancos.ts';
import { chaves } from './chaves.ts';
import { ponte } from './ponte.ts';
import { programa } from './programa.ts';
import { servidorWeb } from './servidorWeb.ts';
import { unidades } from './unidades.ts';

export const PASSOS: readonly Passo[] = [programa, chaves, ambiente, bancos, unidades, ponte, servidorWeb];

/** What is still to do, step by step; empty when all is as it should be. */
export async function planAll(obra: Obra): Promise<Acao[]> {
  const acoes: Acao[] = [];
  for (const passo of PASSOS) acoes.push(...(await passo.plan(obra)));
  return acoes;
}
