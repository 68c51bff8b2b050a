// Reading usuários and their adesões, always inside the branches of whoever looks.
import { z } from 'zod';
import { type Db, inList, optionalRow, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { inFiliais, usuarioInFiliais } from './filiais.ts';
import { CARENCIA_ATE, type UsuariosFilter, usuariosWhere } from './filtroDeUsuarios.ts';
import type { Adesao, Usuario } from './tipos.ts';

const Bool = z.number().transform((value) => value === 1);
export const situacao = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']);
const desejada = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']);
export const causa = z.enum([
  'dados',
  'sem_plano',
  'mais_de_um_plano',
  'plano_nao_registrado',
  'quem_e_a_pessoa',
  'ja_existe',
  'outro_parceiro',
  'cancelado_no_parceiro',
  'sumiu',
  'proibido',
  'estado_recusado',
  'contrato_quebrado',
  'fora_do_teste',
  'derruba_o_processo',
]);
const campos = z.array(z.object({ campo: z.string(), motivo: z.string(), correcao: z.string() }));

const UsuarioRow = z.object({
  id: z.number(),
  integracaoId: z.number(),
  integracaoNome: z.string(),
  vez: z.number(),
  remotoId: z.string().nullable(),
  bloqueioManual: Bool,
  cancelarEm: z.string().nullable(),
  desejada,
  desejadoPlanoId: z.number().nullable(),
  desejadoPlanoNome: z.string().nullable(),
  geracao: z.number(),
  observada: situacao,
  observadoPlano: z.string().nullable(),
  aguardaAcesso: Bool,
  observadaEm: z.string().nullable(),
  trabalho: Bool,
  proximaEm: z.string(),
  conferirEm: z.string().nullable(),
  falhas: z.number(),
  retida: causa.nullable(),
  retidaDetalhe: z
    .union([z.string(), campos, z.null()])
    .transform((value) => (typeof value === 'string' ? campos.parse(JSON.parse(value)) : (value ?? []))),
  mensagem: z.string().nullable(),
  cancelarRegraEm: z.string().nullable(),
  carenciaAte: z.string().nullable(),
});

/** A usuário with the dates that it waits for. */
export interface UsuarioDaGrade extends Usuario {
  /** UTC; when the rules cancel this account, unless the contract goes back before. */
  cancelarRegraEm: string | null;
  /** AAAA-MM-DD, the last day of the carência in force. */
  carenciaAte: string | null;
}

const COLUMNS = `
  u.id, u.integracao_id AS integracaoId, i.nome AS integracaoNome, u.vez, u.remoto_id AS remotoId,
  u.bloqueio_manual AS bloqueioManual, u.cancelar_em AS cancelarEm, u.desejada,
  u.desejado_plano_id AS desejadoPlanoId, p.nome AS desejadoPlanoNome, u.geracao, u.observada,
  u.observado_plano AS observadoPlano, u.aguarda_acesso AS aguardaAcesso, u.observada_em AS observadaEm,
  u.trabalho, u.proxima_em AS proximaEm, u.conferir_em AS conferirEm, u.falhas, u.retida,
  IF(u.retida IS NULL, NULL, u.retida_detalhe) AS retidaDetalhe, u.mensagem,
  u.cancelar_regra_em AS cancelarRegraEm, ${CARENCIA_ATE} AS carenciaAte`;

const JOINS = `JOIN integracoes i ON i.id = u.integracao_id
  LEFT JOIN planos p ON p.id = u.desejado_plano_id`;
const TABLES = `usuarios u ${JOINS}`;

/** One usuário with its adesões; undefined when missing or outside `filiais`. */
export async function findUsuario(db: Db, id: number, filiais: Filiais): Promise<Usuario | undefined> {
  const scope = usuarioInFiliais('u.id', filiais);
  const found = await optionalRow(
    db,
    `SELECT ${COLUMNS} FROM ${TABLES} WHERE u.id = :id AND ${scope.sql}`,
    { id, ...scope.params },
    UsuarioRow,
  );
  return found && (await withAdesoes(db, [found], filiais))[0];
}

/** The usuário that a contract grants now, or else granted last. */
export async function findUsuarioDoContrato(
  db: Db,
  contratoId: number,
  filiais: Filiais,
): Promise<Usuario | undefined> {
  const adesao = await optionalRow(
    db,
    `SELECT usuario_id AS usuarioId FROM adesoes WHERE contrato_id = :contratoId
     ORDER BY vigente IS NULL, id DESC LIMIT 1`,
    { contratoId },
    z.object({ usuarioId: z.number() }),
  );
  return adesao && findUsuario(db, adesao.usuarioId, filiais);
}

/** A page of usuários, newest first; `proxima` is the key of the next page. */
export async function listUsuarios(
  db: Db,
  filter: UsuariosFilter,
): Promise<{ usuarios: UsuarioDaGrade[]; proxima: number | undefined }> {
  const where = await usuariosWhere(db, filter);
  const found = await rows(
    db,
    // The ids of the page first, walked by key: joined at once, MariaDB would sort every usuário of the integração.
    `SELECT STRAIGHT_JOIN ${COLUMNS} FROM (SELECT u.id FROM usuarios u WHERE ${where.sql} AND u.id < :depois
       ORDER BY u.id DESC LIMIT ${filter.limite + 1}) pagina
     JOIN usuarios u ON u.id = pagina.id ${JOINS} ORDER BY pagina.id DESC`,
    { ...where.params, depois: filter.depois ?? Number.MAX_SAFE_INTEGER },
    UsuarioRow,
  );
  const page = found.slice(0, filter.limite);
  return {
    usuarios: await withAdesoes(db, page, filter.filiais),
    proxima: found.length > page.length ? page.at(-1)?.id : undefined,
  };
}

/**
 * A page of the contracts whose usuário the filter takes, newest first, inside the operator's branches; `proxima` is
 * the key of the next page.
 */
export async function listContratosDeUsuarios(
  db: Db,
  { filiais, depois, limite, ...filter }: UsuariosFilter,
): Promise<{ contratoIds: number[]; proxima: number | undefined }> {
  const where = await usuariosWhere(db, { ...filter, filiais: 'todas' });
  const own = inFiliais('a.filial_id', filiais);
  const found = await rows(
    db,
    `SELECT a.vigente AS id FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id
     WHERE ${where.sql} AND a.vigente < :depois AND ${own.sql} ORDER BY a.vigente DESC LIMIT ${limite + 1}`,
    { ...where.params, ...own.params, depois: depois ?? Number.MAX_SAFE_INTEGER },
    z.object({ id: z.number() }),
  );
  const contratoIds = found.slice(0, limite).map(({ id }) => id);
  return { contratoIds, proxima: found.length > limite ? contratoIds.at(-1) : undefined };
}

/** Those of these usuários that exist inside `filiais`, newest first. */
export async function listUsuariosPorId(
  db: Db,
  ids: readonly number[],
  filiais: Filiais,
): Promise<UsuarioDaGrade[]> {
  return (await listUsuarios(db, { filiais, ids, limite: Math.max(ids.length, 1) })).usuarios;
}

/** The usuário of each of these contracts that has one, for the grids. */
export async function listUsuariosDeContratos(
  db: Db,
  contratoIds: number[],
  filiais: Filiais = 'todas',
): Promise<Map<number, UsuarioDaGrade>> {
  const list = inList('contrato', contratoIds);
  const found = await rows(
    db,
    `SELECT ${COLUMNS} FROM ${TABLES}
     WHERE u.id IN (SELECT usuario_id FROM adesoes WHERE vigente IN (${list.sql}))`,
    list.params,
    UsuarioRow,
  );
  const usuarios = await withAdesoes(db, found, filiais);
  return new Map(
    usuarios.flatMap((usuario) =>
      usuario.adesoes
        .filter((adesao) => adesao.vigente)
        .map((adesao) => [adesao.contratoId, usuario] as const),
    ),
  );
}

const AdesaoRow = z.object({
  id: z.number(),
  usuarioId: z.number(),
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  planoId: z.number().nullable(),
  planoNome: z.string().nullable(),
  planoOrigem: z.enum(['contrato', 'adicional', 'plano', 'plano_de_venda', 'operador']),
  significado: z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']),
  vigente: Bool,
});

/** Every adesão of these usuários, oldest first. */
export async function listAdesoes(db: Db, usuarioIds: number[]): Promise<Adesao[]> {
  const list = inList('usuario', usuarioIds);
  return rows(
    db,
    `SELECT a.id, a.usuario_id AS usuarioId, a.contrato_id AS contratoId, a.cliente_id AS clienteId,
       a.filial_id AS filialId, a.plano_id AS planoId, p.nome AS planoNome, a.plano_origem AS planoOrigem,
       a.significado, a.vigente IS NOT NULL AS vigente
     FROM adesoes a LEFT JOIN planos p ON p.id = a.plano_id
     WHERE a.usuario_id IN (${list.sql}) ORDER BY a.id`,
    list.params,
    AdesaoRow,
  );
}

// A person may have contracts in several branches: the operator is shown those of their own.
async function withAdesoes(
  db: Db,
  found: z.output<typeof UsuarioRow>[],
  filiais: Filiais,
): Promise<UsuarioDaGrade[]> {
  const all = await listAdesoes(
    db,
    found.map(({ id }) => id),
  );
  return found.map((usuario) => {
    const own = all.filter(({ usuarioId }) => usuarioId === usuario.id);
    const adesoes = own.filter(({ filialId }) => filiais === 'todas' || filiais.includes(filialId));
    const outrasFiliais = own.filter((adesao) => adesao.vigente && !adesoes.includes(adesao)).length;
    return { ...usuario, adesoes, outrasFiliais };
  });
}
