// The calls of a registration: each behind its row, all of one operação, and what an answer means for the registration.
import { z } from 'zod';
import { type Db, optionalRow, run } from '../../db.ts';
import type { Answer, CallOptions, Outcome } from '../../teleclinica/port.ts';
import { closeTentativa } from '../atendimento/tentativas.ts';
import type { Sync } from '../contexto.ts';

/** The tables whose rows are registered. */
export type Tabela = 'integracoes' | 'planos';

/** A row claimed for its registration. */
export interface Pendente {
  tabela: Tabela;
  id: number;
  integracaoId: number;
  token: number;
  falhas: number;
  /** As it was when the work began: what is edited meanwhile is registered again. */
  versao: number;
}

/** How a try to register ended. */
export type End =
  | { kind: 'registered'; remotoId: string | null; ours: boolean }
  | { kind: 'unneeded'; remotoId: string | null }
  | { kind: 'refused'; mensagem: string }
  | { kind: 'credentials' }
  | { kind: 'again'; mensagem: string; fora: boolean; limiteMs?: number; confirmar?: boolean };

/** Makes one call of a registration and answers what came of it. */
export type Record = <T>(
  chamada: string,
  escrita: boolean,
  send: (options: CallOptions) => Promise<Answer<T>>,
) => Promise<Outcome<T>>;

/** Every call has its row first; the idempotency key is the operação's, the same on every try. */
export function recorder(sync: Sync, dono: string, pendente: Pendente): Record {
  return async (chamada, escrita, send) => {
    const operacaoId = await findOrOpenRegistro(sync.db, pendente);
    const { insertId } = await run(
      sync.db,
      `INSERT INTO tentativas (operacao_id, integracao_id, lease_token, processo, chamada, escrita, enviada_em)
       VALUES (:operacaoId, :integracaoId, :token, :dono, :chamada, :escrita, UTC_TIMESTAMP(6))`,
      {
        operacaoId,
        integracaoId: pendente.integracaoId,
        token: pendente.token,
        dono,
        chamada,
        escrita: escrita ? 1 : 0,
      },
    );
    const key = `ixc-${sync.instalacao}-op-${operacaoId}`;
    const answer = await send({
      timeoutMs: sync.config.timeoutMs,
      ...(escrita ? { idempotencyKey: key } : {}),
    });
    await closeTentativa(sync.db, insertId, answer);
    return answer.outcome;
  };
}

async function findOrOpenRegistro(db: Db, { tabela, id, integracaoId }: Pendente): Promise<number> {
  const acao = tabela === 'planos' ? 'registrar_plano' : 'registrar_integracao';
  const planoId = tabela === 'planos' ? id : null;
  const open = await optionalRow(
    db,
    `SELECT id FROM operacoes WHERE integracao_id = :integracaoId AND plano_id <=> :planoId AND acao = :acao
       AND estado = 'aberta' ORDER BY id DESC LIMIT 1`,
    { integracaoId, planoId, acao },
    z.object({ id: z.number() }),
  );
  if (open) return open.id;
  const { insertId } = await run(
    db,
    `INSERT INTO operacoes (integracao_id, plano_id, acao, estado, causa, criado_em)
     VALUES (:integracaoId, :planoId, :acao, 'aberta', 'operador', UTC_TIMESTAMP(6))`,
    { integracaoId, planoId, acao },
  );
  return insertId;
}

/**
 * Closes the calls of a process that died. What they did is found out by listing, or by asking again with the same key.
 */
export async function closeUnanswered(db: Db, { tabela, id, integracaoId, token }: Pendente): Promise<void> {
  await run(
    db,
    `UPDATE tentativas t JOIN operacoes o ON o.id = t.operacao_id
     SET t.resultado = 'sem_resposta', t.respondida_em = UTC_TIMESTAMP(6)
     WHERE o.integracao_id = :integracaoId AND o.usuario_id IS NULL AND o.plano_id <=> :planoId
       AND t.resultado = 'enviada' AND t.lease_token < :token`,
    { integracaoId, planoId: tabela === 'planos' ? id : null, token },
  );
}

/** What an answer means that did not register. */
export function otherwise(outcome: Outcome<unknown>): End {
  switch (outcome.kind) {
    case 'credentials':
      return { kind: 'credentials' };
    case 'rate_limited':
      return {
        kind: 'again',
        mensagem: 'A Tele Clínica pediu para esperar.',
        fora: false,
        limiteMs: outcome.esperarMs ?? 5_000,
      };
    case 'unavailable':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true };
    case 'uncertain':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true, confirmar: true };
    case 'accepted': {
      const mensagem = 'A Tele Clínica aceitou e ainda está processando.';
      return { kind: 'again', mensagem, fora: false, confirmar: true };
    }
    case 'refused_data':
      return {
        kind: 'refused',
        mensagem: [
          outcome.mensagem,
          ...outcome.campos.map(({ campo, mensagem }) => `${campo}: ${mensagem}`),
        ].join(' · '),
      };
    default:
      return {
        kind: 'refused',
        mensagem: 'mensagem' in outcome ? outcome.mensagem : 'A Tele Clínica deu uma resposta inesperada.',
      };
  }
}
