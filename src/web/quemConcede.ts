// Tells who lacks a right which one it is, in words, and which people can give it.
import { Problem } from '../problem.ts';
import { listGuardioes, readQuadro } from '../sync/papeis.ts';
import type { Exchange } from './exchange.ts';
import { PAPEL_EXPLICADO } from './palavras.ts';

const NAMES = 3;

/** The same failure; one for want of a role also says what the role allows and who can grant it. */
export async function nameWhoCanGrant({ sync }: Exchange, error: unknown): Promise<unknown> {
  if (!(error instanceof Problem)) return error;
  const { status, title, action, fields, mais } = error;
  const { papel } = mais;
  if (papel === undefined) return error;
  try {
    const names = listGuardioes((await readQuadro(sync)).grupos).map(({ nome }) => nome);
    const text = `${meaningOf(papel)} ${grantersOf(names) || action}`;
    return new Problem(status, title, text, fields, undefined, mais);
  } catch {
    // The refusal stands, even when IXC's people cannot be read just now.
    return error;
  }
}

function meaningOf(papel: string): string {
  const words = Object.entries(PAPEL_EXPLICADO).find(([each]) => each === papel)?.[1];
  return `Falta o direito “${papel}”${words ? ` (${words})` : ''}.`;
}

function grantersOf(names: string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, NAMES).join(', ');
  const more = names.length > NAMES ? ` e mais ${names.length - NAMES}` : '';
  return `Quem pode dá-lo ao seu grupo, em Configurações: ${shown}${more}.`;
}
