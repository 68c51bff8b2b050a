// Putting changes in force: at once for what a run decided, line by line for an approved lote, each exactly once.
import { type Db, transaction } from '../../db.ts';
import { findContrato } from '../../ixc/contratos.ts';
import { Problem } from '../../problem.ts';
import type { Sync } from '../contexto.ts';
import { applyCorrecao } from '../divergencias/aplicacao.ts';
import { grantCorrecao } from '../divergencias/concessao.ts';
import { inOneLine } from '../lotes/fimDaLinha.ts';
import { requestByRule } from '../pedidoUsuario.ts';
import type { Mudanca } from './mudancas.ts';
import { applyMudanca } from './vigor.ts';

export interface Feito {
  feita: boolean;
  mensagem: string | null;
}

/**
 * Does one change now. `last` comes last in its transaction and undoes it by throwing; it is not called when there is
 * nothing to do. A creation that IXC's data forbids, or that would get another plano, answers why instead of throwing.
 */
export async function doMudanca(
  sync: Sync,
  mudanca: Mudanca,
  operadorId: number | null,
  last: (tx: Db) => Promise<void>,
): Promise<Feito> {
  const { usuarioId, planoId } = mudanca;
  if (usuarioId !== null) {
    await transaction(sync.db, async (tx) => {
      await applyMudanca(tx, { ...mudanca, usuarioId }, operadorId);
      await last(tx);
    });
    return { feita: true, mensagem: null };
  }
  const contrato = await findContrato(sync.ixc, mudanca.contratoId, 'todas');
  if (contrato === undefined) return { feita: false, mensagem: 'O contrato não existe mais no IXC.' };
  try {
    await requestByRule(sync, contrato, operadorId, { planoId, last });
    return { feita: true, mensagem: null };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { feita: false, mensagem: inOneLine(error) };
    throw error;
  }
}

/**
 * Puts one line of a comparison right, of this usuário or of a contract that has none; `last` as in doMudanca. What forbids
 * it by now is answered instead of thrown.
 */
export async function doCorrecao(
  sync: Sync,
  { divergenciaId, usuarioId }: { divergenciaId: number; usuarioId: number | null },
  operadorId: number | null,
  last: (tx: Db) => Promise<void>,
): Promise<Feito> {
  const quem = { operadorId, doLote: true };
  try {
    if (usuarioId === null) await grantCorrecao(sync, divergenciaId, { ...quem, filiais: 'todas', last });
    else {
      await transaction(sync.db, async (tx) => {
        await applyCorrecao(tx, divergenciaId, quem);
        await last(tx);
      });
    }
    return { feita: true, mensagem: null };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { feita: false, mensagem: inOneLine(error) };
    throw error;
  }
}
