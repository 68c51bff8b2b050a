// The fields that several grids are narrowed by, and what each value means to a list.
import { z } from 'zod';
import { ESPERAS, type Espera, type UsuariosFilter } from '../sync/filtroDeUsuarios.ts';
import { causa } from '../sync/usuarios.ts';
import type { Form } from './exchange.ts';
import type { Campo } from './grade.ts';
import { CAUSA, SITUACAO } from './palavras.ts';

const ESPERA: Record<Espera, string> = {
  parado: 'Parado, por qualquer motivo',
  fila: 'Na fila',
  tentando: 'Em nova tentativa',
  carencia: 'Em carência',
  cancelamento: 'Com cancelamento marcado',
  acesso: 'Aguarda o primeiro acesso',
  cadastro: 'Cadastro novo, ainda não enviado',
};

/** Which people, by what they wait for: any hold, one cause, the queue, a date. */
export const CAMPO_ESPERA: Campo = {
  nome: 'espera',
  rotulo: 'Espera',
  todos: 'Tanto faz',
  opcoes: Object.entries(ESPERA),
  grupo: { rotulo: 'Parado por', opcoes: Object.entries(CAUSA) },
};

/** What Tele Clínica last confirmed. */
export const CAMPO_SITUACAO: Campo = {
  nome: 'situacao',
  rotulo: 'Situação',
  todos: 'Todas',
  opcoes: Object.entries(SITUACAO),
};

/** `?retida=` of older addresses is a choice of `espera` now. */
export const withEspera = (query: Form): Form =>
  query['retida'] && !query['espera'] ? { ...query, espera: query['retida'] } : query;

/** The part of a filter that `espera` means. */
export function esperaOf(filtro: Form): Pick<UsuariosFilter, 'espera' | 'retida'> {
  return {
    espera: z.enum(ESPERAS).safeParse(filtro['espera']).data,
    retida: causa.safeParse(filtro['espera']).data,
  };
}
