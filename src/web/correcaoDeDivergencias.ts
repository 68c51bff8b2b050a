// Correcting several divergências, or all of a class: first who goes and what happens, then a lote that somebody approves.
import { invalid, Problem } from '../problem.ts';
import {
  correctMany,
  isForLote,
  isForReenvio,
  MAX_REENVIOS,
  resendMany,
} from '../sync/divergencias/correcao.ts';
import { type Divergencia, listDivergencias } from '../sync/divergencias/divergencias.ts';
import { CLASSES, type Classe } from '../sync/divergencias/tipos.ts';
import { CORRECAO, effectOf } from './divergenciasTexto.ts';
import { type Exchange, formOf, queryOf } from './exchange.ts';
import { markedOf } from './grade.ts';
import { linhasLocals } from './gradeDeDivergencias.ts';
import { answerWrite, render } from './render.ts';

// As many as one lote is made of; the rest is corrected by the next one.
const MAX = 10_000;
const SHOWN = 50;

/** `GET /divergencias/correcao?ids=` or `?classe=`: what would be corrected, and how. */
export async function showCorrecao(exchange: Exchange): Promise<void> {
  const { divergencias, classe, ids } = await chosen(
    exchange,
    exchange.req.query,
    queryOf(exchange)['classe'],
  );
  const reenvios = divergencias.filter(isForReenvio).slice(0, MAX_REENVIOS);
  const doLote = divergencias.filter(isForLote);
  const vao = [...doLote, ...reenvios];
  const view = {
    pagina: 'divergencias/correcao',
    fragmento: 'divergencias/_correcao',
    titulo: 'Corrigir divergências',
  };
  render(exchange, view, {
    ...(await linhasLocals(exchange, vao.slice(0, SHOWN))),
    vao: vao.slice(0, SHOWN),
    total: vao.length,
    doLote: doLote.length,
    reenvios: reenvios.length,
    ficam: divergencias.length - vao.length,
    porCorrecao: countBy(vao),
    emJogo: vao.reduce((sum, { valorCentavos }) => sum + (valorCentavos ?? 0), 0),
    classe,
    ids: classe === undefined ? ids.join(',') : '',
  });
}

/** `POST /divergencias/correcao`: the same fields; makes the lote and leads to it. */
export async function postCorrecoes(exchange: Exchange): Promise<void> {
  const { divergencias } = await chosen(exchange, exchange.req.body, formOf(exchange)['classe']);
  const reenvios = await resendMany(exchange.sync, exchange.operador, divergencias);
  const loteId =
    reenvios > 0 && !divergencias.some(isForLote)
      ? null
      : await correctMany(exchange.sync, exchange.operador, divergencias);
  const location = loteId === null ? '/divergencias' : `/lotes/${loteId}`;
  answerWrite(exchange, location, { view: 'divergencias/_emLote', locals: { loteId, reenvios } });
}

async function chosen(
  { sync, operador }: Exchange,
  fields: unknown,
  named: string | undefined,
): Promise<{ divergencias: Divergencia[]; classe: Classe | undefined; ids: number[] }> {
  const classe = CLASSES.find((each) => each === named);
  const ids = markedOf(fields);
  if (classe === undefined && ids.length === 0) {
    throw new Problem(422, 'Nenhuma linha está marcada.', 'Volte à lista e marque ao menos uma.', {
      ids: 'Marque ao menos uma linha, ou escolha uma classe.',
    });
  }
  if (ids.length > MAX) throw invalid({ ids: `No máximo ${MAX} linhas de uma vez.` });
  const filter = { filiais: operador.filiais, ...(classe === undefined ? { ids } : { classe }) };
  const { divergencias } = await listDivergencias(sync.db, filter, MAX);
  return { divergencias, classe, ids };
}

// “Desbloquear 3 …”: by what is done, with its effect.
function countBy(vao: readonly Divergencia[]): { verbo: string; efeito: string; total: number }[] {
  const groups = new Map<string, { verbo: string; efeito: string; total: number }>();
  for (const each of vao) {
    if (each.correcao === null) continue;
    const efeito = effectOf(each);
    const known = groups.get(efeito) ?? { verbo: CORRECAO[each.correcao].verbo, efeito, total: 0 };
    known.total += 1;
    groups.set(efeito, known);
  }
  return [...groups.values()];
}
