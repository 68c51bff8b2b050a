// The grid of operações: what is going on and what went on, for whom, what waits or was answered, and the list as CSV.
import { listContratosPorId } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { notFound } from '../problem.ts';
import type { OperacoesFilter } from '../sync/filtroDeOperacoes.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { listOperacoes, type OperacaoDaGrade } from '../sync/operacoes.ts';
import { ACOES_DE_OPERACAO } from '../sync/tipos.ts';
import { findAchados, tooManyClientes } from './busca.ts';
import type { Celula } from './csv.ts';
import { esperaDaOperacao } from './espera.ts';
import { type Exchange, type Form, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { documento, momento } from './formato.ts';
import { type Definicao, filtroOf, filtroSemBusca, gradeOf, POR_PAGINA, visaoOf } from './grade.ts';
import { ACAO, CAUSA, ESTADO, nomeDe } from './palavras.ts';
import { answerWrite, type Locals, render } from './render.ts';

const CSV_PAGE = 500;
const VIEW = { pagina: 'operacoes/index', fragmento: 'operacoes/_grade', titulo: 'Operações' };
const ESTADOS = [
  'aberta',
  'parada',
  'feita',
  'recusada',
  'sem_solucao',
  'substituida',
  'descartada',
] as const;
const ESTADO_DO_FILTRO = { ...ESTADO, parada: 'Parada', sem_solucao: 'Recusada, sem solução' };

/** `GET /operacoes?busca=&estado=&acao=&integracao=&de=&ate=&depois=&ids=` */
export async function indexOperacoes(exchange: Exchange): Promise<void> {
  const { sync } = exchange;
  const query = queryOf(exchange);
  const definicao = await definicaoOf(exchange);
  const { cortada, ...filter } = await filterOf(exchange, filtroOf(definicao, query));
  const depois = optionalId(query['depois']);
  const { operacoes, proxima } = await listOperacoes(sync.db, { ...filter, depois, limite: POR_PAGINA });
  const ids = operacoes.filter(isMovable).map(({ id }) => id);
  const grade = gradeOf(definicao, visaoOf(exchange, query), { linhas: operacoes.length, ids, proxima });
  render(exchange, VIEW, { ...(await linhasLocals(exchange, operacoes)), grade, operacoes, cortada });
}

/**
 * One row drawn again, after somebody acted on it from the grid (`?linha=` = how many times it was); while its call is
 * under way it follows itself. @throws Problem 404.
 */
export async function answerLinha(exchange: Exchange, id: number): Promise<void> {
  const { sync, operador } = exchange;
  const { operacoes } = await listOperacoes(sync.db, { filiais: operador.filiais, ids: [id], limite: 1 });
  const [operacao] = operacoes;
  if (operacao === undefined) throw notFound('Esta operação');
  const locals = { ...(await linhasLocals(exchange, operacoes)), operacao };
  // Whoever may act on a row has marks beside them all.
  const marcaveis = new Set(isMovable(operacao) ? [id] : []);
  const grade = { marcaveis, marcados: new Set<number>(), verbos: [operacao] };
  const passo = optionalId(queryOf(exchange)['linha']) ?? 1;
  const caminho = exchange.web.views.url(`/operacoes/${id}`, { linha: passo + 1 });
  const seguir = isUnderWay(operacao) ? { caminho, esperaMs: delayOf(passo) } : undefined;
  const view = { view: 'operacoes/_linha', locals: { ...locals, grade, seguir, foco: passo === 1 } };
  answerWrite(exchange, '/operacoes', view);
}

/** `GET /operacoes.csv`, `.xlsx`: every operação that the filter of the address takes. */
export async function downloadOperacoes(exchange: Exchange): Promise<void> {
  const filtro = filtroOf(await definicaoOf(exchange), queryOf(exchange));
  const { cortada, ...filter } = await filterOf(exchange, filtro);
  if (cortada) throw tooManyClientes();
  await sendLista(exchange, {
    nome: 'operacoes',
    colunas: COLUNAS,
    filtro: filtroSemBusca(filtro),
    paginas: csvPages(exchange, filter),
  });
}

/** Whether it can be sent again or discarded at all. */
const isMovable = ({ estado }: Pick<OperacaoDaGrade, 'estado'>): boolean =>
  estado === 'aberta' || estado === 'recusada';

async function definicaoOf({ sync }: Exchange): Promise<Definicao> {
  const integracoes = await listIntegracoes(sync.db);
  return {
    caminho: '/operacoes',
    nomes: ['operação', 'operações'],
    busca: 'CPF, contrato, cliente ou nome',
    campos: [
      {
        nome: 'estado',
        rotulo: 'Estado',
        todos: 'Todos',
        opcoes: ESTADOS.map((each) => [each, ESTADO_DO_FILTRO[each]]),
      },
      {
        nome: 'acao',
        rotulo: 'Ação',
        todos: 'Todas',
        opcoes: ACOES_DE_OPERACAO.map((each) => [each, ACAO[each]]),
      },
      {
        nome: 'integracao',
        rotulo: 'Integração',
        todos: 'Todas',
        opcoes: integracoes.map(({ id, nome }) => [String(id), nome]),
      },
      { nome: 'de', rotulo: 'De', tipo: 'dia' },
      { nome: 'ate', rotulo: 'Até', tipo: 'dia' },
    ],
    verbos: [
      { rotulo: 'Reenviar', caminho: '/operacoes/selecao/reenvio', papel: 'operar', icone: 'rotate-ccw' },
      {
        rotulo: 'Descartar',
        caminho: '/operacoes/selecao/descarte',
        papel: 'operar',
        icone: 'x',
        perigo: true,
      },
    ],
  };
}

async function filterOf(exchange: Exchange, filtro: Form) {
  const { cortada, ...achados } = await findAchados(exchange, filtro['busca'] ?? '');
  return {
    filiais: exchange.operador.filiais,
    estado: ESTADOS.find((each) => each === filtro['estado']),
    acao: ACOES_DE_OPERACAO.find((each) => each === filtro['acao']),
    integracaoId: optionalId(filtro['integracao']),
    de: filtro['de'],
    ate: filtro['ate'],
    ...achados,
    cortada,
  };
}

async function linhasLocals(exchange: Exchange, operacoes: OperacaoDaGrade[]): Promise<Locals> {
  const [contratos, nomes] = await Promise.all([
    contratosOf(exchange, operacoes),
    exchange.web.direitos.namesOf(
      operacoes.flatMap(({ operadorId }) => (operadorId === null ? [] : [operadorId])),
    ),
  ]);
  return { contratos, nomes, esperaDaOperacao, seguir: undefined, foco: false };
}

/** Whether it changes by itself: open, and nothing holds its person. */
export const isUnderWay = ({ estado, retida }: Pick<OperacaoDaGrade, 'estado' | 'retida'>): boolean =>
  estado === 'aberta' && retida === null;

/** Milliseconds until the `passo`-th look (from 1): a prompt partner answers at once; a slow one is asked about less and less. */
export const delayOf = (passo: number): number => Math.round(Math.min(4_000, 300 * 1.4 ** (passo - 1)));

/** The contracts that these operações name, as IXC has them now, by id. */
export async function contratosOf(
  { sync, operador }: Exchange,
  operacoes: readonly OperacaoDaGrade[],
): Promise<Map<number, ContratoLinha>> {
  const ids = operacoes.flatMap(({ contratoId }) => (contratoId === null ? [] : [contratoId]));
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return new Map(contratos.map((contrato) => [contrato.id, contrato]));
}

const COLUNAS = [
  'Operação',
  'Pedida em',
  'Ação',
  'Pessoa',
  'Documento',
  'Contrato',
  'Usuário',
  'Pedida por',
  'Estado',
  'Resposta',
  'Motivo',
  'Encerrada em',
  'Integração',
];

async function* csvPages(
  exchange: Exchange,
  filter: Omit<OperacoesFilter, 'limite'>,
): AsyncGenerator<Celula[][]> {
  let depois: number | undefined;
  do {
    const page = await listOperacoes(exchange.sync.db, { ...filter, depois, limite: CSV_PAGE });
    const contratos = await contratosOf(exchange, page.operacoes);
    const operadores = page.operacoes.flatMap(({ operadorId }) => (operadorId === null ? [] : [operadorId]));
    const nomes = await exchange.web.direitos.namesOf(operadores);
    yield page.operacoes.map((operacao) => cellsOf(operacao, contratos, nomes));
    depois = page.proxima;
  } while (depois !== undefined);
}

function cellsOf(
  operacao: OperacaoDaGrade,
  contratos: ReadonlyMap<number, ContratoLinha>,
  nomes: ReadonlyMap<number, string>,
): Celula[] {
  const contrato = operacao.contratoId === null ? undefined : contratos.get(operacao.contratoId);
  return [
    operacao.id,
    momento(operacao.criadoEm),
    ACAO[operacao.acao],
    operacao.contratoId === null ? '' : nomeDe(contrato),
    contrato === undefined ? '' : documento(contrato.documento),
    operacao.contratoId === null ? '' : String(operacao.contratoId),
    operacao.usuarioId === null ? '' : String(operacao.usuarioId),
    operacao.operadorId === null ? 'sistema' : (nomes.get(operacao.operadorId) ?? ''),
    operacao.retida === null ? ESTADO[operacao.estado] : `Parada: ${CAUSA[operacao.retida]}`,
    operacao.mensagem ?? '',
    operacao.motivo ?? '',
    operacao.encerradaEm === null ? '' : momento(operacao.encerradaEm),
    operacao.integracaoNome,
  ];
}
