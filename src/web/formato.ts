// How dates, money and documents are written on the screens.
import { maskDocumento } from '../ixc/valores.ts';

const FUSO = 'America/Sao_Paulo';
const DATA = new Intl.DateTimeFormat('pt-BR', { timeZone: FUSO, dateStyle: 'short' });
const HORA = new Intl.DateTimeFormat('pt-BR', {
  timeZone: FUSO,
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const DIA = new Intl.DateTimeFormat('pt-BR', {
  timeZone: FUSO,
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
});
const DINHEIRO = new Intl.NumberFormat('pt-BR', { style: 'currency', currency: 'BRL' });
const NUMERO = new Intl.NumberFormat('pt-BR');

/** IXC's `AAAA-MM-DD` as `dd/mm/aaaa`; a dash for none. */
export function dia(value: string | null): string {
  const parts = /^(\d{4})-(\d{2})-(\d{2})/.exec(value ?? '');
  return parts ? `${parts[3]}/${parts[2]}/${parts[1]}` : '—';
}

/** The day of a UTC moment of ours, in Brasília, as `dd/mm/aaaa`; a dash for none. */
export function diaDe(value: string | null): string {
  const date = parseUtc(value);
  return date ? DIA.format(date) : '—';
}

/** Our UTC `AAAA-MM-DD hh:mm:ss[.ffffff]` as `dd/mm/aaaa hh:mm:ss` in Brasília time; a dash for none. */
export function momento(value: string | null): string {
  const date = parseUtc(value);
  return date ? `${DIA.format(date)} ${HORA.format(date)}` : '—';
}

/** The same, shortened to the time alone when it is today (Brasília). */
export function hora(value: string | null, now: Date = new Date()): string {
  const date = parseUtc(value);
  if (!date) return '—';
  return DATA.format(date) === DATA.format(now) ? HORA.format(date) : momento(value);
}

/** The same inside a sentence: `às 09:00:00` today, else `em 01/03/2026 09:00:00`. */
export function quando(value: string | null, now: Date = new Date()): string {
  const date = parseUtc(value);
  const today = date !== undefined && DATA.format(date) === DATA.format(now);
  return `${today ? 'às' : 'em'} ${hora(value, now)}`;
}

const MES = new Intl.DateTimeFormat('pt-BR', { timeZone: 'UTC', month: 'long', year: 'numeric' });

/** `AAAA-MM` as `outubro de 2026`. */
export const mesPorExtenso = (mes: string): string => MES.format(new Date(`${mes}-01T00:00:00Z`));

/** How long ago something of ours (UTC) was, in one unit: `há 5 s`, `há 3 min`, `há 2 h`, `há 4 dias`; `nunca` for none. */
export function haQuanto(value: string | null, now: Date = new Date()): string {
  const date = parseUtc(value);
  if (!date) return 'nunca';
  const seconds = Math.max(0, Math.round((now.getTime() - date.getTime()) / 1000));
  if (seconds < 90) return `há ${seconds} s`;
  if (seconds < 90 * 60) return `há ${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `há ${Math.round(seconds / 3600)} h`;
  return `há ${Math.round(seconds / 86_400)} dias`;
}

/** The time alone, in Brasília; a dash for none. */
export function relogio(value: string | null): string {
  const date = parseUtc(value);
  return date ? HORA.format(date) : '—';
}

/** ISO 8601 for `<time datetime>`; '' for none. */
export const iso = (value: string | null): string => parseUtc(value)?.toISOString() ?? '';

/** Cents as `R$ 1.234,56`. */
export const dinheiro = (centavos: number): string => DINHEIRO.format(centavos / 100);

/** Cents as they are typed into a field: `1234,56`. */
export const valorDigitado = (centavos: number): string => (centavos / 100).toFixed(2).replace('.', ',');

/** `1.234`. */
export const numero = (value: number): string => NUMERO.format(value);

/** CPF or CNPJ, always masked. */
export const documento = (value: string): string => (value === '' ? '—' : maskDocumento(value));

/** A mobile's 11 digits with its area and its end only: `(11) 9••••-••34`. */
export const maskTelefone = (digits: string): string =>
  `(${digits.slice(0, 2)}) ${digits.slice(2, 3)}••••-••${digits.slice(-2)}`;

/** An e-mail with the first letters of both sides only: `m•••@e•••.com`. */
export function maskEmail(email: string): string {
  const [, first = '', host = '', ending = ''] = /^(.).*@(.).*?(\.[^.]*)?$/u.exec(email) ?? [];
  return `${first}•••@${host}•••${ending}`;
}

function parseUtc(value: string | null): Date | undefined {
  if (value === null) return undefined;
  const date = new Date(`${value.replace(' ', 'T').slice(0, 23)}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
