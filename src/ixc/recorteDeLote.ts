// Which of some contracts a bulk filter takes: status, access, branch, activation, kind of person.
import { z } from 'zod';
import { type Db, type Params, rows } from '../db.ts';
import { idList, readInChunks, visibleTo } from './sql.ts';
import type { Filiais } from './tipos.ts';

/** What IXC's own columns are narrowed by; days AAAA-MM-DD, both included. */
export interface RecorteDeContratos {
  filialId?: number | undefined;
  /** `cliente_contrato.status`, as stored. */
  status?: string | undefined;
  /** `cliente_contrato.status_internet`, as stored. */
  acesso?: string | undefined;
  ativadoDe?: string | undefined;
  ativadoAte?: string | undefined;
  tipoPessoa?: 'F' | 'J' | undefined;
}

/** Those of `ids` that exist inside `filiais` and that the filter takes. */
export async function narrowContratos(
  ixc: Db,
  ids: readonly number[],
  filiais: Filiais,
  recorte: RecorteDeContratos,
): Promise<Set<number>> {
  const visivel = visibleTo(filiais);
  const where = [visivel.sql];
  const params: Params = { ...visivel.params };
  const conditions = [
    ['filialId', 'c.id_filial = :filialId'],
    ['status', 'c.status = :status'],
    ['acesso', 'c.status_internet = :acesso'],
    ['ativadoDe', 'c.data_ativacao >= :ativadoDe'],
    ['ativadoAte', 'c.data_ativacao <= :ativadoAte'],
    ['tipoPessoa', 'p.tipo_pessoa = :tipoPessoa'],
  ] as const;
  for (const [name, condition] of conditions) {
    const value = recorte[name];
    if (value === undefined) continue;
    where.push(condition);
    params[name] = value;
  }
  const join = recorte.tipoPessoa === undefined ? '' : 'JOIN cliente p ON p.id = c.id_cliente';
  const found = await readInChunks(ids, (part) => {
    const list = idList('id', part);
    return rows(
      ixc,
      `SELECT c.id FROM cliente_contrato c ${join} WHERE c.id IN (${list.sql}) AND ${where.join(' AND ')}`,
      { ...params, ...list.params },
      z.object({ id: z.number() }),
    );
  });
  return new Set(found.map(({ id }) => id));
}
