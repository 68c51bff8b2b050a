// The grid of usuários: filters, what each person waits for, and the whole list as CSV.
import { listContratosPorId } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import type { UsuariosFilter } from '../sync/filtroDeUsuarios.ts';
import { listPlanos, type Plano } from '../sync/planos.ts';
import type { Usuario } from '../sync/tipos.ts';
import { listUsuarios, type UsuarioDaGrade } from '../sync/usuarios.ts';
import { findAchados, tooManyClientes } from './busca.ts';
import { CAMPO_ESPERA, CAMPO_SITUACAO, esperaOf, withEspera } from './camposDeGrade.ts';
import type { Celula } from './csv.ts';
import { esperasOf } from './espera.ts';
import { type Exchange, type Form, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { documento, momento } from './formato.ts';
import {
  type Definicao,
  filtroOf,
  filtroSemBusca,
  gradeOf,
  POR_PAGINA,
  type Visao,
  visaoOf,
} from './grade.ts';
import { contratosDe, nomeDe, SITUACAO } from './palavras.ts';
import { type Locals, render } from './render.ts';

const CSV_PAGE = 500;
const VIEW = { pagina: 'usuarios/index', fragmento: 'usuarios/_grade', titulo: 'Usuários' };

/** `GET /usuarios?busca=&situacao=&espera=&plano=&depois=&ids=` */
export async function indexUsuarios(exchange: Exchange): Promise<void> {
  const { sync } = exchange;
  const query = withEspera(queryOf(exchange));
  const planos = await listPlanos(sync.db);
  const { cortada, ...filter } = await filterOf(exchange, filtroOf(definicaoDeUsuarios(planos), query));
  const depois = optionalId(query['depois']);
  const { usuarios, proxima } = await listUsuarios(sync.db, { ...filter, depois, limite: POR_PAGINA });
  const contratos = await contratosDosUsuarios(exchange, usuarios);
  const visao = visaoOf(exchange, query);
  render(exchange, VIEW, { ...usuariosLocals(visao, { usuarios, proxima, contratos, planos }), cortada });
}

/** Locals of the grid. */
export function usuariosLocals(
  visao: Visao,
  page: {
    usuarios: UsuarioDaGrade[];
    proxima: number | undefined;
    contratos: ReadonlyMap<number, ContratoLinha>;
    planos: readonly Plano[];
  },
): Locals {
  const { usuarios, proxima, contratos, planos } = page;
  const ids = usuarios.map(({ id }) => id);
  const grade = gradeOf(definicaoDeUsuarios(planos), visao, { linhas: ids.length, ids, proxima });
  return { grade, usuarios, contratos, esperasOf, cortada: undefined };
}

/** `GET /usuarios.csv`, `.xlsx`: everybody that the filter of the address takes. */
export async function downloadUsuarios(exchange: Exchange): Promise<void> {
  const planos = await listPlanos(exchange.sync.db);
  const filtro = filtroOf(definicaoDeUsuarios(planos), withEspera(queryOf(exchange)));
  const { cortada, ...filter } = await filterOf(exchange, filtro);
  if (cortada) throw tooManyClientes();
  await sendLista(exchange, {
    nome: 'usuarios',
    colunas: COLUNAS,
    filtro: filtroSemBusca(filtro),
    paginas: csvPages(exchange, filter),
  });
}

/** The contracts of these people as IXC has them now, by id; those gone or of other branches are missing. */
export async function contratosDosUsuarios(
  { sync, operador }: Exchange,
  usuarios: readonly Usuario[],
): Promise<Map<number, ContratoLinha>> {
  const ids = usuarios.flatMap(({ adesoes }) => adesoes.map(({ contratoId }) => contratoId));
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return new Map(contratos.map((contrato) => [contrato.id, contrato]));
}

const definicaoDeUsuarios = (planos: readonly Plano[]): Definicao => ({
  caminho: '/usuarios',
  nomes: ['usuário', 'usuários'],
  busca: 'CPF, contrato, cliente ou nome',
  campos: [
    CAMPO_SITUACAO,
    CAMPO_ESPERA,
    {
      nome: 'plano',
      rotulo: 'Plano',
      todos: 'Todos',
      opcoes: planos.map(({ id, nome }) => [String(id), nome]),
    },
  ],
  verbos: [
    { rotulo: 'Bloquear', caminho: '/usuarios/selecao/bloqueio', papel: 'operar', icone: 'lock' },
    { rotulo: 'Desbloquear', caminho: '/usuarios/selecao/desbloqueio', papel: 'operar', icone: 'lock-open' },
    {
      rotulo: 'Cancelar Usuário',
      caminho: '/usuarios/selecao/cancelamento',
      papel: 'cancelar',
      icone: 'user-x',
      perigo: true,
    },
  ],
});

async function filterOf(exchange: Exchange, filtro: Form) {
  const { cortada, ...achados } = await findAchados(exchange, filtro['busca'] ?? '');
  const situacao = SITUACOES.find((each) => each === filtro['situacao']);
  const planoId = optionalId(filtro['plano']);
  return { filiais: exchange.operador.filiais, situacao, planoId, ...esperaOf(filtro), ...achados, cortada };
}

const SITUACOES = ['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido'] as const;

const COLUNAS = [
  'Usuário',
  'Pessoa',
  'Documento',
  'Contratos',
  'Plano',
  'Situação',
  'Deveria ser',
  'Espera',
  'Confirmado em',
  'Integração',
];

async function* csvPages(
  exchange: Exchange,
  filter: Omit<UsuariosFilter, 'limite'>,
): AsyncGenerator<Celula[][]> {
  let depois: number | undefined;
  do {
    const page = await listUsuarios(exchange.sync.db, { ...filter, depois, limite: CSV_PAGE });
    const contratos = await contratosDosUsuarios(exchange, page.usuarios);
    yield page.usuarios.map((usuario) => cellsOf(usuario, contratos));
    depois = page.proxima;
  } while (depois !== undefined);
}

function cellsOf(usuario: UsuarioDaGrade, contratos: ReadonlyMap<number, ContratoLinha>): Celula[] {
  const linha = usuario.adesoes.map(({ contratoId }) => contratos.get(contratoId)).find(Boolean);
  return [
    usuario.id,
    nomeDe(linha),
    documento(linha?.documento ?? ''),
    contratosDe(usuario),
    usuario.desejadoPlanoNome ?? '',
    SITUACAO[usuario.observada],
    SITUACAO[usuario.desejada],
    esperasOf(usuario)
      .map(({ palavra }) => palavra)
      .join(', '),
    usuario.observadaEm === null ? '' : momento(usuario.observadaEm),
    usuario.integracaoNome,
  ];
}
