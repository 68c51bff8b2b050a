// What a person asks of many at once: the action, whom the filter takes, and how far the simulation of it has come.
import { z } from 'zod';
import { type Db, optionalRow, type Params, run, transaction } from '../../../db.ts';
import type { Filiais } from '../../../ixc/tipos.ts';
import { audit } from '../../auditoria.ts';
import type { Sync } from '../../contexto.ts';
import { ESPERAS } from '../../filtroDeUsuarios.ts';
import type { Operador } from '../../tipos.ts';
import { causa, situacao } from '../../usuarios.ts';
import { insertLote } from '../escrita.ts';

const acao = z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']);
const id = z.number().int().positive().optional();

/** Whom it is about: ids and closed words only. */
export const Filtro = z.object({
  integracaoId: id,
  filialId: id,
  planoId: id,
  status: z.string().max(2).optional(),
  acesso: z.string().max(2).optional(),
  ativadoDe: z.iso.date().optional(),
  ativadoAte: z.iso.date().optional(),
  tipoPessoa: z.enum(['F', 'J']).optional(),
  situacao: situacao.optional(),
  espera: z.enum(ESPERAS).optional(),
  retida: causa.optional(),
});
export type Filtro = z.output<typeof Filtro>;

export interface NovoPedido {
  acao: z.output<typeof acao>;
  /** The plano to go to; null = what each contract's vínculos say. */
  planoId: number | null;
  motivo: string | null;
  quando: 'agora' | 'prazo';
  filtro: Filtro;
  /** The contracts of a list, in its order; undefined = everybody that the filter takes. */
  lista: readonly ItemDaLista[] | undefined;
}

/** One row of a list: the contract that it names, or why there is none. */
export type ItemDaLista = { contratoId: number } | { mensagem: string };

export interface Pedido extends Omit<NovoPedido, 'lista'> {
  loteId: number;
  lista: boolean;
  filiais: Filiais;
  /** Who asked. */
  criadoPor: number;
  /** Contracts to look at; null until they are counted. */
  procurados: number | null;
  vistos: number;
  ate: number;
  /** Looked at and left out by the filter. */
  fora: number;
  /** Seconds since the simulation last moved. */
  paradoHaSegundos: number;
}

const json = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

const PedidoRow = z.object({
  loteId: z.number(),
  acao,
  planoId: z.number().nullable(),
  motivo: z.string().nullable(),
  quando: z.enum(['agora', 'prazo']),
  filtro: z.preprocess(json, Filtro),
  lista: z.number().transform((value) => value === 1),
  filiais: z
    .string()
    .transform((text): Filiais => (text === 'todas' ? text : text.split(',').filter(Boolean).map(Number))),
  criadoPor: z.number(),
  procurados: z.number().nullable(),
  vistos: z.number(),
  ate: z.number(),
  fora: z.number(),
  paradoHaSegundos: z.coerce.number(),
});

/** What a lote of origem operador was asked to do; undefined for the others. */
export const findPedido = (db: Db, loteId: number): Promise<Pedido | undefined> =>
  optionalRow(
    db,
    `SELECT p.lote_id AS loteId, p.acao, p.plano_id AS planoId, p.motivo, p.quando, p.filtro, p.lista, p.filiais,
       l.criado_por AS criadoPor, p.procurados, p.vistos, p.ate, p.fora,
       TIMESTAMPDIFF(SECOND, COALESCE(p.visto_em, l.criado_em), UTC_TIMESTAMP(6)) AS paradoHaSegundos
     FROM lote_pedidos p JOIN lotes l ON l.id = p.lote_id WHERE p.lote_id = :loteId`,
    { loteId },
    PedidoRow,
  );

/** `preparado` of a lote whose simulation is not over: the scan's own prévias wait with 0. */
export const A_SIMULAR = 2;

/** Makes the lote; its simulation begins within a second, wherever IXC is scanned. Answers its id. */
export function createPedido(
  sync: Sync,
  operador: Operador,
  titulo: string,
  pedido: NovoPedido,
): Promise<number> {
  const { lista, filtro, ...rest } = pedido;
  return transaction(sync.db, async (tx) => {
    const loteId = await insertLote(tx, {
      origem: 'operador',
      estado: 'simulado',
      titulo: titulo.slice(0, 160),
      motivo: pedido.motivo,
      limite: null,
      regime: null,
      criadoPor: operador.id,
    });
    await run(tx, `UPDATE lotes SET preparado = ${A_SIMULAR} WHERE id = :loteId`, { loteId });
    await run(
      tx,
      `INSERT INTO lote_pedidos (lote_id, acao, plano_id, motivo, quando, filtro, lista, filiais, procurados)
       VALUES (:loteId, :acao, :planoId, :motivo, :quando, :filtro, :lista, :filiais, :procurados)`,
      {
        ...rest,
        loteId,
        filtro: JSON.stringify(filtro),
        lista: lista === undefined ? 0 : 1,
        filiais: operador.filiais === 'todas' ? 'todas' : operador.filiais.join(),
        procurados: lista?.length ?? null,
      },
    );
    if (lista !== undefined) await insertLista(tx, loteId, lista);
    await audit(tx, {
      operadorId: operador.id,
      evento: 'lote_pedido',
      detalhe: { lote: loteId, acao: pedido.acao, lista: lista?.length ?? 0, motivo: pedido.motivo },
    });
    return loteId;
  });
}

const CHUNK = 500;

async function insertLista(tx: Db, loteId: number, lista: readonly ItemDaLista[]): Promise<void> {
  for (let start = 0; start < lista.length; start += CHUNK) {
    const params: Params = { loteId };
    const values = lista.slice(start, start + CHUNK).map((item, k) => {
      params[`n${k}`] = start + k + 1;
      params[`c${k}`] = 'contratoId' in item ? item.contratoId : null;
      params[`m${k}`] = 'mensagem' in item ? item.mensagem.slice(0, 255) : null;
      return `(:loteId, :n${k}, :c${k}, :m${k})`;
    });
    const sql = `INSERT INTO lote_lista (lote_id, n, contrato_id, mensagem) VALUES ${values.join(', ')}`;
    await run(tx, sql, params);
  }
}
