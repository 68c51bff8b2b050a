// Registers that moved on in IXC and were not sent: how many wait and why, and letting exactly those go.
import { z } from 'zod';
import { sha256 } from '../crypto.ts';
import { type Db, row, run, transaction } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { conflict } from '../problem.ts';
import type { Sync } from './contexto.ts';
import { type Scope, usuarioInFiliais } from './filiais.ts';
import type { Operador } from './tipos.ts';

export interface CadastrosEmEspera {
  /** For the mode of now, or for rules that nobody has decided on yet. */
  modo: number;
  /** Held by the brake: too many at once. */
  freio: number;
  /** Hex; letting them go must name it: it is of exactly this list. */
  resumo: string;
}

// Homologação goes by hand only, one person at a time (decisions 21).
function waiting(filiais: Filiais): Scope {
  const scope = usuarioInFiliais('u.id', filiais);
  return {
    sql: `FROM usuarios u JOIN integracoes i ON i.id = u.integracao_id
      WHERE u.cadastro_espera IS NOT NULL AND u.duvida IS NULL AND u.atualizar = 0
        AND u.observada NOT IN ('ausente', 'cancelado') AND i.ambiente <> 'homologacao' AND ${scope.sql}`,
    params: scope.params,
  };
}

/** Those that wait inside these branches. */
export async function countEspera(db: Db, filiais: Filiais): Promise<CadastrosEmEspera> {
  const { sql, params } = waiting(filiais);
  const { lista, ...totals } = await row(
    db,
    `SELECT COALESCE(SUM(u.cadastro_espera = 'modo'), 0) AS modo, COALESCE(SUM(u.cadastro_espera = 'freio'), 0) AS freio,
       CONCAT_WS(':', COUNT(*), COALESCE(SUM(u.id), 0), COALESCE(BIT_XOR(CRC32(u.id)), 0)) AS lista ${sql}`,
    params,
    z.object({ modo: z.coerce.number(), freio: z.coerce.number(), lista: z.string() }),
  );
  return { ...totals, resumo: sha256(lista).toString('hex') };
}

/**
 * Sends every register that waits inside the operator's branches, once the list is the one that was seen.
 * @throws Problem 409 when the list is another one now, or empty.
 */
export async function sendEspera(sync: Sync, operador: Operador, resumo: string): Promise<number> {
  const { sql, params } = waiting(operador.filiais);
  const total = await transaction(sync.db, async (tx) => {
    const now = await countEspera(tx, operador.filiais);
    if (now.modo + now.freio === 0)
      throw conflict('Nenhum cadastro espera mais.', 'Recarregue a página para ver como está.');
    if (now.resumo !== resumo) {
      throw conflict(
        'A lista de cadastros mudou desde que você a viu. Nada foi enviado.',
        'Confira os números de agora e envie de novo.',
      );
    }
    await run(
      tx,
      `INSERT INTO auditoria (em, operador_id, evento, filial_id, usuario_id, contrato_id, detalhe)
       SELECT UTC_TIMESTAMP(6), :operadorId, 'cadastro_pedido', 0, u.id, NULL, '{}' ${sql}`,
      { operadorId: operador.id, ...params },
    );
    await run(
      tx,
      `UPDATE usuarios SET atualizar = 1, cadastro_espera = NULL, trabalho = 1, geracao = geracao + 1, prioridade = 5,
         proxima_em = UTC_TIMESTAMP(6), contato_mudou_em = UTC_TIMESTAMP(6)
       WHERE id IN (SELECT id FROM (SELECT u.id ${sql}) lista)`,
      params,
    );
    return now.modo + now.freio;
  });
  sync.wake();
  return total;
}
