// Divergências as people read them: counted by class, listed the most harmful first, always inside the operator's branches.
import { z } from 'zod';
import { type Db, inList, optionalRow, type Params, rows } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { inFiliais } from '../filiais.ts';
import { causa } from '../usuarios.ts';
import { CAMPOS_COMPARADOS, CLASSES, type Classe, CORRECOES, REFERENCIAS } from './tipos.ts';

const situacao = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']);
const DivergenciaRow = z.object({
  id: z.number(),
  classe: z.enum(CLASSES),
  ordem: z.number(),
  integracaoId: z.number(),
  integracaoNome: z.string(),
  estado: z.enum(['aberta', 'corrigindo', 'resolvida']),
  usuarioId: z.number().nullable(),
  contratoId: z.number().nullable(),
  clienteId: z.number().nullable(),
  filialId: z.number(),
  remotoId: z.string().nullable(),
  ixc: z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']).nullable(),
  nosso: situacao.nullable(),
  parceiro: situacao,
  para: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']).nullable(),
  planoId: z.number().nullable(),
  planoNome: z.string().nullable(),
  /** As the partner calls it; the name beside it when it is one of ours. */
  planoParceiro: z.string().nullable(),
  planoParceiroNome: z.string().nullable(),
  campos: z
    .string()
    .transform((list) => z.array(z.enum(CAMPOS_COMPARADOS)).parse(list.split(',').filter(Boolean))),
  valorCentavos: z.number().nullable(),
  correcao: z.enum(CORRECOES).nullable(),
  desde: z.string(),
  vistaEm: z.string(),
  corrigidaPor: z.number().nullable(),
  corrigidaEm: z.string().nullable(),
  loteId: z.number().nullable(),
  /** AAAA-MM-DD while it is accepted as known. */
  aceitaAte: z.string().nullable(),
  aceitaMotivo: z.string().nullable(),
  aceitaPor: z.number().nullable(),
  retida: causa.nullable(),
  /** Of an account that is nobody's here. */
  referencia: z.enum(REFERENCIAS).nullable(),
  /** The partner shows the CPF of that account. */
  comCpf: z.coerce.number().transform((value) => value === 1),
  /** Ids of more accounts of the same CPF. */
  outras: z.string().transform((list) => list.split(' ').filter(Boolean)),
  /** The account that is the usuário's. */
  contaDele: z.string().nullable(),
  vez: z.number().nullable(),
});
export type Divergencia = z.output<typeof DivergenciaRow>;

const HOJE_SQL = 'DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR)';
const ACEITA = `COALESCE(d.aceita_ate >= ${HOJE_SQL}, 0)`;

const SELECT = `SELECT d.id, d.classe, d.ordem, d.integracao_id AS integracaoId, i.nome AS integracaoNome, d.estado,
    d.usuario_id AS usuarioId, d.contrato_id AS contratoId, d.cliente_id AS clienteId, d.filial_id AS filialId,
    d.remoto_id AS remotoId, d.ixc, d.nosso, d.parceiro, d.para, d.plano_id AS planoId, p.nome AS planoNome,
    d.plano_parceiro AS planoParceiro,
    (SELECT MIN(la.nome) FROM planos la WHERE la.integracao_id = d.integracao_id AND la.remoto_id = d.plano_parceiro)
      AS planoParceiroNome,
    d.campos, d.valor_centavos AS valorCentavos, d.correcao, d.desde, d.vista_em AS vistaEm,
    d.corrigida_por AS corrigidaPor, d.corrigida_em AS corrigidaEm, d.lote_id AS loteId,
    IF(${ACEITA}, d.aceita_ate, NULL) AS aceitaAte, d.aceita_motivo AS aceitaMotivo, d.aceita_por AS aceitaPor, u.retida,
    d.referencia, d.impressao IS NOT NULL AS comCpf, d.outras, u.remoto_id AS contaDele, u.vez
  FROM divergencias d JOIN integracoes i ON i.id = d.integracao_id LEFT JOIN planos p ON p.id = d.plano_id
  LEFT JOIN usuarios u ON u.id = d.usuario_id`;

