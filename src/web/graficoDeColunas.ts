// Pairs of columns over the months as geometry: what came and what went. Pure; `graficos/_colunas` draws it.
import { scaleBand, scaleLinear } from 'd3-scale';
import { numero } from './formato.ts';
import type { Tamanho } from './graficos.ts';

export interface Par {
  curto: string;
  novas: number;
  canceladas: number;
}

interface Coluna {
  x: number;
  y: number;
  largura: number;
  altura: number;
  tipo: 'nova' | 'cancelada';
}

export interface Colunas extends Tamanho {
  colunas: Coluna[];
  eixo: { x: number; texto: string }[];
  guias: { y: number; texto: string }[];
  de: number;
  ate: number;
}

const TOP = 10;
const BOTTOM = 24;
const DIGIT = 7;
const GUIDES = 3;
const WORD = 34;

/** Two columns a month from zero up. */
export function drawColunas(pares: readonly Par[], { largura, altura }: Tamanho): Colunas {
  const base = altura - BOTTOM;
  const y = scaleLinear()
    .domain([0, Math.max(1, ...pares.flatMap(({ novas, canceladas }) => [novas, canceladas]))])
    .nice(GUIDES)
    .range([base, TOP]);
  const ticks = y.ticks(GUIDES).filter(Number.isInteger);
  const left = 10 + DIGIT * Math.max(...ticks.map((tick) => numero(tick).length));
  const x = scaleBand<number>()
    .domain(pares.map((_, index) => index))
    .range([left, largura - 8])
    .padding(0.25);
  const half = x.bandwidth() / 2;
  const column = (index: number, side: 0 | 1, valor: number): Coluna => ({
    x: round((x(index) ?? 0) + side * half + 0.5),
    y: round(y(valor)),
    largura: round(Math.max(1, half - 1)),
    altura: round(base - y(valor)),
    tipo: side === 0 ? 'nova' : 'cancelada',
  });
  const every = Math.ceil(pares.length / Math.max(1, Math.floor((largura - left) / WORD)));
  return {
    largura,
    altura,
    colunas: pares.flatMap(({ novas, canceladas }, index) => [
      ...(novas > 0 ? [column(index, 0, novas)] : []),
      ...(canceladas > 0 ? [column(index, 1, canceladas)] : []),
    ]),
    eixo: pares.flatMap(({ curto }, index) =>
      (pares.length - 1 - index) % every === 0 ? [{ x: round((x(index) ?? 0) + half), texto: curto }] : [],
    ),
    guias: ticks.map((tick) => ({ y: round(y(tick)), texto: numero(tick) })),
    de: left,
    ate: largura - 8,
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
