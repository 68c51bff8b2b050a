// Which usuários a list holds: situação, plano, what they wait for, whose contracts they are; as SQL on `usuarios u`.
import { z } from 'zod';
import { type Db, inList, type Params, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { type Scope, usuarioInFiliais } from './filiais.ts';
import type { CausaDeRetencao, Situacao } from './tipos.ts';

/** What somebody may wait for, beside the cause that holds them. */
export const ESPERAS = [
  'parado',
  'fila',
  'tentando',
  'carencia',
  'cancelamento',
  'acesso',
  'cadastro',
] as const;
export type Espera = (typeof ESPERAS)[number];

/** The last day of a carência in force, else NULL. Days are the provider's (UTC−3). */
export const CARENCIA_ATE =
  'IF(u.carencia_ate >= DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR), u.carencia_ate, NULL)';

const ESPERA_SQL: Record<Espera, string> = {
  parado: 'u.retida IS NOT NULL',
  fila: 'u.trabalho = 1 AND u.retida IS NULL AND u.falhas = 0',
  tentando: 'u.trabalho = 1 AND u.retida IS NULL AND u.falhas > 0',
  carencia: 'u.carencia_ate >= DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR)',
  cancelamento: `(u.cancelar_em > UTC_TIMESTAMP(6) OR u.cancelar_regra_em > UTC_TIMESTAMP(6))
    AND u.observada <> 'cancelado'`,
  acesso: "u.aguarda_acesso = 1 AND u.observada = 'ativo'",
  cadastro: 'u.cadastro_espera IS NOT NULL',
};

export interface UsuariosFilter {
  filiais: Filiais;
  situacao?: Situacao | undefined;
  retida?: CausaDeRetencao | undefined;
  espera?: Espera | undefined;
  planoId?: number | undefined;
  ids?: readonly number[] | undefined;
  contratoIds?: readonly number[] | undefined;
  impressao?: Buffer | undefined;
  depois?: number | undefined;
  limite: number;
}

/** The condition of a filter, `depois` and `limite` left aside. */
export async function usuariosWhere(
  db: Db,
  filter: Omit<UsuariosFilter, 'depois' | 'limite'>,
): Promise<Scope> {
  const scope = usuarioInFiliais('u.id', filter.filiais);
  const where = [scope.sql];
  const params: Params = { ...scope.params };
  const add = (condition: string, name: string, value: string | number | Buffer | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    params[name] = value;
  };
  add('u.observada = :situacao', 'situacao', filter.situacao);
  add('u.retida = :retida', 'retida', filter.retida);
  add('u.desejado_plano_id = :planoId', 'planoId', filter.planoId);
  add('u.impressao = :impressao', 'impressao', filter.impressao);
  if (filter.espera !== undefined) where.push(`(${ESPERA_SQL[filter.espera]})`);
  if (filter.espera === 'fila' || filter.espera === 'tentando') {
    // The queue's index begins with the integração: named, it is walked instead of everybody.
    const list = inList('integracao', await listIntegracaoIds(db));
    where.push(`u.integracao_id IN (${list.sql})`);
    Object.assign(params, list.params);
  }
  if (filter.ids !== undefined) {
    const list = inList('id', filter.ids);
    where.push(`u.id IN (${list.sql})`);
    Object.assign(params, list.params);
  }
  if (filter.contratoIds !== undefined) {
    const list = inList('contrato', filter.contratoIds);
    where.push(`u.id IN (SELECT usuario_id FROM adesoes WHERE contrato_id IN (${list.sql}))`);
    Object.assign(params, list.params);
  }
  return { sql: where.join(' AND '), params };
}

async function listIntegracaoIds(db: Db): Promise<number[]> {
  const found = await rows(db, 'SELECT id FROM integracoes ORDER BY id', {}, z.object({ id: z.number() }));
  return found.map(({ id }) => id);
}
