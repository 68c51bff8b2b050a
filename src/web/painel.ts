// The first screen: is everything fine, what needs me now, how many of each, how it went, and who is listening.
import { isDatabaseDown } from '../db.ts';
import { HOJE } from '../sync/hoje.ts';
import { listIntegracoes } from '../sync/integracoes.ts';
import { listModos, type Modo, modoFor } from '../sync/modos.ts';
import { listPendencias, type Pendencia } from '../sync/pendencias.ts';
import { listPlanos } from '../sync/planos.ts';
import { countCausas, findPrevoos } from '../sync/prevoo/prevoos.ts';
import { readEstado } from '../sync/varredura/estado.ts';
import { listMeses, type Mes } from '../sync/vidas.ts';
import { countVidas, type VidasAgora } from '../sync/vidasAgora.ts';
import type { Exchange } from './exchange.ts';
import { type Faixa, listFaixas } from './faixas.ts';
import { dia as escreveDia, mesPorExtenso } from './formato.ts';
import { drawBarras, drawLinha, type Ponto } from './graficos.ts';
import { SITUACAO } from './palavras.ts';
import { pausaLocals } from './pausa.ts';
import { isPartial, type Locals, render } from './render.ts';

const MESES = 12;
const PLANOS = 8;
const WIDE = { largura: 640, altura: 190 };
const NARROW = { largura: 320, altura: 170 };

/** `GET /`: the page, or the part that draws itself again every half minute. */
export async function showPainel(exchange: Exchange): Promise<void> {
  const view = { pagina: 'painel/index', fragmento: 'painel/_painel', titulo: 'Painel' };
  render(exchange, view, { ...(await painelLocals(exchange)), ...(await pausaOf(exchange)) });
}

// The names of branches come from IXC; the Painel tells how things are even when IXC does not answer.
async function pausaOf(exchange: Exchange): Promise<Locals> {
  if (isPartial(exchange.req)) return { pausa: false };
  try {
    return { pausa: true, ...(await pausaLocals(exchange)) };
  } catch (error) {
    if (!isDatabaseDown(error)) throw error;
    return { pausa: false };
  }
}

async function painelLocals(exchange: Exchange): Promise<Locals> {
  const { sync, operador, web } = exchange;
  const { filiais } = operador;
  const [integracoes, planos] = await Promise.all([listIntegracoes(sync.db), listPlanos(sync.db)]);
  const nomes = new Map(planos.map(({ id, nome }) => [id, nome]));
  const vidas = await countVidas(sync.db, filiais, nomes);
  const [pendencias, faixas, meses, estado, modos, prevoo] = await Promise.all([
    listPendencias(sync.db, operador, { vidas, integracoes, planos }),
    listFaixas(sync, web.direitos, operador),
    listMeses(sync.db, filiais, HOJE.format(), MESES),
    readEstado(sync.db),
    listModos(sync.db),
    prevooLocals(exchange),
  ]);
  const todas = [...faixas.map(ofFaixa), ...pendencias];
  return {
    pendencias: todas.filter(({ precisa }) => precisa),
    lembretes: todas.filter(({ precisa }) => !precisa),
    vidas,
    porSituacao: barsOfSituacao(vidas),
    porPlano: barsOfPlano(vidas),
    historia: historyOf(meses, vidas.porSituacao.ativo),
    integracoes,
    estado,
    agora: new Date().toISOString(),
    modos: summarize(
      modos.map(({ modo }) => modo),
      modoFor(modos, 'bloquear', 0),
    ),
    prevoo,
    primeirosPassos: {
      integracao: integracoes.length > 0,
      plano: planos.length > 0,
      vinculo: planos.some(({ vinculos }) => vinculos.length > 0),
    },
  };
}

const ofFaixa = ({ tipo, titulo, detalhe, caminho }: Faixa): Pendencia => ({
  tipo,
  precisa: true,
  titulo,
  texto: detalhe,
  total: null,
  caminho,
});

function barsOfSituacao({ porSituacao }: VidasAgora) {
  const itens = (['ativo', 'bloqueado', 'cancelado', 'ausente', 'desconhecido'] as const).map((situacao) => ({
    situacao,
    rotulo: SITUACAO[situacao],
    valor: porSituacao[situacao],
  }));
  return drawBarras(itens);
}

function barsOfPlano({ porPlano }: VidasAgora) {
  const others = porPlano.slice(PLANOS);
  const itens = porPlano.slice(0, PLANOS).map(({ planoId, nome, ativas, outras }) => ({
    planoId,
    rotulo: nome,
    valor: ativas,
    outras,
  }));
  if (others.length > 0) {
    const sum = (pick: (each: (typeof others)[number]) => number): number =>
      others.reduce((total, each) => total + pick(each), 0);
    itens.push({
      planoId: null,
      rotulo: `Outros ${others.length} planos`,
      valor: sum(({ ativas }) => ativas),
      outras: sum(({ outras }) => outras),
    });
  }
  return drawBarras(itens);
}

// One record makes no line yet: the table alone says it.
function historyOf(meses: Mes[], agora: number) {
  const pontos: (Ponto & { dia: string })[] = meses.map(({ mes, dia, ativas }) => ({
    curto: mesPorExtenso(mes).slice(0, 3),
    rotulo: mesPorExtenso(mes),
    valor: ativas,
    dia: escreveDia(dia),
  }));
  pontos.push({ curto: 'hoje', rotulo: 'hoje', valor: agora, agora: true, dia: 'agora' });
  const contados = meses.filter(({ ativas }) => ativas !== null).length;
  return { pontos, contados, larga: drawLinha(pontos, WIDE), estreita: drawLinha(pontos, NARROW) };
}

// The mode as one word: what holds everywhere, or that it differs.
function summarize(set: Modo[], blocks: Modo): Modo | 'varios' {
  return set.every((modo) => modo === set[0]) ? (set[0] ?? blocks) : 'varios';
}

async function prevooLocals({ sync, operador }: Exchange): Promise<Locals> {
  const { emAndamento, ultimo } = await findPrevoos(sync.db);
  const contagem =
    ultimo?.estado === 'feito' ? await countCausas(sync.db, ultimo.id, operador.filiais) : undefined;
  return { emAndamento, ultimo, contagem };
}
