// The facts that rules look at, for many contracts at once: lean rows, by key or by what changed.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { idList, readInChunks } from './sql.ts';
import { parseId } from './valores.ts';

/** What one contract row says, without names: everything a rule may need. Dates AAAA-MM-DD or null. */
export interface FatosDoContrato {
  id: number;
  clienteId: number;
  filialId: number | null;
  planoDeVendaId: number;
  tipo: string;
  status: string;
  statusInternet: string;
  suspenso: boolean;
  fimSuspensao: string | null;
  naoBloquearAte: string | null;
  desbloqueioConfianca: boolean;
  fonteDosProdutos: string;
}

// A million rows pass here: one cheap check per row instead of a schema per field, and the values read as they are.
const Linha = z.custom<Record<string, unknown> & { id: number; clienteId: number }>(
  (value) => typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number',
);

const COLUMNS = `id, id_cliente AS clienteId, id_filial AS filialId, id_vd_contrato AS planoDeVendaId, tipo, status,
  status_internet AS statusInternet, contrato_suspenso AS suspenso, data_final_suspensao AS fimSuspensao,
  nao_bloquear_ate AS naoBloquearAte, desbloqueio_confianca_ativo AS desbloqueioConfianca,
  tipo_produtos_plano AS fonteDosProdutos`;

/** A place in the order of changes. */
export interface Marca {
  /** UTC `AAAA-MM-DD hh:mm:ss` */
  em: string;
  id: number;
}

export type FatosComMarca = FatosDoContrato & Marca;

/** Contracts changed at or after `marca`, in order of (ultima_atualizacao, id): the pages of an incremental scan. */
export async function pageContratosAlterados(
  ixc: Db,
  marca: Marca,
  limite: number,
): Promise<FatosComMarca[]> {
  const found = await rows(
    ixc,
    `SELECT ${COLUMNS}, ultima_atualizacao AS em FROM cliente_contrato
     WHERE ultima_atualizacao >= :em AND (ultima_atualizacao > :em2 OR id > :id)
     ORDER BY ultima_atualizacao, id LIMIT ${limite}`,
    { em: marca.em, em2: marca.em, id: marca.id },
    Linha,
  );
  return found.map((row) => ({ ...toFatos(row), em: text(row['em']) }));
}

/** Clients changed at or after `marca`, likewise. */
export function pageClientesAlterados(ixc: Db, marca: Marca, limite: number): Promise<Marca[]> {
  return rows(
    ixc,
    `SELECT id, ultima_atualizacao AS em FROM cliente
     WHERE ultima_atualizacao >= :em AND (ultima_atualizacao > :em2 OR id > :id)
     ORDER BY ultima_atualizacao, id LIMIT ${limite}`,
    { em: marca.em, em2: marca.em, id: marca.id },
    z.object({ id: z.number(), em: z.string() }),
  );
}

/** When each of these contracts last changed, UTC `AAAA-MM-DD hh:mm:ss`; those that no longer exist are missing. */
export async function listAlteracoes(ixc: Db, ids: readonly number[]): Promise<Map<number, string>> {
  const found = await readInChunks(ids, (part) => {
    const list = idList('id', part);
    const sql = `SELECT id, ultima_atualizacao AS em FROM cliente_contrato WHERE id IN (${list.sql})`;
    return rows(ixc, sql, list.params, z.object({ id: z.number(), em: z.string() }));
  });
  return new Map(found.map(({ id, em }) => [id, em]));
}

/** Contracts by key that one statement reads. */
export const CONTRATOS_POR_VEZ = 2_048;

/** The facts of these contracts; those that no longer exist are missing from the answer. */
export async function listFatos(ixc: Db, ids: readonly number[]): Promise<FatosDoContrato[]> {
  const unique = ids.length <= CONTRATOS_POR_VEZ ? ids : [...new Set(ids)];
  const found: FatosDoContrato[] = [];
  for (let start = 0; start < unique.length; start += CONTRATOS_POR_VEZ) {
    const list = idList('id', unique.slice(start, start + CONTRATOS_POR_VEZ));
    const sql = `SELECT ${COLUMNS} FROM cliente_contrato WHERE id IN (${list.sql})`;
    for (const row of await rows(ixc, sql, list.params, Linha)) found.push(toFatos(row));
  }
  return found;
}

function toFatos(row: z.output<typeof Linha>): FatosDoContrato {
  return {
    id: row.id,
    clienteId: Number(row.clienteId),
    filialId: parseId(row['filialId']),
    planoDeVendaId: Number(row['planoDeVendaId'] ?? 0),
    tipo: text(row['tipo']),
    status: text(row['status']),
    statusInternet: text(row['statusInternet']),
    suspenso: row['suspenso'] === 'S',
    fimSuspensao: date(row['fimSuspensao']),
    naoBloquearAte: date(row['naoBloquearAte']),
    desbloqueioConfianca: row['desbloqueioConfianca'] === 'S',
    fonteDosProdutos: text(row['fonteDosProdutos']),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');
const date = (value: unknown): string | null => (typeof value === 'string' && value >= '0001' ? value : null);
