// Acting on the marked rows of a grid: first a page that says who goes and who stays out, then the orders, then their progress.
import { invalid, Problem } from '../problem.ts';
import { orderEach, type Pedida, type Triagem } from '../sync/selecao.ts';
import type { Acao } from '../sync/tipos.ts';
import { andamentoLocals } from './andamento.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { numero } from './formato.ts';
import { markedOf } from './grade.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';
import type { Act, Redraw } from './rota.ts';

/** One line of the page that asks: whom it is about. */
export interface Alvo {
  /** A path of ours. */
  caminho: string;
  nome: string;
  /** Masked. */
  documento: string;
  detalhe: string;
  agora: string;
}

/** One action on several items. */
export interface EmVarios<T> {
  caminho: string;
  /** The grid it was marked in. */
  lista: '/usuarios' | '/contratos' | '/operacoes';
  nomes: readonly [um: string, varios: string];
  verbo: string;
  /** “bloquear”, “criar usuário para”: before the number of those who go. */
  vai: string;
  /** What it brings about, for those who go. */
  consequencia: string;
  /** “3 bloqueios pedidos”, without the number. */
  feito: readonly [um: string, varios: string];
  perigo?: boolean;
  limite: number;
  /** What a lote of more than `limite` does instead. */
  lote?: Acao;
  pedeMotivo: boolean;
  /** Cancelling: when, and the number of people typed to confirm. */
  pedeConfirmacao?: boolean;
  find(exchange: Exchange, ids: readonly number[]): Promise<Triagem<T>>;
  idOf(item: T): number;
  draw(exchange: Exchange, items: readonly T[]): Promise<Alvo[]>;
  /** @throws Problem 422 with the fields of the form. */
  check(form: Form, total: number): void;
  /** Orders for one; answers the usuário to follow, or null. @throws Problem. */
  order(exchange: Exchange, item: T, form: Form): Promise<number | null>;
}

/** `GET <caminho>?ids=&voltar=`: who goes, who stays out, what is asked for. */
export const showSelecao =
  <T>(acao: EmVarios<T>): Act<undefined> =>
  async (exchange) => {
    const total = markedOf(exchange.req.query).length;
    if (total > acao.limite && acao.lote !== undefined) drawMuitos(exchange, acao, acao.lote, total);
    else await draw(exchange, acao, formLocals({}), 200);
  };

// Too many to do at once: the same filter, already filled in, as a lote that is simulated and approved.
function drawMuitos<T>(exchange: Exchange, acao: EmVarios<T>, lote: Acao, total: number): void {
  const { volta, voltar } = voltaOf(exchange, acao);
  const { depois: _page, ...filtro } = Object.fromEntries(new URLSearchParams(voltar));
  const view = { pagina: 'selecao/muitos', titulo: acao.verbo };
  const novo = exchange.web.views.url('/lotes/novo', { acao: lote, ...filtro });
  render(exchange, view, { acao, marcados: count(total, acao.nomes), volta, novo }, 422);
}

/** Draws the same with what was typed, after 422. */
export const redrawSelecao =
  <T>(acao: EmVarios<T>): Redraw<undefined> =>
  async (exchange, _found, problem) => {
    if (problem.fields['ids'] !== undefined) throw problem;
    await draw(exchange, acao, formLocals(formOf(exchange), problem.fields), 422);
  };

/** `POST <caminho>`: `ids`, and what the action asks for. Each item is ordered by itself; then its progress is shown. */
export const postSelecao =
  <T>(acao: EmVarios<T>): Act<undefined> =>
  async (exchange) => {
    const form = formOf(exchange);
    const ids = idsOf(exchange, acao);
    acao.check(form, ids.length);
    const { vao, ficam } = await acao.find(exchange, ids);
    const pedidas = await orderEach(exchange.sync, vao, (item) => acao.order(exchange, item, form));
    const fora = ficam.map(({ item, porque }) => ({ item, recusa: `Ficou de fora: ${porque}.` }));
    await answer(exchange, acao, pedidas, fora);
  };

async function draw<T>(exchange: Exchange, acao: EmVarios<T>, form: Locals, status: number): Promise<void> {
  const ids = idsOf(exchange, acao);
  const { vao, ficam } = await acao.find(exchange, ids);
  const [linhas, fora] = await Promise.all([
    acao.draw(exchange, vao),
    acao.draw(
      exchange,
      ficam.map(({ item }) => item),
    ),
  ]);
  const sumidos = ids.length - vao.length - ficam.length;
  const titulo = vao.length === 0 ? acao.verbo : `${acao.verbo}: ${count(vao.length, acao.nomes)}`;
  const view = { pagina: 'selecao/show', fragmento: 'selecao/_confirmacao', titulo: acao.verbo };
  const locals = {
    acao,
    titulo,
    ids: vao.map(acao.idOf).join(','),
    linhas,
    fora: fora.map((alvo, index) => ({ ...alvo, porque: ficam[index]?.porque ?? '' })),
    sumidos,
    resumo: summaryOf(acao, vao.length, [
      ...ficam.map(({ porque }) => porque),
      ...Array<string>(sumidos).fill('não existe ou é de outra filial'),
    ]),
    ...voltaOf(exchange, acao),
    resultado: undefined,
    ...form,
  };
  render(exchange, view, locals, status);
}

