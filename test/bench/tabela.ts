// The table: one line for each thing measured, with its target, as text for people or as JSON.
import type { Distribuicao } from './amostra.ts';

export interface Linha {
  nome: string;
  /** What the target speaks of: the 95th percentile for times. */
  valor: number;
  unidade: 'ms' | 's' | 'MB' | 'efeitos/s';
  p50?: number;
  /** The bare baseline of the same run. */
  base?: { valor: number; p50?: number };
  /** Absent: nothing is promised, the number is there to be seen. */
  alvo?: { texto: string; limite: number; ok: boolean };
  observacao?: string;
}

export interface Falha {
  nome: string;
  erro: string;
}

/** A time beside its baseline, promised to be at most `razao` × baseline + `folgaMs` at the 95th percentile. */
export function comparedLine(
  nome: string,
  { medido, base }: { medido: Distribuicao; base: Distribuicao },
  { razao, folgaMs }: { razao: number; folgaMs: number },
): Linha {
  const limite = razao * base.p95 + folgaMs;
  return {
    ...timeLine(nome, medido),
    base: { valor: base.p95, p50: base.p50 },
    alvo: { texto: `≤ ${number(razao)} × + ${folgaMs} ms`, limite, ok: medido.p95 <= limite },
  };
}

/** The same by the medians: for work of seconds, of which nobody takes hundreds of samples. */
export function comparedMedians(
  nome: string,
  { medido, base }: { medido: Distribuicao; base: Distribuicao },
  razao: number,
): Linha {
  const limite = razao * base.p50;
  return {
    nome,
    valor: medido.p50,
    unidade: 'ms',
    p50: medido.p50,
    base: { valor: base.p50, p50: base.p50 },
    alvo: { texto: `≤ ${number(razao)} ×`, limite, ok: medido.p50 <= limite },
    observacao: `medianas de ${medido.amostras}`,
  };
}

/** A time by itself, promised to be at most `limiteMs` at the 95th percentile when that is given. */
export function timeLine(nome: string, { p50, p95, amostras }: Distribuicao, limiteMs?: number): Linha {
  return {
    nome,
    valor: p95,
    unidade: 'ms',
    p50,
    observacao: `${amostras} amostras`,
    ...(limiteMs === undefined ? {} : { alvo: atMost(p95, limiteMs, 'ms') }),
  };
}

/** A target of the form “at most”. */
export const atMost = (valor: number, limite: number, unidade: Linha['unidade']) => ({
  texto: `≤ ${number(limite)} ${unidade}`,
  limite,
  ok: valor <= limite,
});

/** A target of the form “at least”. */
export const atLeast = (valor: number, limite: number, unidade: Linha['unidade']) => ({
  texto: `≥ ${number(limite)} ${unidade}`,
  limite,
  ok: valor >= limite,
});

/** The whole table as text. */
export function drawTable(linhas: readonly Linha[], falhas: readonly Falha[]): string {
  const head = ['medição', 'mediana', 'p95/valor', 'base', 'razão', 'alvo', 'limite', '', 'observação'];
  const cells = [head, ...linhas.map(cellsOf)];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)));
  const left = new Set([0, 5, 7, 8]);
  const lines = cells.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, left.has(column)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '─'.repeat(Math.max(...lines.map((line) => [...line].length)));
  const missing = falhas.map(({ nome, erro }) => `não medido: ${nome}: ${erro}`);
  return [lines[0], rule, ...lines.slice(1), ...missing].join('\n');
}

function cellsOf({ nome, valor, unidade, p50, base, alvo, observacao }: Linha): string[] {
  const unit = (value: number | undefined) => (value === undefined ? '' : `${number(value)} ${unidade}`);
  return [
    nome,
    unit(p50),
    unit(valor),
    unit(base?.valor),
    base ? `${number(valor / base.valor)} ×` : '',
    alvo?.texto ?? '',
    alvo ? unit(alvo.limite) : '',
    alvo === undefined ? '' : alvo.ok ? 'ok' : 'NÃO',
    observacao ?? '',
  ];
}

function pad(text: string, width: number, left: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - [...text].length));
  return left ? text + fill : fill + text;
}

/** A number with as many decimals as it deserves: 1.234, 56,7, 0,89. */
export const number = (value: number): string =>
  value.toLocaleString('pt-BR', { maximumFractionDigits: value < 10 ? 2 : value < 1000 ? 1 : 0 });
