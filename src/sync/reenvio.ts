// *Reenviar* and *Descartar*: a person tells a stuck operação to try again, or takes the wish back.
import { z } from 'zod';
import { type Db, optionalRow, row, run, transaction } from '../db.ts';
import { conflict } from '../problem.ts';
import { wakeUsuarios } from './atendimento/fila.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { insertOperacao } from './desejos.ts';
import { nameOfEstado } from './historia.ts';
import type { Operacao } from './operacoes.ts';
import type { AcaoDoMotor, Operador } from './tipos.ts';

const WishRow = z.object({
  desejada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  observada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']),
  observadoPlano: z.string().nullable(),
  integracaoId: z.number(),
  /** A write left and was not answered yet. */
  emCurso: z.number(),
});

/**
 * Tries again at once: the partner is read first, and data it refused may be sent again. The hold is lifted, unless only an
 * answer or a plano ends it (see wakeUsuarios).
 * @throws Problem 409 when the operação is done, a newer wish took its place, or nobody has said who the person is.
 */
export async function resendOperacao(sync: Sync, operador: Operador, operacao: Operacao): Promise<void> {
  if (!['aberta', 'recusada'].includes(operacao.estado)) {
    throw conflict(
      `Esta operação está ${nameOfEstado(operacao.estado)} e não tem o que reenviar.`,
      'Faça um pedido novo no usuário.',
    );
  }
  await transaction(sync.db, async (tx) => {
    if (operacao.usuarioId === null) await retryRegistro(tx, operacao);
    else await retryUsuario(tx, operacao, operacao.usuarioId, operador);
    await auditAct(tx, operador, operacao, 'reenvio');
  });
  sync.wake();
}

async function retryUsuario(
  tx: Db,
  operacao: Operacao,
  usuarioId: number,
  operador: Operador,
): Promise<void> {
  await refuseInDoubt(tx, usuarioId);
  await run(
    tx,
    // Only a person's word lets an account that vanished be made anew: until then its id is kept and asked for.
    `UPDATE usuarios SET falhas = 0, recusa_impressao = NULL, mensagem = NULL, geracao = geracao + 1,
       remoto_id = IF(retida = 'sumiu', NULL, remoto_id),
       observada_em = IF(observada = 'ausente', NULL, observada_em),
       observada = IF(observada = 'ausente', 'ausente', 'desconhecido')
     WHERE id = :usuarioId`,
    { usuarioId },
  );
  await wakeUsuarios(tx, [usuarioId]);
  if (operacao.estado === 'aberta') return;
  const newer = await optionalRow(
    tx,
    `SELECT id FROM operacoes WHERE usuario_id = :usuarioId AND id > :id AND estado IN ('aberta', 'feita') LIMIT 1`,
    { usuarioId, id: operacao.id },
    z.object({ id: z.number() }),
  );
  if (newer)
    throw conflict('Já há uma operação mais nova para este usuário.', `Veja a operação ${newer.id}.`);
  await insertOperacao(tx, {
    integracaoId: operacao.integracaoId,
    usuarioId,
    acao: asAcao(operacao),
    causa: 'operador',
    operadorId: operador.id,
    contratoId: operacao.contratoId ?? undefined,
    filialId: operacao.filialId,
    motivo: operacao.motivo ?? undefined,
  });
}

// Only the answer lets the account go: until then there is nothing that trying again could do.
async function refuseInDoubt(tx: Db, usuarioId: number): Promise<void> {
  const held = await optionalRow(
    tx,
    "SELECT id FROM usuarios WHERE id = :usuarioId AND retida = 'quem_e_a_pessoa' FOR UPDATE",
    { usuarioId },
    z.object({ id: z.number() }),
  );
  if (held)
    throw conflict('Falta responder quem é a pessoa.', 'Responda no usuário; o pedido segue dali sozinho.');
}

async function retryRegistro(tx: Db, operacao: Operacao): Promise<void> {
  const again = `registro = 'pendente', registro_falhas = 0, registro_proxima_em = UTC_TIMESTAMP(6)`;
  if (operacao.planoId === null) {
    await run(tx, `UPDATE integracoes SET ${again} WHERE id = :id`, { id: operacao.integracaoId });
  } else {
    await run(tx, `UPDATE planos SET ${again} WHERE id = :id`, { id: operacao.planoId });
  }
}

/**
 * Withdraws the wish: what should be becomes what Tele Clínica last confirmed, until a person or the contract asks again.
 * @throws Problem 409 when done already, or while nobody knows what the partner did with an earlier call.
 */
export async function discardOperacao(sync: Sync, operador: Operador, operacao: Operacao): Promise<void> {
  if (operacao.estado !== 'aberta' && operacao.estado !== 'recusada') {
    throw conflict(
      `Esta operação está ${nameOfEstado(operacao.estado)} e não pode ser descartada.`,
      'Faça um pedido novo no usuário.',
    );
  }
  await transaction(sync.db, async (tx) => {
    if (operacao.usuarioId === null) await dropRegistro(tx, operacao);
    else await dropWish(tx, operacao, operacao.usuarioId);
    await run(
      tx,
      `UPDATE operacoes SET estado = 'descartada', encerrada_em = UTC_TIMESTAMP(6)
       WHERE id = :id OR (usuario_id = :usuarioId AND estado = 'aberta')`,
      { id: operacao.id, usuarioId: operacao.usuarioId },
    );
    await auditAct(tx, operador, operacao, 'descarte');
  });
}

