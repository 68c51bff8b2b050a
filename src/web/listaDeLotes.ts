// The list of lotes as a file.
import { type LotesFilter, listLotes } from '../sync/lotes/lotes.ts';
import type { Celula } from './csv.ts';
import { type Exchange, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { momento } from './formato.ts';
import { Estado, nomesDe, Origem } from './lotes.ts';
import { ESTADO_DO_LOTE, ORIGEM_DO_LOTE } from './palavras.ts';

const CSV_PAGE = 500;

const COLUNAS = [
  'Lote',
  'Origem',
  'O que é',
  'Linhas',
  'Pendentes',
  'Estado',
  'Criado em',
  'Criado por',
  'Decidido por',
];

/** `GET /lotes.csv?origem=&estado=`, `.xlsx`: every lote that the filter takes. */
export async function downloadLotes(exchange: Exchange): Promise<void> {
  const query = queryOf(exchange);
  const origem = Origem.safeParse(query['origem']).data;
  const estado = Estado.safeParse(query['estado']).data;
  await sendLista(exchange, {
    nome: 'lotes',
    colunas: COLUNAS,
    filtro: { ...(origem && { origem }), ...(estado && { estado }) },
    paginas: csvPages(exchange, { quem: exchange.operador, origem, estado, limite: CSV_PAGE }),
  });
}

async function* csvPages(exchange: Exchange, filter: LotesFilter): AsyncGenerator<Celula[][]> {
  let depois: number | undefined;
  do {
    const page: Awaited<ReturnType<typeof listLotes>> = await listLotes(exchange.sync.db, {
      ...filter,
      depois,
    });
    const nomes = await nomesDe(exchange, page.lotes);
    yield page.lotes.map((lote) => [
      lote.id,
      ORIGEM_DO_LOTE[lote.origem],
      lote.titulo,
      Object.values(lote.porEstado).reduce((sum, each) => sum + each, 0),
      lote.porEstado.pendente,
      ESTADO_DO_LOTE[lote.estado],
      momento(lote.criadoEm),
      lote.criadoPor === null ? 'varredura' : (nomes.get(lote.criadoPor) ?? ''),
      [lote.decididoPor, lote.segundoPor]
        .flatMap((id) => (id === null ? [] : [nomes.get(id) ?? '']))
        .join(' e '),
    ]);
    depois = page.proxima;
  } while (depois !== undefined);
}
