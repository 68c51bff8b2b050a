// The grid of divergências: the most harmful first, what each side says of each, and the list as CSV.
import { listContratosPorId } from '../ixc/contratos.ts';
import { listFiliais } from '../ixc/planos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { externalIdOf } from '../sync/contexto.ts';
import { isForLote, isForReenvio } from '../sync/divergencias/correcao.ts';
import {
  type Divergencia,
  type DivergenciasFilter,
  listDivergencias,
} from '../sync/divergencias/divergencias.ts';
import { CLASSES } from '../sync/divergencias/tipos.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import type { Celula } from './csv.ts';
import { type PedidoATeleClinica, pedidoOf } from './divergenciasPedido.ts';
import { CLASSE, CORRECAO, effectOf, sidesOf } from './divergenciasTexto.ts';
import { type Exchange, type Form, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { dia, documento, momento } from './formato.ts';
import { type Definicao, filtroOf, gradeOf, POR_PAGINA, visaoOf } from './grade.ts';
import type { Locals } from './render.ts';

const CSV_PAGE = 500;
const ESTADOS = ['corrigindo', 'aceitas'] as const;

/** The grid as the address asks for it. */
export async function gradeLocals(exchange: Exchange): Promise<Locals> {
  const query = queryOf(exchange);
  const definicao = await definicaoOf(exchange);
  const filter = filterOf(exchange, filtroOf(definicao, query));
  const depois = keyOf(query['depois']);
  const { divergencias, proxima } = await listDivergencias(
    exchange.sync.db,
    { ...filter, depois },
    POR_PAGINA,
  );
  const grade = gradeOf(definicao, visaoOf(exchange, query), {
    linhas: divergencias.length,
    ids: divergencias.filter((each) => isForLote(each) || isForReenvio(each)).map(({ id }) => id),
    proxima: proxima && `${proxima.ordem}-${proxima.id}`,
  });
  return { ...(await linhasLocals(exchange, divergencias)), grade, divergencias };
}

/** What drawing these lines needs. */
export async function linhasLocals(
  exchange: Exchange,
  divergencias: readonly Divergencia[],
): Promise<Locals> {
  const operadores = divergencias.flatMap(({ aceitaPor, corrigidaPor }) => [aceitaPor, corrigidaPor]);
  return {
    contratos: await contratosOf(exchange, divergencias),
    nomes: await exchange.web.direitos.namesOf(operadores.filter((id) => id !== null)),
    CLASSE,
    CORRECAO,
    effectOf,
    sidesOf,
    hoursOf,
    seguir: undefined,
    foco: false,
  };
}

/** What to ask Tele Clínica for, where only they can. */
export const pedidoDe = ({ sync }: Exchange, d: Divergencia): PedidoATeleClinica | undefined =>
  pedidoOf(d, d.usuarioId === null || d.vez === null ? undefined : externalIdOf(sync, d.usuarioId, d.vez));

/** Whole hours since a UTC moment of ours. */
export function hoursOf(em: string, now: Date = new Date()): number {
  return Math.max(
    0,
    Math.floor((now.getTime() - Date.parse(`${em.replace(' ', 'T').slice(0, 23)}Z`)) / 3_600_000),
  );
}

/** `GET /divergencias.csv`, `.xlsx`: every line that the filter of the address takes. */
export async function downloadDivergencias(exchange: Exchange): Promise<void> {
  const filtro = filtroOf(await definicaoOf(exchange), queryOf(exchange));
  await sendLista(exchange, {
    nome: 'divergencias',
    colunas: COLUNAS,
    filtro,
    paginas: pages(exchange, filterOf(exchange, filtro)),
  });
}

async function definicaoOf({ sync, operador }: Exchange): Promise<Definicao> {
  const [integracoes, filiais] = await Promise.all([listIntegracoes(sync.db), listFiliais(sync.ixc)]);
  const own = filiais.filter(({ id }) => operador.filiais === 'todas' || operador.filiais.includes(id));
  return {
    caminho: '/divergencias',
    nomes: ['divergência', 'divergências'],
    campos: [
      {
        nome: 'classe',
        rotulo: 'Classe',
        todos: 'Todas',
        opcoes: CLASSES.map((classe) => [classe, CLASSE[classe].nome]),
      },
      {
        nome: 'integracao',
        rotulo: 'Integração',
        todos: 'Todas',
        opcoes: integracoes.map(({ id, nome }) => [String(id), nome]),
      },
      {
        nome: 'filial',
        rotulo: 'Filial',
        todos: 'Todas',
        opcoes: own.map(({ id, nome }) => [String(id), nome]),
      },
      {
        nome: 'estado',
        rotulo: 'Estado',
        todos: 'Abertas',
        opcoes: [
          ['corrigindo', 'Em correção'],
          ['aceitas', 'Aceitas como conhecidas'],
        ],
      },
    ],
    verbos: [
      { rotulo: 'Corrigir marcadas', caminho: '/divergencias/correcao', papel: 'operar', icone: 'check' },
    ],
  };
}

function filterOf({ operador }: Exchange, filtro: Form): DivergenciasFilter {
  return {
    filiais: operador.filiais,
    classe: CLASSES.find((each) => each === filtro['classe']),
    integracaoId: optionalId(filtro['integracao']),
    filialId: optionalId(filtro['filial']),
    estado: ESTADOS.find((each) => each === filtro['estado']),
  };
}

function keyOf(text: string | undefined): { ordem: number; id: number } | undefined {
  const [ordem, id] = (/^(\d{1,2})-([1-9]\d{0,14})$/.exec(text ?? '') ?? []).slice(1).map(Number);
  return ordem === undefined || id === undefined ? undefined : { ordem, id };
}

async function contratosOf(
  { sync, operador }: Exchange,
  divergencias: readonly Divergencia[],
): Promise<Map<number, ContratoLinha>> {
  const ids = divergencias.flatMap(({ contratoId }) => (contratoId === null ? [] : [contratoId]));
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return new Map(contratos.map((contrato) => [contrato.id, contrato]));
}

const COLUNAS = [
  'Divergência',
  'Classe',
  'Desde',
  'Horas',
  'Pessoa',
  'Documento',
  'Contrato',
  'Filial',
  'Usuário',
  'Conta na Tele Clínica',
  'IXC diz',
  'Nós dizemos',
  'Tele Clínica diz',
  'Em jogo por mês (R$)',
  'Correção',
  'Efeito',
  'Pedido à Tele Clínica',
  'Estado',
  'Aceita até',
  'Integração',
];

async function* pages(exchange: Exchange, filter: DivergenciasFilter): AsyncGenerator<Celula[][]> {
  let depois: { ordem: number; id: number } | undefined;
  do {
    const page = await listDivergencias(exchange.sync.db, { ...filter, depois }, CSV_PAGE);
    const contratos = await contratosOf(exchange, page.divergencias);
    yield page.divergencias.map((each) => cellsOf(exchange, each, contratos));
    depois = page.proxima;
  } while (depois !== undefined);
}

function cellsOf(
  exchange: Exchange,
  d: Divergencia,
  contratos: ReadonlyMap<number, ContratoLinha>,
): Celula[] {
  const contrato = d.contratoId === null ? undefined : contratos.get(d.contratoId);
  const { ixc, nosso, parceiro } = sidesOf(d);
  return [
    d.id,
    CLASSE[d.classe].nome,
    momento(d.desde),
    hoursOf(d.desde),
    contrato?.clienteNome ?? '',
    contrato === undefined ? '' : documento(contrato.documento),
    d.contratoId ?? '',
    contrato?.filialNome ?? '',
    d.usuarioId ?? '',
    d.remotoId ?? '',
    ixc,
    nosso,
    parceiro,
    d.valorCentavos === null ? '' : d.valorCentavos / 100,
    d.correcao === null ? '' : CORRECAO[d.correcao].verbo,
    effectOf(d),
    pedidoDe(exchange, d)?.pedido ?? '',
    d.estado === 'corrigindo' ? 'em correção' : d.aceitaAte === null ? 'aberta' : 'aceita',
    d.aceitaAte === null ? '' : dia(d.aceitaAte),
    d.integracaoNome,
  ];
}
