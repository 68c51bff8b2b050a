// Stopping and resuming what is sent, with who and why on the screen.
import { listFiliais } from '../ixc/planos.ts';
import { invalid, notFound, type Problem } from '../problem.ts';
import { deletePausa, isPausedByFile, listPausas, PAUSAVEIS, savePausa } from '../sync/pausas.ts';
import { type Exchange, type Form, formOf } from './exchange.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';

const VIEW = { pagina: 'pausa/show', fragmento: 'pausa/_pausa', titulo: 'Pausa' };

/** `GET /pausa` */
export async function showPausa(exchange: Exchange): Promise<void> {
  render(exchange, VIEW, await pausaLocals(exchange));
}

/** `PUT /pausa`: `motivo`, optional `operacao`, `filial_id`. */
export async function putPausa(exchange: Exchange): Promise<void> {
  const form = formOf(exchange);
  checkScope(exchange, form);
  await savePausa(exchange.sync, exchange.operador, form);
  answerWrite(exchange, '/pausa', { view: VIEW.fragmento, locals: await pausaLocals(exchange) });
}

/** `DELETE /pausa`: the pause of that `operacao` and `filial_id`; none of both = the general one. */
export async function removePausa(exchange: Exchange): Promise<void> {
  const form = formOf(exchange);
  checkScope(exchange, form);
  await deletePausa(exchange.sync, exchange.operador, form);
  answerWrite(exchange, '/pausa', { view: VIEW.fragmento, locals: await pausaLocals(exchange) });
}

export async function redrawPausa(exchange: Exchange, _found: unknown, problem: Problem): Promise<void> {
  const locals = { ...(await pausaLocals(exchange)), ...formLocals(formOf(exchange), problem.fields) };
  render(exchange, VIEW, locals, 422);
}

/** What the banner and its form draw: pauses in force with the names of who ordered them. */
export async function pausaLocals(exchange: Exchange): Promise<Locals> {
  const { sync, web } = exchange;
  const [pausas, filiais] = await Promise.all([listPausas(sync.db), listFiliais(sync.ixc)]);
  return {
    pausas,
    pausaveis: PAUSAVEIS,
    pausadoPorArquivo: isPausedByFile(sync),
    filiais: filiais.filter(({ id }) => isOwn(exchange, id)),
    nomesDeFilial: new Map(filiais.map(({ id, nome }) => [id, nome])),
    nomes: await web.direitos.namesOf(pausas.map(({ operadorId }) => operadorId)),
    todasAsFiliais: exchange.operador.filiais === 'todas',
    ...formLocals({}),
  };
}

// Whoever sees some branches only may stop those only.
function checkScope(exchange: Exchange, form: Form): void {
  if (exchange.operador.filiais === 'todas') return;
  const filialId = Number(form['filial_id'] || 0);
  if (filialId === 0) throw invalid({ filial_id: 'Escolha uma das suas filiais.' });
  if (!isOwn(exchange, filialId)) throw notFound('Esta filial');
}

const isOwn = ({ operador }: Exchange, filialId: number): boolean =>
  operador.filiais === 'todas' || operador.filiais.includes(filialId);
