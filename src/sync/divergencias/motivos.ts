// Why a line of a lote corrects what it corrects, in the words of the lote.
import type { Classe } from './tipos.ts';

export const CLASSE_EM_MOTIVO: Record<Classe, string> = {
  pago_bloqueado: 'O contrato dá direito e a conta está bloqueada na Tele Clínica.',
  ativo_sem_usuario: 'O contrato dá direito e não há conta na Tele Clínica.',
  cancelado_ativo: 'O contrato não dá direito e a conta está viva na Tele Clínica.',
  usuario_sem_contrato: 'A conta está viva na Tele Clínica e o contrato não existe mais no IXC.',
  cpf_duplicado: 'O CPF tem mais de uma conta na Tele Clínica.',
  desconhecido_aqui: 'A conta existe na Tele Clínica e não é conhecida aqui.',
  plano_errado: 'O plano na Tele Clínica não é o do contrato.',
  dados_diferentes: 'O cadastro na Tele Clínica não é o do IXC.',
};

export const ADOTAR_EM_MOTIVO =
  'A conta já existe na Tele Clínica, sem referência: passa a ser a deste contrato.';
