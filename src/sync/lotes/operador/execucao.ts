// Doing an approved lote that a person asked for: each line is the same order as one click, and ends with it or not at all.
import { z } from 'zod';
import { isDatabaseDown, joined, rows, run, transaction } from '../../../db.ts';
import { findContrato } from '../../../ixc/contratos.ts';
import { conflict, notFound, Problem } from '../../../problem.ts';
import type { Sync } from '../../contexto.ts';
import { requestBloqueio, requestCancelamento, requestDesbloqueio, requestPlano } from '../../pedidos.ts';
import { requestUsuario } from '../../pedidoUsuario.ts';
import type { Operador } from '../../tipos.ts';
import { findUsuario } from '../../usuarios.ts';
import { endLine, inOneLine } from '../fimDaLinha.ts';
import { findPedido, type Pedido } from './pedido.ts';

const LINES_PER_TURN = 50;

const LineRow = z.object({
  n: z.number(),
  usuarioId: z.number().nullable(),
  contratoId: z.number(),
  planoId: z.number().nullable(),
});
type Line = z.output<typeof LineRow>;

// The lote was paused or rejected while a line was being done, or another process did it: that line is undone.
class Stopped extends Error {}

/** Serves some lines of every running lote that a person asked for. Answers whether more are left. */
export async function runPedidos(sync: Sync): Promise<boolean> {
  const running = await rows(
    sync.db,
    "SELECT l.id FROM lotes l JOIN lote_pedidos p ON p.lote_id = l.id WHERE l.estado = 'executando' ORDER BY l.id",
    {},
    z.object({ id: z.number() }),
  );
  let more = false;
  for (const { id } of running) more = (await runPedido(sync, id)) || more;
  return more;
}

async function runPedido(sync: Sync, loteId: number): Promise<boolean> {
  const pedido = await findPedido(sync.db, loteId);
  const lines = await rows(
    sync.db,
    `SELECT n, usuario_id AS usuarioId, contrato_id AS contratoId, plano_id AS planoId
     FROM lote_linhas WHERE lote_id = :loteId AND estado = 'pendente' ORDER BY n LIMIT ${LINES_PER_TURN}`,
    { loteId },
    LineRow,
  );
  if (pedido === undefined || lines.length === 0) {
    await run(
      sync.db,
      "UPDATE lotes SET estado = 'concluido', terminado_em = UTC_TIMESTAMP(6) WHERE id = :loteId AND estado = 'executando'",
      { loteId },
    );
    return false;
  }
  for (const line of lines) {
    try {
      await runLine(sync, pedido, line);
    } catch (error) {
      if (error instanceof Stopped) return false;
      throw error;
    }
  }
  sync.wake();
  return true;
}

async function runLine(sync: Sync, pedido: Pedido, line: Line): Promise<void> {
  const refused = await doLine(sync, pedido, line).catch((error: unknown) => {
    if (error instanceof Problem && error.status < 500) return inOneLine(error);
    if (error instanceof Stopped || isDatabaseDown(error)) throw error;
    sync.log.error({ erro: error, lote: pedido.loteId }, 'uma linha do lote falhou');
    return 'Uma falha nossa impediu esta mudança. Abra o contrato e tente por ele.';
  });
  if (refused !== undefined) await endLine(sync.db, pedido.loteId, line.n, 'dispensada', refused);
}

// Order and line in one transaction: killed in between, neither happened; done, the line is never taken again.
async function doLine(sync: Sync, pedido: Pedido, line: Line): Promise<undefined> {
  await transaction(sync.db, async (tx) => {
    const within: Sync = { ...sync, db: joined(tx), wake: () => undefined };
    await order(within, pedido, line);
    if (!(await endLine(tx, pedido.loteId, line.n, 'aplicada', null))) throw new Stopped();
  });
}

async function order(sync: Sync, pedido: Pedido, { usuarioId, contratoId, planoId }: Line): Promise<void> {
  const { acao, filiais, criadoPor, quando } = pedido;
  const motivo = pedido.motivo ?? '';
  // Whoever asked is whose order it is; the rights were checked when it was asked and when it was approved.
  const operador: Operador = { id: criadoPor, nome: '', papeis: new Set(), filiais };
  if (acao === 'criar') {
    const contrato = await findContrato(sync.ixc, contratoId, filiais);
    if (contrato === undefined) throw notFound('O contrato');
    await requestUsuario(sync, operador, contrato, planoId ?? undefined);
    return;
  }
  const usuario = usuarioId === null ? undefined : await findUsuario(sync.db, usuarioId, filiais);
  if (usuario === undefined) throw notFound('O usuário');
  const confirmacao = String(usuario.adesoes[0]?.contratoId ?? '');
  if (acao === 'bloquear') await requestBloqueio(sync, operador, usuario, motivo);
  else if (acao === 'desbloquear') await requestDesbloqueio(sync, operador, usuario);
  else if (acao === 'cancelar')
    await requestCancelamento(sync, operador, usuario, { motivo, confirmacao, quando });
  else if (planoId === null) throw conflict('Este lote não diz para qual plano.', 'Peça outro lote.');
  else await requestPlano(sync, operador, usuario, planoId);
}
