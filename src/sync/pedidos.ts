// What a person orders with a click: checked against the state, written as a wish, never sent from here.
import { z } from 'zod';
import { type Db, optionalRow, rows, run } from '../db.ts';
import { conflict, invalid, type Problem } from '../problem.ts';
import type { Sync } from './contexto.ts';
import { listModos, modoFor } from './modos.ts';
import { nothingYet, type Ordem, order, refuseCancelled } from './ordens.ts';
import { findPlano } from './planos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from './prazo.ts';
import { parseMotivo } from './texto.ts';
import type { Operador, Usuario } from './tipos.ts';
import { sendCadastro } from './varredura/cadastros.ts';

/** Blocks until a person unblocks. Harmless when already ordered. @throws Problem 422 motivo, 409. */
export async function requestBloqueio(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  motivo: string,
): Promise<void> {
  const reason = parseMotivo(motivo);
  await order(
    sync,
    operador,
    usuario,
    { acao: 'bloquear', motivo: reason, evento: 'bloqueio_pedido' },
    async (tx, now) => {
      refuseCancelled(now);
      if (now.desejada === 'ausente') throw nothingYet();
      if (now.emCarencia === 1) throw inCarencia();
      if (now.bloqueioManual === 1) return false;
      await run(tx, 'UPDATE usuarios SET bloqueio_manual = 1 WHERE id = :id', { id: usuario.id });
      return true;
    },
  );
}

/** Takes a block back: the click wins over a rule's block while the mode is *observar* (decisions 12). @throws Problem 409. */
export async function requestDesbloqueio(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  const ordem: Ordem = { acao: 'desbloquear', evento: 'desbloqueio_pedido' };
  await order(sync, operador, usuario, ordem, async (tx, now) => {
    refuseCancelled(now);
    if (now.desejada === 'ausente') throw nothingYet();
    if (now.desejada === 'ativo' && now.observada === 'ativo') return false;
    if (now.bloqueioManual === 0) await refuseAgainstRule(tx, usuario);
    // What withdrawing this order puts back.
    ordem.detalhe = { manual: now.bloqueioManual };
    await run(tx, 'UPDATE usuarios SET bloqueio_manual = 0 WHERE id = :id', { id: usuario.id });
    await run(
      tx,
      `UPDATE adesoes SET significado = 'ativo'
       WHERE usuario_id = :id AND vigente IS NOT NULL AND significado IN ('bloqueado', 'cancelar')`,
      { id: usuario.id },
    );
    return true;
  });
}

export interface Cancelamento {
  motivo: string;
  /** A contract id of the person, typed to confirm. */
  confirmacao: string;
  quando: string;
}

/** Orders the cancellation, now or after the prazo (blocked meanwhile). @throws Problem 422 on motivo, confirmacao, quando; 409. */
export async function requestCancelamento(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  { motivo, confirmacao, quando }: Cancelamento,
): Promise<void> {
  const reason = parseMotivo(motivo);
  if (!['agora', 'prazo'].includes(quando)) throw invalid({ quando: 'Escolha agora ou ao fim do prazo.' });
  if (!usuario.adesoes.some(({ contratoId }) => String(contratoId) === confirmacao.trim())) {
    throw invalid({ confirmacao: 'Digite o número de um contrato desta pessoa para confirmar.' });
  }
  const waits = quando === 'prazo';
  const dias = waits ? PRAZO_DE_CANCELAMENTO_DIAS : 0;
  await order(
    sync,
    operador,
    usuario,
    {
      acao: waits ? 'bloquear' : 'cancelar',
      motivo: reason,
      evento: waits ? 'cancelamento_no_prazo_pedido' : 'cancelamento_pedido',
    },
    async (tx, now) => {
      if (now.observada === 'cancelado' && now.desejada === 'cancelado') return false;
      if (now.desejada === 'ausente') throw nothingYet();
      // Ordered already: only bringing it forward from the prazo to now is a new order.
      if (now.cancelarEm !== null && (quando === 'prazo' || now.desejada === 'cancelado')) return false;
      await run(
        tx,
        `UPDATE usuarios SET cancelar_em = UTC_TIMESTAMP(6) + INTERVAL ${dias} DAY, carencia_ate = NULL WHERE id = :id`,
        { id: usuario.id },
      );
      return true;
    },
  );
}

