// What changes little in IXC: places, branches, groups, operators, products and sales plans of the demo provider.
import { daysAgo, type Linha } from './linhas.ts';

/** Products that mean telemedicine, and others that do not. */
export const PRODUTOS = {
  individual: { id: 900, descricao: 'Tele Clínica Individual' },
  familia: { id: 901, descricao: 'Tele Clínica Família' },
  internet: { id: 100, descricao: 'Internet Fibra' },
  tv: { id: 300, descricao: 'TV Essencial' },
  instalacao: { id: 400, descricao: 'Taxa de instalação' },
  desconto: { id: 401, descricao: 'Desconto fidelidade' },
} as const;

/** Sales plans that carry a telemedicine product as a plan row. */
export const PLANOS_DE_VENDA = {
  fibra: { id: 10, nome: 'Fibra 500 Mega' },
  fibraComIndividual: { id: 150, nome: 'Fibra 600 Mega + Tele Clínica Individual' },
  fibraComFamilia: { id: 151, nome: 'Fibra 900 Mega + Tele Clínica Família' },
  svaIndividual: { id: 152, nome: 'SVA Tele Clínica Individual' },
  svaFamilia: { id: 153, nome: 'SVA Tele Clínica Família' },
} as const;

export const FILIAIS = [
  { id: 1, fantasia: 'Matriz', ativo: 'S' },
  { id: 2, fantasia: 'Filial Norte', ativo: 'S' },
  { id: 3, fantasia: 'Filial Serra', ativo: 'S' },
  { id: 4, fantasia: 'Filial Litoral (encerrada)', ativo: 'N' },
] as const;

const GRUPOS = [
  { id: 1, grupo: 'Administradores', tipo_alcada: 'ADM', filtrar_filiais: 'N' },
  { id: 2, grupo: 'Administradores de filial', tipo_alcada: 'ADM', filtrar_filiais: 'S' },
  { id: 3, grupo: 'Gerência', tipo_alcada: 'SUP', filtrar_filiais: 'N' },
  { id: 4, grupo: 'Atendimento', tipo_alcada: 'OP', filtrar_filiais: 'S' },
  { id: 5, grupo: 'Atendimento geral', tipo_alcada: 'OP', filtrar_filiais: 'N' },
  { id: 6, grupo: 'Supervisão de filial', tipo_alcada: 'SUP', filtrar_filiais: 'S' },
  { id: 7, grupo: 'Técnicos', tipo_alcada: 'OP', filtrar_filiais: 'S' },
] as const;

interface Operador {
  id: number;
  nome: string;
  grupo: number;
  filiais: readonly number[];
  ativo: boolean;
}

/** The operators that tests and the demo log in as. */
export const OPERADORES = {
  administrador: { id: 1, nome: 'Marina Prado', grupo: 1, filiais: [1], ativo: true },
  atendente: { id: 2, nome: 'Tiago Rosa', grupo: 4, filiais: [1], ativo: true },
  outraFilial: { id: 3, nome: 'Denise Bueno', grupo: 2, filiais: [2], ativo: true },
  gerente: { id: 4, nome: 'Otávio Paz', grupo: 3, filiais: [1], ativo: true },
  supervisorDeFilial: { id: 5, nome: 'Lia Campos', grupo: 6, filiais: [2, 3], ativo: true },
  semFilial: { id: 6, nome: 'Caio Luz', grupo: 4, filiais: [], ativo: true },
  inativo: { id: 7, nome: 'Ex-colaborador', grupo: 1, filiais: [1], ativo: false },
} as const satisfies Record<string, Operador>;

/** Rows of every small table, by table, in an order that respects their links. */
export function catalogoRows(): [string, Linha[]][] {
  return [
    ['uf', ufRows()],
    ['cidade', cidadeRows()],
    ['filial', filialRows()],
    [
      'usuarios_grupo',
      GRUPOS.map((grupo) => ({ ...grupo, permissao_tipo: 'L', exporta_xls: 'S', ativo: 'S' })),
    ],
    ['usuarios', operadores().map(usuarioRow)],
    ['filial_usuario', operadores().flatMap(filialUsuarioRows)],
    [
      'cliente_contrato_tipo',
      [{ id: 1, tipo_contrato: 'Mensal', periodo: 'M', qtd_periodos: 1, tipo_pagamento: 'Pos' }],
    ],
    ['produtos', produtoRows()],
    ['vd_contratos', planoDeVendaRows()],
    ['vd_contratos_produtos', planoProdutoRows()],
    [
      'sva_configuracoes',
      [{ id: 1, plataforma: 'leitura', login: 'provedor', senha: 'guardada-pelo-ixc', ambiente: 'P' }],
    ],
  ];
}

const UFS = ['SC', 'PR', 'RS'];
const CIDADES = [
  'Joinville',
  'Blumenau',
  'Chapecó',
  'Lages',
  'Curitiba',
  'Pato Branco',
  'Cascavel',
  'São José',
];

const ufRows = () => UFS.map((sigla, i) => ({ id: i + 1, nome: sigla, sigla, id_pais: 1 }));

