// The queue is the usuarios table itself: candidates, claim by compare-and-set, waking and giving back.
import { z } from 'zod';
import { type Db, inList, rows, run } from '../../db.ts';
import type { Estado } from './estado.ts';
import { waiting } from './juntos.ts';

/** A person in our hands until the lease ends. */
export interface Atendido {
  id: number;
  integracaoId: number;
  impressao: Buffer;
  vez: number;
  geracao: number;
  mancha: number;
  token: number;
  planoId: number | null;
  filialId: number;
  /** An earlier call for this person was never answered: its process died. */
  interrompido: boolean;
  /** Claims in a row, this one included, that have not ended. */
  abertas: number;
  recusaImpressao: Buffer | null;
  estado: Estado;
  /** The open operações at the claim, newest first. */
  abertasNaFila: { id: number; acao: string }[];
  /** The database clock at the claim, in milliseconds since the epoch. */
  agoraMs: number;
}

const PRIORITIES = [1, 2, 3, 4, 5];
/** Claims that never finished before a row is served alone, and before it is held (reliability: poison). */
const SOLO_AFTER = 2;
const DEAD_AFTER = SOLO_AFTER + 3;

// One index range per priority: rows that wait for later never stand in the way of rows that are due.
const CANDIDATES = (solo: boolean): string =>
  PRIORITIES.map(
    (prioridade) => `(SELECT id, ${prioridade} AS prioridade FROM usuarios
      WHERE integracao_id = :integracaoId AND trabalho = 1 AND retida IS NULL AND prioridade = ${prioridade}
        AND proxima_em <= UTC_TIMESTAMP(6) AND (lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))
        AND abertas ${solo ? '>=' : '<'} ${SOLO_AFTER}
      ORDER BY proxima_em LIMIT :limite)`,
  ).join(' UNION ALL ');

