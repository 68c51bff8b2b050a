// Why people are held, in words for people: on the screens and in notifications.
import type { CausaDeRetencao } from './tipos.ts';

export const CAUSA: Record<CausaDeRetencao, string> = {
  dados: 'Cadastro precisa de correção',
  sem_plano: 'Nenhum plano vinculado',
  mais_de_um_plano: 'Mais de um plano',
  plano_nao_registrado: 'Plano ainda não registrado na Tele Clínica',
  quem_e_a_pessoa: 'Quem é a pessoa?',
  ja_existe: 'CPF já tem conta na Tele Clínica',
  outro_parceiro: 'CPF tem conta por outra empresa',
  cancelado_no_parceiro: 'Cancelado na Tele Clínica',
  sumiu: 'A Tele Clínica não encontra mais a conta',
  proibido: 'A Tele Clínica não permite',
  estado_recusado: 'A situação lá não permite',
  contrato_quebrado: 'Resposta inesperada da Tele Clínica',
  fora_do_teste: 'Fora da lista de teste',
  derruba_o_processo: 'Precisa de um técnico',
};

/** The words for a stored cause; the code itself when it is none of ours. */
export const nameOfRetencao = (causa: string): string =>
  Object.entries(CAUSA).find(([known]) => known === causa)?.[1] ?? causa;
