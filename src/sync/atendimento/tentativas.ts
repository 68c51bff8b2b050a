// One row per HTTP call, committed before the call leaves; the same statement asks whether it may leave at all.
import { z } from 'zod';
import { type Db, row, rows, run } from '../../db.ts';
import type { Answer } from '../../teleclinica/port.ts';
import type { AcaoDoMotor, Chamada } from '../tipos.ts';
import type { Atendido } from './fila.ts';

export interface NovaTentativa {
  atendido: Atendido;
  operacaoId: number | null;
  acao: AcaoDoMotor | 'ler';
  chamada: Chamada;
  dono: string;
}

/** Why a call may not leave: the person is no longer ours or wishes something else now, a pause covers it, or the integração stopped. */
export type Impedimento = 'mudou' | 'pausa' | 'parou';

/** Records a call that is about to leave and returns its id, or says why it must not leave. */
export async function openTentativa(db: Db, nova: NovaTentativa): Promise<number | Impedimento> {
  const { atendido } = nova;
  const { affectedRows, insertId } = await run(
    db,
    `INSERT INTO tentativas (operacao_id, usuario_id, integracao_id, lease_token, processo, chamada, escrita, enviada_em)
     SELECT :operacaoId, u.id, i.id, u.lease_token, :dono, :chamada, :escrita, UTC_TIMESTAMP(6)
     FROM usuarios u JOIN integracoes i ON i.id = u.integracao_id
     WHERE u.id = :id AND u.lease_token = :token AND u.geracao = :geracao AND i.credencial_parada_em IS NULL
       AND (i.limite_ate IS NULL OR i.limite_ate <= UTC_TIMESTAMP(6))
       AND NOT EXISTS (SELECT 1 FROM pausas p
         WHERE p.operacao IN ('', :acao) AND p.filial_id IN (0, :filialId))`,
    {
      operacaoId: nova.operacaoId,
      dono: nova.dono,
      chamada: nova.chamada,
      escrita: nova.acao === 'ler' ? 0 : 1,
      acao: nova.acao,
      id: atendido.id,
      token: atendido.token,
      geracao: atendido.geracao,
      filialId: atendido.filialId,
    },
  );
  return affectedRows === 1 ? insertId : findImpedimento(db, nova);
}

async function findImpedimento(db: Db, { acao, atendido }: NovaTentativa): Promise<Impedimento> {
  const { nosso, pausado } = await row(
    db,
    `SELECT EXISTS (SELECT 1 FROM usuarios WHERE id = :id AND lease_token = :token AND geracao = :geracao) AS nosso,
       EXISTS (SELECT 1 FROM pausas WHERE operacao IN ('', :acao) AND filial_id IN (0, :filialId)) AS pausado`,
    { id: atendido.id, token: atendido.token, geracao: atendido.geracao, acao, filialId: atendido.filialId },
    z.object({ nosso: z.number(), pausado: z.number() }),
  );
  if (nosso === 0) return 'mudou';
  return pausado === 1 ? 'pausa' : 'parou';
}

/** Completes the row with what came back. */
export async function closeTentativa(tx: Db, id: number, answer: Answer<unknown>): Promise<void> {
  const { outcome, trace } = answer;
  const mensagem = 'mensagem' in outcome ? outcome.mensagem.slice(0, 255) : null;
  await run(
    tx,
    `UPDATE tentativas SET resultado = :resultado, http_status = :status, mensagem = :mensagem,
       requisicao = :requisicao, duracao_ms = :duracao, respondida_em = UTC_TIMESTAMP(6) WHERE id = :id`,
    {
      id,
      resultado: outcome.kind,
      status: trace.httpStatus,
      mensagem,
      requisicao: trace.requestId?.slice(0, 80) ?? null,
      duracao: Math.round(trace.duracaoMs),
    },
  );
}

/** The call did not leave after all: time ran out between its row and the socket. */
export async function withdrawTentativa(db: Db, id: number): Promise<void> {
  await run(
    db,
    "UPDATE tentativas SET resultado = 'nao_enviada', respondida_em = UTC_TIMESTAMP(6) WHERE id = :id",
    { id },
  );
}

/**
 * Closes the calls of dead workers for one person. Answers what may have landed: `criar`, some other write, or
 * undefined when only readings were cut off.
 */
export async function closeUnanswered(tx: Db, usuarioId: number): Promise<'criar' | 'outra' | undefined> {
  const open = await rows(
    tx,
    `SELECT id, chamada FROM tentativas
     WHERE usuario_id = :usuarioId AND resultado = 'enviada' AND escrita = 1 FOR UPDATE`,
    { usuarioId },
    z.object({ id: z.number(), chamada: z.string() }),
  );
  await run(
    tx,
    `UPDATE tentativas SET resultado = 'sem_resposta', respondida_em = UTC_TIMESTAMP(6)
     WHERE usuario_id = :usuarioId AND resultado = 'enviada'`,
    { usuarioId },
  );
  if (open.length === 0) return undefined;
  return open.some(({ chamada }) => chamada === 'criar') ? 'criar' : 'outra';
}
