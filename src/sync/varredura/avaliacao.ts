// One contract judged: what the rules make of its status and which plano its products mean. Pure.
import type { FatosDoContrato } from '../../ixc/fatos.ts';
import { meaningOf, type Regras } from '../regras.ts';
import type { OrigemDoPlano, Significado } from '../tipos.ts';

export interface VinculoLido {
  planoId: number;
  integracaoId: number;
  tipo: 'produto' | 'plano_de_venda';
  ixcId: number;
  filialId: number;
}

/** What a run looks things up in: read once, the same for every contract of the run. */
export interface Criterios {
  regras: Regras;
  /** AAAA-MM-DD in the provider's zone */
  hoje: string;
  vinculos: VinculoLido[];
  /** Linked produtos that each plano de venda carries. */
  produtosDosPlanos: ReadonlyMap<number, number[]>;
  /** Contracts whose account a rule cancelled: they could have another one. */
  encerrados: ReadonlySet<number>;
}

export interface PlanoLido {
  planoId: number;
  integracaoId: number;
  origem: OrigemDoPlano;
}

export interface Avaliacao {
  contratoId: number;
  clienteId: number;
  /** 0 = none */
  filialId: number;
  significado: Significado;
  plano: PlanoLido | null;
  maisDeUmPlano: boolean;
  /** AAAA-MM-DD: the day on which a date of the row changes its meaning without the row changing. */
  reavaliarEm: string | null;
}

interface Proprio {
  produtoId: number;
  origem: 'contrato' | 'adicional' | 'plano';
}

/** Judges one contract. `proprios` are the linked produtos that it carries itself. */
export function evaluate(fatos: FatosDoContrato, proprios: Proprio[], criterios: Criterios): Avaliacao {
  const planos = choosePlano(fatos, proprios, criterios);
  const [only] = planos;
  return {
    contratoId: fatos.id,
    clienteId: fatos.clienteId,
    filialId: fatos.filialId ?? 0,
    significado: meaningOf(fatos, criterios.regras, criterios.hoje),
    plano: planos.length === 1 ? (only ?? null) : null,
    maisDeUmPlano: planos.length > 1,
    reavaliarEm: nextDay(fatos, criterios.hoje),
  };
}

const SOURCES = ['contrato', 'adicional', 'plano', 'plano_de_venda'] as const;

// Strongest source first: contract row, additional service, plan row, plano de venda (decisions 2).
function choosePlano(fatos: FatosDoContrato, proprios: Proprio[], criterios: Criterios): PlanoLido[] {
  for (const origem of SOURCES) {
    const tipo = origem === 'plano_de_venda' ? 'plano_de_venda' : 'produto';
    const ixcIds = listOf(origem, fatos, proprios, criterios);
    const found = ixcIds.length === 0 ? [] : planosOf(fatos, origem, tipo, ixcIds, criterios.vinculos);
    if (found.length > 0) return found;
  }
  return [];
}

const NONE: readonly number[] = [];

// What one source names: produtos, or the plano de venda itself. PLA leaves the contract's rows out, PRO the plan's.
function listOf(
  origem: (typeof SOURCES)[number],
  { fonteDosProdutos, planoDeVendaId }: FatosDoContrato,
  proprios: Proprio[],
  criterios: Criterios,
): readonly number[] {
  if (origem === 'plano_de_venda') return [planoDeVendaId];
  if (origem === 'plano')
    return fonteDosProdutos === 'PRO' ? NONE : (criterios.produtosDosPlanos.get(planoDeVendaId) ?? NONE);
  if (proprios.length === 0 || (origem === 'contrato' && fonteDosProdutos === 'PLA')) return NONE;
  return proprios.filter((each) => each.origem === origem).map(({ produtoId }) => produtoId);
}

function planosOf(
  { filialId }: FatosDoContrato,
  origem: OrigemDoPlano,
  tipo: VinculoLido['tipo'],
  ixcIds: readonly number[],
  vinculos: VinculoLido[],
): PlanoLido[] {
  const found: PlanoLido[] = [];
  for (const ixcId of ixcIds) {
    const vinculo = vinculoFor(vinculos, tipo, ixcId, filialId ?? 0);
    if (vinculo === undefined || found.some(({ planoId }) => planoId === vinculo.planoId)) continue;
    found.push({ planoId: vinculo.planoId, integracaoId: vinculo.integracaoId, origem });
  }
  return found;
}

// A vínculo for the contract's own branch beats one for all branches.
function vinculoFor(
  vinculos: VinculoLido[],
  tipo: VinculoLido['tipo'],
  ixcId: number,
  filialId: number,
): VinculoLido | undefined {
  let forAll: VinculoLido | undefined;
  for (const each of vinculos) {
    if (each.tipo !== tipo || each.ixcId !== ixcId) continue;
    if (each.filialId === filialId && filialId !== 0) return each;
    if (each.filialId === 0) forAll ??= each;
  }
  return forAll;
}

function nextDay({ naoBloquearAte, fimSuspensao, suspenso }: FatosDoContrato, hoje: string): string | null {
  if (naoBloquearAte === null && fimSuspensao === null) return null;
  const days = [naoBloquearAte, suspenso ? fimSuspensao : null].filter((day) => day !== null && day >= hoje);
  return days.length === 0 ? null : addDay(days.sort()[0] ?? hoje);
}

/** The day after an AAAA-MM-DD day. */
export function addDay(day: string): string {
  const next = new Date(`${day}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
