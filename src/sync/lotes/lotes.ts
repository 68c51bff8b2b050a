// Lists of changes: one kind, three origins (prévia, freio, operador), one table, one approval (decisions 14).
import { z } from 'zod';
import { sha256 } from '../../crypto.ts';
import { type Db, inList, optionalRow, type Params, rows, run } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { inFiliais } from '../filiais.ts';
import type { Acao } from '../tipos.ts';
import type { Mudanca } from '../varredura/mudancas.ts';

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
  limite: number | null;
  criadoPor: number | null;
  criadoEm: string;
  decididoPor: number | null;
  decididoEm: string | null;
  segundoPor: number | null;
  terminadoEm: string | null;
  porEstado: Record<EstadoDaLinha, number>;
}

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

const LoteRow = z.object({
  id: z.number(),
  origem: z.enum(['previa', 'freio', 'operador']),
  estado: z.enum(['simulado', 'aguardando', 'executando', 'pausado', 'concluido', 'rejeitado', 'dissolvido']),
  titulo: z.string(),
  motivo: z.string().nullable(),
  resumo: z.instanceof(Buffer).transform((hash) => hash.toString('hex')),
  total: z.number(),
  preparado: z.number().transform((value) => value === 1),
  limite: z.number().nullable(),
  criadoPor: z.number().nullable(),
  criadoEm: z.string(),
  decididoPor: z.number().nullable(),
  decididoEm: z.string().nullable(),
  segundoPor: z.number().nullable(),
  terminadoEm: z.string().nullable(),
});

