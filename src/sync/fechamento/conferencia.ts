// Matches the partner's invoice with what the month should cost. Pure: the differences add up to invoice minus expected.
import type { Parte } from './contagem.ts';

export const CLASSES = [
  'cobrado_cancelado',
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
}

/** What the invoice and the month disagree on, by line of the file, what is missing in it last. */
export function conferir(
  fatura: readonly LinhaDaFatura[],
  esperadas: ReadonlyMap<number, readonly Parte[]>,
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
    divergencias.push(...conferirUsuario(usuarioId, linhas, esperadas.get(usuarioId) ?? []));
  for (const [usuarioId, partes] of esperadas)
    if (!porUsuario.has(usuarioId)) divergencias.push(...partes.map((parte) => missing(usuarioId, parte)));
  return divergencias.sort((a, b) => (a.linha ?? LAST) - (b.linha ?? LAST));
}

const LAST = Number.MAX_SAFE_INTEGER;

// Each line takes what it fits best, so that two people of the same month read the same list in the same way.
function conferirUsuario(
  usuarioId: number,
  linhas: readonly LinhaDaFatura[],
  partes: readonly Parte[],
): Divergencia[] {
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
  left.forEach((linha, n) => {
    const classe = partes.length === 0 && n === 0 ? 'cobrado_cancelado' : 'cobrado_duas_vezes';
    found.push({ ...divergenciaOf(classe, linha), filialId });
  });
  return [...found, ...free.map((parte) => missing(usuarioId, parte))];
}

const divergenciaOf = (classe: Classe, linha: LinhaDaFatura, parte?: Parte): Divergencia => ({
  classe,
  linha: linha.linha,
  usuarioId: linha.usuarioId,
  filialId: parte?.filialId ?? 0,
  cobrado: linha.centavos,
  esperado: parte?.centavos ?? 0,
});

const missing = (usuarioId: number, { filialId, centavos }: Parte): Divergencia => ({
  classe: 'nao_cobrado',
  linha: null,
  usuarioId,
  filialId,
  cobrado: 0,
  esperado: centavos,
});
