// Pré-voo: everybody who should have an account and whose data Tele Clínica would refuse, by cause, with a list to hand on.
import { z } from 'zod';
import { listContratosPorId } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { CAUSAS_DO_PREVOO, type CausaDoPrevoo } from '../sync/prevoo/causas.ts';
import {
  countCausas,
  findPrevoos,
  type Linha,
  listLinhas,
  type Prevoo,
  type Prevoos,
  requestPrevoo,
} from '../sync/prevoo/prevoos.ts';
import type { Celula } from './csv.ts';
import { type Exchange, optionalId, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { documento } from './formato.ts';
import { drawBarras } from './graficos.ts';
import { nomeDe } from './palavras.ts';
import { TEXTOS, whereOf } from './prevooTexto.ts';
import { answerWrite, type Locals, render } from './render.ts';

const POR_PAGINA = 25;
const CSV_PAGE = 500;
const FIRST_MS = 500;
const SLOWEST_MS = 5_000;
// Without a sign of life for so long, people are told that it stands still.
const QUIET_SECONDS = 20;

const Causa = z.enum(CAUSAS_DO_PREVOO);

/** `GET /prevoo?causa=&depois=`: the page, or the grid alone. */
export async function showPrevoo(exchange: Exchange): Promise<void> {
  const prevoos = await findPrevoos(exchange.sync.db);
  const view = { pagina: 'prevoo/index', fragmento: 'prevoo/_grade', titulo: 'Pré-voo' };
  const grade = await gradeLocals(exchange, prevoos.ultimo);
  render(exchange, view, { ...(await andamentoLocals(exchange, prevoos, 0)), ...grade });
}

/** `GET /prevoo/andamento?passo=`: the head alone, which follows itself; once it is over, with the list. */
export async function showAndamentoDoPrevoo(exchange: Exchange): Promise<void> {
  const prevoos = await findPrevoos(exchange.sync.db);
  const passo = optionalId(queryOf(exchange)['passo']) ?? 0;
  const view = { pagina: 'prevoo/index', fragmento: 'prevoo/_prevoo', titulo: 'Pré-voo' };
  const grade = await gradeLocals(exchange, prevoos.ultimo);
  render(exchange, view, { ...(await andamentoLocals(exchange, prevoos, passo)), ...grade });
}

/** `POST /prevoo`: starts one, unless one is in progress. */
export async function createPrevoo(exchange: Exchange): Promise<void> {
  await requestPrevoo(exchange.sync, exchange.operador);
  const prevoos = await findPrevoos(exchange.sync.db);
  const grade = await gradeLocals(exchange, prevoos.ultimo);
  const locals = { ...(await andamentoLocals(exchange, prevoos, 0)), ...grade, foco: true };
  answerWrite(exchange, '/prevoo', { view: 'prevoo/_prevoo', locals });
}

const COLUNAS = [
  'Contrato',
  'Cliente',
  'Nome',
  'Documento',
  'Filial',
  'O que está errado',
  'O que fazer',
  'Onde no IXC',
];

/** `GET /prevoo.csv?causa=`, `.xlsx`: the list to hand on, one line per contract and cause. */
export async function downloadPrevoo(exchange: Exchange): Promise<void> {
  const { ultimo } = await findPrevoos(exchange.sync.db);
  const causa = Causa.safeParse(queryOf(exchange)['causa']).data;
  await sendLista(exchange, {
    nome: 'prevoo',
    colunas: COLUNAS,
    filtro: causa === undefined ? {} : { causa },
    paginas: pages(exchange, ultimo?.estado === 'feito' ? ultimo.id : 0, causa),
  });
}

async function* pages(
  exchange: Exchange,
  prevooId: number,
  causa: CausaDoPrevoo | undefined,
): AsyncGenerator<Celula[][]> {
  const { sync, operador } = exchange;
  for (let depois: number | undefined = 0; depois !== undefined; ) {
    const filter = { filiais: operador.filiais, causa, depois, limite: CSV_PAGE };
    const page: Awaited<ReturnType<typeof listLinhas>> = await listLinhas(sync.db, prevooId, filter);
    const contratos = await contratosOf(exchange, page.linhas);
    yield page.linhas.flatMap((linha) =>
      linha.causas
        .filter((each) => causa === undefined || each === causa)
        .map((each) => cellsOf(linha, each, contratos.get(linha.contratoId))),
    );
    depois = page.proxima;
  }
}

function cellsOf(linha: Linha, causa: CausaDoPrevoo, contrato: ContratoLinha | undefined): Celula[] {
  return [
    linha.contratoId,
    linha.clienteId,
    nomeDe(contrato),
    documento(contrato?.documento ?? ''),
    contrato?.filialNome ?? '',
    TEXTOS[causa].nome,
    TEXTOS[causa].fazer,
    whereOf(causa, linha),
  ];
}

async function andamentoLocals(
  exchange: Exchange,
  { emAndamento, ultimo }: Prevoos,
  passo: number,
): Promise<Locals> {
  const { operador, web } = exchange;
  const autores = [emAndamento, ultimo].flatMap((each) => (each === undefined ? [] : [each.pedidoPor]));
  return {
    emAndamento,
    ultimo,
    quieto: emAndamento !== undefined && emAndamento.paradoHaSegundos >= QUIET_SECONDS,
    seguir: emAndamento && { passo: passo + 1, esperaMs: delayOf(passo) },
    // Following has just ended: the list comes along.
    acabou: passo > 0 && emAndamento === undefined,
    // Totals of every branch are for whoever sees them all.
    veTudo: operador.filiais === 'todas',
    nomes: await web.direitos.namesOf(autores),
    foco: false,
  };
}

async function gradeLocals(exchange: Exchange, ultimo: Prevoo | undefined): Promise<Locals> {
  const { sync, operador } = exchange;
  const query = queryOf(exchange);
  const causa = Causa.safeParse(query['causa']).data;
  const depois = optionalId(query['depois']);
  const words = { TEXTOS, whereOf, causa, depois };
  if (ultimo?.estado !== 'feito') return { ...words, linhas: [], contratos: new Map(), causas: [] };
  const { filiais } = operador;
  const [contagem, { linhas, proxima }] = await Promise.all([
    countCausas(sync.db, ultimo.id, filiais),
    listLinhas(sync.db, ultimo.id, { filiais, causa, depois, limite: POR_PAGINA }),
  ]);
  const causas = drawBarras(
    contagem.porCausa.map((each) => ({ ...each, rotulo: TEXTOS[each.causa].nome, valor: each.total })),
  );
  return { ...words, contagem, causas, linhas, proxima, contratos: await contratosOf(exchange, linhas) };
}

async function contratosOf(
  { sync, operador }: Exchange,
  linhas: Linha[],
): Promise<Map<number, ContratoLinha>> {
  const ids = linhas.map(({ contratoId }) => contratoId);
  const contratos = await listContratosPorId(sync.ixc, ids, operador.filiais);
  return new Map(contratos.map((contrato) => [contrato.id, contrato]));
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * 1.3 ** passo));
