// The words of a divergência: its classes in the order of harm, and what is known of one.
import type { Desejada, Significado, Situacao } from '../tipos.ts';

/** The most harmful first: who pays and is kept out, then money that leaks, then what is only untidy. */
export const CLASSES = [
  'pago_bloqueado',
  'ativo_sem_usuario',
  'cancelado_ativo',
  'usuario_sem_contrato',
  'cpf_duplicado',
  'desconhecido_aqui',
  'plano_errado',
  'dados_diferentes',
] as const;
export type Classe = (typeof CLASSES)[number];

/** Fields of the register that are compared. */
export const CAMPOS_COMPARADOS = ['nome', 'nascimento', 'email', 'celular', 'cpf'] as const;
export type CampoComparado = (typeof CAMPOS_COMPARADOS)[number];

/**
 * What would put it right. `conferir` = the account is read again and the engine goes on from what is found; `recriar` =
 * a new account, after a reading has confirmed that the old one is gone; `adotar` = the contract of its CPF takes over an
 * account that carries no reference.
 */
export const CORRECOES = [
  'desbloquear',
  'bloquear',
  'cancelar',
  'criar',
  'trocar_plano',
  'atualizar',
  'conferir',
  'recriar',
  'adotar',
] as const;
export type Correcao = (typeof CORRECOES)[number];

/**
 * Whose reference an account carries: none; ours, but not the present one of anybody; another system's, whose account is
 * never touched; or one that the profile does not show.
 */
export const REFERENCIAS = ['nenhuma', 'nossa', 'alheia', 'oculta'] as const;
export type Referencia = (typeof REFERENCIAS)[number];

/** An account that is nobody's here. */
export interface ContaDeFora {
  referencia: Referencia;
  /** HMAC of its CPF; null = the partner shows none. */
  impressao: Buffer | null;
  /** Ids of more accounts of the same CPF. */
  outras: string[];
}

/** A disagreement as a comparison finds it. */
export interface Achado {
  classe: Classe;
  integracaoId: number;
  /** Tells it apart from others of its class: `usuario:7`, `contrato:9`, `conta:abc`. */
  chave: string;
  usuarioId: number | null;
  contratoId: number | null;
  clienteId: number | null;
  /** 0 = none */
  filialId: number;
  remotoId: string | null;
  /** What the rules make of the contracts; null = IXC has none. */
  ixc: Significado | null;
  /** What we last saw; null = unknown here. */
  nosso: Situacao | null;
  /** What the partner's list says; `ausente` = it is not in a complete list. */
  parceiro: Situacao;
  para: Desejada | null;
  planoId: number | null;
  planoParceiro: string | null;
  campos: CampoComparado[];
  /** null = not known */
  valorCentavos: number | null;
  correcao: Correcao | null;
  /** UTC; null = since this comparison saw it. */
  desde: string | null;
  /** Of `remotoId`, where it is nobody's here. */
  deFora?: ContaDeFora;
}