/** Takes a cancellation back while it has not happened. @throws Problem 409 when Tele Clínica has confirmed it. */
export async function undoCancelamento(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  await order(
    sync,
    operador,
    usuario,
    { acao: 'desbloquear', evento: 'cancelamento_desfeito' },
    async (tx, now) => {
      if (now.observada === 'cancelado') {
        throw conflict(
          'O cancelamento já aconteceu na Tele Clínica e não pode ser desfeito.',
          'Para devolver o acesso, crie o usuário de novo pelo contrato.',
        );
      }
      if (now.cancelarEm === null) return false;
      await run(tx, 'UPDATE usuarios SET cancelar_em = NULL WHERE id = :id', { id: usuario.id });
      return true;
    },
  );
}

/** Moves the person to another plano of the same integração. @throws Problem 422 plano_id, 409. */
export async function requestPlano(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  planoId: number,
): Promise<void> {
  const plano = await findPlano(sync.db, planoId);
  if (plano === undefined || plano.integracaoId !== usuario.integracaoId) {
    throw invalid({ plano_id: `Escolha um plano da integração “${usuario.integracaoNome}”.` });
  }
  const antes: string[] = [];
  const ordem: Ordem = { acao: 'trocar_plano', evento: 'plano_pedido', detalhe: { antes } };
  await order(sync, operador, usuario, ordem, async (tx, now) => {
    refuseCancelled(now);
    if (now.desejada === 'ausente') throw nothingYet();
    // A transaction that starts over reads them again.
    antes.splice(0, antes.length, ...(await listPlanosDasAdesoes(tx, usuario.id)));
    const { affectedRows } = await run(
      tx,
      `UPDATE adesoes SET plano_id = :planoId, plano_origem = 'operador'
       WHERE usuario_id = :id AND vigente IS NOT NULL AND NOT (plano_id <=> :planoId2 AND plano_origem = 'operador')`,
      { id: usuario.id, planoId, planoId2: planoId },
    );
    return affectedRows > 0;
  });
}

// What an undo puts back: `adesao:plano:origem`, the plano 0 when there was none.
const listPlanosDasAdesoes = async (tx: Db, usuarioId: number): Promise<string[]> =>
  (
    await rows(
      tx,
      `SELECT CONCAT_WS(':', id, COALESCE(plano_id, 0), plano_origem) AS antes FROM adesoes
       WHERE usuario_id = :usuarioId AND vigente IS NOT NULL ORDER BY id FOR UPDATE`,
      { usuarioId },
      z.object({ antes: z.string() }),
    )
  ).map(({ antes }) => antes);

// In automatic mode a rule's block would come back with the next scan: the honest way is a carência (decisions 12).
async function refuseAgainstRule(tx: Db, usuario: Usuario): Promise<void> {
  const blocked = usuario.adesoes.find(({ vigente, significado }) => vigente && significado !== 'ativo');
  if (blocked === undefined) return;
  if (modoFor(await listModos(tx), 'bloquear', blocked.filialId) !== 'automatico') return;
  throw conflict(
    `O contrato ${blocked.contratoId} está bloqueado no IXC, e a regra bloquearia de novo.`,
    'Dê uma carência (“não bloquear até”), ou regularize o contrato no IXC.',
  );
}

const inCarencia = (): Problem =>
  conflict(
    'Esta pessoa está em carência: nada a bloqueia até o dia marcado.',
    'Encerre a carência antes de bloquear.',
  );

/** Sends a register that moved on in IXC and waits for a person. @throws Problem 409 when none waits. */
export async function requestCadastro(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  const waiting = await optionalRow(
    sync.db,
    'SELECT id FROM usuarios WHERE id = :id AND cadastro_espera IS NOT NULL AND duvida IS NULL',
    { id: usuario.id },
    z.object({ id: z.number() }),
  );
  const contratoId = usuario.adesoes.find(({ vigente }) => vigente)?.contratoId ?? null;
  if (
    waiting === undefined ||
    !(await sendCadastro(sync, { id: usuario.id, contratoId }, true, operador.id))
  ) {
    throw conflict(
      'Não há cadastro desta pessoa à espera de envio.',
      'Abra o usuário de novo para ver como está.',
    );
  }
  sync.wake();
}
