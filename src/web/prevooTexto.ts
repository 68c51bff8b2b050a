// The causes of the pré-voo in words: what is wrong, what to do, and where in IXC.
import type { CausaDoPrevoo } from '../sync/prevoo/causas.ts';

export interface TextoDaCausa {
  /** As a cause reads in a list and in a filter. */
  nome: string;
  /** What somebody does about it. */
  fazer: string;
  /** Where in IXC; `{cliente}` and `{contrato}` stand for the ids. */
  onde: string;
}

const cadastro = (campo: string): string => `Sistema › Cadastros › Clientes › {cliente} › ${campo}`;
const CONTRATO = 'Sistema › Cadastros › Contratos › {contrato}';

export const TEXTOS: Record<CausaDoPrevoo, TextoDaCausa> = {
  empresa: {
    nome: 'Cliente é empresa',
    fazer: 'A telemedicina é de uma pessoa: o contrato precisa de um titular com CPF.',
    onde: cadastro('Tipo de pessoa e CPF'),
  },
  cpf_vazio: { nome: 'CPF vazio', fazer: 'Peça o CPF ao cliente.', onde: cadastro('CPF') },
  cpf_invalido: {
    nome: 'CPF não existe',
    fazer: 'Os dígitos não conferem: confirme o CPF com o cliente.',
    onde: cadastro('CPF'),
  },
  cpf_repetido: {
    nome: 'CPF de mais de uma pessoa',
    fazer: 'Há outro cadastro com este CPF e outro nome ou nascimento: descubra de quem é.',
    onde: cadastro('CPF'),
  },
  nome_vazio: { nome: 'Nome vazio', fazer: 'Escreva o nome completo.', onde: cadastro('Nome') },
  nome_curto: { nome: 'Falta o sobrenome', fazer: 'Escreva nome e sobrenome.', onde: cadastro('Nome') },
  nome_longo: {
    nome: 'Nome comprido demais',
    fazer: 'A Tele Clínica aceita até 100 letras: abrevie os nomes do meio.',
    onde: cadastro('Nome'),
  },
  nome_estranho: {
    nome: 'Nome com números ou sinais',
    fazer: 'Deixe só o nome da pessoa.',
    onde: cadastro('Nome'),
  },
  nascimento_vazio: {
    nome: 'Nascimento vazio',
    fazer: 'Peça a data de nascimento.',
    onde: cadastro('Data de nascimento'),
  },
  nascimento_falso: {
    nome: 'Nascimento de preenchimento',
    fazer: 'A data é uma das que se usam para preencher o campo: peça a verdadeira.',
    onde: cadastro('Data de nascimento'),
  },
  nascimento_futuro: {
    nome: 'Nascimento no futuro',
    fazer: 'Confira o ano da data de nascimento.',
    onde: cadastro('Data de nascimento'),
  },
  idade_impossivel: {
    nome: 'Mais de 120 anos',
    fazer: 'Confira o ano da data de nascimento.',
    onde: cadastro('Data de nascimento'),
  },
  menor: {
    nome: 'Menor de 18 anos',
    fazer: 'O titular precisa ser o responsável.',
    onde: cadastro('Data de nascimento'),
  },
  contato_vazio: {
    nome: 'Sem celular e sem e-mail',
    fazer: 'Peça um celular ou um e-mail: o primeiro acesso precisa de um dos dois.',
    onde: cadastro('Contato'),
  },
  contato_invalido: {
    nome: 'Celular e e-mail inválidos',
    fazer: 'O que está lá não serve para enviar o acesso: peça um celular com DDD ou um e-mail.',
    onde: cadastro('Contato'),
  },
  cliente_ausente: {
    nome: 'Cliente não existe no IXC',
    fazer: 'O contrato aponta para um cliente que não existe: escolha o certo.',
    onde: `${CONTRATO} › Cliente`,
  },
  mais_de_um_plano: {
    nome: 'Mais de um plano',
    fazer: 'Os produtos do contrato levam a planos diferentes: deixe um só, ou escolha o plano no contrato.',
    onde: `${CONTRATO} › Produtos`,
  },
  plano_recusado: {
    nome: 'Plano recusado no registro',
    fazer: 'A Tele Clínica recusou o registro do plano: abra-o em Planos.',
    onde: 'Tele Clínica › Planos',
  },
};

/** Where in IXC the cause is corrected for this contract. */
export const whereOf = (
  causa: CausaDoPrevoo,
  { clienteId, contratoId }: { clienteId: number; contratoId: number },
): string =>
  TEXTOS[causa].onde.replace('{cliente}', String(clienteId)).replace('{contrato}', String(contratoId));
