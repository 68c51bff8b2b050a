// The words of what we decide and remember, shared by the engine and the screens.
import type { Filiais } from '../ixc/tipos.ts';

/** What Tele Clínica last confirmed. */
export type Situacao = 'ausente' | 'ativo' | 'bloqueado' | 'cancelado' | 'desconhecido';
/** What it should be. */
export type Desejada = 'ausente' | 'ativo' | 'bloqueado' | 'cancelado';
/** What a rule makes of a contract's status pair (decisions 8). */
export type Significado = 'ativo' | 'bloqueado' | 'cancelar' | 'esperar' | 'perguntar';
/** What a person, a rule or the engine intends for a usuário. */
export type Acao = 'criar' | 'bloquear' | 'desbloquear' | 'trocar_plano' | 'cancelar';
/** What the engine may intend by itself, beside the actions: sending name and contact again. */
export type AcaoDoMotor = Acao | 'atualizar';
/** Every intended effect, registrations included. */
export const ACOES_DE_OPERACAO = [
  'criar',
  'bloquear',
  'desbloquear',
  'trocar_plano',
  'cancelar',
  'atualizar',
  'registrar_integracao',
  'registrar_plano',
  'atualizar_plano',
] as const;
export type AcaoDeOperacao = (typeof ACOES_DE_OPERACAO)[number];
export type EstadoDaOperacao = 'aberta' | 'feita' | 'recusada' | 'substituida' | 'descartada';
export type Ambiente = 'homologacao' | 'producao' | 'simulador';
export type Papel = 'ver' | 'operar' | 'cancelar' | 'aprovar' | 'configurar' | 'dados';
export type OrigemDoPlano = 'contrato' | 'adicional' | 'plano' | 'plano_de_venda' | 'operador';

/** Why nothing is sent for a person until somebody or something changes. */
export type CausaDeRetencao =
  | 'dados' // the register would be refused (ours or the partner's judgement)
  | 'sem_plano'
  | 'mais_de_um_plano'
  | 'plano_nao_registrado'
  | 'quem_e_a_pessoa' // the CPF in IXC is no longer the one this account was made for
  | 'ja_existe' // the CPF has an account at the partner under a reference that is not ours
  | 'outro_parceiro'
  | 'cancelado_no_parceiro'
  | 'sumiu' // we knew it, the partner no longer does
  | 'proibido'
  | 'estado_recusado'
  | 'contrato_quebrado' // the partner answered something that breaks its contract
  | 'fora_do_teste' // homologação and not a listed test contract
  | 'derruba_o_processo';

/** A field that must be corrected before a person can be sent. No value is kept, only why. */
export interface CampoRecusado {
  campo: string;
  motivo: string;
  correcao: string;
}

/** The IXC user at our screen, with the rights read from IXC. */
export interface Operador {
  id: number;
  nome: string;
  papeis: ReadonlySet<Papel>;
  filiais: Filiais;
}

export interface Usuario {
  id: number;
  integracaoId: number;
  integracaoNome: string;
  vez: number;
  remotoId: string | null;
  bloqueioManual: boolean;
  /** UTC `AAAA-MM-DD hh:mm:ss.ffffff`; set = a person ordered the cancellation. */
  cancelarEm: string | null;
  desejada: Desejada;
  desejadoPlanoId: number | null;
  desejadoPlanoNome: string | null;
  geracao: number;
  observada: Situacao;
  observadoPlano: string | null;
  aguardaAcesso: boolean;
  observadaEm: string | null;
  /** Work is pending: the fragment goes on following while this is true and nothing holds it. */
  trabalho: boolean;
  proximaEm: string;
  conferirEm: string | null;
  falhas: number;
  retida: CausaDeRetencao | null;
  retidaDetalhe: CampoRecusado[];
  mensagem: string | null;
  /** Those of the branches of whoever looks. */
  adesoes: Adesao[];
  /** How many in force are of other branches: they count, but are not shown. */
  outrasFiliais: number;
}

export interface Adesao {
  id: number;
  usuarioId: number;
  contratoId: number;
  clienteId: number;
  filialId: number;
  planoId: number | null;
  planoNome: string | null;
  planoOrigem: OrigemDoPlano;
  significado: Significado;
  vigente: boolean;
}
