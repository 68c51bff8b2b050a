// Every account counted as it is now: by situação, by plano, in the queue, held by cause.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { usuarioInFiliais } from './filiais.ts';
import type { CausaDeRetencao, Situacao } from './tipos.ts';
import { causa } from './usuarios.ts';

export interface VidasDoPlano {
  /** null = no plano */
  planoId: number | null;
  nome: string;
  ativas: number;
  /** With an account that is neither active nor cancelled. */
  outras: number;
}

export interface VidasAgora {
  porSituacao: Record<Situacao, number>;
  porPlano: VidasDoPlano[];
  /** Waiting for their turn. */
  naFila: number;
  /** Waiting to be tried again: the last call failed. */
  tentando: number;
  retidas: { causa: CausaDeRetencao; total: number }[];
  /** Active, and not yet entered for the first time. */
  aguardaAcesso: number;
}

const Bool = z.number().transform((value) => value === 1);
const GrupoRow = z.object({
  observada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']),
  planoId: z.number().nullable(),
  retida: causa.nullable(),
  trabalho: Bool,
  falhou: Bool,
  aguardaAcesso: z.coerce.number(),
  total: z.coerce.number(),
});
type Grupo = z.output<typeof GrupoRow>;

// What took long to count is good for longer: a base of a million people is not counted again at every glance.
const GOOD_FOR = 10;
const known = new WeakMap<Db, Map<string, { ate: number; vidas: Promise<VidasAgora> }>>();

/** Counts inside `filiais`; `nomes` are the planos by id. At most ten times as old as counting takes. */
export function countVidas(
  db: Db,
  filiais: Filiais,
  nomes: ReadonlyMap<number, string>,
): Promise<VidasAgora> {
  const mine = known.get(db) ?? new Map();
  known.set(db, mine);
  const key = filiais === 'todas' ? 'todas' : [...filiais].sort((a, b) => a - b).join(',');
  const last = mine.get(key);
  if (last !== undefined && performance.now() < last.ate) return last.vidas;
  const beganAt = performance.now();
  const vidas = count(db, filiais, nomes);
  // While it is being counted, whoever else asks waits for the same answer.
  const entry = { ate: Number.POSITIVE_INFINITY, vidas };
  mine.set(key, entry);
  vidas.then(
    () => {
      entry.ate = performance.now() + GOOD_FOR * (performance.now() - beganAt);
    },
    () => mine.delete(key),
  );
  return vidas;
}

async function count(db: Db, filiais: Filiais, nomes: ReadonlyMap<number, string>): Promise<VidasAgora> {
  const scope = usuarioInFiliais('u.id', filiais);
  const grupos = await rows(
    db,
    `SELECT u.observada, u.desejado_plano_id AS planoId, u.retida, u.trabalho, u.falhas > 0 AS falhou,
       SUM(u.aguarda_acesso = 1 AND u.observada = 'ativo') AS aguardaAcesso, COUNT(*) AS total
     FROM usuarios u WHERE ${scope.sql} GROUP BY u.observada, u.desejado_plano_id, u.retida, u.trabalho, falhou`,
    scope.params,
    GrupoRow,
  );
  const porSituacao = { ausente: 0, ativo: 0, bloqueado: 0, cancelado: 0, desconhecido: 0 };
  for (const { observada, total } of grupos) porSituacao[observada] += total;
  const fila = grupos.filter(({ retida, trabalho }) => retida === null && trabalho);
  return {
    porSituacao,
    porPlano: byPlano(grupos, nomes),
    naFila: sum(fila.filter(({ falhou }) => !falhou)),
    tentando: sum(fila.filter(({ falhou }) => falhou)),
    retidas: byCausa(grupos),
    aguardaAcesso: grupos.reduce((total, { aguardaAcesso }) => total + aguardaAcesso, 0),
  };
}

function byPlano(grupos: Grupo[], nomes: ReadonlyMap<number, string>): VidasDoPlano[] {
  const vivas = grupos.filter(({ observada }) => observada !== 'ausente' && observada !== 'cancelado');
  return [...new Set(vivas.map(({ planoId }) => planoId))]
    .map((planoId) => {
      const own = vivas.filter((each) => each.planoId === planoId);
      const nome = planoId === null ? 'Sem plano' : (nomes.get(planoId) ?? `Plano ${planoId}`);
      return {
        planoId,
        nome,
        ativas: sum(own.filter((each) => each.observada === 'ativo')),
        outras: sum(own.filter((each) => each.observada !== 'ativo')),
      };
    })
    .sort((a, b) => b.ativas - a.ativas || a.nome.localeCompare(b.nome, 'pt-BR'));
}

function byCausa(grupos: Grupo[]): VidasAgora['retidas'] {
  const totals = new Map<CausaDeRetencao, number>();
  for (const { retida, total } of grupos) {
    if (retida !== null) totals.set(retida, (totals.get(retida) ?? 0) + total);
  }
  return [...totals].map(([each, total]) => ({ causa: each, total })).sort((a, b) => b.total - a.total);
}

const sum = (grupos: Grupo[]): number => grupos.reduce((total, grupo) => total + grupo.total, 0);
