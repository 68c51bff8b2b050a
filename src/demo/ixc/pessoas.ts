// The people of the walk-through: one for each state an attendant meets. Their ids never change.
import { PLANOS_DE_VENDA, PRODUTOS } from './catalogo.ts';
import { clienteRow, contratoRow, daysAgo, type Linha, produtoDoContratoRow, servicoRow } from './linhas.ts';
import { emailName } from './nomes.ts';
import { celular, cnpj, cpfDigits, maskCpf } from './sorteio.ts';

export interface Pessoa {
  nome: string;
  descricao: string;
  cliente: number;
  filial: number;
  /** Digits, or '' for a company. */
  cpf: string;
  /** The first (usually only) contract. */
  contrato: number;
  contratos: number[];
}

interface Situacao {
  status: string;
  acesso: string;
  /** Where telemedicine comes from. */
  origem: 'contrato' | 'adicional' | 'plano' | 'nenhum';
  suspenso?: boolean;
  naoBloquearAte?: string;
}

interface Opcoes {
  filial?: number;
  empresa?: boolean;
}

/** Contract ids start here, so that no contract has the id of its client. */
export const PRIMEIRO_CONTRATO = 301;

const clientes: Linha[] = [];
const contratos: Linha[] = [];
const produtos: Linha[] = [];
const servicos: Linha[] = [];

/** Who is who, by what they show. */
export const PESSOAS = {
  ativa: pessoa('Helena Duarte Campos', 'em dia, um contrato', um('A', 'A')),
  tresContratos: pessoa('Paulo Moura Siqueira', 'três contratos, um deles bloqueado', [
    ...um('A', 'A'),
    ...um('A', 'CA', 'adicional'),
    ...um('A', 'A'),
  ]),
  bloqueioAutomatico: pessoa('Regina Lopes Farias', 'bloqueio automático (CA)', um('A', 'CA')),
  bloqueioManual: pessoa('Jorge Antunes Leal', 'bloqueio manual (CM)', um('A', 'CM')),
  financeiroEmAtraso: pessoa('Sílvia Nunes Prates', 'financeiro em atraso (FA)', um('A', 'FA')),
  aguardandoAssinatura: pessoa('Bruno Teles Aguiar', 'aguardando assinatura (AA)', um('A', 'AA')),
  preContrato: pessoa('Larissa Maia Brum', 'pré-contrato (P)', um('P', 'AA')),
  cancelada: pessoa('Otávio Reis Salgado', 'contrato cancelado (I)', um('I', 'D')),
  empresa: pessoa('Padaria Trigal Ltda', 'empresa (CNPJ)', um('A', 'A'), { empresa: true }),
  outraFilial: pessoa('Yara Pontes Couto', 'em dia, da Filial Norte', um('A', 'A'), { filial: 2 }),
  produtoNoContrato: pessoa('Igor Vilela Peres', 'produto no contrato', um('A', 'A', 'contrato')),
  produtoAdicional: pessoa('Marta Sales Quintela', 'serviço adicional', um('A', 'A', 'adicional')),
  produtoNoPlano: pessoa('Davi Rangel Brito', 'produto no plano de venda', um('A', 'A', 'plano')),
  semProduto: pessoa('Clara Nobre Assis', 'sem produto de telemedicina', um('A', 'A', 'nenhum')),
  negativada: pessoa('Ivan Serpa Rolim', 'negativado (N)', um('N', 'D')),
  suspensa: pessoa('Nair Freire Tostes', 'contrato suspenso', [
    { status: 'A', acesso: 'A', origem: 'contrato', suspenso: true },
  ]),
  naoBloquear: pessoa('Elias Cortez Amorim', 'CA com “não bloquear até”', [
    { status: 'A', acesso: 'CA', origem: 'contrato', naoBloquearAte: daysAgo(-5) },
  ]),
};

/** The last client and contract id used here. */
export const PESSOAS_LAST = { cliente: clientes.length, contrato: PRIMEIRO_CONTRATO + contratos.length - 1 };

/** Rows of the walk-through people, by table. */
export function pessoasRows(): [string, Linha[]][] {
  return [
    ['cliente', clientes],
    ['cliente_contrato', contratos],
    ['vd_contratos_produtos', produtos],
    ['cliente_contrato_servicos', servicos],
  ];
}

/** A telemedicine service that repeats every month. */
export function telemedicinaAdicional(contrato: number): Linha {
  const produto = PRODUTOS.individual;
  return servicoRow({ contrato, produto, tipo: 'SVA', status: 'A', acresDesc: 'A', repetir: 'S' });
}

function um(status: string, acesso: string, origem: Situacao['origem'] = 'contrato'): Situacao[] {
  return [{ status, acesso, origem }];
}

function pessoa(nome: string, descricao: string, situacoes: Situacao[], opcoes: Opcoes = {}): Pessoa {
  const { filial = 1, empresa = false } = opcoes;
  const cliente = clientes.length + 1;
  clientes.push(clienteOf(cliente, nome, filial, empresa));
  const ids = situacoes.map((situacao) => addContrato(cliente, filial, situacao));
  const cpf = empresa ? '' : cpfDigits(0, cliente);
  return { nome, descricao, cliente, filial, cpf, contrato: ids[0] ?? 0, contratos: ids };
}

function clienteOf(id: number, nome: string, filial: number, empresa: boolean): Linha {
  return clienteRow({
    id,
    razao: nome,
    cnpj_cpf: empresa ? cnpj(0, id) : maskCpf(cpfDigits(0, id)),
    email: `${emailName(nome)}@example.com`,
    celular: celular(0, id, 9),
    nascimento: `19${60 + id}-0${(id % 9) + 1}-15`,
    filial,
    tipo: empresa ? 'J' : 'F',
    mudouHa: 30 + id,
  });
}

function addContrato(cliente: number, filial: number, situacao: Situacao): number {
  const { origem, ...rest } = situacao;
  const id = PRIMEIRO_CONTRATO + contratos.length;
  const plano = origem === 'plano' ? PLANOS_DE_VENDA.fibraComIndividual : PLANOS_DE_VENDA.fibra;
  const venda = { plano: plano.id, planoNome: plano.nome, tipo: 'I' as const };
  contratos.push(contratoRow({ id, cliente, ...venda, filial, mudouHa: 30, ...rest }));
  if (origem === 'contrato') produtos.push(produtoDoContratoRow(id, PRODUTOS.individual, 'SVA'));
  if (origem === 'adicional') servicos.push(telemedicinaAdicional(id));
  return id;
}
