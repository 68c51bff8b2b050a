// What every order of a person has in common: the person locked, the orders changed, wish, operação and audit in one transaction.
import { z } from 'zod';
import { type Db, optionalRow, transaction } from '../db.ts';
import { conflict, notFound, type Problem } from '../problem.ts';
import { type Ato, audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { applyWish, IN_CARENCIA, type Pedido } from './desejos.ts';
import type { Operador, Usuario } from './tipos.ts';

const OrdersRow = z.object({
  desejada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  observada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']),
  bloqueioManual: z.number(),
  cancelarEm: z.string().nullable(),
  emCarencia: z.coerce.number(),
});
export type Orders = z.output<typeof OrdersRow>;

export interface Ordem {
  acao: Pedido['acao'];
  evento: string;
  motivo?: string;
  /** More for the audit row; `change` may still fill it. */
  detalhe?: NonNullable<Ato['detalhe']>;
}

/**
 * Every order in one shape: lock the person, change the orders with `change`, and if it answers true, wish, operação and
 * audit, all in one transaction; then the worker is woken.
 */
export async function order(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  ordem: Ordem,
  change: (tx: Db, now: Orders) => Promise<boolean>,
): Promise<void> {
  const contratoId = usuario.adesoes[0]?.contratoId;
  const changed = await transaction(sync.db, async (tx) => {
    const now = await optionalRow(
      tx,
      `SELECT desejada, observada, bloqueio_manual AS bloqueioManual, cancelar_em AS cancelarEm,
         ${IN_CARENCIA} AS emCarencia FROM usuarios WHERE id = :id FOR UPDATE`,
      { id: usuario.id },
      OrdersRow,
    );
    if (now === undefined) throw notFound('Este usuário');
    if (!(await change(tx, now))) return false;
    await applyWish(tx, {
      usuarioId: usuario.id,
      acao: ordem.acao,
      causa: 'operador',
      operadorId: operador.id,
      ...(ordem.motivo === undefined ? {} : { motivo: ordem.motivo }),
      ...(contratoId === undefined ? {} : { contratoId }),
    });
    await audit(tx, {
      operadorId: operador.id,
      evento: ordem.evento,
      filialId: usuario.adesoes[0]?.filialId ?? 0,
      usuarioId: usuario.id,
      contratoId: contratoId ?? null,
      detalhe: { de: now.desejada, motivo: ordem.motivo ?? null, ...ordem.detalhe },
    });
    return true;
  });
  if (changed) sync.wake();
}

/** @throws Problem 409 when the account is cancelled, or is about to be. */
export function refuseCancelled(now: Orders): void {
  if (now.cancelarEm === null && now.observada !== 'cancelado') return;
  throw now.observada === 'cancelado'
    ? conflict(
        'Este usuário está cancelado na Tele Clínica.',
        'Crie o usuário de novo pelo contrato, se for o caso.',
      )
    : conflict('Há um cancelamento pedido para este usuário.', 'Desfaça o cancelamento antes.');
}

/** The 409 for an account that does not exist yet. */
export const nothingYet = (): Problem =>
  conflict('Não há conta na Tele Clínica para este usuário.', 'Crie o usuário pelo contrato primeiro.');