const SELECT = `SELECT id, origem, estado, titulo, motivo, resumo, total, preparado, limite, criado_por AS criadoPor,
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

export interface NovoLote {
  origem: Origem;
  estado: EstadoDoLote;
  titulo: string;
  motivo: string | null;
  limite: number | null;
  regime: Buffer | null;
  criadoPor: number | null;
}

const EMPTY = sha256('');

/** Makes an empty lote and returns its id. */
export async function insertLote(tx: Db, lote: NovoLote): Promise<number> {
  const { insertId } = await run(
    tx,
    `INSERT INTO lotes (origem, estado, titulo, motivo, resumo, regime, limite, criado_por, criado_em)
     VALUES (:origem, :estado, :titulo, :motivo, :resumo, :regime, :limite, :criadoPor, UTC_TIMESTAMP(6))`,
    { ...lote, resumo: EMPTY },
  );
  return insertId;
}

const INSERT_CHUNK = 200;

/** Adds changes that the lote does not hold yet; the hash follows. Runs in the caller's transaction. Returns how many were new. */
export async function appendLinhas(tx: Db, loteId: number, mudancas: Mudanca[]): Promise<number> {
  const known = await rows(
    tx,
    "SELECT contrato_id AS contratoId, usuario_id AS usuarioId, acao FROM lote_linhas WHERE lote_id = :loteId AND estado = 'pendente'",
    { loteId },
    z.object({ contratoId: z.number(), usuarioId: z.number().nullable(), acao: z.string() }),
  );
  const keyOf = (line: { contratoId: number; usuarioId: number | null; acao: string }): string =>
    `${line.usuarioId ?? `c${line.contratoId}`}:${line.acao}`;
  const have = new Set(known.map(keyOf));
  const fresh = mudancas.filter((mudanca) => !have.has(keyOf(mudanca)));
  const last = await optionalRow(
    tx,
    'SELECT MAX(n) AS n FROM lote_linhas WHERE lote_id = :loteId',
    { loteId },
    z.object({ n: z.number().nullable() }),
  );
  let n = last?.n ?? 0;
  for (let start = 0; start < fresh.length; start += INSERT_CHUNK) {
    const params: Params = { loteId };
    const values = fresh.slice(start, start + INSERT_CHUNK).map((mudanca, k) => {
      n += 1;
      Object.assign(params, {
        [`n${k}`]: n,
        [`u${k}`]: mudanca.usuarioId,
        [`c${k}`]: mudanca.contratoId,
        [`l${k}`]: mudanca.clienteId,
        [`f${k}`]: mudanca.filialId,
        [`a${k}`]: mudanca.acao,
        [`d${k}`]: mudanca.de,
        [`p${k}`]: mudanca.para,
        [`o${k}`]: mudanca.planoId,
        [`m${k}`]: mudanca.motivo.slice(0, 255),
      });
      return `(:loteId, :n${k}, :u${k}, :c${k}, :l${k}, :f${k}, :a${k}, :d${k}, :p${k}, :o${k}, :m${k}, 'pendente')`;
    });
    await run(
      tx,
      `INSERT INTO lote_linhas (lote_id, n, usuario_id, contrato_id, cliente_id, filial_id, acao, de, para, plano_id, motivo, estado)
       VALUES ${values.join(', ')}`,
      params,
    );
  }
  await refreshResumo(tx, loteId);
  return fresh.length;
}

/** Recomputes the hash of the exact list of pending lines, and the total. */
export async function refreshResumo(tx: Db, loteId: number): Promise<void> {
  const lines = await rows(
    tx,
    `SELECT CONCAT_WS(':', n, COALESCE(usuario_id, 0), contrato_id, acao, para, COALESCE(plano_id, 0)) AS line
     FROM lote_linhas WHERE lote_id = :loteId AND estado = 'pendente' ORDER BY n`,
    { loteId },
    z.object({ line: z.string() }),
  );
  await run(
    tx,
    'UPDATE lotes SET resumo = :resumo, total = (SELECT COUNT(*) FROM lote_linhas WHERE lote_id = :loteId) WHERE id = :loteId2',
    { resumo: sha256(lines.map(({ line }) => line).join('\n')), loteId, loteId2: loteId },
  );
}

/** The scan's own waiting lote with this origin and title, made when there is none. */
export async function openWaiting(tx: Db, lote: Omit<NovoLote, 'estado' | 'criadoPor'>): Promise<number> {
  const open = await optionalRow(
    tx,
    `SELECT id FROM lotes WHERE origem = :origem AND estado = 'aguardando' AND titulo = :titulo AND criado_por IS NULL
     AND decidido_por IS NULL ORDER BY id DESC LIMIT 1 FOR UPDATE`,
    { origem: lote.origem, titulo: lote.titulo },
    z.object({ id: z.number() }),
  );
  if (open === undefined) return insertLote(tx, { ...lote, estado: 'aguardando', criadoPor: null });
  await run(tx, 'UPDATE lotes SET motivo = :motivo, limite = :limite, regime = :regime WHERE id = :id', {
    id: open.id,
    motivo: lote.motivo,
    limite: lote.limite,
    regime: lote.regime,
  });
  return open.id;
}

/**
 * Drops from the scan's waiting lotes the lines that IXC has made pointless: `still` says which changes stand among the
 * usuários of `looked` ('todos' after a complete scan). A lote left without lines dissolves.
 */
export async function dropStale(tx: Db, looked: number[] | 'todos', still: Mudanca[]): Promise<void> {
  const lines = await rows(
    tx,
    `SELECT l.lote_id AS loteId, l.n, l.usuario_id AS usuarioId, l.contrato_id AS contratoId, l.acao, l.para
     FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE o.estado = 'aguardando' AND o.criado_por IS NULL AND l.estado = 'pendente' AND l.usuario_id IS NOT NULL`,
    {},
    z.object({
      loteId: z.number(),
      n: z.number(),
      usuarioId: z.number(),
      contratoId: z.number(),
      acao: z.string(),
      para: z.string(),
    }),
  );
  const stands = new Set(still.map(({ usuarioId, acao, para }) => `${usuarioId}:${acao}:${para}`));
  const among = looked === 'todos' ? undefined : new Set(looked);
  const stale = lines.filter(
    (line) =>
      (among === undefined || among.has(line.usuarioId)) &&
      !stands.has(`${line.usuarioId}:${line.acao}:${line.para}`),
  );
  for (const { loteId, n } of stale) {
    await run(
      tx,
      "UPDATE lote_linhas SET estado = 'dispensada', mensagem = 'O IXC voltou atrás.' WHERE lote_id = :loteId AND n = :n AND estado = 'pendente'",
      { loteId, n },
    );
  }
  for (const loteId of new Set(stale.map((line) => line.loteId))) {
    await refreshResumo(tx, loteId);
    await run(
      tx,
      `UPDATE lotes SET estado = 'dissolvido', terminado_em = UTC_TIMESTAMP(6) WHERE id = :loteId AND estado = 'aguardando'
       AND NOT EXISTS (SELECT 1 FROM lote_linhas WHERE lote_id = :loteId2 AND estado = 'pendente')`,
      { loteId, loteId2: loteId },
    );
  }
}
