// The grid of IXC's contracts: the search box, who has an account and what it waits for, and the list as CSV.
import { listContratosPorId, type PaginaDeContratos, searchContratos } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { listContratosDeUsuarios, listUsuariosDeContratos, type UsuarioDaGrade } from '../sync/usuarios.ts';
import { findAchados, tooManyClientes } from './busca.ts';
import { CAMPO_ESPERA, esperaOf, withEspera } from './camposDeGrade.ts';
import type { Celula } from './csv.ts';
import { esperasOf } from './espera.ts';
import { type Exchange, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { documento } from './formato.ts';
import {
  type Definicao,
  filtroOf,
  filtroSemBusca,
  gradeOf,
  POR_PAGINA,
  type Visao,
  visaoOf,
} from './grade.ts';
import { contratoEmPalavras, nomeDe, SITUACAO } from './palavras.ts';
import { type Locals, render } from './render.ts';

const CSV_PAGE = 500;
const VIEW = { pagina: 'contratos/index', fragmento: 'contratos/_grade', titulo: 'Contratos' };

/** `GET /contratos?busca=&espera=&depois=&ids=` */
export async function indexContratos(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const query = withEspera(queryOf(exchange));
  const filtro = filtroOf(CONTRATOS, query);
  const { linhas, proxima, cortada } = await findPagina(exchange, filtro, query['depois'], POR_PAGINA);
  const ids = linhas.map(({ id }) => id);
  const usuarios = await listUsuariosDeContratos(sync.db, ids, operador.filiais);
  const visao = visaoOf(exchange, query);
  render(exchange, VIEW, { ...contratosLocals(visao, { linhas, proxima, usuarios }), cortada });
}

/** Locals of the grid. A contract that already grants an account is not one to create a usuário for. */
export function contratosLocals(
  visao: Visao,
  page: PaginaDeContratos & { usuarios: ReadonlyMap<number, UsuarioDaGrade> },
): Locals {
  const { linhas, proxima, usuarios } = page;
  const ids = linhas.filter(({ id }) => isFree(usuarios.get(id))).map(({ id }) => id);
  const grade = gradeOf(CONTRATOS, visao, { linhas: linhas.length, ids, proxima });
  return { grade, linhas, usuarios, esperasOf, cortada: undefined };
}

/** `GET /contratos.csv`, `.xlsx`: every contract that the filter of the address takes. */
export async function downloadContratos(exchange: Exchange): Promise<void> {
  const filtro = filtroOf(CONTRATOS, withEspera(queryOf(exchange)));
  await sendLista(exchange, {
    nome: 'contratos',
    colunas: COLUNAS,
    filtro: filtroSemBusca(filtro),
    paginas: csvPages(exchange, filtro),
  });
}

const CONTRATOS: Definicao = {
  caminho: '/contratos',
  nomes: ['contrato', 'contratos'],
  busca: 'CPF, contrato, cliente ou nome',
  campos: [CAMPO_ESPERA],
  verbos: [
    { rotulo: 'Criar usuário', caminho: '/contratos/selecao/usuario', papel: 'operar', icone: 'user-plus' },
  ],
};

const isFree = (usuario: UsuarioDaGrade | undefined): boolean =>
  usuario === undefined || usuario.observada === 'cancelado';

// What somebody waits for is known on our side only, so then the page is walked there, else through IXC's contracts.
async function findPagina(
  exchange: Exchange,
  filtro: Record<string, string>,
  depois: string | undefined,
  limite: number,
): Promise<PaginaDeContratos & { cortada?: boolean | undefined }> {
  const { sync, operador } = exchange;
  const { filiais } = operador;
  const busca = filtro['busca'] ?? '';
  if (filtro['espera'] === undefined) return searchContratos(sync.ixc, { busca, depois, filiais, limite });
  const { cortada, ...achados } = await findAchados(exchange, busca);
  const { contratoIds, proxima } = await listContratosDeUsuarios(sync.db, {
    filiais,
    ...esperaOf(filtro),
    ...achados,
    depois: optionalId(depois),
    limite,
  });
  const linhas = await listContratosPorId(sync.ixc, contratoIds, filiais);
  return { linhas, proxima: proxima === undefined ? undefined : String(proxima), cortada };
}

const COLUNAS = [
  'Contrato',
  'Cliente',
  'Documento',
  'Plano de venda',
  'Filial',
  'No IXC',
  'Usuário',
  'Tele Clínica',
  'Espera',
];

async function* csvPages(exchange: Exchange, filtro: Record<string, string>): AsyncGenerator<Celula[][]> {
  const { sync, operador } = exchange;
  let depois: string | undefined;
  do {
    const { linhas, proxima, cortada } = await findPagina(exchange, filtro, depois, CSV_PAGE);
    if (cortada) throw tooManyClientes();
    const ids = linhas.map(({ id }) => id);
    const usuarios = await listUsuariosDeContratos(sync.db, ids, operador.filiais);
    yield linhas.map((linha) => cellsOf(linha, usuarios.get(linha.id)));
    depois = proxima;
  } while (depois !== undefined);
}

function cellsOf(linha: ContratoLinha, usuario: UsuarioDaGrade | undefined): Celula[] {
  return [
    linha.id,
    nomeDe(linha),
    documento(linha.documento),
    linha.planoDeVendaNome,
    linha.filialNome,
    contratoEmPalavras(linha),
    usuario === undefined ? '' : String(usuario.id),
    usuario === undefined ? '' : SITUACAO[usuario.observada],
    usuario === undefined
      ? ''
      : esperasOf(usuario)
          .map(({ palavra }) => palavra)
          .join(', '),
  ];
}
