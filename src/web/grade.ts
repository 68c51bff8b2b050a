// What every grid shares: filters kept in the address, what narrows it now, pages by key, and the rows that are marked.
import { z } from 'zod';
import type { Papel } from '../sync/tipos.ts';
import type { Exchange, Form } from './exchange.ts';
import { dia, numero } from './formato.ts';
import type { Views } from './render.ts';

export const POR_PAGINA = 25;

export type Opcao = readonly [valor: string, rotulo: string];

/** One way to narrow a grid; a field of its form and of its address. */
export interface Campo {
  nome: string;
  rotulo: string;
  /** `dia`: a date; otherwise one of the choices. */
  tipo?: 'dia';
  /** What stands for no choice. */
  todos?: string;
  opcoes?: readonly Opcao[];
  /** More choices, under a heading of their own. */
  grupo?: { rotulo: string; opcoes: readonly Opcao[] };
}

/** Something to do with the marked rows: the page that asks first. */
export interface Verbo {
  rotulo: string;
  caminho: string;
  papel: Papel;
  icone: string;
  perigo?: boolean;
}

export interface Definicao {
  caminho: string;
  /** One row and several, as a person says it. */
  nomes: readonly [um: string, varios: string];
  /** What the search box takes; without it there is none. */
  busca?: string;
  campos: readonly Campo[];
  verbos?: readonly Verbo[];
}

/** Who looks at the grid, and how its addresses are written. */
export interface Visao {
  url: Views['url'];
  pode: (papel: Papel) => boolean;
  query: Form;
  /** The marked rows of every page. */
  marcados: ReadonlySet<number>;
}

/** Of this request. */
export function visaoOf({ web, req, operador }: Exchange, query: Form): Visao {
  return {
    url: web.views.url,
    pode: (papel) => operador.papeis.has(papel),
    query,
    marcados: new Set(markedOf(req.query)),
  };
}

/** The filter of an address: only fields of this grid with a value that means something, each as text. */
export function filtroOf({ campos, busca }: Definicao, query: Form): Record<string, string> {
  const filtro: Record<string, string> = {};
  const typed = query['busca']?.trim().slice(0, 200);
  if (busca !== undefined && typed) filtro['busca'] = typed;
  for (const campo of campos) {
    const value = query[campo.nome];
    if (value !== undefined && labelOf(campo, value) !== undefined) filtro[campo.nome] = value;
  }
  return filtro;
}

/** The same without what was typed, which may be a CPF or a name: for the audit trail. */
export function filtroSemBusca(filtro: Record<string, string>): Record<string, string> {
  const { busca, ...rest } = filtro;
  return busca === undefined ? rest : { ...rest, busca: 'sim' };
}

/**
 * What the parts of views/grades draw. `ids` are the rows of this page that may be marked; `proxima` is the key of the
 * next page.
 */
export function gradeOf(
  definicao: Definicao,
  { url, pode, query, marcados }: Visao,
  page: { linhas: number; ids: readonly number[]; proxima: string | number | undefined },
) {
  const { caminho, campos, nomes } = definicao;
  const filtro = filtroOf(definicao, query);
  const verbos = (definicao.verbos ?? []).filter(({ papel }) => pode(papel));
  const naPagina = new Set(page.ids);
  const cheia = page.proxima !== undefined;
  return {
    caminho: url(caminho),
    busca: definicao.busca,
    campos,
    filtro,
    fichas: fichasOf(definicao, filtro, url),
    limpa: url(caminho),
    quantos: `${numero(page.linhas)} ${page.linhas === 1 ? nomes[0] : nomes[1]}${cheia ? ' nesta página' : ''}`,
    primeira: query['depois'] ? url(caminho, filtro) : '',
    proxima: cheia ? url(caminho, { ...filtro, depois: page.proxima }) : '',
    csv: url(`${caminho}.csv`, filtro),
    xlsx: url(`${caminho}.xlsx`, filtro),
    verbos: verbos.map((verbo) => ({ ...verbo, caminho: url(verbo.caminho) })),
    marcaveis: verbos.length > 0 ? naPagina : new Set<number>(),
    marcados,
    deOutras: verbos.length > 0 ? [...marcados].filter((id) => !naPagina.has(id)) : [],
    // Where to come back to after acting on the marked ones.
    voltar: new URLSearchParams({
      ...filtro,
      ...(query['depois'] ? { depois: query['depois'] } : {}),
    }).toString(),
  };
}

/** The ids in the repeated field `ids`, or separated by commas; anything that is no id is left out. */
export function markedOf(fields: unknown): number[] {
  const parsed = Marked.safeParse(fields);
  const texts = parsed.success ? [parsed.data.ids ?? []].flat().flatMap((text) => text.split(',')) : [];
  const ids = texts.map((text) => text.trim()).filter((text) => /^[1-9]\d{0,14}$/.test(text));
  return [...new Set(ids.map(Number))];
}

const Marked = z.object({ ids: z.union([z.string(), z.array(z.string())]).optional() });

// What narrows the grid now, each with the address without it.
function fichasOf({ caminho, campos }: Definicao, filtro: Record<string, string>, url: Views['url']) {
  const without = (nome: string): string => {
    const { [nome]: _gone, ...rest } = filtro;
    return url(caminho, rest);
  };
  // What was typed stands in the box already.
  const busca = filtro['busca'] ? [{ texto: 'Busca', caminho: without('busca') }] : [];
  const chosen = campos.flatMap((campo) => {
    const value = filtro[campo.nome];
    if (value === undefined) return [];
    return [{ texto: `${campo.rotulo}: ${labelOf(campo, value)}`, caminho: without(campo.nome) }];
  });
  return [...busca, ...chosen];
}

function labelOf({ tipo, opcoes = [], grupo }: Campo, value: string): string | undefined {
  if (tipo === 'dia') return z.iso.date().safeParse(value).success ? dia(value) : undefined;
  return [...opcoes, ...(grupo?.opcoes ?? [])].find(([each]) => each === value)?.[1];
}
