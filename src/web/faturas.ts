// The partner's invoices on the screen of their month: sent, matched, filtered by class, taken away to be disputed.
import { invalid, notFound, Problem } from '../problem.ts';
import { CAMPOS } from '../sync/fechamento/colunas.ts';
import { CLASSES, type Classe } from '../sync/fechamento/conferencia.ts';
import { type Contestada, confrontar } from '../sync/fechamento/confronto.ts';
import { listFaturas, loadColunas, removeFatura, saveFatura } from '../sync/fechamento/faturas.ts';
import { type Fechamento, loadFechamento } from '../sync/fechamento/fechamentos.ts';
import type { Mes } from '../sync/fechamento/mes.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import {
  CLASSE_ROTULOS,
  COLUNAS_DA_CONTESTACAO,
  contestacaoPages,
  motivoDe,
  type Nomes,
  pessoasDe,
  visiveisAo,
} from './contestacao.ts';
import { receiveEnvio } from './envio.ts';
import { type Exchange, formOf, queryOf } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { answerAt, drawFechamento, nomesDosLugares } from './fechamentos.ts';
import { readPlanilha } from './planilha.ts';
import { render } from './render.ts';

const PAGINA = 100;

/** `POST /fechamentos/:mes/fatura`: `arquivo`, optional `integracao_id`, `coluna_referencia`, `_id`, `_cpf`, `_valor`, `_plano`. */
export async function createFatura(exchange: Exchange, mes: Mes): Promise<void> {
  const envio = await receiveEnvio(exchange).catch((error: unknown) => {
    // Too large is a wrong file like any other here: named beside its field.
    throw error instanceof Problem && error.status === 413 ? invalid(error.fields) : error;
  });
  if (envio === undefined) throw invalid({ arquivo: 'Escolha a fatura, em CSV ou XLSX.' });
  const form = formOf(exchange);
  const colunas = Object.fromEntries(CAMPOS.map((campo) => [campo, form[`coluna_${campo}`] ?? '']));
  const escolhas = { colunas, integracaoId: form['integracao_id'] ?? '' };
  await saveFatura(exchange.sync, exchange.operador, mes, readPlanilha(envio), escolhas);
  answerAt(exchange, `/fechamentos/${mes.mes}`);
}

/** `GET /fechamentos/:mes/retirada?integracao_id=`: asks before the invoice of that integração is taken away. */
export async function askRetirada(exchange: Exchange, mes: Mes): Promise<void> {
  const { sync, web } = exchange;
  const integracaoId = String(queryOf(exchange)['integracao_id']);
  const fatura = (await listFaturas(sync.db, mes.mes)).find(
    (each) => String(each.integracaoId) === integracaoId,
  );
  if (fatura === undefined) throw notFound('Esta fatura');
  const { integracao } = await nomesDosLugares(exchange);
  const voltar = web.views.url(`/fechamentos/${mes.mes}`);
  const confirmacao = {
    titulo: `Retirar a fatura de ${integracao(fatura.integracaoId)}`,
    nivel: 2,
    consequencias: [
      ['Agora', 'As linhas desta fatura e o que foi encontrado nelas saem deste mês.'],
      ['Depois', 'Envie a fatura certa, ou esta outra vez: é conferida de novo.'],
      ['No mês', 'Os números do mês ficam como estão. Nada é enviado à Tele Clínica.'],
    ],
    ...{ metodo: 'post', caminho: web.views.url(`/fechamentos/${mes.mes}/retirada`), alvo: '#retirada' },
    ocultos: [['integracao_id', integracaoId]],
    ...{ botao: 'Retirar fatura', perigo: true, foco: true, voltar },
  };
  const view = { pagina: 'fechamentos/retirada', titulo: confirmacao.titulo };
  render(exchange, view, { mes, confirmacao });
}

/** `POST /fechamentos/:mes/retirada`: `integracao_id`. */
export async function createRetirada(exchange: Exchange, mes: Mes): Promise<void> {
  await removeFatura(exchange.sync, exchange.operador, mes, Number(formOf(exchange)['integracao_id']) || 0);
  answerAt(exchange, `/fechamentos/${mes.mes}`);
}

/** Draws the page again with the columns that were typed, after 422. */
export const redrawFatura = (exchange: Exchange, mes: Mes, problem: Problem): Promise<void> =>
  drawFechamento(exchange, mes, formOf(exchange), problem.fields, 422);

/** What the page of a month says of its invoices. */
export async function faturaLocals(exchange: Exchange, mes: Mes, fechamento: Fechamento, nomes: Nomes) {
  const { sync, web } = exchange;
  const { colunas } = await loadColunas(sync.db);
  const confronto = await confrontar(sync.db, mes, fechamento);
  const todas = await visiveisAo(exchange, confronto);
  const classe = classeOf(exchange);
  const filtradas = ofClasse(todas, classe);
  const pagina = Math.max(1, Math.floor(Number(queryOf(exchange)['pagina'])) || 1);
  const divergencias = filtradas.slice((pagina - 1) * PAGINA, pagina * PAGINA);
  const quem = await web.direitos.namesOf(confronto.faturas.map(({ enviadaPor }) => enviadaPor));
  return {
    colunasGuardadas: Object.fromEntries(CAMPOS.map((campo) => [`coluna_${campo}`, colunas[campo]])),
    integracoes: (await listIntegracoes(sync.db)).map(({ id, nome }) => [id, nome] as const),
    faturas: confronto.faturas.map((each) => ({ ...each, quem: quem.get(each.enviadaPor) })),
    // What an invoice adds up to is of every filial.
    veTotal: exchange.operador.filiais === 'todas',
    CLASSE_ROTULOS,
    resumo: CLASSES.map((each) => ({ classe: each, ...totalDe(ofClasse(todas, each)) })),
    total: totalDe(todas),
    classe,
    divergencias: divergencias.map((each) => ({ ...each, motivo: motivoDe(each, nomes) })),
    pessoas: await pessoasDe(exchange, divergencias),
    pagina,
    temMais: filtradas.length > pagina * PAGINA,
  };
}

/** `GET /fechamentos/:mes/fatura.csv?classe=`, `.xlsx`: the dispute sheet; amounts in reais, documents masked. */
export async function downloadFatura(exchange: Exchange, mes: Mes): Promise<void> {
  const { db } = exchange.sync;
  const confronto = await confrontar(db, mes, await loadFechamento(db, mes, Date.now()));
  const classe = classeOf(exchange);
  const chosen = ofClasse(await visiveisAo(exchange, confronto), classe);
  const filtro: Record<string, string> = classe ? { classe } : {};
  const paginas = contestacaoPages(exchange, chosen, await nomesDosLugares(exchange));
  const nome = `contestacao-${mes.mes}`;
  await sendLista(exchange, { nome, colunas: COLUNAS_DA_CONTESTACAO, filtro, paginas });
}

const ofClasse = (list: readonly Contestada[], classe: Classe | undefined): readonly Contestada[] =>
  classe === undefined ? list : list.filter((each) => each.classe === classe);

const totalDe = (list: readonly Contestada[]) => ({
  quantas: list.length,
  centavos: list.reduce((sum, { cobrado, esperado }) => sum + cobrado - esperado, 0),
});

const classeOf = (exchange: Exchange): Classe | undefined =>
  CLASSES.find((each) => each === queryOf(exchange)['classe']);
