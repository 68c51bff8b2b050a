// The lines of a lote: one change each, with its reason and what became of it.
import { z } from 'zod';
import { type Db, type Params, rows } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { inFiliais } from '../filiais.ts';
import type { Acao } from '../tipos.ts';

export type EstadoDaLinha = 'pendente' | 'aplicada' | 'dispensada' | 'recusada';

export interface Linha {
  n: number;
  usuarioId: number | null;
  contratoId: number;
  clienteId: number;
  filialId: number;
  acao: Acao;
  de: string;
  para: string;
  planoId: number | null;
  motivo: string;
  estado: EstadoDaLinha;
  mensagem: string | null;
}

const LinhaRow = z.object({
  n: z.number(),
  usuarioId: z.number().nullable(),
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  acao: z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']),
  de: z.string(),
  para: z.string(),
  planoId: z.number().nullable(),
  motivo: z.string(),
  estado: z.enum(['pendente', 'aplicada', 'dispensada', 'recusada']),
  mensagem: z.string().nullable(),
});

const LINHA_SELECT = `SELECT n, usuario_id AS usuarioId, contrato_id AS contratoId, cliente_id AS clienteId,
    filial_id AS filialId, acao, de, para, plano_id AS planoId, motivo, estado, mensagem
  FROM lote_linhas`;

export interface LinhasFilter {
  filiais: Filiais;
  acao?: Acao | undefined;
  estado?: EstadoDaLinha | undefined;
  depois?: number | undefined;
  limite: number;
}

/** A page of the lines of a lote that the operator may see, in the order of the list. */
export async function listLinhas(
  db: Db,
  loteId: number,
  filter: LinhasFilter,
): Promise<{ linhas: Linha[]; proxima: number | undefined }> {
  const scope = inFiliais('filial_id', filter.filiais);
  const where = ['lote_id = :loteId', 'n > :depois', scope.sql];
  const params: Params = { loteId, depois: filter.depois ?? 0, ...scope.params };
  if (filter.acao) {
    where.push('acao = :acao');
    params['acao'] = filter.acao;
  }
  if (filter.estado) {
    where.push('estado = :estado');
    params['estado'] = filter.estado;
  }
  const found = await rows(
    db,
    `${LINHA_SELECT} WHERE ${where.join(' AND ')} ORDER BY n LIMIT ${filter.limite + 1}`,
    params,
    LinhaRow,
  );
  const linhas = found.slice(0, filter.limite);
  return { linhas, proxima: found.length > linhas.length ? linhas.at(-1)?.n : undefined };
}

/** How many lines of each action and branch a lote has. */
export const countLinhas = (
  db: Db,
  loteId: number,
): Promise<{ acao: Acao; filialId: number; estado: EstadoDaLinha; total: number }[]> =>
  rows(
    db,
    `SELECT acao, filial_id AS filialId, estado, COUNT(*) AS total FROM lote_linhas WHERE lote_id = :loteId
     GROUP BY acao, filial_id, estado ORDER BY acao, filial_id`,
    { loteId },
    LinhaRow.pick({ acao: true, filialId: true, estado: true }).extend({ total: z.coerce.number() }),
  );
