// Making and changing lists: the hash always follows the exact list, and what IXC made pointless leaves it.
import { z } from 'zod';
import { sha256 } from '../../crypto.ts';
import { type Db, inList, optionalRow, type Params, rows, run } from '../../db.ts';
import type { Mudanca } from '../varredura/mudancas.ts';
import { CHAVE_SQL, ChaveRow, chaveDe } from './chave.ts';
import type { EstadoDoLote, Origem } from './lotes.ts';

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

const CHUNK = 200;

/** Adds changes that the lote does not hold yet; the hash follows. Runs in the caller's transaction. Returns how many were new. */
export async function appendLinhas(tx: Db, loteId: number, mudancas: Mudanca[]): Promise<number> {
  const known = await rows(
    tx,
    `SELECT ${CHAVE_SQL} FROM lote_linhas l WHERE l.lote_id = :loteId AND l.estado = 'pendente'`,
    { loteId },
    ChaveRow,
  );
  const have = new Set(known.map(chaveDe));
  const fresh = mudancas.filter((mudanca) => {
    const key = chaveDe(mudanca);
    return !have.has(key) && have.add(key);
  });
  const last = await optionalRow(
    tx,
    'SELECT MAX(n) AS n FROM lote_linhas WHERE lote_id = :loteId',
    { loteId },
    z.object({ n: z.number().nullable() }),
  );
  let n = last?.n ?? 0;
  for (let start = 0; start < fresh.length; start += CHUNK) {
    const params: Params = { loteId };
    const values = fresh.slice(start, start + CHUNK).map((mudanca, k) => {
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
 * usuários of `looked`; 'todos' after a complete scan, which also knows every creation. A lote left without lines dissolves.
 */
export async function dropStale(tx: Db, looked: number[] | 'todos', still: Mudanca[]): Promise<void> {
  const lines = await rows(
    tx,
    `SELECT l.lote_id AS loteId, l.n, ${CHAVE_SQL} FROM lote_linhas l JOIN lotes o ON o.id = l.lote_id
     WHERE o.estado = 'aguardando' AND o.criado_por IS NULL AND l.estado = 'pendente'`,
    {},
    ChaveRow.extend({ loteId: z.number(), n: z.number() }),
  );
  const stands = new Set(still.map(chaveDe));
  const among = looked === 'todos' ? undefined : new Set<number | null>(looked);
  const stale = lines.filter(
    (line) => (among === undefined || among.has(line.usuarioId)) && !stands.has(chaveDe(line)),
  );
  for (const loteId of new Set(stale.map((line) => line.loteId))) {
    await dispense(
      tx,
      loteId,
      stale.filter((line) => line.loteId === loteId).map(({ n }) => n),
    );
    await refreshResumo(tx, loteId);
    await run(
      tx,
      `UPDATE lotes SET estado = 'dissolvido', terminado_em = UTC_TIMESTAMP(6) WHERE id = :loteId AND estado = 'aguardando'
       AND NOT EXISTS (SELECT 1 FROM lote_linhas WHERE lote_id = :loteId2 AND estado = 'pendente')`,
      { loteId, loteId2: loteId },
    );
  }
}

async function dispense(tx: Db, loteId: number, numeros: number[]): Promise<void> {
  for (let start = 0; start < numeros.length; start += CHUNK) {
    const list = inList('n', numeros.slice(start, start + CHUNK));
    await run(
      tx,
      `UPDATE lote_linhas SET estado = 'dispensada', mensagem = 'O IXC voltou atrás.'
       WHERE lote_id = :loteId AND n IN (${list.sql}) AND estado = 'pendente'`,
      { loteId, ...list.params },
    );
  }
}