export interface DivergenciasFilter {
  filiais: Filiais;
  classe?: Classe | undefined;
  integracaoId?: number | undefined;
  filialId?: number | undefined;
  /** `abertas` (left out): neither accepted nor over. */
  estado?: 'abertas' | 'corrigindo' | 'aceitas' | undefined;
  ids?: readonly number[] | undefined;
  usuarioId?: number | undefined;
  contratoId?: number | undefined;
  /** `ordem:id` that ended the page before. */
  depois?: { ordem: number; id: number } | undefined;
}

/** The condition of a filter on `divergencias d`. */
export function divergenciasWhere(filter: DivergenciasFilter): { sql: string; params: Params } {
  const scope = inFiliais('d.filial_id', filter.filiais);
  const where = [scope.sql, STATES[filter.estado ?? 'abertas']];
  const params: Params = { ...scope.params };
  const add = (condition: string, name: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    where.push(condition);
    params[name] = value;
  };
  add('d.classe = :classe', 'classe', filter.classe);
  add('d.integracao_id = :integracaoId', 'integracaoId', filter.integracaoId);
  add('d.filial_id = :daFilial', 'daFilial', filter.filialId);
  add('d.usuario_id = :usuarioId', 'usuarioId', filter.usuarioId);
  add('d.contrato_id = :contratoId', 'contratoId', filter.contratoId);
  if (filter.ids !== undefined) {
    const list = inList('id', filter.ids);
    where.push(`d.id IN (${list.sql})`);
    Object.assign(params, list.params);
  }
  if (filter.depois !== undefined) {
    where.push('(d.ordem > :ordem OR d.ordem = :ordem2 AND d.id > :depois)');
    Object.assign(params, {
      ordem: filter.depois.ordem,
      ordem2: filter.depois.ordem,
      depois: filter.depois.id,
    });
  }
  return { sql: where.join(' AND '), params };
}

const STATES = {
  abertas: `d.estado IN ('aberta', 'corrigindo') AND NOT ${ACEITA}`,
  corrigindo: "d.estado = 'corrigindo'",
  aceitas: `d.estado IN ('aberta', 'corrigindo') AND ${ACEITA}`,
};

/** A page of lines, the most harmful class first, within it the oldest. */
export async function listDivergencias(
  db: Db,
  filter: DivergenciasFilter,
  limite: number,
): Promise<{ divergencias: Divergencia[]; proxima: { ordem: number; id: number } | undefined }> {
  const where = divergenciasWhere(filter);
  const found = await rows(
    db,
    `${SELECT} WHERE ${where.sql} ORDER BY d.ordem, d.id LIMIT ${limite + 1}`,
    where.params,
    DivergenciaRow,
  );
  const divergencias = found.slice(0, limite);
  return { divergencias, proxima: found.length > limite ? divergencias.at(-1) : undefined };
}

/** One line that is not over; undefined when missing or outside `filiais`. */
export function findDivergencia(db: Db, id: number, filiais: Filiais): Promise<Divergencia | undefined> {
  const scope = inFiliais('d.filial_id', filiais);
  return optionalRow(
    db,
    `${SELECT} WHERE d.id = :id AND ${scope.sql}`,
    { id, ...scope.params },
    DivergenciaRow,
  );
}

export interface TotalDaClasse {
  classe: Classe;
  total: number;
  /** Cents at stake each month. */
  valor: number;
  /** Those with a correction of ours that nobody has asked for yet. */
  corrigiveis: number;
}

/** Every class with at least one open line, in the order of harm. */
export async function countClasses(db: Db, filiais: Filiais): Promise<TotalDaClasse[]> {
  const where = divergenciasWhere({ filiais });
  return rows(
    db,
    `SELECT d.classe, COUNT(*) AS total, COALESCE(SUM(d.valor_centavos), 0) AS valor,
       SUM(d.estado = 'aberta' AND d.correcao IS NOT NULL) AS corrigiveis
     FROM divergencias d WHERE ${where.sql} GROUP BY d.classe, d.ordem ORDER BY d.ordem`,
    where.params,
    z.object({
      classe: z.enum(CLASSES),
      total: z.coerce.number(),
      valor: z.coerce.number(),
      corrigiveis: z.coerce.number(),
    }),
  );
}
