// Divergências in words: what each class is, what each side says, and what a correction brings about.
import type { Divergencia } from '../sync/divergencias/divergencias.ts';
import type { CampoComparado, Classe, Correcao } from '../sync/divergencias/tipos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../sync/prazo.ts';
import { CAUSA, SIGNIFICADO, SITUACAO } from './palavras.ts';

interface TextoDaClasse {
  nome: string;
  /** What it means, in one sentence. */
  explica: string;
  /** The dot it wears. */
  tom: string;
}

export const CLASSE: Record<Classe, TextoDaClasse> = {
  pago_bloqueado: {
    nome: 'Pago mas bloqueado',
    explica: 'O contrato dá direito e a pessoa não consegue usar.',
    tom: 'recusada',
  },
  ativo_sem_usuario: {
    nome: 'Ativo sem usuário',
    explica: 'O contrato dá direito e não há conta na Tele Clínica.',
    tom: 'recusada',
  },
  cancelado_ativo: {
    nome: 'Cancelado mas ativo',
    explica: 'O contrato está bloqueado ou cancelado no IXC e a conta continua viva lá.',
    tom: 'retido',
  },
  usuario_sem_contrato: {
    nome: 'Usuário sem contrato',
    explica: 'A conta está viva lá e o IXC não tem mais o contrato.',
    tom: 'retido',
  },
  cpf_duplicado: {
    nome: 'CPF duplicado',
    explica: 'A mesma pessoa tem mais de uma conta viva na Tele Clínica.',
    tom: 'retido',
  },
  desconhecido_aqui: {
    nome: 'Desconhecido aqui',
    explica: 'A conta está viva lá e não é de nenhum usuário daqui.',
    tom: 'retido',
  },
  plano_errado: {
    nome: 'Plano errado',
    explica: 'O plano lá não é o que o contrato pede.',
    tom: 'desconhecido',
  },
  dados_diferentes: {
    nome: 'Dados diferentes',
    explica: 'O cadastro lá não é o do IXC.',
    tom: 'desconhecido',
  },
};

export const CAMPO: Record<CampoComparado, string> = {
  nome: 'nome',
  nascimento: 'nascimento',
  email: 'e-mail',
  celular: 'celular',
  cpf: 'CPF',
};

/** The button, and what it does. */
export const CORRECAO: Record<Correcao, { verbo: string; efeito: string }> = {
  desbloquear: { verbo: 'Desbloquear', efeito: 'A pessoa volta a acessar em segundos.' },
  bloquear: { verbo: 'Bloquear', efeito: 'O IXC é lido de novo e o acesso é fechado.' },
  cancelar: { verbo: 'Cancelar', efeito: 'O IXC é lido de novo e a conta é encerrada.' },
  criar: { verbo: 'Criar usuário', efeito: 'A conta é criada pelo vínculo do contrato.' },
  trocar_plano: { verbo: 'Trocar plano', efeito: 'A conta passa ao plano do contrato.' },
  atualizar: { verbo: 'Reenviar cadastro', efeito: 'Nome e contato do IXC são enviados de novo.' },
  conferir: {
    verbo: 'Conferir a conta',
    efeito: 'A conta é consultada; se não existir mesmo, a pessoa espera uma decisão.',
  },
  recriar: { verbo: 'Criar de novo', efeito: 'A Tele Clínica recebe uma conta nova para a pessoa.' },
  adotar: { verbo: 'Assumir a conta', efeito: 'A conta passa a seguir o contrato, no plano dele.' },
};

/** What the correction of this line does; without one, whom to ask. */
export function effectOf({ classe, correcao }: Pick<Divergencia, 'classe' | 'correcao'>): string {
  if (classe === 'usuario_sem_contrato')
    return `Bloqueia agora e cancela em ${PRAZO_DE_CANCELAMENTO_DIAS} dias; dá para desfazer até lá.`;
  if (correcao !== null) return CORRECAO[correcao].efeito;
  if (classe === 'cpf_duplicado') return 'Só a Tele Clínica encerra a conta a mais: abra e copie o pedido.';
  if (classe === 'desconhecido_aqui') return 'Só a Tele Clínica resolve: abra e copie o pedido.';
  if (classe === 'plano_errado') return 'Peça a troca de plano à Tele Clínica: o perfil não sabe trocar.';
  return 'Corrija com a Tele Clínica: daqui este campo não pode ser mudado.';
}

export interface TresLados {
  ixc: string;
  nosso: string;
  parceiro: string;
}

/** What IXC, we and the partner say, each in a few words. */
export function sidesOf(d: Divergencia): TresLados {
  return { ixc: ixcSays(d), nosso: weSay(d), parceiro: partnerSays(d) };
}

function ixcSays({ classe, ixc, planoNome, contratoId }: Divergencia): string {
  if (classe === 'usuario_sem_contrato') return 'Não tem mais o contrato';
  if (classe === 'plano_errado') return `Plano ${planoNome ?? 'sem nome'}`;
  if (classe === 'dados_diferentes') return 'Cadastro do cliente';
  if (ixc === null) return contratoId === null ? 'Não conhece' : '—';
  return ixc === 'ativo' ? 'Dá direito' : SIGNIFICADO[ixc];
}

function weSay({ nosso, retida }: Divergencia): string {
  if (retida !== null) return `Parado: ${CAUSA[retida]}`;
  return nosso === null ? 'Sem usuário' : SITUACAO[nosso];
}

function partnerSays({ classe, parceiro, planoParceiro, planoParceiroNome, campos }: Divergencia): string {
  if (classe === 'plano_errado') return `Plano ${planoParceiroNome ?? planoParceiro ?? 'desconhecido'}`;
  if (classe === 'dados_diferentes') return `Outro: ${campos.map((campo) => CAMPO[campo]).join(', ')}`;
  if (classe === 'cpf_duplicado') return 'Duas contas ou mais';
  return parceiro === 'ausente' ? 'Não tem conta' : SITUACAO[parceiro];
}
