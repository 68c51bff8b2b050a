// *Desfazer*: a block or a change of plano that Tele Clínica has not carried out yet is withdrawn as if never asked.
import { z } from 'zod';
import { type Db, optionalRow, run } from '../db.ts';
import { conflict } from '../problem.ts';
import type { Sync } from './contexto.ts';
import { listEnvios, undoable } from './envio.ts';
import { type Ordem, order } from './pedidos.ts';
import type { Operador, Usuario } from './tipos.ts';

/** Withdraws a person's block that had no effect yet. @throws Problem 409 when it may have reached Tele Clínica. */
export async function undoBloqueio(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  const ordem: Ordem = { acao: 'desbloquear', evento: 'bloqueio_desfeito', detalhe: {} };
  await order(sync, operador, usuario, ordem, async (tx, { bloqueioManual }) => {
    if (bloqueioManual === 0) return false;
    ordem.detalhe = await withdraw(tx, usuario.id, 'bloquear');
    await run(tx, 'UPDATE usuarios SET bloqueio_manual = 0 WHERE id = :id', { id: usuario.id });
    return true;
  });
}

/** Withdraws a change of plano that had no effect yet: every contract goes back to the plano it had. @throws Problem 409. */
export async function undoPlano(sync: Sync, operador: Operador, usuario: Usuario): Promise<void> {
  const ordem: Ordem = { acao: 'trocar_plano', evento: 'plano_desfeito', detalhe: {} };
  await order(sync, operador, usuario, ordem, async (tx) => {
    ordem.detalhe = await withdraw(tx, usuario.id, 'trocar_plano');
    for (const { adesaoId, planoId, origem } of await listAntes(tx, usuario.id)) {
      await run(
        tx,
        `UPDATE adesoes SET plano_id = :planoId, plano_origem = :origem
         WHERE id = :adesaoId AND usuario_id = :usuarioId AND vigente IS NOT NULL`,
        { adesaoId, planoId, origem, usuarioId: usuario.id },
      );
    }
    return true;
  });
}

// The person is locked: no newer wish comes between this look and the withdrawal.
async function withdraw(
  tx: Db,
  usuarioId: number,
  acao: 'bloquear' | 'trocar_plano',
): Promise<{ enviado: boolean }> {
  const envios = await listEnvios(tx, usuarioId);
  if (undoable(envios) !== acao) {
    const what = acao === 'bloquear' ? 'O bloqueio' : 'A troca de plano';
    throw conflict(
      `${what} já foi à Tele Clínica e não pode mais ser retirad${acao === 'bloquear' ? 'o' : 'a'} da fila.`,
      acao === 'bloquear'
        ? 'Para devolver o acesso, use Desbloquear.'
        : 'Para voltar, troque o plano de novo.',
    );
  }
  return { enviado: envios.some(({ enviadas }) => enviadas > 0) };
}

// JSON comes as text or already read, by version of the server.
const Antes = z.preprocess(
  (value) => (typeof value === 'string' ? JSON.parse(value) : (value ?? [])),
  z.array(z.string()),
);

interface PlanoDeAntes {
  adesaoId: number;
  planoId: number | null;
  origem: string;
}

async function listAntes(tx: Db, usuarioId: number): Promise<PlanoDeAntes[]> {
  const last = await optionalRow(
    tx,
    `SELECT JSON_EXTRACT(detalhe, '$.antes') AS antes FROM auditoria
     WHERE usuario_id = :usuarioId AND evento = 'plano_pedido' ORDER BY id DESC LIMIT 1`,
    { usuarioId },
    z.object({ antes: Antes }),
  );
  return (last?.antes ?? []).map((text) => {
    const [adesao = '', plano = '', origem = ''] = text.split(':');
    return { adesaoId: Number(adesao), planoId: plano === '0' ? null : Number(plano), origem };
  });
}
