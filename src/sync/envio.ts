// Whether the wish in force has left for Tele Clínica: what tells a person if it can still be withdrawn.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { ACOES_DE_OPERACAO, type AcaoDeOperacao } from './tipos.ts';

/** Answers after which the partner has surely done nothing. */
const NADA_FEITO = [
  'nao_enviada',
  'unavailable',
  'rate_limited',
  'credentials',
  'refused_data',
  'forbidden',
  'wrong_state',
];

export interface Envio {
  operacaoId: number;
  acao: AcaoDeOperacao;
  porOperador: boolean;
  filialId: number;
  /** UTC */
  pedidaEm: string;
  /** Writes that left for the partner, whatever came back. */
  enviadas: number;
  /** Of these, the ones that the partner may have done. */
  talvezFeitas: number;
  /** UTC; set while the answer to a call is awaited. */
  esperaDesde: string | null;
}

/** The open operações of one usuário, newest first; empty when nothing is under way. */
export const listEnvios = (db: Db, usuarioId: number): Promise<Envio[]> =>
  rows(
    db,
    `SELECT o.id AS operacaoId, o.acao, o.causa = 'operador' AS porOperador, o.filial_id AS filialId, o.criado_em AS pedidaEm,
       COALESCE(SUM(t.escrita = 1 AND t.resultado <> 'nao_enviada'), 0) AS enviadas,
       COALESCE(SUM(t.escrita = 1 AND t.resultado NOT IN (${NADA_FEITO.map((each) => `'${each}'`).join(', ')})), 0) AS talvezFeitas,
       MAX(IF(t.resultado = 'enviada', t.enviada_em, NULL)) AS esperaDesde
     FROM operacoes o LEFT JOIN tentativas t ON t.operacao_id = o.id
     WHERE o.usuario_id = :usuarioId AND o.estado = 'aberta' GROUP BY o.id ORDER BY o.id DESC`,
    { usuarioId },
    z.object({
      operacaoId: z.number(),
      acao: z.enum(ACOES_DE_OPERACAO),
      porOperador: z.number().transform((value) => value === 1),
      filialId: z.number(),
      pedidaEm: z.string(),
      enviadas: z.coerce.number(),
      talvezFeitas: z.coerce.number(),
      esperaDesde: z.string().nullable(),
    }),
  );

/** The action that can be withdrawn as if never asked: a block or a plano, ordered by a person, that had no effect yet. */
export function undoable(envios: readonly Envio[]): 'bloquear' | 'trocar_plano' | undefined {
  if (envios.some(({ talvezFeitas }) => talvezFeitas > 0)) return undefined;
  const order = envios.find(({ porOperador }) => porOperador);
  return order?.acao === 'bloquear' || order?.acao === 'trocar_plano' ? order.acao : undefined;
}
