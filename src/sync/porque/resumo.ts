// Why an account should be as it should, in one sentence, and which contracts decide it (decisions 2, 9, 11). Pure.
import type { DatasDoUsuario } from '../datas.ts';
import { strongestOf } from '../desejo.ts';
import type { Significado, Usuario } from '../tipos.ts';
import { dia, diaDoMomento, list } from './palavras.ts';

export interface Resumo {
  texto: string;
  /** Contracts whose meaning is in force; empty when none decides. An order of a person may still go over them. */
  decidem: number[];
}

/** The rule or order behind `usuario.desejada`. */
export function summarize(usuario: Usuario, datas: DatasDoUsuario): Resumo {
  const vigentes = usuario.adesoes.filter(({ vigente }) => vigente);
  const strongest = strongestOf(vigentes);
  const decidem = vigentes
    .filter(({ significado }) => significado === strongest)
    .map(({ contratoId }) => contratoId);
  const order = ordered(usuario);
  if (order !== undefined) return { texto: order, decidem };
  const elsewhere = fromElsewhere(usuario, datas, strongest);
  if (elsewhere !== undefined) return { texto: elsewhere, decidem: [] };
  return { texto: byRule(usuario, datas, strongest, decidem), decidem };
}

function ordered({ cancelarEm, observada, bloqueioManual, desejada }: Usuario): string | undefined {
  if (cancelarEm !== null) {
    if (observada === 'cancelado') return 'Uma pessoa pediu o cancelamento.';
    return desejada === 'cancelado'
      ? 'Uma pessoa pediu o cancelamento para agora.'
      : `Uma pessoa pediu o cancelamento para ${diaDoMomento(cancelarEm)}; até lá, bloqueado.`;
  }
  return bloqueioManual && desejada === 'bloqueado'
    ? 'Uma pessoa pediu o bloqueio; só uma pessoa o desfaz.'
    : undefined;
}

// What is seen here would make something else of the account: it is a contract of another branch that decides.
function fromElsewhere(
  { desejada, outrasFiliais }: Usuario,
  { carencia }: DatasDoUsuario,
  strongest: Significado | undefined,
): string | undefined {
  if (outrasFiliais === 0 || desejada === 'ausente' || (carencia !== null && desejada === 'ativo'))
    return undefined;
  const seen = strongest === 'ativo' ? 'ativo' : strongest === undefined ? undefined : 'bloqueado';
  return seen === desejada ? undefined : 'Decide um contrato desta pessoa em outra filial.';
}

function byRule(
  { desejada, adesoes }: Usuario,
  { carencia, cancelarRegraEm }: DatasDoUsuario,
  strongest: Significado | undefined,
  decidem: number[],
): string {
  if (desejada === 'ausente') return 'Nenhum pedido de conta em vigor.';
  if (carencia !== null && desejada === 'ativo' && strongest !== 'ativo')
    return `Em carência até ${dia(carencia.ate)}: nada automático bloqueia.`;
  if (!adesoes.some(({ vigente }) => vigente)) return 'Nenhum contrato dá mais direito a esta conta.';
  if (strongest === undefined) return 'Os contratos mandam esperar ou perguntar: fica como estava.';
  const quem = decidem.length === 1 ? `O contrato ${list(decidem)}` : `Os contratos ${list(decidem)}`;
  const plural = decidem.length > 1;
  switch (strongest) {
    case 'ativo':
      return `${quem} ${plural ? 'dão' : 'dá'} direito${adesoes.filter(({ vigente }) => vigente).length > decidem.length ? ': um que dê direito basta' : ''}.`;
    case 'cancelar':
      return cancelarRegraEm !== null && desejada === 'bloqueado'
        ? `${quem} ${plural ? 'terminaram' : 'terminou'} no IXC: bloqueado, e cancela em ${diaDoMomento(cancelarRegraEm)}.`
        : `${quem} ${plural ? 'terminaram' : 'terminou'} no IXC.`;
    default:
      return `${quem} ${plural ? 'bloqueiam' : 'bloqueia'}; volta quando o contrato voltar.`;
  }
}