const cidadeRows = () =>
  Array.from({ length: 12 }, (_, i) => ({ id: i + 1, nome: CIDADES[i % 8] ?? 'Itajaí', uf: (i % 3) + 1 }));

const filialRows = () =>
  FILIAIS.map(({ id, fantasia, ativo }) => ({
    id,
    fantasia,
    ativo,
    razao: `Provedor Exemplo ${fantasia} Ltda`,
    cidade: id,
    nfe_email_senha: 'guardada-pelo-ixc',
  }));

function operadores(): Operador[] {
  const others = Array.from({ length: 15 }, (_, i) => ({
    id: 11 + i,
    nome: `Operador ${11 + i}`,
    grupo: i % 3 === 0 ? 5 : 4,
    filiais: [(i % 3) + 1],
    ativo: i % 5 !== 4,
  }));
  return [...Object.values(OPERADORES), ...others];
}

const usuarioRow = (operador: Operador): Linha => ({
  id: operador.id,
  id_grupo: operador.grupo,
  nome: operador.nome,
  email: `operador${operador.id}@example.com`,
  senha: 'nunca-lida',
  status: operador.ativo ? 'A' : 'I',
});

const filialUsuarioRows = (operador: Operador): Linha[] =>
  operador.filiais.map((filial, i) => ({
    filial_id: filial,
    usuario_id: operador.id,
    filial_padrao: i === 0 ? 'S' : 'N',
    ativo: 'S',
  }));

function produtoRows(): Linha[] {
  const named = Object.values(PRODUTOS).map((produto) => produtoRow(produto.id, produto.descricao));
  const speeds = Array.from({ length: 60 }, (_, i) =>
    produtoRow(101 + i, `Internet Fibra ${(i + 1) * 50} Mega`),
  );
  const goods = Array.from({ length: 20 }, (_, i) => ({
    ...produtoRow(500 + i, `Roteador modelo ${i + 1}`),
    tipo: 'C',
  }));
  return [...named, ...speeds, ...goods];
}

const produtoRow = (id: number, descricao: string): Linha => ({
  id,
  descricao,
  ativo: 'S',
  tipo: 'S',
  unidade: 13,
  id_sub_grupo: 1,
  preco_base: 29.9,
  ultima_atualizacao: `${daysAgo(200)} 09:00:00`,
});

/** How many sales plans there are; ids run from 1. */
export const PLANOS_DE_VENDA_TOTAL = 190;

/** Name and kind of a sales plan by id. */
export function planoDeVenda(id: number): {
  id: number;
  nome: string;
  tipo: 'I' | 'T' | 'S' | 'SVA';
  ativo: boolean;
} {
  const named = Object.values(PLANOS_DE_VENDA).find((plano) => plano.id === id);
  if (named) return { ...named, tipo: named.nome.startsWith('SVA') ? 'SVA' : 'I', ativo: true };
  if (id > 185) return { id, nome: `Hospedagem ${id}`, tipo: 'S', ativo: true };
  if (id > 175) return { id, nome: `Telefonia ${id * 10} minutos`, tipo: 'T', ativo: true };
  return {
    id,
    nome: `Fibra ${(id % 20) * 50 + 50} Mega${id > 20 ? ` (tabela ${id})` : ''}`,
    tipo: 'I',
    ativo: id % 7 !== 0,
  };
}

const planosDeVenda = () => Array.from({ length: PLANOS_DE_VENDA_TOTAL }, (_, i) => planoDeVenda(i + 1));

const planoDeVendaRows = (): Linha[] =>
  planosDeVenda().map(({ id, nome, tipo, ativo }) => ({
    id,
    nome,
    descricao: nome,
    tipo,
    Ativo: ativo ? 'S' : 'N',
    valor_contrato: 99.9,
    id_filial: 0,
    tipo_pessoa: 'T',
    ultima_atualizacao: `${daysAgo(100)} 09:00:00`,
  }));

function planoProdutoRows(): Linha[] {
  const speed = planosDeVenda()
    .filter((plano) => plano.tipo === 'I')
    .map((plano) => planRow(plano.id, { id: 101 + (plano.id % 60), descricao: plano.nome }, 'I'));
  return [
    ...speed,
    planRow(PLANOS_DE_VENDA.fibraComIndividual.id, PRODUTOS.individual, 'SVA'),
    planRow(PLANOS_DE_VENDA.fibraComFamilia.id, PRODUTOS.familia, 'SVA'),
    planRow(PLANOS_DE_VENDA.svaIndividual.id, PRODUTOS.individual, 'SVA'),
    planRow(PLANOS_DE_VENDA.svaFamilia.id, PRODUTOS.familia, 'SVA'),
  ];
}

const planRow = (plano: number, produto: { id: number; descricao: string }, tipo: string): Linha => ({
  id_vd_contrato: plano,
  id_contrato: 0,
  id_produto: produto.id,
  descricao: produto.descricao,
  tipo,
  qtde: 1,
  valor_unit: 29.9,
  id_unidade: 13,
  // Old rows carry zeros here, as in real installations.
  ultima_atualizacao: plano % 4 === 0 ? '0000-00-00 00:00:00' : `${daysAgo(300)} 09:00:00`,
});
