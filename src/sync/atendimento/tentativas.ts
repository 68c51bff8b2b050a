// One row per HTTP call, committed before the call leaves; the same statement asks whether it may leave at all.
import { z } from 'zod';
import { type Db, row, rows, run } from '../../db.ts';
import type { Answer } from '../../teleclinica/port.ts';
import type { AcaoDoMotor, Chamada } from '../tipos.ts';
import type { Atendido } from './fila.ts';
import { tableOf } from './juntos.ts';

export interface NovaTentativa {
  atendido: Atendido;
  operacaoId: number | null;
  acao: AcaoDoMotor | 'ler';
  chamada: Chamada;
  dono: string;
}

/** Why a call may not leave: the person is no longer ours or wishes something else now, a pause covers it, or the integração stopped. */
export type Impedimento = 'mudou' | 'pausa' | 'parou';

const NOVA = {
  id: 'BIGINT UNSIGNED',
  token: 'BIGINT UNSIGNED',
  geracao: 'BIGINT UNSIGNED',
  operacaoId: 'BIGINT UNSIGNED',
  acao: 'VARCHAR(24) CHARACTER SET ascii',
  chamada: 'VARCHAR(24) CHARACTER SET ascii',
  escrita: 'TINYINT UNSIGNED',
  filialId: 'INT UNSIGNED',
  dono: 'VARCHAR(80) CHARACTER SET ascii',
};

const novaOf = ({ atendido, acao, operacaoId, chamada, dono }: NovaTentativa): Record<string, unknown> => {
  const { id, token, geracao, filialId } = atendido;
  const escrita = acao === 'ler' ? 0 : 1;
  return { id, token, geracao, filialId, operacaoId, acao, chamada, escrita, dono };
};

// Still ours and still wished, and nothing forbids it: neither the integração nor a pause.
const MAY_LEAVE = `STRAIGHT_JOIN usuarios u FORCE INDEX (PRIMARY)
       ON u.id = nova.id AND u.lease_token = nova.token AND u.geracao = nova.geracao
     STRAIGHT_JOIN integracoes i ON i.id = u.integracao_id AND i.credencial_parada_em IS NULL
       AND (i.limite_ate IS NULL OR i.limite_ate <= UTC_TIMESTAMP(6))
       AND NOT EXISTS (SELECT 1 FROM pausas p
         WHERE p.operacao IN ('', nova.acao) AND p.filial_id IN (0, nova.filialId))`;

const Aberta = z.object({ id: z.number(), usuarioId: z.number(), token: z.number() });

/** Records calls that are about to leave and returns their ids, or says why one must not leave. */
export async function openTentativas(db: Db, novas: NovaTentativa[]): Promise<(number | Impedimento)[]> {
  const list = tableOf('nova', NOVA, novas.map(novaOf));
  const open = await rows(
    db,
    `INSERT INTO tentativas (operacao_id, usuario_id, integracao_id, lease_token, processo, chamada, escrita, enviada_em)
     SELECT nova.operacaoId, u.id, i.id, u.lease_token, nova.dono, nova.chamada, nova.escrita, UTC_TIMESTAMP(6)
     FROM ${list.sql} ${MAY_LEAVE}
     RETURNING id, usuario_id AS usuarioId, lease_token AS token`,
    list.params,
    Aberta,
  );
  return Promise.all(
    novas.map((nova) => {
      const { id, token } = nova.atendido;
      const own = open.find((each) => each.usuarioId === id && each.token === token);
      return own?.id ?? findImpedimento(db, nova);
    }),
  );
}

/** Asks again whether a withdrawn call may leave: then its row says that it leaves now. */
export async function renewTentativa(
  db: Db,
  id: number,
  nova: NovaTentativa,
): Promise<Impedimento | undefined> {
  const list = tableOf('nova', NOVA, [novaOf(nova)]);
  const { affectedRows } = await run(
    db,
    `UPDATE ${list.sql} ${MAY_LEAVE} STRAIGHT_JOIN tentativas t ON t.id = :tentativaId
     SET t.enviada_em = UTC_TIMESTAMP(6), t.resultado = 'enviada', t.respondida_em = NULL`,
    { ...list.params, tentativaId: id },
  );
  return affectedRows === 1 ? undefined : findImpedimento(db, nova);
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

const RESPONDIDA = {
  id: 'BIGINT UNSIGNED',
  resultado: 'VARCHAR(20) CHARACTER SET ascii',
  http: 'SMALLINT UNSIGNED',
  mensagem: 'VARCHAR(255)',
  requisicao: 'VARCHAR(80)',
  duracao: 'INT UNSIGNED',
};

/** Completes the row with what came back. */
export const closeTentativa = (tx: Db, id: number, answer: Answer<unknown>): Promise<void> =>
  closeTentativas(tx, [{ tentativaId: id, answer }]);

/** Completes each row with what came back. */
export async function closeTentativas(
  tx: Db,
  respondidas: { tentativaId: number; answer: Answer<unknown> }[],
): Promise<void> {
  const list = tableOf(
    'lida',
    RESPONDIDA,
    respondidas.map(({ tentativaId, answer: { outcome, trace } }) => ({
      id: tentativaId,
      resultado: outcome.kind,
      http: trace.httpStatus,
      mensagem: 'mensagem' in outcome ? outcome.mensagem.slice(0, 255) : null,
      requisicao: trace.requestId?.slice(0, 80) ?? null,
      duracao: Math.round(trace.duracaoMs),
    })),
  );
  await run(
    tx,
    `UPDATE ${list.sql} STRAIGHT_JOIN tentativas t FORCE INDEX (PRIMARY) ON t.id = lida.id
     SET t.resultado = lida.resultado, t.http_status = lida.http, t.mensagem = lida.mensagem,
       t.requisicao = lida.requisicao, t.duracao_ms = lida.duracao, t.respondida_em = UTC_TIMESTAMP(6)`,
    list.params,
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
