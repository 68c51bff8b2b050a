// Divergências: comparing now and following it, the lines, one of them, its correction and its acceptance.
import { notFound, type Problem } from '../problem.ts';
import { acceptDivergencia, MAX_DIAS_DE_ACEITE, unacceptDivergencia } from '../sync/divergencias/aceite.ts';
import { findComparacoes, NOITE, requestComparacao } from '../sync/divergencias/comparacoes.ts';
import { correctOne } from '../sync/divergencias/correcao.ts';
import { countClasses, type Divergencia, findDivergencia } from '../sync/divergencias/divergencias.ts';
import { HOJE } from '../sync/hoje.ts';
import { CLASSE } from './divergenciasTexto.ts';
import { type Exchange, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { gradeLocals, linhasLocals, pedidoDe } from './gradeDeDivergencias.ts';
import { drawBarras } from './graficos.ts';
import { answerWrite, formLocals, isPartial, type Locals, render } from './render.ts';

const FIRST_MS = 500;
const SLOWEST_MS = 4_000;
// Without a sign of life for so long, people are told that it stands still.
const QUIET_SECONDS = 20;
const USUAL_DAYS = 30;
const DAY_MS = 86_400_000;

/** `GET /divergencias?classe=&integracao=&filial=&estado=&depois=&ids=`: the page, or the grid alone. */
export async function indexDivergencias(exchange: Exchange): Promise<void> {
  const view = { pagina: 'divergencias/index', fragmento: 'divergencias/_grade', titulo: 'Divergências' };
  const [andamento, grade] = await Promise.all([andamentoLocals(exchange, 0), gradeLocals(exchange)]);
  render(exchange, view, { ...andamento, ...grade });
}

/** `GET /divergencias/andamento?passo=`: the head alone, which follows itself; once it is over, with the list. */
export async function showAndamentoDaComparacao(exchange: Exchange): Promise<void> {
  const view = {
    pagina: 'divergencias/index',
    fragmento: 'divergencias/_comparacao',
    titulo: 'Divergências',
  };
  const passo = optionalId(queryOf(exchange)['passo']) ?? 0;
  render(exchange, view, { ...(await andamentoLocals(exchange, passo)), ...(await gradeLocals(exchange)) });
}

/** `POST /divergencias`: compares now, unless a comparison is in progress. */
export async function createComparacao(exchange: Exchange): Promise<void> {
  await requestComparacao(exchange.sync, exchange.operador);
  const locals = {
    ...(await andamentoLocals(exchange, 0)),
    ...(await gradeLocals(exchange)),
    focoNaComparacao: true,
  };
  answerWrite(exchange, '/divergencias', { view: 'divergencias/_comparacao', locals });
}

/** `GET /divergencias/:id`: all that is known of one line, or (`?linha=`) its row of the grid. */
export async function showDivergencia(exchange: Exchange, divergencia: Divergencia): Promise<void> {
  if (isPartial(exchange.req) && queryOf(exchange)['linha'] !== undefined)
    return answerLinha(exchange, divergencia.id);
  await draw(exchange, divergencia, formLocals({}), 200);
}

/** `POST /divergencias/:id/correcao` */
export async function postCorrecao(exchange: Exchange, divergencia: Divergencia): Promise<void> {
  const corrigida = await correctOne(exchange.sync, exchange.operador, divergencia);
  if (queryOf(exchange)['linha'] !== undefined) return answerLinha(exchange, divergencia.id);
  const location =
    corrigida.kind === 'lote' ? `/lotes/${corrigida.loteId}` : `/divergencias/${divergencia.id}`;
  await answerOne(exchange, divergencia.id, location);
}

/** `POST /divergencias/:id/aceite`: `motivo`, `ate` (AAAA-MM-DD or dd/mm/aaaa). */
export async function postAceite(exchange: Exchange, divergencia: Divergencia): Promise<void> {
  await acceptDivergencia(exchange.sync, exchange.operador, divergencia, formOf(exchange));
  await answerOne(exchange, divergencia.id, `/divergencias/${divergencia.id}`);
}

/** Draws the line again with what was typed, after 422. */
export async function redrawAceite(
  exchange: Exchange,
  divergencia: Divergencia,
  problem: Problem,
): Promise<void> {
  await draw(exchange, divergencia, formLocals(formOf(exchange), problem.fields), 422);
}

/** `DELETE /divergencias/:id/aceite`: back among the open ones. */
export async function removeAceite(exchange: Exchange, divergencia: Divergencia): Promise<void> {
  await unacceptDivergencia(exchange.sync, exchange.operador, divergencia);
  await answerOne(exchange, divergencia.id, `/divergencias/${divergencia.id}`);
}

/** The line of the address, inside the operator's branches. @throws Problem 404. */
export async function divergenciaOf(exchange: Exchange): Promise<Divergencia> {
  const id = idParam(exchange, 'id', 'Esta divergência');
  const found = await findDivergencia(exchange.sync.db, id, exchange.operador.filiais);
  if (found === undefined) throw notFound('Esta divergência');
  return found;
}

async function draw(
  exchange: Exchange,
  divergencia: Divergencia,
  form: Locals,
  status: number,
): Promise<void> {
  const titulo = `Divergência ${divergencia.id}`;
  const view = { pagina: 'divergencias/show', fragmento: 'divergencias/_divergencia', titulo };
  render(exchange, view, { ...(await oneLocals(exchange, divergencia)), ...form }, status);
}

async function answerOne(exchange: Exchange, id: number, location: string): Promise<void> {
  const divergencia = await findDivergencia(exchange.sync.db, id, exchange.operador.filiais);
  if (divergencia === undefined) throw notFound('Esta divergência');
  const locals = { ...(await oneLocals(exchange, divergencia)), ...formLocals({}), foco: true };
  answerWrite(exchange, location, { view: 'divergencias/_divergencia', locals });
}

async function oneLocals(exchange: Exchange, divergencia: Divergencia): Promise<Locals> {
  return {
    ...(await linhasLocals(exchange, [divergencia])),
    divergencia,
    pedido: pedidoDe(exchange, divergencia),
    maximoDeDias: MAX_DIAS_DE_ACEITE,
    sugestao: HOJE.format(Date.now() + USUAL_DAYS * DAY_MS),
  };
}

// One row drawn again; while its correction is on the way it follows itself.
async function answerLinha(exchange: Exchange, id: number): Promise<void> {
  const { sync, operador, web } = exchange;
  const divergencia = await findDivergencia(sync.db, id, operador.filiais);
  if (divergencia === undefined) throw notFound('Esta divergência');
  const passo = optionalId(queryOf(exchange)['linha']) ?? 1;
  const seguir =
    divergencia.estado === 'corrigindo' && divergencia.loteId === null
      ? { caminho: web.views.url(`/divergencias/${id}`, { linha: passo + 1 }), esperaMs: delayOf(passo) }
      : undefined;
  // Whoever may act on a row has marks beside them all.
  const grade = { marcaveis: new Set<number>(), marcados: new Set<number>(), verbos: [divergencia] };
  const locals = { ...(await linhasLocals(exchange, [divergencia])), divergencia, grade, seguir };
  answerWrite(exchange, '/divergencias', {
    view: 'divergencias/_linha',
    locals: { ...locals, foco: passo === 1 },
  });
}

async function andamentoLocals(exchange: Exchange, passo: number): Promise<Locals> {
  const { sync, operador, web } = exchange;
  const [{ emAndamento, ultima, listas }, classes] = await Promise.all([
    findComparacoes(sync.db),
    countClasses(sync.db, operador.filiais),
  ]);
  const autores = [emAndamento, ultima].flatMap((each) => each?.pedidaPor ?? []);
  return {
    emAndamento,
    ultima,
    listas,
    classes: drawBarras(
      classes.map((each) => ({
        ...each,
        rotulo: CLASSE[each.classe].nome,
        valorEmJogo: each.valor,
        valor: each.total,
      })),
    ),
    total: classes.reduce((sum, { total }) => sum + total, 0),
    emJogo: classes.reduce((sum, { valor }) => sum + valor, 0),
    NOITE,
    quieta: emAndamento !== undefined && emAndamento.paradoHaSegundos >= QUIET_SECONDS,
    acompanha: emAndamento && { passo: passo + 1, esperaMs: delayOf(passo) },
    veTudo: operador.filiais === 'todas',
    autores: await web.direitos.namesOf(autores),
    CLASSE,
    focoNaComparacao: false,
  };
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * 1.3 ** passo));
