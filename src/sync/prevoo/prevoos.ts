// The pré-voo as people meet it: asked for, followed, and read by cause and by contract inside the operator's branches.
import { z } from 'zod';
import { type Db, optionalRow, type Params, row, rows, run, transaction } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { inFiliais } from '../filiais.ts';
import type { Operador } from '../tipos.ts';
import { CAUSAS_DO_PREVOO, type CausaDoPrevoo } from './causas.ts';

export interface Prevoo {
  id: number;
  estado: 'pedido' | 'correndo' | 'feito' | 'falhou';
  /** Contracts to look at; null until they are counted. */
  procurados: number | null;
  vistos: number;
  /** Contracts that would be sent, of every branch. */
  elegiveis: number;
  /** Those of them that would be refused, of every branch. */
  reprovados: number;
  pedidoPor: number;
  pedidoEm: string;
  terminadoEm: string | null;
  /** Seconds since the last sign of life; large while it stands still. */
  paradoHaSegundos: number;
}

const PrevooRow = z.object({
  id: z.number(),
  estado: z.enum(['pedido', 'correndo', 'feito', 'falhou']),
  procurados: z.number().nullable(),
  vistos: z.number(),
  elegiveis: z.number(),
  reprovados: z.number(),
  pedidoPor: z.number(),
  pedidoEm: z.string(),
  terminadoEm: z.string().nullable(),
  paradoHaSegundos: z.coerce.number(),
});

const SELECT = `SELECT id, estado, procurados, vistos, elegiveis, reprovados, pedido_por AS pedidoPor,
    pedido_em AS pedidoEm, terminado_em AS terminadoEm,
    TIMESTAMPDIFF(SECOND, COALESCE(visto_em, pedido_em), UTC_TIMESTAMP(6)) AS paradoHaSegundos
  FROM prevoos`;

export interface Prevoos {
  /** What goes on now. */
  emAndamento: Prevoo | undefined;
  /** The last one that ended, well or not. */
  ultimo: Prevoo | undefined;
}

/** The one in progress and the one before it. */
export async function findPrevoos(db: Db): Promise<Prevoos> {
  const [emAndamento, ultimo] = await Promise.all([
    optionalRow(db, `${SELECT} WHERE andamento = 1`, {}, PrevooRow),
    optionalRow(db, `${SELECT} WHERE andamento IS NULL ORDER BY id DESC LIMIT 1`, {}, PrevooRow),
  ]);
  return { emAndamento, ultimo };
}

/** Asks for a pré-voo, unless one is in progress already. It begins within a second, wherever IXC is scanned. */
export async function requestPrevoo(sync: Sync, operador: Operador): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'INSERT IGNORE INTO prevoos (pedido_por, pedido_em) VALUES (:operadorId, UTC_TIMESTAMP(6))',
      { operadorId: operador.id },
    );
    if (affectedRows === 1) await audit(tx, { operadorId: operador.id, evento: 'prevoo_pedido' });
  });
}

export interface Contagem {
  /** Contracts with at least one cause. */
  contratos: number;
  /** Clients behind them. */
  clientes: number;
  /** The most frequent first. A contract with two causes is in both. */
  porCausa: { causa: CausaDoPrevoo; total: number }[];
}

const causa = z.enum(CAUSAS_DO_PREVOO);

/** What a pré-voo found in these branches. */
export async function countCausas(db: Db, prevooId: number, filiais: Filiais): Promise<Contagem> {
  const scope = inFiliais('filial_id', filiais);
  const params = { prevooId, ...scope.params };
  const [porCausa, todos] = await Promise.all([
    rows(
      db,
      `SELECT causa, COUNT(*) AS total FROM prevoo_linhas WHERE prevoo_id = :prevooId AND ${scope.sql}
       GROUP BY causa ORDER BY total DESC, causa`,
      params,
      z.object({ causa, total: z.coerce.number() }),
    ),
    row(
      db,
      `SELECT COUNT(DISTINCT contrato_id) AS contratos, COUNT(DISTINCT cliente_id) AS clientes
       FROM prevoo_linhas WHERE prevoo_id = :prevooId AND ${scope.sql}`,
      params,
      z.object({ contratos: z.coerce.number(), clientes: z.coerce.number() }),
    ),
  ]);
  return { ...todos, porCausa };
}

export interface Linha {
  contratoId: number;
  clienteId: number;
  filialId: number;
  causas: CausaDoPrevoo[];
}

export interface LinhasFilter {
  filiais: Filiais;
  causa?: CausaDoPrevoo | undefined;
  /** The contract that ended the page before. */
  depois?: number | undefined;
  limite: number;
}

/** A page of contracts that would fail, by id; with `causa`, those that fail for it (told with all their causes). */
export async function listLinhas(
  db: Db,
  prevooId: number,
  filter: LinhasFilter,
): Promise<{ linhas: Linha[]; proxima: number | undefined }> {
  const scope = inFiliais('filial_id', filter.filiais);
  const params: Params = { prevooId, prevooId2: prevooId, depois: filter.depois ?? 0, ...scope.params };
  const daCausa = filter.causa === undefined ? '' : 'AND causa = :causa';
  if (filter.causa !== undefined) params['causa'] = filter.causa;
  const found = await rows(
    db,
    `SELECT l.contrato_id AS contratoId, MIN(l.cliente_id) AS clienteId, MIN(l.filial_id) AS filialId,
       GROUP_CONCAT(l.causa ORDER BY l.causa) AS causas
     FROM (SELECT DISTINCT contrato_id FROM prevoo_linhas
       WHERE prevoo_id = :prevooId ${daCausa} AND contrato_id > :depois AND ${scope.sql}
       ORDER BY contrato_id LIMIT ${filter.limite + 1}) pagina
     JOIN prevoo_linhas l ON l.prevoo_id = :prevooId2 AND l.contrato_id = pagina.contrato_id
     GROUP BY l.contrato_id ORDER BY l.contrato_id`,
    params,
    z.object({
      contratoId: z.number(),
      clienteId: z.number(),
      filialId: z.number(),
      causas: z.string().transform((list) => z.array(causa).parse(list.split(','))),
    }),
  );
  const linhas = found.slice(0, filter.limite);
  return { linhas, proxima: found.length > linhas.length ? linhas.at(-1)?.contratoId : undefined };
}
