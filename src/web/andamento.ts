// How the orders for several people go on: who is confirmed, who waits, who is held; it follows itself until all is told.

import { MAX_SELECAO } from '../sync/selecao.ts';
import { listUsuariosPorId } from '../sync/usuarios.ts';
import { esperasOf } from './espera.ts';
import { type Exchange, formOf, optionalId, queryOf } from './exchange.ts';
import { markedOf } from './grade.ts';
import { contratosDosUsuarios } from './gradeDeUsuarios.ts';
import { andamento } from './palavras.ts';
import { type Locals, render } from './render.ts';

const LISTAS = ['usuarios', 'contratos', 'operacoes'];
// A prompt partner answers at once; a slow one is asked about less and less often.
const FIRST_MS = 400;
const SLOWEST_MS = 4_000;

/** `GET /usuarios/selecao?ids=&lista=&voltar=&passo=`: the page, or the part that follows itself. */
export async function showAndamentoDaSelecao(exchange: Exchange): Promise<void> {
  const query = queryOf(exchange);
  const ids = markedOf(exchange.req.query).slice(0, MAX_SELECAO);
  const lista = LISTAS.find((each) => each === query['lista']) ?? 'usuarios';
  const voltar = new URLSearchParams((formOf(exchange)['voltar'] ?? '').slice(0, 1000)).toString();
  const locals = await andamentoLocals(exchange, ids, {
    passo: optionalId(query['passo']) ?? 0,
    lista,
    voltar,
  });
  const view = { pagina: 'selecao/andamento', fragmento: 'selecao/_andamento', titulo: 'Andamento' };
  const volta = exchange.web.views.url(`/${lista}`, Object.fromEntries(new URLSearchParams(voltar)));
  render(exchange, view, { ...locals, volta });
}

/** Locals of `selecao/_andamento`; `passo` = how many times it has already asked. */
export async function andamentoLocals(
  exchange: Exchange,
  ids: readonly number[],
  { passo, lista, voltar }: { passo: number; lista: string; voltar: string },
): Promise<Locals> {
  const { sync, operador } = exchange;
  const usuarios = ids.length === 0 ? [] : await listUsuariosPorId(sync.db, ids, operador.filiais);
  const how = usuarios.map(andamento);
  const total = (which: string): number => how.filter((each) => each === which).length;
  const query = { ids: ids.join(','), lista, voltar, passo: passo + 1 };
  return {
    usuarios,
    contratos: await contratosDosUsuarios(exchange, usuarios),
    esperasOf,
    prontos: total('pronto'),
    retidos: total('retido'),
    seguindo: total('seguindo'),
    seguir:
      total('seguindo') > 0
        ? { caminho: exchange.web.views.url('/usuarios/selecao', query), esperaMs: delayOf(passo) }
        : undefined,
  };
}

const delayOf = (passo: number): number => Math.round(Math.min(SLOWEST_MS, FIRST_MS * 1.3 ** passo));
