// Writing what a simulation says: one line per contract, those that stay as they are among them.
import { z } from 'zod';
import { type Db, type Params, row, run } from '../../../db.ts';
import type { Acao } from '../../tipos.ts';
import type { LinhaSimulada } from './julgamento.ts';

const CHUNK = 250;

/** Adds these lines after those that are there. Runs in the caller's transaction. Answers how many the lote has now. */
export async function insertLinhas(
  tx: Db,
  loteId: number,
  acao: Acao,
  linhas: readonly LinhaSimulada[],
): Promise<number> {
  const { last } = await row(
    tx,
    'SELECT COALESCE(MAX(n), 0) AS last FROM lote_linhas WHERE lote_id = :loteId',
    { loteId },
    z.object({ last: z.coerce.number() }),
  );
  for (let start = 0; start < linhas.length; start += CHUNK) {
    const params: Params = { loteId, acao };
    const values = linhas.slice(start, start + CHUNK).map((linha, k) => {
      Object.assign(params, {
        [`n${k}`]: last + start + k + 1,
        [`u${k}`]: linha.usuarioId,
        [`c${k}`]: linha.contratoId,
        [`l${k}`]: linha.clienteId,
        [`f${k}`]: linha.filialId,
        [`d${k}`]: linha.de,
        [`p${k}`]: linha.para,
        [`o${k}`]: linha.planoId,
        [`e${k}`]: linha.vai ? 'pendente' : 'dispensada',
        [`m${k}`]: linha.mensagem.slice(0, 255),
      });
      const words = linha.vai ? `:m${k}, :e${k}, NULL` : `'', :e${k}, :m${k}`;
      return `(:loteId, :n${k}, :u${k}, :c${k}, :l${k}, :f${k}, :acao, :d${k}, :p${k}, :o${k}, ${words})`;
    });
    await run(
      tx,
      `INSERT INTO lote_linhas (lote_id, n, usuario_id, contrato_id, cliente_id, filial_id, acao, de, para, plano_id,
         motivo, estado, mensagem) VALUES ${values.join(', ')}`,
      params,
    );
  }
  return last + linhas.length;
}
