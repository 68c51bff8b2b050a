// Correcting a line about a contract that has no usuário: it gets one, with a new account or with the one that stands there.
import { z } from 'zod';
import { type Db, row, transaction } from '../../db.ts';
import { findContrato } from '../../ixc/contratos.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { conflict, notFound } from '../../problem.ts';
import type { Sync } from '../contexto.ts';
import { requestByRule } from '../pedidoUsuario.ts';
import { takeConta } from './adocao.ts';
import { type Linha, lockLinha, markCorrected, type Quem } from './aplicacao.ts';

/** Who asked; `last` comes last in the transaction and undoes it by throwing. */
export interface QuemConcede extends Quem {
  filiais: Filiais;
  last?: (tx: Db) => Promise<void>;
}

/**
 * Grants the account by the vínculos of the contract, as IXC has it now; answers the usuário.
 * @throws Problem 404, 409, 422 like a creation; 409 when the line is over or the account can no longer be taken over.
 */
export async function grantCorrecao(sync: Sync, divergenciaId: number, quem: QuemConcede): Promise<number> {
  const seen = await transaction(sync.db, (tx) => lockLinha(tx, divergenciaId, quem));
  const contrato = await findContrato(sync.ixc, seen.contratoId ?? 0, quem.filiais);
  if (contrato === undefined) throw notFound('Este contrato');
  let granted = false;
  const conclude = async (tx: Db, linha: Linha): Promise<void> => {
    const usuarioId = await grantedBy(tx, contrato.id);
    await markCorrected(tx, { ...linha, usuarioId }, quem.operadorId);
    await quem.last?.(tx);
    granted = true;
  };
  const usuarioId = await requestByRule(sync, contrato, quem.operadorId, {
    causa: 'correcao',
    planoId: seen.planoId,
    last: async (tx) => {
      const linha = await lockLinha(tx, divergenciaId, quem);
      if (linha.correcao === 'adotar') await takeConta(tx, linha);
      await conclude(tx, linha);
    },
  });
  if (granted) return usuarioId;
  // Somebody else granted it meanwhile, and an account of its own is on the way.
  await transaction(sync.db, async (tx) => {
    const linha = await lockLinha(tx, divergenciaId, quem);
    if (linha.correcao === 'adotar')
      throw conflict('O contrato acaba de ganhar um usuário.', 'Compare de novo e veja o que a linha diz.');
    await conclude(tx, linha);
  });
  return usuarioId;
}

const grantedBy = (tx: Db, contratoId: number): Promise<number> =>
  row(
    tx,
    'SELECT usuario_id AS id FROM adesoes WHERE vigente = :contratoId',
    { contratoId },
    z.object({ id: z.number() }),
  ).then(({ id }) => id);
