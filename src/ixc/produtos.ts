// Which products a contract really has: its own rows, its recurring additional services, the rows of its plano de venda.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import type { ProdutoDoContrato } from './tipos.ts';
import { codigo, data, idOuNulo, texto } from './valores.ts';

/** What decides the products: `fonteDosProdutos` is IXC's `tipo_produtos_plano`; `hoje` is IXC's date, AAAA-MM-DD. */
export interface DonoDosProdutos {
  id: number;
  planoDeVendaId: number;
  fonteDosProdutos: string;
  hoje: string;
}

const produtoSchema = z.object({
  origem: z.enum(['contrato', 'adicional', 'plano']),
  produtoId: idOuNulo,
  descricao: texto,
  nome: texto,
  tipo: codigo,
});

const servicoSchema = produtoSchema.extend({
  repetir: codigo,
  quantidade: z.number().nullable(),
  execucoes: z.number().nullable(),
  validade: data,
});

type Servico = z.output<typeof servicoSchema>;

/**
 * The products in order of precedence: contract, recurring additional services, plan. PLA counts only the plan's
 * rows, PRO only the contract's, P and anything else both. Rows that name no product are left out.
 */
export async function listProdutosDoContrato(ixc: Db, dono: DonoDosProdutos): Promise<ProdutoDoContrato[]> {
  const [linhas, servicos] = await Promise.all([listRows(ixc, dono), listServicos(ixc, dono.id)]);
  const adicionais = servicos.filter((servico) => isRecorrente(servico, dono.hoje));
  return [
    ...linhas.filter((linha) => linha.origem === 'contrato' && dono.fonteDosProdutos !== 'PLA'),
    ...adicionais,
    ...linhas.filter((linha) => linha.origem === 'plano' && dono.fonteDosProdutos !== 'PRO'),
  ].flatMap(toProduto);
}

/**
 * True while an additional service still comes back: S = every month, V = a number of times, of which some are left;
 * and its last day (AAAA-MM-DD, none = for ever) has not passed.
 */
export function isRecorrente(
  servico: Pick<Servico, 'repetir' | 'quantidade' | 'execucoes' | 'validade'>,
  hoje: string,
): boolean {
  const volta =
    servico.repetir === 'S' ||
    (servico.repetir === 'V' && (servico.execucoes ?? 0) < (servico.quantidade ?? 0));
  return volta && (servico.validade === null || servico.validade >= hoje);
}

function listRows(ixc: Db, { id, planoDeVendaId }: DonoDosProdutos) {
  return rows(
    ixc,
    // A plan's row has no contract and a contract's row no plan, written as 0 or NULL: a contract without plan
    // (id 0) must not collect every row that has none.
    `SELECT 'contrato' AS origem, p.id_produto AS produtoId, p.descricao, d.descricao AS nome, p.tipo, p.id AS ordem
     FROM vd_contratos_produtos p LEFT JOIN produtos d ON d.id = p.id_produto
     WHERE p.id_contrato = :id
     UNION ALL
     SELECT 'plano', p.id_produto, p.descricao, d.descricao, p.tipo, p.id
     FROM vd_contratos_produtos p LEFT JOIN produtos d ON d.id = p.id_produto
     WHERE p.id_vd_contrato = :plano AND p.id_vd_contrato > 0 AND COALESCE(p.id_contrato, 0) = 0
     ORDER BY ordem`,
    { id, plano: planoDeVendaId },
    produtoSchema,
  );
}

function listServicos(ixc: Db, id: number): Promise<Servico[]> {
  return rows(
    ixc,
    `SELECT 'adicional' AS origem, s.id_produto AS produtoId, s.descricao, d.descricao AS nome, s.tipo, s.repetir,
       s.repetir_qtde AS quantidade, s.execucoes, s.data_validade AS validade
     FROM cliente_contrato_servicos s LEFT JOIN produtos d ON d.id = s.id_produto
     WHERE s.id_contrato = :id AND s.status = 'A' AND s.tipo_acres_desc = 'A'
     ORDER BY s.id`,
    { id },
    servicoSchema,
  );
}

function toProduto({ origem, produtoId, descricao, nome, tipo }: z.output<typeof produtoSchema>) {
  return produtoId === null ? [] : [{ origem, produtoId, descricao: descricao || nome, tipo }];
}
