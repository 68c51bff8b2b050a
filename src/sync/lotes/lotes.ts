// Lists of changes: one kind, three origins (prévia, freio, operador), one table, one approval (decisions 14).
import { z } from 'zod';
import { type Db, inList, optionalRow, type Params, rows } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { inFiliais } from '../filiais.ts';
import type { EstadoDaLinha } from './linhas.ts';

export type Origem = 'previa' | 'freio' | 'operador';
export type EstadoDoLote =
  | 'simulado'
  | 'aguardando'
  | 'executando'
  | 'pausado'
  | 'concluido'
  | 'rejeitado'
  | 'dissolvido';

export interface Lote {
  id: number;
  origem: Origem;
  estado: EstadoDoLote;
  titulo: string;
  motivo: string | null;
  /** Hex: the approval must name it. */
  resumo: string;
  total: number;
  /** false while a prévia is still being filled. */
  preparado: boolean;
  /** Approving it, even without a line, lets later runs go by their mode. */
  aceitaRegras: boolean;
  limite: number | null;
  criadoPor: number | null;
  criadoEm: string;
  decididoPor: number | null;
  decididoEm: string | null;
  segundoPor: number | null;
  terminadoEm: string | null;
  porEstado: Record<EstadoDaLinha, number>;
}

const LoteRow = z.object({
  id: z.number(),
  origem: z.enum(['previa', 'freio', 'operador']),
  estado: z.enum(['simulado', 'aguardando', 'executando', 'pausado', 'concluido', 'rejeitado', 'dissolvido']),
  titulo: z.string(),
  motivo: z.string().nullable(),
  resumo: z.instanceof(Buffer).transform((hash) => hash.toString('hex')),
  total: z.number(),
  preparado: z.number().transform((value) => value === 1),
  aceitaRegras: z.number().transform((value) => value === 1),
  limite: z.number().nullable(),
  criadoPor: z.number().nullable(),
  criadoEm: z.string(),
  decididoPor: z.number().nullable(),
  decididoEm: z.string().nullable(),
  segundoPor: z.number().nullable(),
  terminadoEm: z.string().nullable(),
});

const SELECT = `SELECT id, origem, estado, titulo, motivo, resumo, total, preparado,
    regime IS NOT NULL AS aceitaRegras, limite, criado_por AS criadoPor,
    criado_em AS criadoEm, decidido_por AS decididoPor, decidido_em AS decididoEm, segundo_por AS segundoPor,
    terminado_em AS terminadoEm
  FROM lotes`;

/** Whose lotes: those with a line in the branches, and those that the person asked for. */
export interface QuemVe {
  id: number;
  filiais: Filiais;
}

export interface LotesFilter {
  /** Left out = every lote, with every line counted. */
  quem?: QuemVe | undefined;
  origem?: Origem | undefined;
  estado?: EstadoDoLote | undefined;
  depois?: number | undefined;
  limite: number;
}

/** A page of lotes, newest first. */
export async function listLotes(
  db: Db,
  filter: LotesFilter,
): Promise<{ lotes: Lote[]; proxima: number | undefined }> {
  const visible = visibleTo(filter.quem);
  const where = [visible.sql];
  const params: Params = visible.params;
  for (const [name, condition] of [
    ['origem', 'origem = :origem'],
    ['estado', 'estado = :estado'],
    ['depois', 'id < :depois'],
  ] as const) {
    const value = filter[name];
    if (value === undefined) continue;
    where.push(condition);
    params[name] = value;
  }
  const found = await rows(
    db,
    `${SELECT} WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ${filter.limite + 1}`,
    params,
    LoteRow,
  );
  const lotes = await withCounts(db, found.slice(0, filter.limite), filter.quem?.filiais);
  return { lotes, proxima: found.length > lotes.length ? lotes.at(-1)?.id : undefined };
}

/** One lote; undefined when missing, or when `quem` may not know of it. */
export async function findLote(db: Db, id: number, quem?: QuemVe): Promise<Lote | undefined> {
  const visible = visibleTo(quem);
  const params = { id, ...visible.params };
  const found = await optionalRow(db, `${SELECT} WHERE id = :id AND ${visible.sql}`, params, LoteRow);
  return found && (await withCounts(db, [found], quem?.filiais))[0];
}

function visibleTo(quem: QuemVe | undefined): { sql: string; params: Params } {
  if (quem === undefined || quem.filiais === 'todas') return { sql: 'TRUE', params: {} };
  const scope = inFiliais('visivel.filial_id', quem.filiais);
  return {
    sql: `(criado_por = :quem OR EXISTS (SELECT 1 FROM lote_linhas visivel WHERE visivel.lote_id = lotes.id AND ${scope.sql}))`,
    params: { quem: quem.id, ...scope.params },
  };
}

async function withCounts(
  db: Db,
  lotes: z.output<typeof LoteRow>[],
  filiais: Filiais = 'todas',
): Promise<Lote[]> {
  const scope = inFiliais('filial_id', filiais);
  const list = inList(
    'lote',
    lotes.map(({ id }) => id),
  );
  const counts = await rows(
    db,
    `SELECT lote_id AS loteId, estado, COUNT(*) AS total FROM lote_linhas WHERE lote_id IN (${list.sql}) AND ${scope.sql}
     GROUP BY lote_id, estado`,
    { ...list.params, ...scope.params },
    z.object({
      loteId: z.number(),
      estado: z.enum(['pendente', 'aplicada', 'dispensada', 'recusada']),
      total: z.coerce.number(),
    }),
  );
  return lotes.map((lote) => {
    const porEstado = { pendente: 0, aplicada: 0, dispensada: 0, recusada: 0 };
    for (const count of counts) if (count.loteId === lote.id) porEstado[count.estado] = count.total;
    return { ...lote, porEstado };
  });
}
