// The list of contracts or CPFs that somebody sends for a lote: one column, each row a number, nothing else.
import { invalid, type Problem } from '../problem.ts';
import type { Digitado } from '../sync/lotes/operador/lista.ts';
import { MAX_LINHAS } from '../sync/lotes/operador/simulacao.ts';
import type { Envio } from './envio.ts';
import { readPlanilha } from './planilha.ts';

const SHOWN = 5;

/**
 * The numbers of a list. A first row without digits is its heading: with “CPF” in it every row is one, with “contrato” none
 * is; without, 11 digits or the mask of one make a CPF. Nothing that is refused is repeated in the message.
 * @throws Problem 422 `arquivo`: another kind of file, a second column, no row, a row that is no number, too many.
 */
export async function readLista(envio: Envio): Promise<Digitado[]> {
  const digitados: Digitado[] = [];
  const erradas: number[] = [];
  let titulo: string | undefined;
  for await (const { linha, celulas } of readPlanilha(envio)) {
    if (celulas.length > 1) throw wrong(secondColumn(linha));
    const [texto = ''] = celulas;
    if (titulo === undefined) {
      titulo = /\d/.test(texto) || isFormula(texto) ? '' : texto.toLowerCase();
      if (titulo !== '') continue;
    }
    const lido = toDigitado(linha, texto, titulo);
    if (lido === undefined) erradas.push(linha);
    else digitados.push(lido);
    if (digitados.length > MAX_LINHAS)
      throw wrong(`A lista passa de ${MAX_LINHAS.toLocaleString('pt-BR')} linhas. Divida-a em partes.`);
  }
  if (erradas.length > 0) throw wrong(notNumbers(erradas));
  if (digitados.length === 0)
    throw wrong('A lista não tem nenhum número. Ponha um contrato ou CPF por linha, na primeira coluna.');
  return digitados;
}

function toDigitado(linha: number, texto: string, titulo: string): Digitado | undefined {
  if (!/^[\d.\s/-]+$/.test(texto) || isFormula(texto)) return undefined;
  const digits = texto.replace(/\D/g, '');
  const cpf = titulo.includes('cpf') || (!titulo.includes('contrato') && isLikeCpf(texto, digits));
  // A spreadsheet that takes a CPF for a number drops the zeros it begins with.
  if (cpf) return digits.length <= 11 ? { linha, numero: digits.padStart(11, '0'), cpf } : undefined;
  const numero = digits.replace(/^0+/, '');
  return /^[1-9]\d{0,8}$/.test(numero) && digits === texto ? { linha, numero, cpf } : undefined;
}

const isLikeCpf = (texto: string, digits: string): boolean =>
  digits.length === 11 || /^\d{3}\.\d{3}\.\d{3}-\d{2}$/.test(texto);

const isFormula = (texto: string): boolean => /^[=+\-@]/.test(texto);

const secondColumn = (linha: number): string =>
  `A linha ${linha} tem mais de uma coluna. Deixe só a coluna com o número do contrato ou o CPF.`;

function notNumbers(linhas: readonly number[]): string {
  const shown = linhas.slice(0, SHOWN).join(', ');
  const more = linhas.length > SHOWN ? ` e mais ${linhas.length - SHOWN}` : '';
  const which = linhas.length === 1 ? `A linha ${shown} não é` : `As linhas ${shown}${more} não são`;
  return `${which} número de contrato nem CPF (fórmulas também não valem). Corrija e envie de novo.`;
}

const wrong = (sentence: string): Problem => invalid({ arquivo: sentence });
