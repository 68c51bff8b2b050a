// Lotes: every list of changes that waits for a person or was decided by one, with its lines, progress and decision.
import { z } from 'zod';
import { listFiliais } from '../ixc/planos.ts';
import { notFound, Problem } from '../problem.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import {
  approveLote,
  CANCELAMENTOS_POR_UM,
  countCancelamentosDe,
  pauseLote,
  rejectLote,
} from '../sync/lotes/decisao.ts';
import { countLinhas, listLinhas } from '../sync/lotes/linhas.ts';
import { findLote, type Lote, listLotes } from '../sync/lotes/lotes.ts';
import { findPedido, type Pedido } from '../sync/lotes/operador/pedido.ts';
import { ACOES } from '../sync/modos.ts';
import { listPlanos } from '../sync/planos.ts';
import { type Exchange, type Form, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { contratosDasLinhas, linhasOf, usuariosDasLinhas } from './linhas.ts';
import { ESTADO_DA_LINHA } from './palavras.ts';
import { filtroEmPalavras, fraseDoPedido, RESULTADO_DO_PEDIDO, VERBOS } from './palavrasDeLote.ts';
import { answerWrite, type Locals, render } from './render.ts';

const POR_PAGINA = 25;
const LINHAS_POR_PAGINA = 100;
const FIRST_MS = 400;
const SLOWEST_MS = 3_000;

export const Origem = z.enum(['previa', 'freio', 'operador']);
export const Estado = z.enum([
  'simulado',
  'aguardando',
  'executando',
  'pausado',
  'concluido',
  'rejeitado',
  'dissolvido',
]);
const Acao = z.enum(ACOES);
const EstadoDaLinha = z.enum(['pendente', 'aplicada', 'dispensada', 'recusada']);

/** `GET /lotes?origem=&estado=&depois=` */
export async function indexLotes(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const query = queryOf(exchange);
  const { lotes, proxima } = await listLotes(sync.db, {
    quem: operador,
    origem: Origem.safeParse(query['origem']).data,
    estado: Estado.safeParse(query['estado']).data,
    depois: optionalId(query['depois']),
    limite: POR_PAGINA,
  });
  const view = { pagina: 'lotes/index', fragmento: 'lotes/_grade', titulo: 'Lotes' };
  render(exchange, view, { lotes, proxima, nomes: await nomesDe(exchange, lotes), filtro: query });
}

/** `GET /lotes/:id?acao=&estado=&depois=&linhas=`: the page, or the grid of its lines. */
export async function showLote(exchange: Exchange, lote: Lote): Promise<void> {
  // The hash was read before the lines: a line that came in between makes the approval fail, never pass unseen.
  const [linhas, cabeca] = await Promise.all([linhasLocals(exchange, lote), loteLocals(exchange, lote, {})]);
  const view = { pagina: 'lotes/show', fragmento: 'lotes/_linhas', titulo: `Lote ${lote.id}` };
  render(exchange, view, { ...cabeca, ...linhas });
}

/** `GET /lotes/:id/andamento?passo=`: the head alone, which follows itself while something goes on. */
export async function showAndamento(exchange: Exchange, lote: Lote): Promise<void> {
  const passo = optionalId(queryOf(exchange)['passo']) ?? 0;
  const locals = await loteLocals(exchange, lote, { passo });
  const view = { pagina: 'lotes/show', fragmento: 'lotes/_lote', titulo: `Lote ${lote.id}` };
  render(exchange, view, { ...locals, ...(await linhasLocals(exchange, lote)) });
}

/** `POST /lotes/:id/aprovacao`: `resumo`, optional `linhas` (numbers; repeated or separated by commas). */
export async function postAprovacao(exchange: Exchange, lote: Lote): Promise<void> {
  await refuseOtherBranches(exchange, lote);
  const linhas = linhasOf(exchange.req.body);
  const resumo = formOf(exchange)['resumo'] ?? '';
  await approveLote(exchange.sync, exchange.operador, lote.id, resumo, linhas);
  await answerDecided(exchange, lote);
}

/** `POST /lotes/:id/rejeicao` */
export async function postRejeicao(exchange: Exchange, lote: Lote): Promise<void> {
  await refuseOtherBranches(exchange, lote);
  await rejectLote(exchange.sync, exchange.operador, lote.id);
  await answerDecided(exchange, lote);
}

/** `PUT /lotes/:id/pausa` stops it between two lines; `DELETE` lets it go on. */
export const changePausa =
  (pausar: boolean) =>
  async (exchange: Exchange, lote: Lote): Promise<void> => {
    await refuseOtherBranches(exchange, lote);
    await pauseLote(exchange.sync, exchange.operador, lote.id, pausar);
    await answerDecided(exchange, lote);
  };

/** The lote of the address, if the operator may know of it. @throws Problem 404. */
export async function loteOf(exchange: Exchange): Promise<Lote> {
  const id = idParam(exchange, 'id', 'Este lote');
  const found = await findLote(exchange.sync.db, id, exchange.operador);
  if (found === undefined) throw notFound('Este lote');
  return found;
}

/** Answers a lote that was just made: its page, in place of the form. */
export async function answerCriado(exchange: Exchange, id: number): Promise<void> {
  const lote = await findLote(exchange.sync.db, id, exchange.operador);
  if (lote === undefined) throw notFound('Este lote');
  const [cabeca, linhas] = [await loteLocals(exchange, lote, {}), await linhasLocals(exchange, lote)];
  const locals = { ...cabeca, ...linhas, foco: true };
  answerWrite(exchange, `/lotes/${id}`, { view: 'lotes/show', locals, push: true });
}

async function answerDecided(exchange: Exchange, { id }: Lote): Promise<void> {
  const lote = await findLote(exchange.sync.db, id, exchange.operador);
  if (lote === undefined) throw notFound('Este lote');
  const locals = await loteLocals(exchange, lote, { decidido: true });
  answerWrite(exchange, `/lotes/${id}`, { view: 'lotes/_lote', locals });
}

// A decision is for the whole list, so it belongs to whoever sees the whole list.
async function refuseOtherBranches(exchange: Exchange, lote: Lote): Promise<void> {
  if ((await countOutside(exchange, lote)) === 0) return;
  throw new Problem(
    403,
    'Este lote tem linhas de filiais que não são as suas.',
    'Quem decide é alguém que vê todas as filiais do lote.',
  );
}

async function countOutside({ sync, operador }: Exchange, lote: Lote): Promise<number> {
  const { filiais } = operador;
  if (filiais === 'todas') return 0;
  const counts = await countLinhas(sync.db, lote.id);
  return counts.reduce((sum, { filialId, total }) => sum + (filiais.includes(filialId) ? 0 : total), 0);
}

interface Momento {
  /** How many times the fragment has already asked. */
  passo?: number;
  /** True right after a decision. */
  decidido?: boolean;
}

async function loteLocals(exchange: Exchange, lote: Lote, momento: Momento): Promise<Locals> {
  const { sync, operador } = exchange;
  const { passo = 0, decidido = false } = momento;
  const [counts, filiais, deFora, jaAprovados] = await Promise.all([
    countLinhas(sync.db, lote.id),
    listFiliais(sync.ixc),
    countOutside(exchange, lote),
    countCancelamentosDe(sync.db, operador.id, lote.id),
  ]);
  const own = counts.filter(
    ({ filialId }) => operador.filiais === 'todas' || operador.filiais.includes(filialId),
  );
  const cancelamentos = own
    .filter(({ acao, estado }) => acao === 'cancelar' && estado === 'pendente')
    .reduce((sum, { total }) => sum + total, 0);
  const pedido = lote.origem === 'operador' ? await findPedido(sync.db, lote.id) : undefined;
  const aberto = lote.estado === 'simulado' || lote.estado === 'aguardando';
  const anda = lote.estado === 'executando' || !lote.preparado;
  return {
    lote,
    ...(pedido && (await pedidoLocals(exchange, lote, pedido))),
    RESULTADO_DO_PEDIDO,
    contagem: own,
    nomesDeFilial: new Map(filiais.map(({ id, nome }) => [id, nome])),
    nomes: await nomesDe(exchange, [lote]),
    deFora,
    decidivel: aberto && lote.preparado && deFora === 0 && (lote.porEstado.pendente > 0 || lote.aceitaRegras),
    cancelamentos,
    jaAprovados,
    pedeSegunda: aberto && cancelamentos > 0 && cancelamentos + jaAprovados > CANCELAMENTOS_POR_UM,
    faltaSegunda: aberto && lote.decididoPor !== null,
    seguir: anda ? { passo: passo + 1, esperaMs: delayOf(passo) } : undefined,
    // When following ends, or a decision moved the lines, the grid is drawn again.
    renovarLinhas: decidido || (passo > 0 && !anda),
    foco: decidido,
  };
}

async function pedidoLocals({ sync }: Exchange, lote: Lote, pedido: Pedido): Promise<Locals> {
  const [filiais, planos, integracoes] = await Promise.all([
    listFiliais(sync.ixc),
    listPlanos(sync.db),
    listIntegracoes(sync.db),
  ]);
  const named = (list: { id: number; nome: string }[]) => new Map(list.map(({ id, nome }) => [id, nome]));
  const nomes = { filial: named(filiais), plano: named(planos), integracao: named(integracoes) };
  return {
    pedido,
    VERBOS_DE_LOTE: VERBOS,
    frasePropria: fraseDoPedido(lote, pedido),
    filtroDoPedido: filtroEmPalavras(pedido, nomes),
  };
}

async function linhasLocals(exchange: Exchange, lote: Lote): Promise<Locals> {
  const { sync, operador, req } = exchange;
  const query: Form = queryOf(exchange);
  const { linhas, proxima } = await listLinhas(sync.db, lote.id, {
    filiais: operador.filiais,
    acao: Acao.safeParse(query['acao']).data,
    estado: EstadoDaLinha.safeParse(query['estado']).data,
    depois: optionalId(query['depois']),
    limite: LINHAS_POR_PAGINA,
  });
  const [contratos, planos] = await Promise.all([contratosDasLinhas(exchange, linhas), listPlanos(sync.db)]);
  return {
    lote,
    resultados: lote.origem === 'operador' ? RESULTADO_DO_PEDIDO : ESTADO_DA_LINHA,
    linhas,
    proxima,
    contratos,
    nomesDePlano: new Map(planos.map(({ id, nome }) => [id, nome])),
    marcadas: new Set(linhasOf(req.query) ?? []),
    usuarios: await usuariosDasLinhas(exchange, linhas),
    escolhivel: (lote.estado === 'simulado' || lote.estado === 'aguardando') && lote.decididoPor === null,
    filtro: query,
    ACOES,
  };
}

/** Who asked for these lotes and who decided, by id. */
export function nomesDe({ web }: Exchange, lotes: Lote[]): Promise<Map<number, string>> {
  const ids = lotes.flatMap(({ criadoPor, decididoPor, segundoPor }) => [criadoPor, decididoPor, segundoPor]);
  return web.direitos.namesOf(ids.filter((id) => id !== null));
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * 1.3 ** passo));
