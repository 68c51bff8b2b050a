// The ordinary clients and contracts of the provider, as many as asked for, in the proportions of a real one.
import { PLANOS_DE_VENDA, PLANOS_DE_VENDA_TOTAL, PRODUTOS, planoDeVenda } from './catalogo.ts';
import { clienteRow, contratoRow, type Linha, produtoDoContratoRow, servicoRow } from './linhas.ts';
import { companyName, emailName, personName } from './nomes.ts';
import { PRIMEIRO_CONTRATO, telemedicinaAdicional } from './pessoas.ts';
import { celular, cnpj, cpfDigits, draw, maskCpf, pickWeighted } from './sorteio.ts';
import { SUJEIRA_LAST } from './sujeira.ts';

/** Ids of the ordinary rows start here; everything below belongs to the people and the dirty rows. */
const PRIMEIRO_CLIENTE = 101;
const PRIMEIRO_DA_POPULACAO = PRIMEIRO_CONTRATO + 120;
const FIXOS = SUJEIRA_LAST.contrato - PRIMEIRO_CONTRATO + 1;

// A real base has 1.2 contracts a client.
const CONTRATOS_POR_CLIENTE = 1.2;

// Parts of 10,000.
const TIPOS = [
  ['F', 9150],
  ['J', 800],
  ['E', 50],
] as const;
const FILIAIS = [
  [1, 6800],
  [2, 2000],
  [3, 1100],
  [4, 60],
  [0, 40],
] as const;
const STATUS = [
  ['A', 7680],
  ['I', 1720],
  ['N', 250],
  ['P', 150],
  ['D', 150],
  ['', 25],
  [null, 25],
] as const;
const ACESSO_DO_ATIVO = [
  ['A', 8780],
  ['FA', 420],
  ['CA', 480],
  ['CM', 100],
  ['D', 70],
  ['AA', 80],
  ['CE', 20],
  ['', 25],
  [null, 25],
] as const;
const ACESSO_DO_PENDENTE = [
  ['AA', 6000],
  ['D', 4000],
] as const;
const ACESSO_DO_NEGATIVADO = [
  ['D', 7000],
  ['CA', 3000],
] as const;
const PRODUTOS_DO_PLANO = [
  ['P', 9200],
  ['PLA', 500],
  ['PRO', 300],
] as const;
const TELEMEDICINA = [
  ['nenhuma', 9100],
  ['plano', 400],
  ['contrato', 300],
  ['adicional', 200],
] as const;

export interface Populacao {
  clientes: number;
  contratos: number;
}

/** How many ordinary rows complete the fixed ones to `contratos` contracts (at least 100). */
export function populationSize(contratos: number): Populacao {
  const ordinary = Math.max(100, contratos) - FIXOS;
  return { contratos: ordinary, clientes: Math.ceil(ordinary / CONTRATOS_POR_CLIENTE) };
}

/** Every ordinary client, one at a time. */
export function* clienteRows(semente: number, { clientes }: Populacao): Generator<Linha> {
  for (let i = 0; i < clientes; i++) yield clienteOf(semente, PRIMEIRO_CLIENTE + i);
}

/** Every ordinary contract, one at a time. */
export function* contratoRows(semente: number, populacao: Populacao): Generator<Linha> {
  for (let i = 0; i < populacao.contratos; i++) yield contratoOf(semente, i, populacao.clientes);
}

/** The product rows that ordinary contracts have of their own. */
export function* produtoRows(semente: number, { contratos }: Populacao): Generator<Linha> {
  for (let i = 0; i < contratos; i++) {
    const contrato = PRIMEIRO_DA_POPULACAO + i;
    if (telemedicinaOf(semente, i) === 'contrato') {
      const produto = draw(semente, i, 21) % 3 === 0 ? PRODUTOS.familia : PRODUTOS.individual;
      yield produtoDoContratoRow(contrato, produto, 'SVA');
    }
    if (draw(semente, i, 22) % 20 === 0) yield produtoDoContratoRow(contrato, PRODUTOS.tv, 'TV');
  }
}

/** Additional services and discounts of ordinary contracts: telemedicine that goes on or has ended, and others. */
export function* servicoRows(semente: number, { contratos }: Populacao): Generator<Linha> {
  for (let i = 0; i < contratos; i++) {
    const contrato = PRIMEIRO_DA_POPULACAO + i;
    const drawn = draw(semente, i, 31) % 100;
    if (telemedicinaOf(semente, i) === 'adicional') yield telemedicinaAdicional(contrato);
    if (drawn < 25) yield descontoDe(contrato);
    else if (drawn < 45) yield instalacaoDe(contrato);
    else if (drawn < 46) yield telemedicinaEncerrada(contrato);
  }
}

