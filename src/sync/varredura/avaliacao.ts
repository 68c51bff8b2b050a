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

/** Judges one contract. `proprios` are the linked produtos that it carries itself. */
export function evaluate(
  fatos: FatosDoContrato,
  proprios: { produtoId: number; origem: 'contrato' | 'adicional' | 'plano' }[],
  criterios: Criterios,
): Avaliacao {
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

// Strongest source first: contract row, additional service, plan row, plano de venda (decisions 2).
function choosePlano(
  fatos: FatosDoContrato,
  proprios: { produtoId: number; origem: 'contrato' | 'adicional' | 'plano' }[],
  criterios: Criterios,
): PlanoLido[] {
  const own = (origem: 'contrato' | 'adicional'): number[] =>
    proprios.filter((each) => each.origem === origem).map(({ produtoId }) => produtoId);
  const sources: { origem: OrigemDoPlano; tipo: VinculoLido['tipo']; ixcIds: number[] }[] = [
    { origem: 'contrato', tipo: 'produto', ixcIds: fatos.fonteDosProdutos === 'PLA' ? [] : own('contrato') },
    { origem: 'adicional', tipo: 'produto', ixcIds: own('adicional') },
    {
      origem: 'plano',
      tipo: 'produto',
      ixcIds:
        fatos.fonteDosProdutos === 'PRO' ? [] : (criterios.produtosDosPlanos.get(fatos.planoDeVendaId) ?? []),
    },
    { origem: 'plano_de_venda', tipo: 'plano_de_venda', ixcIds: [fatos.planoDeVendaId] },
  ];
  for (const { origem, tipo, ixcIds } of sources) {
    const found = new Map<number, PlanoLido>();
    for (const ixcId of ixcIds) {
      const vinculo = vinculoFor(criterios.vinculos, tipo, ixcId, fatos.filialId ?? 0);
      if (vinculo)
        found.set(vinculo.planoId, { planoId: vinculo.planoId, integracaoId: vinculo.integracaoId, origem });
    }
    if (found.size > 0) return [...found.values()];
  }
  return [];
}

// A vínculo for the contract's own branch beats one for all branches.
function vinculoFor(
  vinculos: VinculoLido[],
  tipo: VinculoLido['tipo'],
  ixcId: number,
  filialId: number,
): VinculoLido | undefined {
  const candidates = vinculos.filter((each) => each.tipo === tipo && each.ixcId === ixcId);
  const own = filialId === 0 ? undefined : candidates.find((each) => each.filialId === filialId);
  return own ?? candidates.find((each) => each.filialId === 0);
}

function nextDay({ naoBloquearAte, fimSuspensao, suspenso }: FatosDoContrato, hoje: string): string | null {
  const days = [naoBloquearAte, suspenso ? fimSuspensao : null].filter((day) => day !== null && day >= hoje);
  return days.length === 0 ? null : addDay(days.sort()[0] ?? hoje);
}

/** The day after an AAAA-MM-DD day. */
export function addDay(day: string): string {
  const next = new Date(`${day}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}
