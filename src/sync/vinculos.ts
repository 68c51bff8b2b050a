// Which plano a contract means: vínculos of its products and plano de venda, strongest origin first (decisions 2, 5).
import { z } from 'zod';
import { type Db, inList, rows } from '../db.ts';
import type { Contrato } from '../ixc/tipos.ts';
import type { OrigemDoPlano } from './tipos.ts';

export interface PlanoDoContrato {
  planoId: number;
  integracaoId: number;
  origem: OrigemDoPlano;
}

export type Resolucao =
  | { kind: 'um'; plano: PlanoDoContrato }
  | { kind: 'nenhum' }
  | { kind: 'mais_de_um'; planoIds: number[] };

const VinculoRow = z.object({
  planoId: z.number(),
  integracaoId: z.number(),
  tipo: z.enum(['produto', 'plano_de_venda']),
  ixcId: z.number(),
  filialId: z.number(),
});
type VinculoRow = z.output<typeof VinculoRow>;

/** The plano that a contract's vínculos point to. A vínculo for the contract's own branch beats one for all. */
export async function resolvePlano(db: Db, contrato: Contrato): Promise<Resolucao> {
  const produtos = inList('produto', [...new Set(contrato.produtos.map(({ produtoId }) => produtoId))]);
  const vinculos = await rows(
    db,
    `SELECT v.plano_id AS planoId, p.integracao_id AS integracaoId, v.tipo, v.ixc_id AS ixcId, v.filial_id AS filialId
     FROM vinculos v JOIN planos p ON p.id = v.plano_id
     WHERE v.filial_id IN (0, :filialDoContrato)
       AND ((v.tipo = 'produto' AND v.ixc_id IN (${produtos.sql}))
         OR (v.tipo = 'plano_de_venda' AND v.ixc_id = :planoDeVenda))`,
    { filialDoContrato: contrato.filialId ?? 0, planoDeVenda: contrato.planoDeVendaId, ...produtos.params },
    VinculoRow,
  );
  const sources: { origem: OrigemDoPlano; tipo: VinculoRow['tipo']; ixcIds: number[] }[] = [
    ...(['contrato', 'adicional', 'plano'] as const).map((origem) => ({
      origem,
      tipo: 'produto' as const,
      ixcIds: contrato.produtos.filter((each) => each.origem === origem).map(({ produtoId }) => produtoId),
    })),
    { origem: 'plano_de_venda', tipo: 'plano_de_venda', ixcIds: [contrato.planoDeVendaId] },
  ];
  for (const { origem, tipo, ixcIds } of sources) {
    const resolution = strongest(vinculos, tipo, ixcIds, origem);
    if (resolution.kind !== 'nenhum') return resolution;
  }
  return { kind: 'nenhum' };
}

function strongest(
  vinculos: VinculoRow[],
  tipo: VinculoRow['tipo'],
  ixcIds: number[],
  origem: OrigemDoPlano,
): Resolucao {
  const planos = new Map<number, PlanoDoContrato>();
  for (const ixcId of new Set(ixcIds)) {
    const candidates = vinculos.filter((each) => each.tipo === tipo && each.ixcId === ixcId);
    const winner = candidates.find(({ filialId }) => filialId !== 0) ?? candidates[0];
    if (winner)
      planos.set(winner.planoId, { planoId: winner.planoId, integracaoId: winner.integracaoId, origem });
  }
  const [first] = planos.values();
  if (first === undefined) return { kind: 'nenhum' };
  return planos.size === 1
    ? { kind: 'um', plano: first }
    : { kind: 'mais_de_um', planoIds: [...planos.keys()] };
}
