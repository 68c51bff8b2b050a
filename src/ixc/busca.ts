// Decides what somebody means by what they typed into the search box: a document, a number, a name, or nothing.
import { splitWords } from './sql.ts';
import { formatCnpj, formatCpf, isValidCnpj, isValidCpf, parseTexto } from './valores.ts';

export type Busca =
  | { tipo: 'tudo' }
  | { tipo: 'documento'; documento: string }
  | { tipo: 'numero'; numero: number }
  | { tipo: 'nome'; nome: string }
  | { tipo: 'nada' };

// IXC's ids are int(11): a larger number can be nobody's.
const MAX_ID = 2_147_483_647;

/** 11 valid digits = CPF, 14 = CNPJ (masked or not, letters allowed), other digits = an id, anything else = a name. */
export function parseBusca(digitado: string): Busca {
  const busca = parseTexto(digitado).slice(0, 200);
  const compacto = busca.replace(/[.\-/]/g, '').toUpperCase();
  const numeros = compacto.replace(/ /g, '');
  if (isValidCpf(numeros) || /^\d{14}$/.test(numeros)) return { tipo: 'documento', documento: numeros };
  if (isValidCnpj(compacto)) return { tipo: 'documento', documento: compacto };
  if (/^\d+$/.test(busca)) return parseNumero(Number(busca));
  const nome = splitWords(busca).join(' ');
  return nome === '' ? { tipo: 'tudo' } : { tipo: 'nome', nome };
}

/** How a document can be written in IXC: with its mask and without. As text: a number would not use the index. */
export function spellings(documento: string): [comMascara: string, semMascara: string] {
  return [documento.length === 11 ? formatCpf(documento) : formatCnpj(documento), documento];
}

function parseNumero(numero: number): Busca {
  return numero > 0 && numero <= MAX_ID ? { tipo: 'numero', numero } : { tipo: 'nada' };
}
