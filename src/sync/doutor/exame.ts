// The whole examination that needs no network beside the two databases; the screen and the command line both make it.
import { DO_IXC } from './ixc.ts';
import { type Linha, type Paciente, runChecagens } from './linha.ts';
import { NOSSAS } from './nosso.ts';
import { DO_PARCEIRO } from './parceiro.ts';

/** One line a check, in the order in which they should be read. */
export const examine = (paciente: Paciente): Promise<Linha[]> =>
  runChecagens([...NOSSAS, ...DO_IXC, ...DO_PARCEIRO], paciente);
