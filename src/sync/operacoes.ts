// Operações: the list that people read, what they may do with one, and how the engine opens and closes them.
import { z } from 'zod';
import { type Db, optionalRow, rows, run } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import type { Atendido } from './atendimento/fila.ts';
import { tableOf } from './atendimento/juntos.ts';
import { insertOperacao } from './desejos.ts';
import { inFiliais } from './filiais.ts';
import { NOVA, type OperacoesFilter, operacoesWhere } from './filtroDeOperacoes.ts';
import {
  ACOES_DE_OPERACAO,
  type AcaoDeOperacao,
  type AcaoDoMotor,
  type CausaDeRetencao,
  CHAMADAS,
  type Chamada,
  type EstadoDaOperacao,
} from './tipos.ts';
import { causa } from './usuarios.ts';

export interface Operacao {
  id: number;
  acao: AcaoDeOperacao;
  estado: EstadoDaOperacao;
  causa: 'operador' | 'regra' | 'correcao';
  operadorId: number | null;
  motivo: string | null;
  mensagem: string | null;
  criadoEm: string;
  encerradaEm: string | null;
  usuarioId: number | null;
  contratoId: number | null;
  planoId: number | null;
  integracaoId: number;
  integracaoNome: string;
  filialId: number;
  /** Why the person is held, when this operação is open and waits for somebody. */
  retida: CausaDeRetencao | null;
  tentativas: number;
}

const OperacaoRow = z.object({
  id: z.number(),
  acao: z.enum(ACOES_DE_OPERACAO),
  estado: z.enum(['aberta', 'feita', 'recusada', 'substituida', 'descartada']),
  causa: z.enum(['operador', 'regra', 'correcao']),
  operadorId: z.number().nullable(),
  motivo: z.string().nullable(),
  mensagem: z.string().nullable(),
  criadoEm: z.string(),
  encerradaEm: z.string().nullable(),
  usuarioId: z.number().nullable(),
  contratoId: z.number().nullable(),
  planoId: z.number().nullable(),
  integracaoId: z.number(),
  integracaoNome: z.string(),
  filialId: z.number(),
  retida: causa.nullable(),
  tentativas: z.coerce.number(),
});

const COLUMNS = `o.id, o.acao, o.estado, o.causa, o.operador_id AS operadorId, o.motivo,
    COALESCE(o.mensagem, IF(o.estado = 'aberta', u.mensagem, NULL)) AS mensagem, o.criado_em AS criadoEm,
    o.encerrada_em AS encerradaEm, o.usuario_id AS usuarioId, o.contrato_id AS contratoId, o.plano_id AS planoId,
    o.integracao_id AS integracaoId, i.nome AS integracaoNome, o.filial_id AS filialId,
    IF(o.estado = 'aberta', u.retida, NULL) AS retida,
    (SELECT COUNT(*) FROM tentativas t WHERE t.operacao_id = o.id) AS tentativas`;
const JOINS = 'JOIN integracoes i ON i.id = o.integracao_id LEFT JOIN usuarios u ON u.id = o.usuario_id';

/** An operação with what a row says beside it: whether somebody may try again, and what it waits for. */
export interface OperacaoDaGrade extends Operacao {
  /** Refused, held or failing, and no newer operação of the same person took its place. */
  reenviavel: boolean;
  /** The newest operação of the same person that took the place of this refused one. */
  novaId: number | null;
  falhas: number;
  /** UTC; when it is tried next, while it is open. */
  proximaEm: string | null;
}

const Bool = z.coerce.number().transform((value) => value === 1);
const OperacaoDaGradeRow = OperacaoRow.extend({
  reenviavel: Bool,
  novaId: z.number().nullable(),
  falhas: z.coerce.number(),
  proximaEm: z.string().nullable(),
});

const REENVIAVEL = `(o.estado = 'aberta' AND (u.retida IS NOT NULL OR u.falhas > 0)
    OR o.estado = 'recusada' AND ${NOVA} IS NULL)`;
const DA_GRADE = `COALESCE(${REENVIAVEL}, 0) AS reenviavel, ${NOVA} AS novaId, COALESCE(u.falhas, 0) AS falhas,
    IF(o.estado = 'aberta', u.proxima_em, NULL) AS proximaEm`;

