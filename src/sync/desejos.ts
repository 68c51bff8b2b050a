// Writing a wish: orders and adesões become what the account should be, in one transaction with its operação.
import { z } from 'zod';
import { type Db, row, run } from '../db.ts';
import { strongestOf, wishOf } from './desejo.ts';
import { DUVIDA, Duvida } from './duvidas.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from './prazo.ts';
import type { Acao, AcaoDoMotor } from './tipos.ts';
import { listAdesoes } from './usuarios.ts';

// A person who has just paid must not wait; a block can.
const PRIORITY: Record<Acao, number> = {
  desbloquear: 1,
  criar: 2,
  trocar_plano: 2,
  cancelar: 3,
  bloquear: 4,
};

export interface Pedido {
  usuarioId: number;
  acao: Acao;
  causa: 'operador' | 'regra' | 'correcao';
  operadorId: number | null;
  motivo?: string;
  contratoId?: number;
}

const LockedRow = z.object({
  integracaoId: z.number(),
  desejada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  planoId: z.number().nullable(),
  bloqueioManual: z.number(),
  cancelarEmMs: z.coerce.number().nullable(),
  emCarencia: z.coerce.number(),
  duvida: Duvida.nullable(),
  agoraMs: z.coerce.number(),
});

/** Whether a usuário is in carência, in SQL. Days are the provider's (UTC−3). */
export const IN_CARENCIA = 'COALESCE(carencia_ate >= DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR), 0)';

/**
 * Recomputes the wish of a usuário from its adesões and orders, makes it the newest generation and puts it in the
 * queue with an open operação; operações of older wishes are superseded. Returns the operação's id.
 * The caller holds a transaction in which the orders were already written.
 */
export async function applyWish(tx: Db, pedido: Pedido): Promise<number> {
  const { usuarioId } = pedido;
  const current = await row(
    tx,
    `SELECT integracao_id AS integracaoId, desejada, desejado_plano_id AS planoId, bloqueio_manual AS bloqueioManual,
       UNIX_TIMESTAMP(cancelar_em) * 1000 AS cancelarEmMs, ${IN_CARENCIA} AS emCarencia,
       duvida, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs
     FROM usuarios WHERE id = :usuarioId FOR UPDATE`,
    { usuarioId },
    LockedRow,
  );
  const adesoes = (await listAdesoes(tx, [usuarioId])).filter(({ vigente }) => vigente);
  const cancels = strongestOf(adesoes) === 'cancelar' && current.emCarencia !== 1;
  const cancelarRegraEm = await keepPrazo(tx, usuarioId, cancels);
  const wish = wishOf(
    adesoes,
    {
      bloqueioManual: current.bloqueioManual === 1,
      cancelarEm: current.cancelarEmMs,
      cancelarRegraEm,
      emCarencia: current.emCarencia === 1,
    },
    { desejada: current.desejada, planoId: current.planoId, retida: null },
    current.agoraMs,
  );
  // Who the person is, only an answer settles: until then nothing but a block or a cancellation goes out.
  const duvida = wish.desejada === 'ativo' ? current.duvida : null;
  const retida = duvida === null ? wish.retida : 'quem_e_a_pessoa';
  await run(
    tx,
    `UPDATE usuarios SET desejada = :desejada, desejado_plano_id = :planoId, geracao = geracao + 1, trabalho = 1,
       prioridade = :prioridade, proxima_em = UTC_TIMESTAMP(6), falhas = 0, abertas = 0, retida = :retida,
       retida_detalhe = NULL, retida_em = IF(:retida2 IS NULL, NULL, UTC_TIMESTAMP(6)), reavaliar_em = NULL,
       mensagem = :mensagem
     WHERE id = :usuarioId`,
    {
      usuarioId,
      desejada: wish.desejada,
      planoId: wish.planoId,
      prioridade: PRIORITY[pedido.acao],
      retida,
      retida2: retida,
      mensagem: duvida && DUVIDA[duvida],
    },
  );
  await supersedeOperacoes(tx, usuarioId);
  return insertOperacao(tx, {
    ...pedido,
    integracaoId: current.integracaoId,
    contratoId: pedido.contratoId ?? adesoes[0]?.contratoId,
    // The branch of the contract that asks: the brake counts by it.
    filialId:
      (adesoes.find(({ contratoId }) => contratoId === pedido.contratoId) ?? adesoes[0])?.filialId ?? 0,
  });
}

// The prazo starts when the rules first cancel, and is forgotten when they go back or a carência is given: whoever
// comes out of one is blocked first.
async function keepPrazo(tx: Db, usuarioId: number, cancels: boolean): Promise<number | null> {
  await run(
    tx,
    cancels
      ? `UPDATE usuarios SET cancelar_regra_em = COALESCE(cancelar_regra_em,
           UTC_TIMESTAMP(6) + INTERVAL ${PRAZO_DE_CANCELAMENTO_DIAS} DAY) WHERE id = :usuarioId`
      : 'UPDATE usuarios SET cancelar_regra_em = NULL WHERE id = :usuarioId',
    { usuarioId },
  );
  const { em } = await row(
    tx,
    'SELECT UNIX_TIMESTAMP(cancelar_regra_em) * 1000 AS em FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    z.object({ em: z.coerce.number().nullable() }),
  );
  return em;
}

async function supersedeOperacoes(tx: Db, usuarioId: number): Promise<void> {
  await run(
    tx,
    `UPDATE operacoes SET estado = 'substituida', encerrada_em = UTC_TIMESTAMP(6), mensagem = 'Um pedido mais novo tomou o lugar deste.'
     WHERE usuario_id = :usuarioId AND estado = 'aberta'`,
    { usuarioId },
  );
}

export interface NovaOperacao {
  integracaoId: number;
  usuarioId: number;
  acao: AcaoDoMotor;
  causa: 'operador' | 'regra' | 'correcao';
  operadorId: number | null;
  contratoId?: number | undefined;
  filialId: number;
  motivo?: string | undefined;
}

/** Opens an operação for a usuário and returns its id. */
export async function insertOperacao(tx: Db, operacao: NovaOperacao): Promise<number> {
  const { insertId } = await run(
    tx,
    `INSERT INTO operacoes (integracao_id, usuario_id, contrato_id, filial_id, acao, estado, causa, operador_id, motivo, criado_em)
     VALUES (:integracaoId, :usuarioId, :contratoId, :filialId, :acao, 'aberta', :causa, :operadorId, :motivo, UTC_TIMESTAMP(6))`,
    {
      integracaoId: operacao.integracaoId,
      usuarioId: operacao.usuarioId,
      acao: operacao.acao,
      causa: operacao.causa,
      operadorId: operacao.operadorId,
      contratoId: operacao.contratoId ?? null,
      filialId: operacao.filialId,
      motivo: operacao.motivo ?? null,
    },
  );
  return insertId;
}