function clienteOf(semente: number, id: number): Linha {
  const tipo = pickWeighted(TIPOS, draw(semente, id, 11));
  const nome = tipo === 'J' ? companyName(semente, id) : personName(semente, id);
  // Everybody can be reached in one way at least; the few who cannot are counted in SUJEIRA.
  const contact = draw(semente, id, 12) % 100;
  return clienteRow({
    id,
    razao: nome,
    cnpj_cpf: documentOf(id, tipo),
    email: contact < 7 ? '' : `${emailName(nome)}.${id}@example.com`,
    celular: contact > 94 ? '' : celular(semente, id, 13),
    nascimento: birthOf(draw(semente, id, 14)),
    filial: Math.max(1, pickWeighted(FILIAIS, draw(semente, id, 15))),
    tipo,
    mudouHa: 2 + (draw(semente, id, 16) % 900),
  });
}

// Always from seed 0, like those of the people and the dirty rows: no CPF repeats unless SUJEIRA says so.
function documentOf(id: number, tipo: 'F' | 'J' | 'E'): string {
  if (tipo === 'E') return '';
  return tipo === 'J' ? cnpj(0, id) : maskCpf(cpfDigits(0, id));
}

function birthOf(drawn: number): string {
  const year = 1935 + (drawn % 70);
  return `${year}-${String((drawn % 12) + 1).padStart(2, '0')}-${String((drawn % 28) + 1).padStart(2, '0')}`;
}

function contratoOf(semente: number, i: number, clientes: number): Linha {
  const status = pickWeighted(STATUS, draw(semente, i, 41));
  const plano = planoDeVenda(planoOf(semente, i));
  // The first pass gives each client one contract; the rest fall on clients by chance.
  const cliente = PRIMEIRO_CLIENTE + (i < clientes ? i : draw(semente, i, 43) % clientes);
  const filial = pickWeighted(FILIAIS, draw(semente, cliente, 15));
  return contratoRow({
    id: PRIMEIRO_DA_POPULACAO + i,
    cliente,
    plano: plano.id,
    planoNome: plano.nome,
    tipo: plano.tipo,
    filial: filial === 0 ? null : filial,
    status,
    acesso: plano.tipo === 'SVA' ? '' : accessOf(status, draw(semente, i, 44)),
    mudouHa: 2 + (draw(semente, i, 45) % 900),
    produtos: pickWeighted(PRODUTOS_DO_PLANO, draw(semente, i, 46)),
    suspenso: status === 'A' && draw(semente, i, 47) % 300 === 0,
    confianca: status === 'A' && draw(semente, i, 48) % 200 === 0,
  });
}

function accessOf(status: string | null, drawn: number): string | null {
  if (status === 'A') return pickWeighted(ACESSO_DO_ATIVO, drawn);
  if (status === 'P') return pickWeighted(ACESSO_DO_PENDENTE, drawn);
  if (status === 'N') return pickWeighted(ACESSO_DO_NEGATIVADO, drawn);
  return 'D';
}

function planoOf(semente: number, i: number): number {
  const drawn = draw(semente, i, 42);
  if (telemedicinaOf(semente, i) === 'plano') return PLANOS_DE_VENDA.fibraComIndividual.id + (drawn % 4);
  const id = 1 + (drawn % PLANOS_DE_VENDA_TOTAL);
  return id >= PLANOS_DE_VENDA.fibraComIndividual.id && id <= PLANOS_DE_VENDA.svaFamilia.id ? 1 : id;
}

const telemedicinaOf = (semente: number, i: number) => pickWeighted(TELEMEDICINA, draw(semente, i, 20));

const descontoDe = (contrato: number) =>
  servicoRow({ contrato, produto: PRODUTOS.desconto, tipo: 'I', status: 'A', acresDesc: 'D', repetir: 'S' });

const instalacaoDe = (contrato: number) =>
  servicoRow({
    contrato,
    produto: PRODUTOS.instalacao,
    tipo: 'I',
    status: 'A',
    acresDesc: 'A',
    repetir: 'V',
    vezes: 1,
    feitas: 1,
  });

const telemedicinaEncerrada = (contrato: number) =>
  servicoRow({
    contrato,
    produto: PRODUTOS.individual,
    tipo: 'SVA',
    status: contrato % 2 === 0 ? 'I' : 'A',
    acresDesc: 'A',
    repetir: 'V',
    vezes: 3,
    feitas: 3,
  });