async function answer<T>(
  exchange: Exchange,
  acao: EmVarios<T>,
  pedidas: Pedida<T>[],
  fora: { item: T; recusa: string }[],
): Promise<void> {
  const refused = [
    ...pedidas.flatMap(({ item, recusa }) => (recusa === null ? [] : [{ item, recusa }])),
    ...fora,
  ];
  const alvos = await acao.draw(
    exchange,
    refused.map(({ item }) => item),
  );
  const feitos = pedidas.filter(({ recusa }) => recusa === null).length;
  const seguir = [...new Set(pedidas.flatMap(({ usuarioId }) => (usuarioId === null ? [] : [usuarioId])))];
  const volta = voltaOf(exchange, acao);
  const query = { ids: seguir.join(','), lista: acao.lista.slice(1), voltar: volta.voltar };
  if (seguir.length > 0)
    exchange.res.set('HX-Replace-Url', exchange.web.views.url('/usuarios/selecao', query));
  answerWrite(exchange, seguir.length > 0 ? pathOf('/usuarios/selecao', query) : acao.lista, {
    view: 'selecao/_resultado',
    locals: {
      acao,
      feitos: count(feitos, acao.feito),
      nenhum: feitos === 0,
      recusados: alvos.map((alvo, index) => ({ ...alvo, recusa: refused[index]?.recusa ?? '' })),
      ...volta,
      ...(await andamentoLocals(exchange, seguir, { passo: 0, lista: query.lista, voltar: volta.voltar })),
    },
  });
}

function idsOf<T>({ req }: Exchange, { limite, nomes }: EmVarios<T>): number[] {
  const ids = markedOf(req.method === 'GET' ? req.query : req.body);
  if (ids.length === 0) {
    throw new Problem(422, 'Nenhuma linha está marcada.', 'Volte à lista e marque ao menos uma.', {
      ids: 'Marque ao menos uma linha.',
    });
  }
  if (ids.length <= limite) return ids;
  throw new Problem(
    422,
    `Você marcou ${count(ids.length, nomes)}, e aqui vão no máximo ${limite} por vez.`,
    'Desmarque algumas. Para mudar muita gente de uma vez use Lotes, onde a lista inteira passa por uma aprovação.',
    { ids: `No máximo ${limite} por vez.` },
  );
}

// “Vai bloquear 12 pessoas; 2 ficam de fora (já bloqueada: 2).”
function summaryOf<T>({ vai, nomes }: EmVarios<T>, vao: number, porques: readonly string[]): string {
  const going = vao === 0 ? 'Nenhuma das marcadas muda' : `Vai ${vai} ${count(vao, nomes)}`;
  if (porques.length === 0) return `${going}.`;
  const reasons = [...new Set(porques)].map(
    (each) => `${each}: ${porques.filter((porque) => porque === each).length}`,
  );
  const out = `${numero(porques.length)} ${porques.length === 1 ? 'fica' : 'ficam'} de fora`;
  return `${going}; ${out} (${reasons.slice(0, 4).join(', ')}${reasons.length > 4 ? '…' : ''}).`;
}

// The grid as it was, filters and page: kept as the text of a query, so that it can lead nowhere else.
function voltaOf<T>(exchange: Exchange, { lista }: EmVarios<T>): { volta: string; voltar: string } {
  const voltar = new URLSearchParams((formOf(exchange)['voltar'] ?? '').slice(0, 1000)).toString();
  const query = Object.fromEntries(new URLSearchParams(voltar));
  return { volta: exchange.web.views.url(lista, query), voltar };
}

const pathOf = (path: string, query: Record<string, string>): string =>
  `${path}?${new URLSearchParams(query)}`;

const count = (total: number, [um, varios]: readonly [string, string]): string =>
  `${numero(total)} ${total === 1 ? um : varios}`;

/** The typed number of people must be the one on the page. @throws Problem 422 confirmacao. */
export function checkConfirmacao(form: Form, total: number): void {
  if ((form['confirmacao'] ?? '').trim() === String(total)) return;
  throw invalid({ confirmacao: `Para confirmar, digite quantas pessoas serão canceladas: ${total}.` });
}
