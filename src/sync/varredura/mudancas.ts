// What a run would change: for each person, the wish that the facts read now make, against the wish in force.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
import { type Desejo, wishOf } from '../desejo.ts';
import { IN_CARENCIA } from '../desejos.ts';
import type { Acao, Desejada, Significado } from '../tipos.ts';

export interface Mudanca {
  /** null = the person has no account here yet (acao criar). */
  usuarioId: number | null;
  contratoId: number;
  clienteId: number;
  filialId: number;
  acao: Acao;
  de: Desejada;
  para: Desejada;
  planoId: number | null;
  motivo: string;
}

const significado = z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']);
const origem = z.enum(['contrato', 'adicional', 'plano', 'plano_de_venda', 'operador']);

const PessoaRow = z.object({
  id: z.number(),
  desejada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  observada: z.string(),
  reviver: z.number(),
  planoId: z.number().nullable(),
  bloqueioManual: z.number(),
  cancelarEm: z.coerce.number().nullable(),
  cancelarRegraEm: z.coerce.number().nullable(),
  emCarencia: z.coerce.number(),
  agora: z.coerce.number(),
});

const AdesaoRow = z.object({
  usuarioId: z.number(),
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  significado,
  lido: significado,
  planoId: z.number().nullable(),
  planoOrigem: origem,
});
type AdesaoRow = z.output<typeof AdesaoRow>;

/** Usuários whose facts differ from what is in force, or whose dates have come. `entre` limits to some. */
export async function listTouched(db: Db, entre?: number[]): Promise<number[]> {
  const among = entre === undefined ? undefined : inList('usuario', entre);
  const found = await rows(
    db,
    `SELECT DISTINCT a.usuario_id AS id FROM adesoes a
     WHERE a.vigente IS NOT NULL AND a.lido_significado IS NOT NULL
       AND (a.lido_significado <> a.significado OR NOT (a.lido_plano_id <=> a.plano_id)
         OR a.lido_plano_origem <> a.plano_origem)
       ${among ? `AND a.usuario_id IN (${among.sql})` : ''}
     UNION SELECT id FROM usuarios WHERE cancelar_regra_em <= UTC_TIMESTAMP(6) AND desejada = 'bloqueado'
     UNION SELECT id FROM usuarios WHERE carencia_ate < DATE(UTC_TIMESTAMP() - INTERVAL 3 HOUR) ORDER BY id`,
    among?.params ?? {},
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

export interface Achado {
  mudancas: Mudanca[];
  /** Facts moved but nobody's account would: they may be written at once. */
  semEfeito: number[];
}

const CHUNK = 500;

/** The changes for these usuários. Homologação never changes by itself (decisions 21), so its people are left out. */
export async function findMudancas(db: Db, usuarioIds: number[]): Promise<Achado> {
  const achado: Achado = { mudancas: [], semEfeito: [] };
  for (let start = 0; start < usuarioIds.length; start += CHUNK) {
    const list = inList('usuario', usuarioIds.slice(start, start + CHUNK));
    const pessoas = await rows(
      db,
      `SELECT u.id, u.desejada, u.observada, u.reviver, u.desejado_plano_id AS planoId, u.bloqueio_manual AS bloqueioManual,
         UNIX_TIMESTAMP(u.cancelar_em) * 1000 AS cancelarEm, UNIX_TIMESTAMP(u.cancelar_regra_em) * 1000 AS cancelarRegraEm,
         ${IN_CARENCIA} AS emCarencia, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agora
       FROM usuarios u JOIN integracoes i ON i.id = u.integracao_id
       WHERE u.id IN (${list.sql}) AND i.ambiente <> 'homologacao' AND u.duvida IS NULL
       ORDER BY u.id`,
      list.params,
      PessoaRow,
    );
    const adesoes = await rows(
      db,
      `SELECT usuario_id AS usuarioId, contrato_id AS contratoId, cliente_id AS clienteId, filial_id AS filialId,
         significado, COALESCE(lido_significado, significado) AS lido, COALESCE(lido_plano_id, plano_id) AS planoId,
         COALESCE(lido_plano_origem, plano_origem) AS planoOrigem
       FROM adesoes WHERE vigente IS NOT NULL AND usuario_id IN (${list.sql}) ORDER BY id`,
      list.params,
      AdesaoRow,
    );
    for (const pessoa of pessoas)
      judge(
        pessoa,
        adesoes.filter(({ usuarioId }) => usuarioId === pessoa.id),
        achado,
      );
  }
  return achado;
}

function judge(pessoa: z.output<typeof PessoaRow>, adesoes: AdesaoRow[], achado: Achado): void {
  const next = nextWish(pessoa, adesoes);
  const acao = acaoFor(pessoa.desejada, next.desejada, pessoa.planoId !== next.planoId);
  const cause = adesoes.find(({ significado, lido }) => significado !== lido) ?? adesoes[0];
  // A cancelled account comes back only by a person (decisions 7).
  if (
    acao === undefined ||
    cause === undefined ||
    (pessoa.observada === 'cancelado' && pessoa.reviver === 0)
  ) {
    achado.semEfeito.push(pessoa.id);
    return;
  }
  achado.mudancas.push({
    usuarioId: pessoa.id,
    contratoId: cause.contratoId,
    clienteId: cause.clienteId,
    filialId: cause.filialId,
    acao,
    de: pessoa.desejada,
    para: next.desejada,
    planoId: next.planoId,
    motivo: reason(cause, acao, adesoes.length),
  });
}

function nextWish(pessoa: z.output<typeof PessoaRow>, adesoes: AdesaoRow[]): Desejo {
  return wishOf(
    adesoes.map(({ lido, planoId, planoOrigem }) => ({ significado: lido, planoId, planoOrigem })),
    {
      bloqueioManual: pessoa.bloqueioManual === 1,
      cancelarEm: pessoa.cancelarEm,
      cancelarRegraEm: pessoa.cancelarRegraEm,
      emCarencia: pessoa.emCarencia === 1,
    },
    { desejada: pessoa.desejada, planoId: pessoa.planoId, retida: null },
    pessoa.agora,
  );
}

function acaoFor(de: Desejada, para: Desejada, planChanged: boolean): Acao | undefined {
  if (para === 'cancelado' && de !== 'cancelado') return 'cancelar';
  // A cancellation that has not happened yet is taken back when the contract goes back.
  if (para === 'bloqueado' && (de === 'ativo' || de === 'cancelado')) return 'bloquear';
  if (para === 'ativo' && (de === 'bloqueado' || de === 'cancelado')) return 'desbloquear';
  return para === 'ativo' && de === 'ativo' && planChanged ? 'trocar_plano' : undefined;
}

const MEANINGS: Record<Significado, string> = {
  ativo: 'dá direito',
  bloqueado: 'bloqueia',
  cancelar: 'cancela',
  esperar: 'manda esperar',
  perguntar: 'manda perguntar',
};

function reason(cause: AdesaoRow, acao: Acao, contratos: number): string {
  if (acao === 'trocar_plano') return `O contrato ${cause.contratoId} passou a outro plano.`;
  if (acao === 'cancelar') return 'O prazo de cancelamento terminou e o contrato continua cancelado.';
  const others = contratos > 1 ? ' Nenhum outro contrato da pessoa decide diferente.' : '';
  const before = cause.significado === cause.lido ? '' : ` (antes: ${MEANINGS[cause.significado]})`;
  return `A situação do contrato ${cause.contratoId} ${MEANINGS[cause.lido]}${before}.${others}`;
}