async function dropWish(tx: Db, operacao: Operacao, usuarioId: number): Promise<void> {
  const wish = await row(
    tx,
    `SELECT desejada, observada, observado_plano AS observadoPlano, integracao_id AS integracaoId,
       EXISTS (SELECT 1 FROM tentativas t WHERE t.usuario_id = usuarios.id AND t.resultado = 'enviada' AND t.escrita = 1)
         AS emCurso
     FROM usuarios WHERE id = :usuarioId FOR UPDATE`,
    { usuarioId },
    WishRow,
  );
  if (wish.observada === 'desconhecido' || wish.emCurso === 1) {
    throw conflict(
      'Ainda não se sabe o que a Tele Clínica fez com a última chamada.',
      'Espere a conferência terminar e descarte depois.',
    );
  }
  // Orders of a person that would bring the wish back are withdrawn with it. A block that a rule asked for stays the rule's: it
  // ends when the contract changes. An account that vanished may be made anew by whoever asks for it next.
  const manual = await manualBefore(tx, operacao, usuarioId);
  await run(
    tx,
    `UPDATE usuarios SET desejada = observada, geracao = geracao + 1,
       bloqueio_manual = IF(observada = 'bloqueado', GREATEST(bloqueio_manual, :manual), 0),
       cancelar_em = IF(observada = 'cancelado', cancelar_em, NULL), reviver = 0,
       remoto_id = IF(retida = 'sumiu', NULL, remoto_id), duvida = IF(observada = 'ausente', NULL, duvida),
       desejado_plano_id = COALESCE((SELECT p.id FROM planos p WHERE p.integracao_id = usuarios.integracao_id
         AND (p.remoto_id = usuarios.observado_plano OR p.codigo = usuarios.observado_plano) LIMIT 1), desejado_plano_id),
       retida = NULL, retida_detalhe = NULL, retida_em = NULL, reavaliar_em = NULL, recusa_impressao = NULL, falhas = 0,
       trabalho = IF(conferir_em IS NULL, 0, 1), proxima_em = COALESCE(conferir_em, UTC_TIMESTAMP(6)),
       mensagem = 'Pedido descartado.'
     WHERE id = :usuarioId`,
    { usuarioId, manual },
  );
  if (wish.observada === 'ausente') {
    await run(
      tx,
      `UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6)
       WHERE usuario_id = :usuarioId AND vigente IS NOT NULL`,
      { usuarioId },
    );
  } else {
    await run(
      tx,
      `UPDATE adesoes a JOIN usuarios u ON u.id = a.usuario_id
       SET a.plano_id = u.desejado_plano_id, a.plano_origem = 'operador'
       WHERE a.usuario_id = :usuarioId AND a.vigente IS NOT NULL AND NOT (a.plano_id <=> u.desejado_plano_id)`,
      { usuarioId },
    );
  }
}

// Whether the unblock that is withdrawn had taken a person's own block back: then that block stands again.
async function manualBefore(tx: Db, { acao, causa }: Operacao, usuarioId: number): Promise<number> {
  if (acao !== 'desbloquear' || causa !== 'operador') return 0;
  const last = await optionalRow(
    tx,
    `SELECT JSON_VALUE(detalhe, '$.manual') = 1 AS manual FROM auditoria
     WHERE usuario_id = :usuarioId AND evento = 'desbloqueio_pedido' ORDER BY id DESC LIMIT 1`,
    { usuarioId },
    z.object({ manual: z.coerce.number() }),
  );
  return last?.manual ?? 0;
}

async function dropRegistro(tx: Db, operacao: Operacao): Promise<void> {
  const drop = `registro = 'recusado', registro_mensagem = 'Registro descartado por um operador.'`;
  if (operacao.planoId === null) {
    await run(tx, `UPDATE integracoes SET ${drop} WHERE id = :id`, { id: operacao.integracaoId });
  } else {
    await run(tx, `UPDATE planos SET ${drop} WHERE id = :id`, { id: operacao.planoId });
  }
}

const auditAct = (tx: Db, operador: Operador, operacao: Operacao, evento: string): Promise<void> =>
  audit(tx, {
    operadorId: operador.id,
    evento,
    filialId: operacao.filialId,
    usuarioId: operacao.usuarioId,
    contratoId: operacao.contratoId,
    detalhe: { operacao: operacao.id, acao: operacao.acao },
  });

function asAcao({ acao }: Operacao): AcaoDoMotor {
  if (acao === 'registrar_integracao' || acao === 'registrar_plano' || acao === 'atualizar_plano') {
    throw new Error('a registration has no usuário');
  }
  return acao;
}
