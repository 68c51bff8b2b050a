// Turns what IXC stores, however dirty, into typed values; and knows how a CPF and a CNPJ are built.
import { z } from 'zod';
import { repairMojibake, translateHighControls } from './mojibake.ts';

// Direction overrides and invisible marks rearrange the text around them on a screen. The joiners of emoji stay.
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** One clean line of text: mojibake repaired where certain, controls gone, spaces collapsed. Anything not text is ''. */
export function parseTexto(valor: unknown): string {
  if (typeof valor === 'number' || typeof valor === 'bigint') return String(valor);
  if (typeof valor !== 'string') return '';
  return translateHighControls(repairMojibake(valor))
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** An enum as stored. '' (IXC's legacy of invalid values) and codes we do not know pass through; NULL is ''. */
export function parseCodigo(valor: unknown): string {
  return typeof valor === 'string' ? valor.trim() : '';
}

/** The id of another row; IXC writes "none" as NULL and as 0. */
export function parseId(valor: unknown): number | null {
  const id = typeof valor === 'string' ? Number(valor) : valor;
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** AAAA-MM-DD of a date or date-time text; null for empty, zero, partly zero and impossible dates. */
export function parseData(valor: unknown): string | null {
  const data = typeof valor === 'string' ? /^(\d{4}-\d{2}-\d{2})(?:[ T]|$)/.exec(valor)?.[1] : undefined;
  if (data === undefined || data.startsWith('0000')) return null;
  const instante = new Date(`${data}T00:00:00Z`);
  return !Number.isNaN(instante.getTime()) && instante.toISOString().startsWith(data) ? data : null;
}

/** Digits of a CPF or CNPJ, not validated; letters are kept only where an alphanumeric CNPJ may have them. */
export function parseDocumento(valor: unknown): string {
  const limpo = parseTexto(valor)
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '');
  return /^[0-9A-Z]{12}\d{2}$/.test(limpo) ? limpo : limpo.replace(/\D/g, '');
}

/** Every e-mail address in a field that may hold several (`;` `,` `/` `|` or space between), in order, lower case. */
export function parseEmails(valor: unknown): string[] {
  const partes = parseTexto(valor)
    .toLowerCase()
    .split(/[\s;,/|<>()"]+/)
    .map((parte) => parte.replace(/^mailto:/, '').replace(/^[.:']+|[.:']+$/g, ''));
  return [...new Set(partes.filter((parte) => /^[^@]+@[^@]+$/.test(parte)))];
}

/** The digits of every number in the given fields, in order, without repetition; country and area codes untouched. */
export function parseTelefones(...campos: unknown[]): string[] {
  const partes = campos.flatMap((campo) => parseTexto(campo).split(/[/;,|]| e | ou /));
  const digitos = partes.map((parte) => parte.replace(/\D/g, ''));
  return [...new Set(digitos.filter((parte) => Number(parte) > 0))];
}

/** F, J, E; the undocumented 1, 2, 3 and everything else are ''. */
export function parseTipoPessoa(valor: unknown): 'F' | 'J' | 'E' | '' {
  return valor === 'F' || valor === 'J' || valor === 'E' ? valor : '';
}

// The same readings as schemas, for the columns of a query. They accept everything: a dirty row never breaks a page.
export const texto = z.unknown().transform(parseTexto);
export const codigo = z.unknown().transform(parseCodigo);
export const idOuNulo = z.unknown().transform(parseId);
export const data = z.unknown().transform(parseData);
export const documento = z.unknown().transform(parseDocumento);
export const tipoPessoa = z.unknown().transform(parseTipoPessoa);
export const sim = z.unknown().transform((valor) => valor === 'S');

/** True for 11 digits whose check digits are right; `000.000.000-00` and its like are refused (Receita Federal). */
export function isValidCpf(digits: string): boolean {
  if (!/^\d{11}$/.test(digits) || /^(.)\1*$/.test(digits)) return false;
  const numeros = [...digits].map(Number);
  return [9, 10].every((posicao) => {
    const soma = numeros
      .slice(0, posicao)
      .reduce((total, numero, i) => total + numero * (posicao + 1 - i), 0);
    return ((soma * 10) % 11) % 10 === numeros[posicao];
  });
}

/**
 * True for 14 characters whose check digits are right. Letters (capital) may stand in the first twelve places and
 * count as their ASCII code less 48 (Receita Federal, IN RFB 2.229/2024).
 */
export function isValidCnpj(documento: string): boolean {
  if (!/^[0-9A-Z]{12}\d{2}$/.test(documento) || /^(.)\1*$/.test(documento)) return false;
  const valores = [...documento].map((char) => char.charCodeAt(0) - 48);
  return [12, 13].every((posicao) => {
    const soma = valores
      .slice(0, posicao)
      .reduce((total, valor, i) => total + valor * (((posicao - 1 - i) % 8) + 2), 0);
    const resto = soma % 11;
    return (resto < 2 ? 0 : 11 - resto) === valores[posicao];
  });
}

/** `12345678909` → `123.456.789-09`. Anything but 11 digits comes back as it is. */
export function formatCpf(digits: string): string {
  return digits.replace(/^(\d{3})(\d{3})(\d{3})(\d{2})$/, '$1.$2.$3-$4');
}

/** `12345678000195` → `12.345.678/0001-95`; letters too. Anything else comes back as it is. */
export function formatCnpj(documento: string): string {
  return documento.replace(/^(\w{2})(\w{3})(\w{3})(\w{4})(\d{2})$/, '$1.$2.$3/$4-$5');
}

/** For the screen: `***.456.789-**` for a CPF, `**.345.678/0001-**` for a CNPJ, only asterisks for anything else. */
export function maskDocumento(documento: string): string {
  if (/^\d{11}$/.test(documento)) return `***${formatCpf(documento).slice(3, -2)}**`;
  if (/^\w{12}\d{2}$/.test(documento)) return `**${formatCnpj(documento).slice(2, -2)}**`;
  return '*'.repeat(documento.length);
}
