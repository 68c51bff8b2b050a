// The vínculos that a contract meets, strongest origin first: what its products and its plano de venda mean.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
import type { Contrato } from '../../ixc/tipos.ts';
import type { OrigemDoPlano } from '../tipos.ts';
import type { VinculoDoContrato } from './tipos.ts';

/** Each vínculo of a product or plano de venda of this contract, in the order in which they win (decisions 2). */
export async function listVinculosDoContrato(db: Db, contrato: Contrato): Promise<VinculoDoContrato[]> {
  const produtos = inList('produto', [...new Set(contrato.produtos.map(({ produtoId }) => produtoId))]);
  const found = await rows(
    db,
    `SELECT v.id, v.tipo, v.ixc_id AS ixcId, v.filial_id AS filialId, p.nome AS planoNome,
       i.usuario_automatico = 1 AND i.ambiente <> 'homologacao' AS criaSozinha
     FROM vinculos v JOIN planos p ON p.id = v.plano_id JOIN integracoes i ON i.id = p.integracao_id
     WHERE v.filial_id IN (0, :filial) AND ((v.tipo = 'produto' AND v.ixc_id IN (${produtos.sql}))
       OR (v.tipo = 'plano_de_venda' AND v.ixc_id = :planoDeVenda))
     ORDER BY v.filial_id DESC, v.id`,
    { filial: contrato.filialId ?? 0, planoDeVenda: contrato.planoDeVendaId, ...produtos.params },
    z.object({
      id: z.number(),
      tipo: z.enum(['produto', 'plano_de_venda']),
      ixcId: z.number(),
      filialId: z.number(),
      planoNome: z.string(),
      criaSozinha: z.coerce.number().transform((value) => value === 1),
    }),
  );
  const ordered: VinculoDoContrato[] = [];
  const add = (tipo: 'produto' | 'plano_de_venda', ixcId: number, origem: OrigemDoPlano): void => {
    // The branch's own comes first and beats the one for all branches.
    const own = found.find((each) => each.tipo === tipo && each.ixcId === ixcId);
    if (own && !ordered.some(({ id }) => id === own.id)) ordered.push({ ...own, origem });
  };
  for (const { produtoId, origem } of contrato.produtos) add('produto', produtoId, origem);
  add('plano_de_venda', contrato.planoDeVendaId, 'plano_de_venda');
  return ordered;
}
