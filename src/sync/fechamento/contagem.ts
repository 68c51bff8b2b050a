// Counts a month from what was confirmed over time. Pure: moments and cents in, numbers out.
import { DIA_MS, type Mes } from './mes.ts';
import type { Regra } from './regra.ts';

/** From `desde` (milliseconds) until the next one of the same person. */
export interface Trecho {
  desde: number;
  situacao: string;
  planoId: number;
  filialId: number;
}

/** What one person should cost in the month, by plano and filial. */
export interface Parte {
  planoId: number;
  filialId: number;
  centavos: number;
}

export const CONTAGENS = [
  'ativasNoFim',
  'ativasNoMes',
  'criadas',
  'bloqueadas',
  'canceladas',
  'diasAtivos',
  'esperadoCentavos',
] as const;
export type Linha = { planoId: number; filialId: number } & Record<(typeof CONTAGENS)[number], number>;

interface Periodo extends Trecho {
  ate: number;
}

const isVida = (situacao: string): boolean => situacao === 'ativo' || situacao === 'bloqueado';

/**
 * What a person should cost. A day counts whole when the account was billable at any moment of it, in the plano that it
 * had last on that day. Pro rata is value × days ÷ days of the month, rounded half up to the cent for each plano.
 */
export function cobrancaDe(
  trechos: readonly Trecho[],
  mes: Mes,
  regra: Regra,
  valorDe: (planoId: number) => number,
): Parte[] {
  const conta = ({ situacao }: Trecho): boolean =>
    situacao === 'ativo' || (regra.bloqueadoConta && situacao === 'bloqueado');
  const periodos = periodosDe(trechos, mes.de, mes.ate).filter(conta);
  if (regra.modo === 'pro_rata') {
    return [...diasPorLugar(periodos, mes)].map(({ planoId, filialId, dias }) => ({
      planoId,
      filialId,
      centavos: Math.floor((2 * valorDe(planoId) * dias + mes.dias) / (2 * mes.dias)),
    }));
  }
  const fim = mes.de + Math.min(regra.dia, mes.dias) * DIA_MS;
  const chosen =
    regra.modo === 'dia' ? periodos.find(({ desde, ate }) => desde < fim && ate >= fim) : periodos.at(-1);
  if (chosen === undefined) return [];
  const { planoId, filialId } = chosen;
  return [{ planoId, filialId, centavos: valorDe(planoId) }];
}

/** Adds one person to the lines: once in each count, in the plano and filial that it had last. */
export function contar(
  linhas: Map<string, Linha>,
  trechos: readonly Trecho[],
  mes: Mes,
  partes: readonly Parte[],
): void {
  const add = (lugar: { planoId: number; filialId: number }, o: (typeof CONTAGENS)[number], quanto = 1) => {
    const linha = linhaEm(linhas, lugar);
    linha[o] += quanto;
  };
  const periodos = periodosDe(trechos, mes.de, mes.ate);
  const ativos = periodos.filter(({ situacao }) => situacao === 'ativo');
  const last = periodos.at(-1);
  if (last?.situacao === 'ativo') add(last, 'ativasNoFim');
  const lastAtivo = ativos.at(-1);
  if (lastAtivo) add(lastAtivo, 'ativasNoMes');
  for (const { dias, ...lugar } of diasPorLugar(ativos, mes)) add(lugar, 'diasAtivos', dias);
  const mudou = { criadas: lastIn(trechos, mes, isCriacao), bloqueadas: lastIn(trechos, mes, isBloqueio) };
  if (mudou.criadas) add(mudou.criadas, 'criadas');
  if (mudou.bloqueadas) add(mudou.bloqueadas, 'bloqueadas');
  const cancelada = lastIn(trechos, mes, isCancelamento);
  // A cancelled account is counted where it lived.
  if (cancelada) add(trechos[trechos.indexOf(cancelada) - 1] ?? cancelada, 'canceladas');
  for (const parte of partes) add(parte, 'esperadoCentavos', parte.centavos);
}

type Mudou = (agora: string, antes: string) => boolean;
const isCriacao: Mudou = (agora, antes) => isVida(agora) && !isVida(antes);
const isBloqueio: Mudou = (agora, antes) => agora === 'bloqueado' && antes !== 'bloqueado';
const isCancelamento: Mudou = (agora, antes) => agora === 'cancelado' && isVida(antes);

const lastIn = (trechos: readonly Trecho[], { de, ate }: Mes, mudou: Mudou): Trecho | undefined =>
  trechos.findLast(
    ({ desde, situacao }, n) =>
      desde >= de && desde < ate && mudou(situacao, trechos[n - 1]?.situacao ?? 'ausente'),
  );

// The stretches that touch [de, ate), cut to it.
function periodosDe(trechos: readonly Trecho[], de: number, ate: number): Periodo[] {
  return trechos
    .map((trecho, n) => ({
      ...trecho,
      desde: Math.max(trecho.desde, de),
      ate: Math.min(trechos[n + 1]?.desde ?? ate, ate),
    }))
    .filter((periodo) => periodo.desde < periodo.ate);
}

function diasPorLugar(periodos: readonly Periodo[], mes: Mes) {
  const lugares = new Map<string, { planoId: number; filialId: number; dias: number }>();
  let usados = mes.dias;
  // From the last one back: each day goes to what it had last.
  for (const { desde, ate, planoId, filialId } of periodos.toReversed()) {
    const first = Math.floor((desde - mes.de) / DIA_MS);
    const end = Math.min(usados, Math.ceil((ate - mes.de) / DIA_MS));
    if (end <= first) continue;
    const key = `${planoId}:${filialId}`;
    const dias = (lugares.get(key)?.dias ?? 0) + end - first;
    lugares.set(key, { planoId, filialId, dias });
    usados = first;
  }
  return lugares.values();
}

function linhaEm(linhas: Map<string, Linha>, { planoId, filialId }: { planoId: number; filialId: number }) {
  const key = `${planoId}:${filialId}`;
  const zeros = Object.fromEntries(CONTAGENS.map((o) => [o, 0])) as Record<
    (typeof CONTAGENS)[number],
    number
  >;
  const linha = linhas.get(key) ?? { planoId, filialId, ...zeros };
  linhas.set(key, linha);
  return linha;
}
