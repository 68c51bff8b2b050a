// The monthly closing on the screen: the months, the lines of one, closing it, the rule of what is paid for.
import { listFiliais } from '../ixc/planos.ts';
import { notFound, type Problem } from '../problem.ts';
import { CONTAGENS } from '../sync/fechamento/contagem.ts';
import {
  closeMes,
  findPrimeiro,
  listFechados,
  loadFechamento,
  somaDe,
  visiveis,
} from '../sync/fechamento/fechamentos.ts';
import { type Mes, mesDe, parseMes } from '../sync/fechamento/mes.ts';
import { loadRegra, saveRegra } from '../sync/fechamento/regra.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { listPlanos } from '../sync/planos.ts';
import type { Nomes } from './contestacao.ts';
import type { Celula } from './csv.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { onePage, sendLista } from './exportacao.ts';
import { faturaLocals } from './faturas.ts';
import { drawBarras } from './graficos.ts';
import { formLocals, type Locals, render } from './render.ts';

const MESES = 24;

export const CONTAGEM_ROTULOS: Record<(typeof CONTAGENS)[number], string> = {
  ativasNoFim: 'Ativas no último dia',
  ativasNoMes: 'Ativas em algum dia',
  criadas: 'Criadas',
  bloqueadas: 'Bloqueadas',
  canceladas: 'Canceladas',
  diasAtivos: 'Dias ativos',
  esperadoCentavos: 'Valor esperado',
};

/** The month of the address. @throws Problem 404 when it names none, or one that has not begun. */
export async function mesOf({ req }: Exchange): Promise<Mes> {
  const mes = parseMes(String(req.params['mes']));
  if (mes === undefined || mes.de > Date.now()) throw notFound('Este mês');
  return mes;
}

/** `GET /fechamentos`: the months of which anything is known, newest first, and the rule. */
export async function indexFechamentos(exchange: Exchange): Promise<void> {
  const { regra, versao } = await loadRegra(exchange.sync.db);
  const { modo, dia, bloqueadoConta } = regra;
  const valores = { modo, dia: String(dia), bloqueado_conta: bloqueadoConta ? 'sim' : 'nao', versao };
  await drawIndex(exchange, formLocals(valores), 200);
}

/** `PUT /fechamentos/regra`: `modo`, `dia`, `bloqueado_conta`, `versao`. Closed months keep theirs. */
export async function putRegra(exchange: Exchange): Promise<void> {
  await saveRegra(exchange.sync, exchange.operador, formOf(exchange));
  answerAt(exchange, '/fechamentos');
}

/** Draws the form again with what was typed, after 422. */
export async function redrawRegra(exchange: Exchange, _: undefined, problem: Problem): Promise<void> {
  await drawIndex(exchange, formLocals(formOf(exchange), problem.fields), 422);
}

async function drawIndex(exchange: Exchange, form: Locals, status: number): Promise<void> {
  const { db } = exchange.sync;
  const [primeiro, fechados] = await Promise.all([findPrimeiro(db), listFechados(db)]);
  const quando = new Map(fechados.map(({ mes, fechadoEm }) => [mes, fechadoEm]));
  const meses: { mes: string; fechadoEm: string | null }[] = [];
  let mes = parseMes(mesDe(Date.now()));
  while (mes !== undefined && meses.length < MESES && primeiro !== null && mes.ate > primeiro) {
    meses.push({ mes: mes.mes, fechadoEm: quando.get(mes.mes) ?? null });
    mes = parseMes(mesDe(mes.de - 1));
  }
  const view = { pagina: 'fechamentos/index', titulo: 'Fechamentos' };
  render(exchange, view, { meses, ...form }, status);
}

/** `GET /fechamentos/:mes?classe=&pagina=`: its lines, what differs since it was closed, and the invoice. */
export const showFechamento = (exchange: Exchange, mes: Mes): Promise<void> =>
  drawFechamento(exchange, mes, {}, {}, 200);

