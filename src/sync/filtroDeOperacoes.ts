// Which operações a list holds: estado, ação, integração, whose they are, in which days; as SQL on `operacoes o`.
import { z } from 'zod';
import { type Db, inList, optionalRow, type Params, row } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { inFiliais, type Scope } from './filiais.ts';
import type { AcaoDeOperacao, EstadoDaOperacao } from './tipos.ts';

export interface OperacoesFilter {
  filiais: Filiais;
  /**
   * `parada` = open, and held until somebody or something changes; `sem_solucao` = refused, and no newer one of the
   * same person took its place.
   */
  estado?: EstadoDaOperacao | 'parada' | 'sem_solucao' | undefined;
  acao?: AcaoDeOperacao | undefined;
  integracaoId?: number | undefined;
  usuarioId?: number | undefined;
  ids?: readonly number[] | undefined;
  /** Of the people of these contracts. */
  contratoIds?: readonly number[] | undefined;
  /** Of the person with this fingerprint. */
  impressao?: Buffer | undefined;
  /** First and last day, AAAA-MM-DD in Brasília. */
  de?: string | undefined;
  ate?: string | undefined;
  depois?: number | undefined;
  limite: number;
}

const PARADA = `o.estado = 'aberta'
  AND (SELECT 1 FROM usuarios parado WHERE parado.id = o.usuario_id AND parado.retida IS NOT NULL) = 1`;

/** The newest operação of the same person that took the place of a refused `o`; NULL = none has. */
export const NOVA = `(SELECT MAX(nova.id) FROM operacoes nova
    WHERE o.estado = 'recusada' AND nova.usuario_id = o.usuario_id AND nova.estado IN ('aberta', 'feita')
      AND nova.id > o.id)`;

/** The condition of a filter, the key of its page included. Registrations belong to no branch and are seen by all. */
export async function operacoesWhere(db: Db, filter: OperacoesFilter): Promise<Scope> {
  const scope = inFiliais('o.filial_id', filter.filiais);
  const where = [`(${scope.sql} OR o.usuario_id IS NULL)`];
  const params: Params = { ...scope.params };
  const add = (condition: string, name: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    params[name] = value;
  };
  if (filter.estado === 'parada') where.push(PARADA);
  else if (filter.estado === 'sem_solucao') where.push(`o.estado = 'recusada' AND ${NOVA} IS NULL`);
  else add('o.estado = :estado', 'estado', filter.estado);
  add('o.acao = :acao', 'acao', filter.acao);
  add('o.integracao_id = :integracaoId', 'integracaoId', filter.integracaoId);
  add('o.usuario_id = :usuarioId', 'usuarioId', filter.usuarioId);
  add('o.id < :depois', 'depois', filter.depois);
  const addScope = ({ sql, params: more }: Scope): void => {
    where.push(sql);
    Object.assign(params, more);
  };
  if (filter.ids !== undefined) addScope(oneOf('o.id', 'id', filter.ids));
  if (filter.contratoIds !== undefined) addScope(ofContratos(filter.contratoIds));
  if (filter.impressao !== undefined) {
    addScope({
      sql: 'o.usuario_id IN (SELECT id FROM usuarios WHERE impressao = :impressao)',
      params: { impressao: filter.impressao },
    });
  }
  addScope(await withinDays(db, filter));
  return { sql: where.join(' AND '), params };
}

function oneOf(column: string, prefix: string, ids: readonly number[]): Scope {
  const list = inList(prefix, ids);
  return { sql: `${column} IN (${list.sql})`, params: list.params };
}

function ofContratos(contratoIds: readonly number[]): Scope {
  const list = inList('contrato', contratoIds);
  return {
    sql: `o.usuario_id IN (SELECT usuario_id FROM adesoes WHERE contrato_id IN (${list.sql}))`,
    params: list.params,
  };
}

// Ids grow with time, so that the days become a range of the primary key: a page of last year costs what today's does.
async function withinDays(db: Db, { de, ate }: OperacoesFilter): Promise<Scope> {
  const where = ['TRUE'];
  const params: Params = {};
  if (de !== undefined) {
    where.push('o.id >= :desde AND o.criado_em >= :de');
    params['de'] = startOf(de, 0);
    params['desde'] = await firstIdAt(db, startOf(de, -SLACK_MS));
  }
  if (ate !== undefined) {
    where.push('o.id < :antesDe AND o.criado_em < :ate');
    params['ate'] = startOf(ate, DAY_MS);
    params['antesDe'] = await firstIdAt(db, startOf(ate, DAY_MS + SLACK_MS));
  }
  return { sql: where.join(' AND '), params };
}

const DAY_MS = 86_400_000;
// Two transactions at once may take ids and moments in different orders, never this far apart.
const SLACK_MS = 10 * 60_000;

// The first instant of a day in Brasília (UTC−3), moved by `ms`, as our columns write it.
const startOf = (day: string, ms: number): string =>
  new Date(Date.parse(`${day}T03:00:00Z`) + ms).toISOString().slice(0, 23).replace('T', ' ');

// The smallest id written at or after a moment: halving, some twenty reads by key.
async function firstIdAt(db: Db, momento: string): Promise<number> {
  const { maior } = await row(
    db,
    'SELECT COALESCE(MAX(id), 0) AS maior FROM operacoes',
    {},
    z.object({ maior: z.coerce.number() }),
  );
  let low = 0;
  let high = maior + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await optionalRow(
      db,
      'SELECT id, criado_em >= :momento AS depois FROM operacoes WHERE id >= :middle ORDER BY id LIMIT 1',
      { momento, middle },
      z.object({ id: z.number(), depois: z.number() }),
    );
    if (found === undefined || found.depois === 1) high = middle;
    else low = found.id + 1;
  }
  return low;
}
