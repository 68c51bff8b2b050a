// The fillers of this provider's base, learnt from IXC once an hour and kept in memory.
import { listDominiosDasFiliais, listNascimentosRepetidos } from '../ixc/padroes.ts';
import type { Sync } from './contexto.ts';
import type { Padroes } from './pessoa.ts';

const learnt = new WeakMap<Sync['perfis'], Padroes>();

/** Reads IXC again. Failing leaves what was known. */
export async function learnPadroes(sync: Sync): Promise<void> {
  const nascimentos = new Set(await listNascimentosRepetidos(sync.ixc));
  const dominios = new Set(await listDominiosDasFiliais(sync.ixc));
  learnt.set(sync.perfis, { nascimentos, dominios });
}

/** What is known so far; undefined before the first reading. */
export const knownPadroes = (sync: Sync): Padroes | undefined => learnt.get(sync.perfis);
