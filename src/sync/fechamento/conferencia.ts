// Matches the partner's invoice with what the month should cost. Pure: the differences add up to invoice minus expected.
import type { Parte } from './contagem.ts';
import type { Porque } from './porques.ts';

export const CLASSES = [
  'cobrado_cancelado',
  'cobrado_sem_contar',
  'cobrado_duas_vezes',
  'nao_cobrado',
  'plano_errado',
  'valor_errado',
  'desconhecido',
] as const;
export type Classe = (typeof CLASSES)[number];

export interface LinhaDaFatura {
  linha: number;
  usuarioId: number | null;
  /** null = the invoice does not say; 0 = none of ours. */
  planoId: number | null;
  centavos: number;
}

export interface Divergencia {
  classe: Classe;
  /** null = not in the invoice. */
  linha: number | null;
  usuarioId: number | null;
  filialId: number;
  cobrado: number;
  esperado: number;
  /** Of the invoice; null = it does not say, 0 = none of ours. */
  planoCobrado: number | null;
  /** null = nothing was expected. */
  planoEsperado: number | null;
  /** The line that charged the same person before. */
  outraLinha: number | null;
  /** Why nothing was expected. */
  porque: Porque | null;
}

/**
 * What the invoice and the month disagree on, by line of the file, what is missing in it last. `porques` = of whoever is
 * charged and owes nothing.
 */
export function conferir(
  fatura: readonly LinhaDaFatura[],
  esperadas: ReadonlyMap<number, readonly Parte[]>,
  porques: ReadonlyMap<number, Porque>,
): Divergencia[] {
  const divergencias: Divergencia[] = [];
  const porUsuario = new Map<number, LinhaDaFatura[]>();
  for (const linha of fatura) {
    if (linha.usuarioId === null) divergencias.push(divergenciaOf('desconhecido', linha));
    else {
      const linhas = porUsuario.get(linha.usuarioId);
      if (linhas) linhas.push(linha);
      else porUsuario.set(linha.usuarioId, [linha]);
    }
  }
  for (const [usuarioId, linhas] of porUsuario)
    divergencias.push(
      ...conferirUsuario(usuarioId, linhas, esperadas.get(usuarioId) ?? [], porques.get(usuarioId) ?? null),
    );
  for (const [usuarioId, partes] of esperadas)
    if (!porUsuario.has(usuarioId)) divergencias.push(...missing(usuarioId, partes));
  return divergencias.sort((a, b) => (a.linha ?? LAST) - (b.linha ?? LAST));
}

const LAST = Number.MAX_SAFE_INTEGER;

/** The people of the invoice who owe nothing: see `porques` of `conferir`. */
export const semDever = (
  fatura: readonly LinhaDaFatura[],
  esperadas: ReadonlyMap<number, readonly Parte[]>,
): number[] => [
  ...new Set(fatura.flatMap(({ usuarioId }) => (esperadas.has(usuarioId ?? 0) ? [] : (usuarioId ?? [])))),
];

// Each line takes what it fits best, so that two people of the same month read the same list in the same way.
function conferirUsuario(
  usuarioId: number,
  linhas: readonly LinhaDaFatura[],
  partes: readonly Parte[],
  porque: Porque | null,
): Divergencia[] {
  if (isSum(linhas, partes)) return [];
  const found: Divergencia[] = [];
  const free = [...partes];
  const filialId = partes[0]?.filialId ?? 0;
  let left = [...linhas];
  const samePlano = (linha: LinhaDaFatura, parte: Parte) =>
    linha.planoId === null || linha.planoId === parte.planoId;
  const fits: ((linha: LinhaDaFatura, parte: Parte) => boolean)[] = [
    (linha, parte) => samePlano(linha, parte) && linha.centavos === parte.centavos,
    samePlano,
    () => true,
  ];
  for (const suits of fits) {
    left = left.filter((linha) => {
      const at = free.findIndex((parte) => suits(linha, parte));
      const [parte] = at < 0 ? [] : free.splice(at, 1);
      if (parte === undefined) return true;
      if (!samePlano(linha, parte)) found.push(divergenciaOf('plano_errado', linha, parte));
      else if (linha.centavos !== parte.centavos) found.push(divergenciaOf('valor_errado', linha, parte));
      return false;
    });
  }
  const semContar = porque?.causa === 'cancelado' ? 'cobrado_cancelado' : 'cobrado_sem_contar';
  const charged = linhas.find((linha) => !left.includes(linha)) ?? left[0];
  for (const linha of left) {
    const classe = linha === charged ? semContar : 'cobrado_duas_vezes';
    const outraLinha = linha === charged ? null : (charged?.linha ?? null);
    found.push({ ...divergenciaOf(classe, linha), filialId, outraLinha, porque });
  }
  return [...found, ...missing(usuarioId, free)];
}

// Who changed plano in the month may be charged for both in one line.
const isSum = ([linha, another]: readonly LinhaDaFatura[], partes: readonly Parte[]): boolean =>
  another === undefined &&
  partes.length > 1 &&
  partes.some(({ planoId }) => linha?.planoId === null || linha?.planoId === planoId) &&
  partes.reduce((sum, { centavos }) => sum + centavos, 0) === linha?.centavos;

const divergenciaOf = (classe: Classe, linha: LinhaDaFatura, parte?: Parte): Divergencia => ({
  classe,
  linha: linha.linha,
  usuarioId: linha.usuarioId,
  filialId: parte?.filialId ?? 0,
  cobrado: linha.centavos,
  esperado: parte?.centavos ?? 0,
  planoCobrado: linha.planoId,
  planoEsperado: parte?.planoId ?? null,
  outraLinha: null,
  porque: null,
});

// What costs nothing is not missed.
const missing = (usuarioId: number, partes: readonly Parte[]): Divergencia[] =>
  partes
    .filter(({ centavos }) => centavos > 0)
    .map(({ filialId, planoId, centavos }) => ({
      classe: 'nao_cobrado',
      linha: null,
      usuarioId,
      filialId,
      cobrado: 0,
      esperado: centavos,
      planoCobrado: null,
      planoEsperado: planoId,
      outraLinha: null,
      porque: null,
    }));
