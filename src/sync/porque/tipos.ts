// What the explanation is made from, and what it is made of.
import type { Contrato } from '../../ixc/tipos.ts';
import type { DatasDoUsuario } from '../datas.ts';
import type { Momento } from '../historia.ts';
import type { EstadoDaLinha } from '../lotes/linhas.ts';
import type { EstadoDoLote, Origem } from '../lotes/lotes.ts';
import type { ModoSalvo } from '../modos.ts';
import type { Pausa } from '../pausas.ts';
import type { Regras } from '../regras.ts';
import type { Acao, Ambiente, OrigemDoPlano, Significado, Usuario } from '../tipos.ts';
import type { Mudanca } from '../varredura/mudancas.ts';

/** A vínculo that one of the contract's products, or its plano de venda, has. Strongest first. */
export interface VinculoDoContrato {
  id: number;
  tipo: 'produto' | 'plano_de_venda';
  ixcId: number;
  filialId: number;
  planoNome: string;
  origem: OrigemDoPlano;
  /** The plano's integração creates accounts by itself. */
  criaSozinha: boolean;
}

/** What is in force for a contract that grants the account, and what the last scan read beside it. */
export interface AdesaoLida {
  id: number;
  contratoId: number;
  filialId: number;
  significado: Significado;
  planoNome: string | null;
  planoOrigem: OrigemDoPlano;
  /** null = no scan has read it yet. */
  lido: Significado | null;
  lidoEm: string | null;
  /** The contract has another client in IXC than when the account was made. */
  clienteMudou: boolean;
  /** Complete scans in a row that did not find the contract. */
  ausencias: number;
  /** AAAA-MM-DD: a date in IXC changes its meaning then. */
  reavaliarEm: string | null;
}

export interface FatosDoContrato {
  id: number;
  /** null = IXC does not show it: deleted, or of another branch. */
  contrato: Contrato | null;
  /** null = it does not grant the account. */
  adesao: AdesaoLida | null;
  vinculos: VinculoDoContrato[];
}

/** Who did something, and when: a row of the audit trail. */
export interface Ato {
  id: number;
  /** UTC */
  em: string;
  operadorId: number | null;
  motivo: string | null;
}

export interface LinhaDeLote {
  loteId: number;
  n: number;
  origem: Origem;
  estadoDoLote: EstadoDoLote;
  motivoDoLote: string | null;
  contratoId: number;
  acao: Acao;
  motivo: string;
  estado: EstadoDaLinha;
  mensagem: string | null;
  decididoPor: number | null;
  decididoEm: string | null;
}

export interface IntegracaoLida {
  id: number;
  nome: string;
  ambiente: Ambiente;
  credencialParadaEm: string | null;
  foraDesde: string | null;
  contatoEm: string | null;
}

export interface OperacaoLida {
  id: number;
  /** The calls made for it and what was answered, newest first. */
  chamadas: Momento[];
  acao: string;
  causa: 'operador' | 'regra' | 'correcao';
  operadorId: number | null;
  motivo: string | null;
  em: string;
}

export interface Fatos {
  /** AAAA-MM-DD in the provider's zone */
  hoje: string;
  /** Adesões in force first, in the order they were made. */
  contratos: FatosDoContrato[];
  regras: Regras;
  /** By cell, who gave it the meaning it has now; a cell not in it has the default, or its change is not on record. */
  regrasMudadas: ReadonlyMap<string, Ato>;
  usuario: Usuario | undefined;
  datas: DatasDoUsuario | undefined;
  /** By event, the newest on record. */
  atos: ReadonlyMap<string, Ato>;
  modos: ModoSalvo[];
  /** Somebody has decided on a run under the present rules. */
  regimeAceito: boolean;
  /** Why the last run was refused, while that stands. */
  recusa: { id: number; motivo: string | null } | undefined;
  /** What a run would change of this account now. */
  mudanca: Mudanca | undefined;
  linhas: LinhaDeLote[];
  pausas: Pausa[];
  pausadoPorArquivo: boolean;
  integracao: IntegracaoLida | undefined;
  /** The newest operação of the account. */
  operacao: OperacaoLida | undefined;
}

export interface Passo {
  texto: string;
  tom: 'neutro' | 'certo' | 'atencao';
  /** Copyable: names the row behind it. '' = a fact that is no row. */
  id: string;
  operadorId?: number | null;
  /** UTC */
  em?: string | null;
  /** What joins `texto` and the moment; `, em` when nothing else reads better. */
  ligacao?: string;
}

export interface Parte {
  titulo: string;
  passos: Passo[];
}
