// Writing a wish: orders and adesões become what the account should be, in one transaction with its operação.
import { z } from 'zod';
import { type Db, row, run } from '../db.ts';
import { wishOf } from './desejo.ts';
import type { Acao } from './tipos.ts';
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
  agoraMs: z.coerce.number(),
});

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
       UNIX_TIMESTAMP(cancelar_em) * 1000 AS cancelarEmMs, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs
     FROM usuarios WHERE id = :usuarioId FOR UPDATE`,
    { usuarioId },
    LockedRow,
  );
  const adesoes = (await listAdesoes(tx, [usuarioId])).filter(({ vigente }) => vigente);
  const wish = wishOf(
    adesoes,
    { bloqueioManual: current.bloqueioManual === 1, cancelarEm: current.cancelarEmMs },
    { desejada: current.desejada, planoId: current.planoId, retida: null },
    current.agoraMs,
  );
  await run(
    tx,
    `UPDATE usuarios SET desejada = :desejada, desejado_plano_id = :planoId, geracao = geracao + 1, trabalho = 1,
       prioridade = :prioridade, proxima_em = UTC_TIMESTAMP(6), falhas = 0, abertas = 0, retida = :retida,
       retida_detalhe = NULL, retida_em = IF(:retida2 IS NULL, NULL, UTC_TIMESTAMP(6)), reavaliar_em = NULL,
       mensagem = NULL
     WHERE id = :usuarioId`,
    {
      usuarioId,
      desejada: wish.desejada,
      planoId: wish.planoId,
      prioridade: PRIORITY[pedido.acao],
      retida: wish.retida,
      retida2: wish.retida,
    },
  );
  await supersedeOperacoes(tx, usuarioId);
  return insertOperacao(tx, {
    ...pedido,
    integracaoId: current.integracaoId,
    contratoId: pedido.contratoId ?? adesoes[0]?.contratoId,
    filialId: adesoes[0]?.filialId ?? 0,
  });
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
  acao: Acao;
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
