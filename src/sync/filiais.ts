// Branch scope in SQL: an operator sees a usuário when at least one of its adesões is in the operator's branches.
import { inList, type Params } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';

export interface Scope {
  sql: string;
  params: Params;
}

/** A condition on `column` (a filial id). `todas` is always true; an empty list is never true. */
export function inFiliais(column: string, filiais: Filiais): Scope {
  if (filiais === 'todas') return { sql: 'TRUE', params: {} };
  const list = inList('filial', filiais);
  return { sql: `${column} IN (${list.sql})`, params: list.params };
}

/** A condition on `usuarioId` (an expression naming usuarios.id). */
export function usuarioInFiliais(usuarioId: string, filiais: Filiais): Scope {
  if (filiais === 'todas') return { sql: 'TRUE', params: {} };
  const scope = inFiliais('visivel.filial_id', filiais);
  return {
    // With a LIMIT it stays a question about each row; without, MariaDB would collect a whole branch first.
    sql: `(SELECT 1 FROM adesoes visivel WHERE visivel.usuario_id = ${usuarioId} AND ${scope.sql} LIMIT 1) = 1`,
    params: scope.params,
  };
}

/** SQL: the branch of the first adesão in force of `usuarioId` (an expression naming usuarios.id); 0 when there is none. */
export const FILIAL_DE = (usuarioId: string): string =>
  `COALESCE((SELECT a.filial_id FROM adesoes a WHERE a.usuario_id = ${usuarioId} AND a.vigente IS NOT NULL ORDER BY a.id LIMIT 1), 0)`;
