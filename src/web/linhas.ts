// The lines of a lote as people take them: which were marked, whose contracts they are, and the whole list as a file.
import { z } from 'zod';
import { listContratosPorId } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { invalid } from '../problem.ts';
import { type Linha, type LinhasFilter, listLinhas } from '../sync/lotes/linhas.ts';
import type { Lote } from '../sync/lotes/lotes.ts';
import { ACOES } from '../sync/modos.ts';
import { listUsuariosPorId, type UsuarioDaGrade } from '../sync/usuarios.ts';
import type { Celula } from './csv.ts';
import { type Exchange, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { documento } from './formato.ts';
import { DESEJADA, ESTADO_DA_LINHA, MUDANCAS, nomeDe } from './palavras.ts';

const MAX_MARKED = 5_000;
const CSV_PAGE = 500;

/**
 * The numbers in the repeated field `linhas`, or separated by commas; present but empty is none, undefined = not there.
 * @throws Problem 422 linhas.
 */
export function linhasOf(fields: unknown): number[] | undefined {
  const parsed = Marked.safeParse(fields);
  if (parsed.success && parsed.data.linhas === undefined) return undefined;
  if (!parsed.success) throw invalid({ linhas: 'Marque linhas da lista.' });
  const texts = [parsed.data.linhas ?? []].flat().flatMap((text) => text.split(','));
  const numbers = texts.map((text) => text.trim()).filter((text) => text !== '');
  if (numbers.length > MAX_MARKED) throw invalid({ linhas: `Marque no máximo ${MAX_MARKED} linhas.` });
  if (numbers.some((text) => !/^[1-9]\d{0,8}$/.test(text)))
    throw invalid({ linhas: 'Marque linhas da lista.' });
  return numbers.map(Number);
}

const Marked = z
  .object({ linhas: z.union([z.string(), z.array(z.string())]).optional() })
  .optional()
  .transform((fields) => fields ?? { linhas: undefined });

/** The contracts of these lines as IXC has them now, by id; those gone or of other branches are missing. */
export async function contratosDasLinhas(
  { sync, operador }: Exchange,
  linhas: Linha[],
): Promise<Map<number, ContratoLinha>> {
  const ids = linhas.map(({ contratoId }) => contratoId);
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return new Map(contratos.map((contrato) => [contrato.id, contrato]));
}

/** The usuários of these lines that the operator may see, by id. */
export async function usuariosDasLinhas(
  { sync, operador }: Exchange,
  linhas: Linha[],
): Promise<Map<number, UsuarioDaGrade>> {
  const ids = linhas.flatMap(({ usuarioId }) => usuarioId ?? []);
  const usuarios = await listUsuariosPorId(sync.db, [...new Set(ids)], operador.filiais);
  return new Map(usuarios.map((usuario) => [usuario.id, usuario]));
}

const Acao = z.enum(ACOES);
const Estado = z.enum(['pendente', 'aplicada', 'dispensada', 'recusada']);
const COLUNAS = [
  'Linha',
  'Contrato',
  'Usuário',
  'Pessoa',
  'Documento',
  'Ação',
  'Agora',
  'Depois',
  'Motivo',
  'Resultado',
  'Mensagem',
];

/** `GET /lotes/:id.csv?acao=&estado=`, `.xlsx`: every line that the operator may see. */
export async function downloadLinhas(exchange: Exchange, lote: Lote): Promise<void> {
  const query = queryOf(exchange);
  const acao = Acao.safeParse(query['acao']).data;
  const estado = Estado.safeParse(query['estado']).data;
  await sendLista(exchange, {
    nome: `lote-${lote.id}`,
    colunas: COLUNAS,
    filtro: { ...(acao && { acao }), ...(estado && { estado }) },
    paginas: csvPages(exchange, lote, { filiais: exchange.operador.filiais, acao, estado, limite: CSV_PAGE }),
  });
}

async function* csvPages(exchange: Exchange, lote: Lote, filter: LinhasFilter): AsyncGenerator<Celula[][]> {
  for (let depois: number | undefined = 0; depois !== undefined; ) {
    const page: Awaited<ReturnType<typeof listLinhas>> = await listLinhas(exchange.sync.db, lote.id, {
      ...filter,
      depois,
    });
    const contratos = await contratosDasLinhas(exchange, page.linhas);
    yield page.linhas.map((linha) => cellsOf(linha, contratos.get(linha.contratoId)));
    depois = page.proxima;
  }
}

function cellsOf(linha: Linha, contrato: ContratoLinha | undefined): Celula[] {
  return [
    linha.n,
    linha.contratoId,
    linha.usuarioId ?? '',
    nomeDe(contrato),
    documento(contrato?.documento ?? ''),
    MUDANCAS[linha.acao],
    wordOf(linha.de),
    wordOf(linha.para),
    linha.motivo,
    ESTADO_DA_LINHA[linha.estado],
    linha.mensagem ?? '',
  ];
}

const wordOf = (situacao: string): string =>
  Object.entries(DESEJADA).find(([each]) => each === situacao)?.[1] ?? situacao;
