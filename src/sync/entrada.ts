// A contract enters an account: the row of the person, the adesão, and what a cancelled account needs to begin again.
import { z } from 'zod';
import { type Db, optionalRow, row, run } from '../db.ts';
import type { Contrato } from '../ixc/tipos.ts';
import { conflict } from '../problem.ts';
import { loadReativar } from './regrasSalvas.ts';
import { VEZ_NOVA } from './vez.ts';
import type { PlanoDoContrato } from './vinculos.ts';

/** The row of the person, made if new, and locked: two operators at once go one after the other. */
export async function lockUsuario(tx: Db, integracaoId: number, impressao: Buffer): Promise<number> {
  await run(
    tx,
    `INSERT IGNORE INTO usuarios (integracao_id, impressao, desejada, trabalho, proxima_em, criado_em)
     VALUES (:integracaoId, :impressao, 'ausente', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    { integracaoId, impressao },
  );
  const locked = await row(
    tx,
    'SELECT id FROM usuarios WHERE integracao_id = :integracaoId AND impressao = :impressao FOR UPDATE',
    { integracaoId, impressao },
    z.object({ id: z.number() }),
  );
  return locked.id;
}

const StateRow = z.object({
  observada: z.string(),
  desejada: z.string(),
  cancelarEm: z.string().nullable(),
  remotoId: z.string().nullable(),
});

export interface Entrada {
  contrato: Contrato;
  plano: PlanoDoContrato;
  /** The scan by itself: no person asked for it. */
  semPessoa: boolean;
  /** The partner can give a cancelled account back. */
  revive: boolean;
}

/**
 * Adds the adesão. Answers false when there is nothing to do: the contract already grants this account.
 * @throws Problem 409 when the account or the contract is somebody's decision already.
 */
export async function join(
  tx: Db,
  usuarioId: number,
  { contrato, plano, semPessoa, revive }: Entrada,
): Promise<boolean> {
  const state = await row(
    tx,
    'SELECT observada, desejada, cancelar_em AS cancelarEm, remoto_id AS remotoId FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    StateRow,
  );
  const cancelled = state.observada === 'cancelado';
  const granted = await optionalRow(
    tx,
    'SELECT usuario_id AS usuarioId FROM adesoes WHERE vigente = :contratoId FOR UPDATE',
    { contratoId: contrato.id },
    z.object({ usuarioId: z.number() }),
  );
  if (cancelled && semPessoa && !(granted?.usuarioId === usuarioId && (await comesBack(tx, state)))) {
    throw conflict('A conta desta pessoa foi cancelada.', 'Só uma pessoa a cria de novo, pelo contrato.');
  }
  if (state.cancelarEm !== null && !cancelled) {
    throw conflict(
      'Há um cancelamento pedido para esta pessoa.',
      'Desfaça o cancelamento para devolver o acesso.',
    );
  }
  if (granted && granted.usuarioId !== usuarioId) {
    throw conflict(
      'Este contrato já deu um usuário a outra pessoa ou integração.',
      'Abra o usuário do contrato e resolva quem é a pessoa antes de criar outro.',
    );
  }
  if (granted && !cancelled && state.desejada !== 'ausente') return false;
  if (cancelled) await startAgain(tx, usuarioId, revive && state.remotoId !== null);
  if (granted) await endAdesoes(tx, usuarioId, contrato.id);
  await run(
    tx,
    `INSERT INTO adesoes (usuario_id, contrato_id, vigente, cliente_id, filial_id, plano_id, plano_origem, significado,
       lido_significado, lido_plano_id, lido_plano_origem, lido_cliente_id, lido_em, criado_em)
     VALUES (:usuarioId, :contratoId, :contratoId2, :clienteId, :filialId, :planoId, :origem, 'ativo',
       'ativo', :planoId2, :origem2, :clienteId2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    {
      usuarioId,
      contratoId: contrato.id,
      contratoId2: contrato.id,
      clienteId: contrato.clienteId,
      filialId: contrato.filialId ?? 0,
      planoId: plano.planoId,
      origem: plano.origem,
      planoId2: plano.planoId,
      origem2: plano.origem,
      clienteId2: contrato.clienteId,
    },
  );
  return true;
}

// "Reativar sozinho" (decisions 7): only what a rule cancelled, never what a person did.
const comesBack = async (tx: Db, { desejada, cancelarEm }: z.output<typeof StateRow>): Promise<boolean> =>
  desejada === 'cancelado' && cancelarEm === null && (await loadReativar(tx));

// First the old account is revived where the partner can; else, or once it refuses, a new vez begins (decisions 7).
async function startAgain(tx: Db, usuarioId: number, revive: boolean): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET bloqueio_manual = 0, cancelar_em = NULL, ${revive ? 'reviver = 1' : VEZ_NOVA} WHERE id = :usuarioId`,
    { usuarioId },
  );
  await run(
    tx,
    'UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6) WHERE usuario_id = :usuarioId AND vigente IS NOT NULL',
    { usuarioId },
  );
}

async function endAdesoes(tx: Db, usuarioId: number, contratoId: number): Promise<void> {
  await run(
    tx,
    `UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6)
     WHERE usuario_id = :usuarioId AND vigente = :contratoId`,
    { usuarioId, contratoId },
  );
}
