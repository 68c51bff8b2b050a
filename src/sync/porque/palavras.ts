// How the explanations write days, contracts and meanings.
import type { Acao, Desejada, OrigemDoPlano, Significado, Situacao } from '../tipos.ts';

const DIA = new Intl.DateTimeFormat('pt-BR', { timeZone: 'America/Sao_Paulo', dateStyle: 'short' });

/** What a rule's meaning does to the account: “o contrato 301 dá direito”. */
export const FAZ: Record<Significado, string> = {
  ativo: 'dá direito à conta',
  bloqueado: 'bloqueia',
  cancelar: 'cancela (bloqueia agora, cancela ao fim do prazo)',
  esperar: 'manda esperar: não muda nada',
  perguntar: 'manda perguntar a uma pessoa: não muda nada',
};

export const DEVE_SER: Record<Desejada, string> = {
  ausente: 'sem conta',
  ativo: 'ativa',
  bloqueado: 'bloqueada',
  cancelado: 'cancelada',
};

export const ESTA: Record<Situacao, string> = {
  ausente: 'sem conta',
  ativo: 'ativa',
  bloqueado: 'bloqueada',
  cancelado: 'cancelada',
  desconhecido: 'a confirmar (a última resposta não foi clara)',
};

export const VERBO: Record<Acao, string> = {
  criar: 'criar a conta',
  bloquear: 'bloquear',
  desbloquear: 'desbloquear',
  trocar_plano: 'trocar o plano',
  cancelar: 'cancelar',
};

export const DE_ONDE: Record<OrigemDoPlano, string> = {
  contrato: 'produto do contrato',
  adicional: 'serviço adicional do contrato',
  plano: 'produto do plano de venda',
  plano_de_venda: 'plano de venda',
  operador: 'escolha de um operador',
};

/** `AAAA-MM-DD` as `dd/mm/aaaa`. */
export const dia = (day: string): string => day.slice(0, 10).split('-').reverse().join('/');

/** The day in Brasília of a UTC `AAAA-MM-DD hh:mm:ss`, as `dd/mm/aaaa`. */
export const diaDoMomento = (em: string): string =>
  DIA.format(new Date(`${em.replace(' ', 'T').slice(0, 23)}Z`));

/** `301`, `301 e 302`, `301, 302 e 303`. */
export function list(ids: readonly (number | string)[]): string {
  const last = ids.at(-1) ?? '—';
  return ids.length < 2 ? String(last) : `${ids.slice(0, -1).join(', ')} e ${last}`;
}
