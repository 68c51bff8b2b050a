// How many active contracts a produto or plano de venda is in: what a vínculo with it would reach. Bounded in rows and time.
import { z } from 'zod';
import { type Db, row } from '../db.ts';
import { idList, isTooSlow, type Trecho } from './sql.ts';

export interface Alvo {
  tipo: 'produto' | 'plano_de_venda';
  ixcId: number;
  /** 0 = every branch. */
  filialId: number;
  /** For every branch: those that have a vínculo of their own with the same item, which wins there. */
  semFiliais?: readonly number[];
}

/** Contracts counted, and whether there are more than were counted. */
export interface Alcance {
  total: number;
  ouMais: boolean;
}

export interface Limites {
  /** Contracts to count at most. */
  ate: number;
  /** Seconds that IXC may spend. */
  segundos: number;
}

/**
 * Active contracts (`status` A) with this item: in rows of their own, as a recurring additional service, or through their
 * plano de venda. undefined when IXC could not count in time.
 */
export async function countAlcance(
  ixc: Db,
  alvo: Alvo,
  { ate, segundos }: Limites,
): Promise<Alcance | undefined> {
  const partes = alvo.tipo === 'produto' ? DE_PRODUTO : DE_PLANO_DE_VENDA;
  const filial = inFilial(alvo);
  // One more than asked for from each source: enough to know that there are more.
  const union = partes.map((parte) => `(${parte} AND ${filial.sql} LIMIT ${ate + 1})`).join(' UNION ');
  try {
    const { total } = await row(
      ixc,
      `SET STATEMENT max_statement_time = ${Math.max(segundos, 0.05)} FOR SELECT COUNT(*) AS total FROM (${union}) alcance`,
      { ixcId: alvo.ixcId, ...filial.params },
      z.object({ total: z.coerce.number() }),
    );
    return { total: Math.min(total, ate), ouMais: total > ate };
  } catch (error) {
    if (isTooSlow(error)) return undefined;
    throw error;
  }
}

const ATIVO = "c.status = 'A'";
// Which sources count is IXC's `tipo_produtos_plano`: PLA the plan's rows, PRO the contract's, P both.
const DE_PRODUTO = [
  `SELECT c.id FROM vd_contratos_produtos p JOIN cliente_contrato c ON c.id = p.id_contrato
   WHERE p.id_produto = :ixcId AND p.id_contrato > 0 AND ${ATIVO} AND c.tipo_produtos_plano <> 'PLA'`,
  `SELECT c.id FROM cliente_contrato_servicos s JOIN cliente_contrato c ON c.id = s.id_contrato
   WHERE s.id_produto = :ixcId AND s.status = 'A' AND s.tipo_acres_desc = 'A' AND ${ATIVO}
     AND (s.repetir = 'S' OR (s.repetir = 'V' AND COALESCE(s.execucoes, 0) < COALESCE(s.repetir_qtde, 0)))
     AND (s.data_validade IS NULL OR s.data_validade = 0 OR s.data_validade >= CURRENT_DATE)`,
  `SELECT c.id FROM vd_contratos_produtos p JOIN cliente_contrato c ON c.id_vd_contrato = p.id_vd_contrato
   WHERE p.id_produto = :ixcId AND p.id_vd_contrato > 0 AND COALESCE(p.id_contrato, 0) = 0 AND ${ATIVO}
     AND c.tipo_produtos_plano <> 'PRO'`,
];
const DE_PLANO_DE_VENDA = [
  `SELECT c.id FROM cliente_contrato c WHERE c.id_vd_contrato = :ixcId AND ${ATIVO}`,
];

function inFilial({ filialId, semFiliais = [] }: Alvo): Trecho {
  if (filialId > 0) return { sql: 'c.id_filial = :filialId', params: { filialId } };
  if (semFiliais.length === 0) return { sql: 'TRUE', params: {} };
  const fora = idList('fora', semFiliais);
  return { sql: `COALESCE(c.id_filial, 0) NOT IN (${fora.sql})`, params: fora.params };
}
