// Charts as geometry: where each line, mark and word of an SVG stands. Pure; the views in `graficos/` draw it.
import { scaleLinear, scalePoint } from 'd3-scale';
import { area, line } from 'd3-shape';
import { numero } from './formato.ts';

export interface Ponto {
  /** Under the axis, short: `out`. */
  curto: string;
  /** In the table: `outubro de 2026`. */
  rotulo: string;
  /** null = nobody counted. */
  valor: number | null;
  /** The one that is not a record but how it is now: drawn as another mark. */
  agora?: boolean;
}

export interface Tamanho {
  largura: number;
  altura: number;
}

export interface Marca {
  x: number;
  y: number;
  texto: string;
  /** Whether the number is written beside the mark; the table has every number. */
  escrita: boolean;
  /** Which side of the mark it is written on, so that it stays inside. */
  ancora: 'start' | 'middle' | 'end';
  agora: boolean;
}

export interface Linha extends Tamanho {
  /** Paths of the stretches without a hole. */
  linha: string;
  area: string;
  marcas: Marca[];
  /** Words under the axis; `vazio` = nobody counted there. */
  eixo: { x: number; texto: string; vazio: boolean }[];
  /** Horizontal guides with their number. */
  guias: { y: number; texto: string }[];
  /** Left and right end of guides and axis. */
  de: number;
  ate: number;
  base: number;
}

const TOP = 20;
const BOTTOM = 24;
const RIGHT = 26;
// A digit of the small letter.
const DIGIT = 7;
const GUIDES = 3;
// Words under the axis need this much room each.
const WORD = 40;

/** A line over time from zero up; holes where nobody counted. Marks tell first, highest, lowest and last number. */
export function drawLinha(pontos: readonly Ponto[], { largura, altura }: Tamanho): Linha {
  const valores = pontos.map(({ valor }) => valor ?? 0);
  const y = scaleLinear()
    .domain([0, Math.max(1, ...valores)])
    .nice(GUIDES)
    .range([altura - BOTTOM, TOP]);
  const ticks = y.ticks(GUIDES).filter(Number.isInteger);
  const left = 10 + DIGIT * Math.max(...ticks.map((tick) => numero(tick).length));
  const x = scalePoint<number>()
    .domain(pontos.map((_, index) => index))
    .range([left + 14, largura - RIGHT]);
  const at = (index: number): number => round(x(index) ?? left);
  const known = pontos.map(({ valor }, index) => ({ index, valor }));
  const defined = ({ valor }: { valor: number | null }): boolean => valor !== null;
  const path = line<(typeof known)[number]>(
    ({ index }) => at(index),
    ({ valor }) => round(y(valor ?? 0)),
  ).defined(defined);
  const shade = area<(typeof known)[number]>(
    ({ index }) => at(index),
    altura - BOTTOM,
    ({ valor }) => round(y(valor ?? 0)),
  ).defined(defined);
  const every = Math.ceil(pontos.length / Math.max(1, Math.floor((largura - left - RIGHT) / WORD)));
  return {
    largura,
    altura,
    linha: path(known) ?? '',
    area: shade(known) ?? '',
    marcas: drawMarcas(pontos, at, (valor) => round(y(valor))),
    eixo: pontos.flatMap(({ curto, valor }, index) =>
      (pontos.length - 1 - index) % every === 0
        ? [{ x: at(index), texto: curto, vazio: valor === null }]
        : [],
    ),
    guias: ticks.map((tick) => ({ y: round(y(tick)), texto: numero(tick) })),
    de: left,
    ate: largura - 8,
    base: altura - BOTTOM,
  };
}

function drawMarcas(
  pontos: readonly Ponto[],
  at: (index: number) => number,
  y: (valor: number) => number,
): Marca[] {
  const told = tellIndexes(pontos, at);
  return pontos.flatMap(({ valor, agora = false }, index) => {
    if (valor === null) return [];
    const ancora = index === 0 ? 'start' : index === pontos.length - 1 ? 'end' : 'middle';
    return [{ x: at(index), y: y(valor), texto: numero(valor), escrita: told.has(index), ancora, agora }];
  });
}

// Last, highest, first and lowest, unless two of them would stand on each other.
function tellIndexes(pontos: readonly Ponto[], at: (index: number) => number): Set<number> {
  const known = pontos.flatMap(({ valor }, index) => (valor === null ? [] : [{ index, valor }]));
  const last = known.at(-1);
  const first = known[0];
  if (first === undefined || last === undefined) return new Set();
  const highest = known.reduce((best, each) => (each.valor > best.valor ? each : best));
  const lowest = known.reduce((best, each) => (each.valor < best.valor ? each : best));
  const told: number[] = [last.index];
  for (const { index } of [highest, first, lowest]) {
    if (told.every((other) => Math.abs(at(other) - at(index)) >= WORD)) told.push(index);
  }
  return new Set(told);
}

export interface Barra {
  rotulo: string;
  valor: number;
  /** Share of the longest, as a width: `37.5%`. Something is always seen of what is not zero. */
  largura: string;
}

/** Bars in the order given, the longest 100 % wide. */
export function drawBarras<T extends { rotulo: string; valor: number }>(itens: readonly T[]): (T & Barra)[] {
  const width = scaleLinear()
    .domain([0, Math.max(1, ...itens.map(({ valor }) => valor))])
    .range([0, 100]);
  return itens.map((item) => ({
    ...item,
    largura: `${item.valor === 0 ? 0 : Math.max(1, round(width(item.valor)))}%`,
  }));
}

const round = (value: number): number => Math.round(value * 10) / 10;