/** Ids that are due for one integração, most urgent first. `solo` = only rows that may be killing workers. */
export async function listCandidates(
  db: Db,
  integracaoId: number,
  limite: number,
  solo: boolean,
): Promise<number[]> {
  const found = await rows(
    db,
    `${CANDIDATES(solo)} ORDER BY prioridade LIMIT :limite2`,
    { integracaoId, limite: String(limite), limite2: String(limite) },
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

// Absence is believed only from a reading of this very service: whoever was absent before may be there by now.
const CLAIMED = `SELECT u.id, u.lease_token AS token, u.integracao_id AS integracaoId, u.impressao, u.vez, u.geracao, u.mancha,
    u.desejado_plano_id AS planoId, u.abertas, u.recusa_impressao AS recusaImpressao,
    EXISTS (SELECT 1 FROM tentativas t WHERE t.usuario_id = u.id AND t.resultado = 'enviada') AS interrompido,
    u.desejada, COALESCE(p.remoto_id, IF(p.registro = 'dispensado', p.codigo, NULL)) AS planoDesejado,
    u.observada, u.observado_plano AS planoObservado,
    u.aguarda_acesso AS aguardaAcesso, u.remoto_id AS remotoId,
    u.observada <> 'ausente' AS lido,
    UNIX_TIMESTAMP(u.conferir_em) * 1000 AS conferirEm, u.conferencias,
    UNIX_TIMESTAMP(u.incerta_em) * 1000 AS incertaEm, UNIX_TIMESTAMP(u.criar_nao_antes) * 1000 AS criarNaoAntes,
    (SELECT GROUP_CONCAT(o.id, ':', o.acao ORDER BY o.id DESC) FROM operacoes o
      WHERE o.usuario_id = u.id AND o.estado = 'aberta') AS abertasNaFila,
    u.duplicado, u.atualizar, u.reviver, u.falhas, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs,
    COALESCE((SELECT a.filial_id FROM adesoes a WHERE a.usuario_id = u.id AND a.vigente IS NOT NULL
      ORDER BY a.plano_id <=> u.desejado_plano_id DESC, a.id LIMIT 1), 0) AS filialId
  FROM usuarios u LEFT JOIN planos p ON p.id = u.desejado_plano_id`;

const Bool = z.coerce.number().transform((value) => value === 1);
const Ms = z.coerce.number().nullable();

const ClaimedRow = z.object({
  id: z.number(),
  token: z.number(),
  integracaoId: z.number(),
  impressao: z.instanceof(Buffer),
  vez: z.number(),
  geracao: z.number(),
  mancha: z.number(),
  planoId: z.number().nullable(),
  abertas: z.number(),
  interrompido: Bool,
  recusaImpressao: z.instanceof(Buffer).nullable(),
  desejada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  planoDesejado: z.string().nullable(),
  observada: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']),
  planoObservado: z.string().nullable(),
  aguardaAcesso: Bool,
  lido: Bool,
  remotoId: z.string().nullable(),
  conferirEm: Ms,
  conferencias: z.number(),
  incertaEm: Ms,
  criarNaoAntes: Ms,
  abertasNaFila: z
    .string()
    .nullable()
    .transform((list) =>
      (list ?? '').split(',').flatMap((each) => {
        const [id = '', acao = ''] = each.split(':');
        return id === '' ? [] : [{ id: Number(id), acao }];
      }),
    ),
  duplicado: Bool,
  atualizar: Bool,
  reviver: Bool,
  falhas: z.number(),
  agoraMs: z.coerce.number(),
  filialId: z.coerce.number(),
});

let marks = 0;

/**
 * Takes these people for `leaseMs`, each by itself: undefined in the place of who was taken by another process or is no
 * longer due. Not `patient`, it throws and takes nobody where a row of theirs is locked.
 */
export async function claim(
  db: Db,
  ids: number[],
  dono: string,
  leaseMs: number,
  patient = true,
): Promise<(Atendido | undefined)[]> {
  marks += 1;
  // One mark for each round: what was ours already, from an earlier one, is not taken twice.
  const marca = `${dono}#${marks}`;
  const list = inList('usuario', ids);
  const { affectedRows } = await run(
    db,
    waiting(
      patient,
      `UPDATE usuarios SET lease_token = lease_token + 1, lease_dono = :marca,
         lease_ate = UTC_TIMESTAMP(6) + INTERVAL :leaseUs MICROSECOND, abertas = abertas + 1
       WHERE id IN (${list.sql}) AND trabalho = 1 AND retida IS NULL AND proxima_em <= UTC_TIMESTAMP(6)
         AND (lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    ),
    { ...list.params, marca, leaseUs: Math.round(leaseMs * 1000) },
  );
  if (affectedRows === 0) return ids.map(() => undefined);
  const own = `${CLAIMED} WHERE u.id IN (${list.sql}) AND u.lease_dono = :marca`;
  const found = await rows(db, own, { ...list.params, marca }, ClaimedRow);
  const claimed = new Map(found.map((each) => [each.id, { ...each, estado: each }]));
  return ids.map((id) => {
    const taken = claimed.get(id);
    // Asked for twice in one round, a person is still given to one service only.
    claimed.delete(id);
    return taken;
  });
}

/** Whether a row has ended this many workers alone: it is held instead of served again. */
export const isDeadly = ({ abertas }: Atendido): boolean => abertas > DEAD_AFTER;

/**
 * Gives a person back after a failure of our own. What is not known of the partner is found out by whoever comes next:
 * a call without an answer is read back.
 */
export async function giveBack(db: Db, { id, token }: Atendido): Promise<void> {
  await run(
    db,
    `UPDATE usuarios SET lease_dono = NULL, lease_ate = NULL,
       proxima_em = UTC_TIMESTAMP(6) + INTERVAL LEAST(60, POW(2, abertas)) SECOND
     WHERE id = :id AND lease_token = :token`,
    { id, token },
  );
}

// What looking again does not change: a doubt about the person, and a wish without a plano. Only an answer or a new wish does.
const STAYS = `CASE WHEN desejada <> 'ativo' THEN NULL WHEN duvida IS NOT NULL THEN 'quem_e_a_pessoa'
    WHEN desejado_plano_id IS NULL AND retida IN ('sem_plano', 'mais_de_um_plano') THEN retida END`;

/**
 * Lets people go that were held or waiting: the next claim plans them anew. The reasons they were held for stay with
 * the row, unseen, in case the same hold comes back.
 */
export async function wakeUsuarios(db: Db, ids: number[]): Promise<void> {
  const list = inList('usuario', ids);
  await run(
    db,
    `UPDATE usuarios SET retida = ${STAYS}, retida_em = IF(retida IS NULL, NULL, retida_em), reavaliar_em = NULL,
       trabalho = 1, proxima_em = UTC_TIMESTAMP(6), abertas = 0 WHERE id IN (${list.sql})`,
    list.params,
  );
}