/** `POST /fechamentos/:mes`: freezes it. */
export async function createFechamento(exchange: Exchange, mes: Mes): Promise<void> {
  await closeMes(exchange.sync, exchange.operador, mes, Date.now());
  answerAt(exchange, `/fechamentos/${mes.mes}`);
}

/** A write that changes the whole page: htmx goes there too. */
export function answerAt({ web, req, res }: Exchange, path: string): void {
  if (req.get('hx-request') === 'true') res.set('HX-Redirect', web.views.url(path)).status(200).end();
  else res.redirect(303, web.views.url(path));
}

/** Draws the page of a month; `valores` and `erros` are of the form of the invoice. */
export async function drawFechamento(
  exchange: Exchange,
  mes: Mes,
  valores: Form,
  erros: Form,
  status: number,
): Promise<void> {
  const { sync, operador } = exchange;
  const fechamento = await loadFechamento(sync.db, mes, Date.now());
  const nomes = await nomesDosLugares(exchange);
  const linhas = visiveis(fechamento.linhas, operador.filiais);
  const barras = drawBarras(
    [...new Set(linhas.map(({ planoId }) => planoId))].map((id) => ({
      rotulo: nomes.plano(id),
      valor: somaDe(linhas.filter(({ planoId }) => planoId === id)).ativasNoFim,
    })),
  );
  const depois = fechamento.depois && {
    motivos: fechamento.depois.motivos,
    soma: somaDe(visiveis(fechamento.depois.linhas, operador.filiais)),
  };
  const view = { pagina: 'fechamentos/show', titulo: 'Fechamento' };
  const locals = {
    ...fechamento,
    ...{ mes, linhas, soma: somaDe(linhas), barras, depois, nomes, CONTAGENS, CONTAGEM_ROTULOS },
    terminou: mes.ate <= Date.now(),
    ...(await faturaLocals(exchange, mes, fechamento, nomes)),
  };
  const digitados = formLocals({ ...locals.colunasGuardadas, ...valores }, erros);
  render(exchange, view, { ...locals, ...digitados }, status);
}

/** `GET /fechamentos/:mes.csv`, `.xlsx`: the lines; amounts in reais. */
export async function downloadFechamento(exchange: Exchange, mes: Mes): Promise<void> {
  const { linhas } = await loadFechamento(exchange.sync.db, mes, Date.now());
  const nomes = await nomesDosLugares(exchange);
  const cells = visiveis(linhas, exchange.operador.filiais).map((linha): Celula[] => [
    nomes.plano(linha.planoId),
    nomes.filial(linha.filialId),
    ...CONTAGENS.map((o) => (o === 'esperadoCentavos' ? linha[o] / 100 : linha[o])),
  ]);
  const colunas = ['Plano', 'Filial', ...CONTAGENS.map((o) => CONTAGEM_ROTULOS[o])];
  const nome = `fechamento-${mes.mes}`;
  await sendLista(exchange, { nome, colunas, filtro: {}, paginas: onePage(cells) });
}

/** What the planos, filiais and integrações of a closing are called. */
export async function nomesDosLugares({ sync }: Exchange): Promise<Nomes> {
  const [planos, filiais] = await Promise.all([listPlanos(sync.db), listFiliais(sync.ixc)]);
  const byPlano = new Map(planos.map(({ id, nome }) => [id, nome]));
  const byFilial = new Map(filiais.map(({ id, nome }) => [id, nome]));
  const byIntegracao = new Map((await listIntegracoes(sync.db)).map(({ id, nome }) => [id, nome]));
  return {
    plano: (id: number): string => byPlano.get(id) ?? 'Sem plano',
    filial: (id: number): string => byFilial.get(id) ?? 'Sem filial',
    integracao: (id: number): string => byIntegracao.get(id) ?? 'Sem integração',
  };
}
