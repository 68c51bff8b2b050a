// What IXC's rows become once read: typed values, or a reason a person can read.

/** A value of IXC that should mean something and does not. `campo` in our words; `motivo` and `correcao` for a person. */
export interface Sujeira {
  campo: string;
  motivo: string;
  correcao: string;
}

/** A contract as the grids draw it. Names are for the screen only: they are never stored by us. */
export interface ContratoLinha {
  id: number;
  clienteId: number;
  /** null = the client row is missing (orphan). */
  clienteNome: string | null;
  /** Digits or '' ; mask before drawing. */
  documento: string;
  tipoPessoa: 'F' | 'J' | 'E' | '';
  filialId: number | null;
  filialNome: string;
  planoDeVendaId: number;
  planoDeVendaNome: string;
  tipo: string;
  /** As stored: A, I, P, N, D, '' or something unknown. */
  status: string;
  /** As stored: A, D, CM, CA, CE, FA, AA, '' or something unknown. */
  statusInternet: string;
  suspenso: boolean;
}

export type OrigemDoProduto = 'contrato' | 'adicional' | 'plano';

export interface ProdutoDoContrato {
  origem: OrigemDoProduto;
  produtoId: number;
  descricao: string;
  tipo: string;
}

/** A contract with everything the panel and the rules need. Dates are AAAA-MM-DD or null (zero dates are null). */
export interface Contrato extends ContratoLinha {
  velocidade: string;
  inicioSuspensao: string | null;
  fimSuspensao: string | null;
  naoBloquearAte: string | null;
  desbloqueioConfianca: boolean;
  ativadoEm: string | null;
  canceladoEm: string | null;
  contratoPrincipalId: number | null;
  motivoInclusao: string;
  /** Server-local text `AAAA-MM-DD hh:mm:ss` as IXC stores it. */
  atualizadoEm: string;
  produtos: ProdutoDoContrato[];
  sujeiras: Sujeira[];
}

/** Personal data of a client, live from IXC, as clean as it can be read without judging it. */
export interface Cliente {
  id: number;
  nome: string;
  nomeSocial: string;
  tipoPessoa: 'F' | 'J' | 'E' | '';
  /** Digits only (letters kept for an alphanumeric CNPJ), not validated. */
  documento: string;
  /** AAAA-MM-DD, or null for empty and zero dates. */
  nascimento: string | null;
  /** Every address found in the field, in order, lower case, not validated. */
  emails: string[];
  /** Digits of telefone_celular, whatsapp, fone, in that order, empty ones left out. */
  telefones: string[];
  ativo: boolean;
  atualizadoEm: string;
}

/** IXC's four fields for a client's phone: telefone_celular, whatsapp, telefone_comercial, fone. */
export type OrigemDoTelefone = 'celular' | 'whatsapp' | 'comercial' | 'residencial';

/** A client with the numbers of each field apart, to choose by. */
export interface ClienteLido extends Cliente {
  telefonesDe: Record<OrigemDoTelefone, string[]>;
}

/** Which branches an operator may see. */
export type Filiais = 'todas' | number[];

export interface OperadorIxc {
  id: number;
  nome: string;
  ativo: boolean;
  grupoId: number | null;
  grupoNome: string;
  tipoAlcada: 'ADM' | 'SUP' | 'OP' | '';
  filiais: Filiais;
}
