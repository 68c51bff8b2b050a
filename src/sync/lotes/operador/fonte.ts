// Which contracts a pedido looks at, page by page, in an order that goes on after an interruption.
import { z } from 'zod';
import { type Db, row, rows } from '../../../db.ts';
import type { ProdutoVinculado } from '../../../ixc/vinculados.ts';
import type { Sync } from '../../contexto.ts';
import { inFiliais } from '../../filiais.ts';
import { usuariosWhere } from '../../filtroDeUsuarios.ts';
import { listContratosDeUsuarios } from '../../usuarios.ts';
import type { Criterios } from '../../varredura/avaliacao.ts';
import { listRelevant } from '../../varredura/completa.ts';
import type { Pedido } from './pedido.ts';

export interface Pagina {
  /** Contracts to look at. */
  ids: number[];
  /** Rows of a list that name none, each with why. */
  semContrato: string[];
  /** Key to go on from. */
  ate: number;
  vistos: number;
}

export interface Fonte {
  total: number;
  /** The page after `ate`; undefined at the end. */
  next(ate: number): Promise<Pagina | undefined>;
}

export const PAGE = 500;

/**
 * A list as it was sent; for a creation every contract that a vínculo makes matter (`produtos` is filled on the way);
 * for the rest the contracts of the people whom the filter takes.
 */
export async function openFonte(
  sync: Sync,
  pedido: Pedido,
  criterios: Criterios,
  produtos: Map<number, ProdutoVinculado[]>,
): Promise<Fonte> {
  if (pedido.lista) return listaOf(sync.db, pedido);
  if (pedido.acao === 'criar') return relevantes(await listRelevant(sync, produtos, criterios));
  return deUsuarios(sync.db, pedido);
}

async function listaOf(db: Db, { loteId, procurados }: Pedido): Promise<Fonte> {
  return {
    total: procurados ?? 0,
    async next(ate) {
      const found = await rows(
        db,
        `SELECT n, contrato_id AS contratoId, mensagem FROM lote_lista WHERE lote_id = :loteId AND n > :ate
         ORDER BY n LIMIT ${PAGE}`,
        { loteId, ate },
        z.object({ n: z.number(), contratoId: z.number().nullable(), mensagem: z.string().nullable() }),
      );
      const last = found.at(-1);
      return (
        last && {
          ids: found.flatMap(({ contratoId }) => (contratoId === null ? [] : [contratoId])),
          semContrato: found.flatMap(({ mensagem }) => (mensagem === null ? [] : [mensagem])),
          ate: last.n,
          vistos: found.length,
        }
      );
    },
  };
}

function relevantes(ids: Uint32Array): Fonte {
  return {
    total: ids.length,
    async next(ate) {
      const start = ids.findIndex((id) => id > ate);
      if (start === -1) return undefined;
      const page = [...ids.subarray(start, start + PAGE)];
      return { ids: page, semContrato: [], ate: page.at(-1) ?? ate, vistos: page.length };
    },
  };
}

async function deUsuarios(db: Db, { filtro, filiais }: Pedido): Promise<Fonte> {
  const { situacao, espera, retida, planoId } = filtro;
  const narrowed = { situacao, espera, retida, planoId };
  const where = await usuariosWhere(db, { ...narrowed, filiais: 'todas' });
  const own = inFiliais('a.filial_id', filiais);
  const { total } = await row(
    db,
    `SELECT COUNT(*) AS total FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id
     WHERE ${where.sql} AND a.vigente IS NOT NULL AND ${own.sql}`,
    { ...where.params, ...own.params },
    z.object({ total: z.coerce.number() }),
  );
  return {
    total,
    async next(ate) {
      const depois = ate === 0 ? undefined : ate;
      const page = await listContratosDeUsuarios(db, { ...narrowed, filiais, depois, limite: PAGE });
      const last = page.contratoIds.at(-1);
      if (last === undefined) return undefined;
      return { ids: page.contratoIds, semContrato: [], ate: last, vistos: page.contratoIds.length };
    },
  };
}