/** A page of operações, newest first; `proxima` is the key of the next page. Registrations belong to no branch and are seen by all. */
export async function listOperacoes(
  db: Db,
  filter: OperacoesFilter,
): Promise<{ operacoes: OperacaoDaGrade[]; proxima: number | undefined }> {
  const where = await operacoesWhere(db, filter);
  const found = await rows(
    db,
    // The ids of the page first, walked by key; what each row says is asked for those few only.
    `SELECT STRAIGHT_JOIN ${COLUMNS}, ${DA_GRADE}
     FROM (SELECT o.id FROM operacoes o WHERE ${where.sql} ORDER BY o.id DESC LIMIT ${filter.limite + 1}) pagina
     JOIN operacoes o ON o.id = pagina.id ${JOINS} ORDER BY pagina.id DESC`,
    where.params,
    OperacaoDaGradeRow,
  );
  const operacoes = found.slice(0, filter.limite);
  return { operacoes, proxima: found.length > operacoes.length ? operacoes.at(-1)?.id : undefined };
}

/** One operação; undefined when missing or outside `filiais`. */
export function findOperacao(db: Db, id: number, filiais: Filiais): Promise<OperacaoDaGrade | undefined> {
  const scope = inFiliais('o.filial_id', filiais);
  return optionalRow(
    db,
    `SELECT ${COLUMNS}, ${DA_GRADE} FROM operacoes o ${JOINS}
     WHERE o.id = :id AND (${scope.sql} OR o.usuario_id IS NULL)`,
    { id, ...scope.params },
    OperacaoDaGradeRow,
  );
}

export interface Tentativa {
  id: number;
  chamada: Chamada;
  escrita: boolean;
  /** `enviada`, `nao_enviada`, `sem_resposta`, or the kind of answer. */
  resultado: string;
  httpStatus: number | null;
  mensagem: string | null;
  requisicao: string | null;
  duracaoMs: number | null;
  enviadaEm: string;
}

/** The calls made for one operação, oldest first. */
export const listTentativas = (db: Db, { operacaoId }: { operacaoId: number }): Promise<Tentativa[]> =>
  rows(
    db,
    `SELECT id, chamada, escrita, resultado, http_status AS httpStatus, mensagem, requisicao, duracao_ms AS duracaoMs,
       enviada_em AS enviadaEm FROM tentativas WHERE operacao_id = :operacaoId ORDER BY id LIMIT 200`,
    { operacaoId },
    z.object({
      id: z.number(),
      chamada: z.enum(CHAMADAS),
      escrita: z.number().transform((value) => value === 1),
      resultado: z.string(),
      httpStatus: z.number().nullable(),
      mensagem: z.string().nullable(),
      requisicao: z.string().nullable(),
      duracaoMs: z.number().nullable(),
      enviadaEm: z.string(),
    }),
  );

/** The open operação for this action, or a new one opened by the engine itself. */
export async function findOrOpenOperacao(db: Db, atendido: Atendido, acao: AcaoDoMotor): Promise<number> {
  const atClaim = atendido.abertasNaFila.find((each) => each.acao === acao);
  if (atClaim !== undefined) return atClaim.id;
  const open = await optionalRow(
    db,
    `SELECT id FROM operacoes WHERE usuario_id = :id AND estado = 'aberta' AND acao = :acao ORDER BY id DESC LIMIT 1`,
    { id: atendido.id, acao },
    z.object({ id: z.number() }),
  );
  if (open) return open.id;
  return insertOperacao(db, {
    integracaoId: atendido.integracaoId,
    usuarioId: atendido.id,
    acao,
    causa: 'correcao',
    operadorId: null,
    filialId: atendido.filialId,
  });
}

export interface OperacaoEncerrada {
  id: number;
  estado: 'feita' | 'recusada';
  mensagem: string | null;
}

const ENCERRADA = {
  id: 'BIGINT UNSIGNED',
  estado: 'VARCHAR(12) CHARACTER SET ascii',
  mensagem: 'VARCHAR(255)',
};

/** Ends each operação. What really happened is told even when a newer wish took its place meanwhile. */
export async function closeOperacoes(tx: Db, encerradas: readonly OperacaoEncerrada[]): Promise<void> {
  if (encerradas.length === 0) return;
  const list = tableOf(
    'fim',
    ENCERRADA,
    encerradas.map((each) => ({ ...each, mensagem: each.mensagem?.slice(0, 255) ?? null })),
  );
  await run(
    tx,
    `UPDATE ${list.sql} STRAIGHT_JOIN operacoes o FORCE INDEX (PRIMARY)
       ON o.id = fim.id AND o.estado IN ('aberta', 'substituida')
     SET o.estado = fim.estado, o.mensagem = fim.mensagem, o.encerrada_em = UTC_TIMESTAMP(6)`,
    list.params,
  );
}

/** The person is as wished: whatever is still open for it is done. */
export async function closeOpen(tx: Db, usuarioId: number, mensagem: string): Promise<void> {
  await run(
    tx,
    `UPDATE operacoes SET estado = 'feita', mensagem = :mensagem, encerrada_em = UTC_TIMESTAMP(6)
     WHERE usuario_id = :usuarioId AND estado = 'aberta'`,
    { usuarioId, mensagem },
  );
}
