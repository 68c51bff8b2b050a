// The calls of a registration: each in the shared rate and behind its row, all of one operação.
import { z } from 'zod';
import { type Db, optionalRow, run } from '../../db.ts';
import type { Answer, CallOptions, Outcome } from '../../teleclinica/port.ts';
import { closeTentativa, withdrawTentativa } from '../atendimento/tentativas.ts';
import { takeSlot } from '../atendimento/vazao.ts';
import type { Conexao } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import { isPausedByFile } from '../pausas.ts';
import type { Chamada } from '../tipos.ts';

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

/** What came of a call of a registration; `stopped` = it must not leave now. */
export type Result<T> = Outcome<T> | { kind: 'stopped' };

/** Makes one call of a registration and answers what came of it. */
export type Record = <T>(
  chamada: Chamada,
  escrita: boolean,
  send: (options: CallOptions) => Promise<Answer<T>>,
) => Promise<Result<T>>;

/**
 * Every call has its place in the shared rate and its row first, and the same statement asks whether it may leave at
 * all; the idempotency key is the operação's, the same on every try.
 */
export function recorder(sync: Sync, conexao: Conexao, dono: string, pendente: Pendente): Record {
  const { db, config } = sync;
  const { parceiro, passagem } = conexao;
  return async (chamada, escrita, send) => {
    const operacaoId = await findOrOpenRegistro(db, pendente);
    const patienceMs = config.leaseMs - config.timeoutMs;
    if (!(await takeSlot(db, pendente.integracaoId, parceiro.limits.perSecond, patienceMs))) return STOPPED;
    const leave = await passagem.enter();
    try {
      if (isPausedByFile(sync)) return STOPPED;
      const startedMs = performance.now();
      await renewLease(db, pendente, config.leaseMs);
      const id = await openChamada(sync, pendente, { operacaoId, dono, chamada, escrita });
      if (id === undefined) return STOPPED;
      // This process may have been frozen meanwhile: the call must surely end inside the lease.
      if (performance.now() - startedMs > patienceMs) {
        await withdrawTentativa(db, id);
        return STOPPED;
      }
      const idempotencyKey = `ixc-${sync.instalacao}-op-${operacaoId}`;
      const answer = await send({ timeoutMs: config.timeoutMs, ...(escrita ? { idempotencyKey } : {}) });
      await closeTentativa(db, id, answer);
      return answer.outcome;
    } finally {
      leave();
    }
  };
}

const STOPPED = { kind: 'stopped' } as const;

// A long list of plans outlives any one lease; whoever lost it meanwhile renews nothing.
async function renewLease(db: Db, { tabela, id, token }: Pendente, leaseMs: number): Promise<void> {
  await run(
    db,
    `UPDATE ${tabela} SET registro_lease_ate = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE id = :id AND registro_lease_token = :token`,
    { id, token, us: Math.round(leaseMs * 1000) },
  );
}

// Undefined when the call must not leave: the row is no longer ours, the lease would run out under it, a pause stands, or
// the integração stopped or was asked to wait.
async function openChamada(
  { db, config }: Sync,
  { tabela, id, integracaoId, token }: Pendente,
  chamada: { operacaoId: number; dono: string; chamada: Chamada; escrita: boolean },
): Promise<number | undefined> {
  const { affectedRows, insertId } = await run(
    db,
    `INSERT INTO tentativas (operacao_id, integracao_id, lease_token, processo, chamada, escrita, enviada_em)
     SELECT :operacaoId, i.id, r.registro_lease_token, :dono, :chamada, :escrita, UTC_TIMESTAMP(6)
     FROM ${tabela} r JOIN integracoes i ON i.id = :integracaoId
     WHERE r.id = :id AND r.registro_lease_token = :token
       AND r.registro_lease_ate >= UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
       AND i.credencial_parada_em IS NULL AND (i.limite_ate IS NULL OR i.limite_ate <= UTC_TIMESTAMP(6))
       AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)`,
    {
      ...chamada,
      escrita: chamada.escrita ? 1 : 0,
      integracaoId,
      id,
      token,
      us: Math.round(config.timeoutMs * 1000),
    },
  );
  return affectedRows === 1 ? insertId : undefined;
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
