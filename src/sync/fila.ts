// The queue is the usuarios table itself: candidates, claim by compare-and-set, finish by token.
import { z } from 'zod';
import { type Db, inList, optionalRow, type Params, row, rows, run } from '../db.ts';
import type { Estado } from './consequencia.ts';
import type { CampoRecusado, CausaDeRetencao } from './tipos.ts';

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
const CLAIMED = `SELECT u.id, u.integracao_id AS integracaoId, u.impressao, u.vez, u.geracao, u.mancha,
    u.desejado_plano_id AS planoId, u.abertas, u.recusa_impressao AS recusaImpressao,
    EXISTS (SELECT 1 FROM tentativas t WHERE t.usuario_id = u.id AND t.resultado = 'enviada') AS interrompido,
    u.desejada, COALESCE(p.remoto_id, IF(p.registro IN ('dispensado', 'recusado'), p.codigo, NULL)) AS planoDesejado,
    u.observada, u.observado_plano AS planoObservado,
    u.aguarda_acesso AS aguardaAcesso, u.remoto_id AS remotoId,
    u.observada <> 'ausente' AS lido,
    UNIX_TIMESTAMP(u.conferir_em) * 1000 AS conferirEm, u.conferencias,
    UNIX_TIMESTAMP(u.incerta_em) * 1000 AS incertaEm, UNIX_TIMESTAMP(u.criar_nao_antes) * 1000 AS criarNaoAntes,
    (SELECT GROUP_CONCAT(o.id, ':', o.acao ORDER BY o.id DESC) FROM operacoes o
      WHERE o.usuario_id = u.id AND o.estado = 'aberta') AS abertasNaFila,
    u.duplicado, u.falhas, UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) * 1000 AS agoraMs,
    COALESCE((SELECT a.filial_id FROM adesoes a WHERE a.usuario_id = u.id AND a.vigente IS NOT NULL
      ORDER BY a.plano_id <=> u.desejado_plano_id DESC, a.id LIMIT 1), 0) AS filialId
  FROM usuarios u LEFT JOIN planos p ON p.id = u.desejado_plano_id WHERE u.id = :id`;

const Bool = z.coerce.number().transform((value) => value === 1);
const Ms = z.coerce.number().nullable();

const ClaimedRow = z.object({
  id: z.number(),
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
  falhas: z.number(),
  agoraMs: z.coerce.number(),
  filialId: z.coerce.number(),
});

/** Takes one person for `leaseMs`, or answers undefined when another process was quicker or it is no longer due. */
export async function claim(
  db: Db,
  id: number,
  dono: string,
  leaseMs: number,
): Promise<Atendido | undefined> {
  const { affectedRows, insertId: token } = await run(
    db,
    `UPDATE usuarios SET lease_token = LAST_INSERT_ID(lease_token + 1), lease_dono = :dono,
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL :leaseUs MICROSECOND, abertas = abertas + 1
     WHERE id = :id AND trabalho = 1 AND retida IS NULL AND proxima_em <= UTC_TIMESTAMP(6)
       AND (lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { id, dono, leaseUs: Math.round(leaseMs * 1000) },
  );
  if (affectedRows !== 1) return undefined;
  const found = await row(db, CLAIMED, { id }, ClaimedRow);
  return { ...found, token, estado: found };
}

/** Whether a row has ended this many workers alone: it is held instead of served again. */
export const isDeadly = ({ abertas }: Atendido): boolean => abertas > DEAD_AFTER;

/** SQL for a nullable parameter in milliseconds since the epoch as DATETIME(6) UTC. */
export const fromMs = (name: string): string =>
  `TIMESTAMP'1970-01-01 00:00:00' + INTERVAL ROUND(:${name} * 1000) MICROSECOND`;

const FACTS = `observada = :observada, observado_plano = :planoObservado, aguarda_acesso = :aguardaAcesso,
    observada_por = COALESCE(:observadaPor, observada_por),
    observada_em = IF(:observou = 1, UTC_TIMESTAMP(6), observada_em), remoto_id = :remotoId,
    conferir_em = ${fromMs('conferirEm')}, conferencias = :conferencias, incerta_em = ${fromMs('incertaEm')},
    criar_nao_antes = ${fromMs('criarNaoAntes')}, duplicado = :duplicado, falhas = :falhas,
    recusa_impressao = :recusa, mensagem = :mensagem`;

export interface Fim {
  estado: Estado;
  /** Whether this answer observed the partner, and how. */
  observadaPor: 'resposta' | 'leitura' | null;
  mensagem: string | null;
  /** `campos` null = as they were when the person was held before. */
  retida: { causa: CausaDeRetencao; campos: CampoRecusado[] | null } | null;
  recusaImpressao: Buffer | null;
  /** settled: nothing to do; wait: not before `em`; go: the lease goes on in these hands. */
  proximo: { kind: 'assentado' } | { kind: 'esperar'; em: number } | { kind: 'continua' };
}

/**
 * Writes what a step learnt, guarded by the token. Answers `perdido` when the lease was lost (somebody else serves the
 * person), `mudou` when a newer wish, a new vez or a taint came meanwhile (what is still true is kept, the person is
 * released to be planned again), `ok` otherwise. Runs in the caller's transaction.
 */
export async function finish(tx: Db, atendido: Atendido, fim: Fim): Promise<'ok' | 'mudou' | 'perdido'> {
  // Nearly every answer settles a person nobody touched meanwhile: one guarded UPDATE says so and does it.
  if (fim.proximo.kind === 'assentado' && fim.retida === null && (await settleUntouched(tx, atendido, fim))) {
    return 'ok';
  }
  const now = await optionalRow(
    tx,
    'SELECT geracao, mancha, vez FROM usuarios WHERE id = :id AND lease_token = :token FOR UPDATE',
    { id: atendido.id, token: atendido.token },
    z.object({ geracao: z.number(), mancha: z.number(), vez: z.number() }),
  );
  if (now === undefined) return 'perdido';
  const tainted = now.mancha !== atendido.mancha;
  const renewed = now.vez !== atendido.vez;
  // A new vez starts from nothing known: what we learnt is about the account of the old one.
  if (tainted && !renewed) await keepUncertainty(tx, atendido.id, fim.estado);
  else if (!renewed) await writeFacts(tx, atendido, fim);
  if (tainted || renewed || now.geracao !== atendido.geracao) {
    await run(
      tx,
      `UPDATE usuarios SET trabalho = 1, proxima_em = UTC_TIMESTAMP(6), lease_dono = NULL, lease_ate = NULL, abertas = 0
       WHERE id = :id`,
      { id: atendido.id },
    );
    return 'mudou';
  }
  await writeSchedule(tx, atendido, fim);
  return 'ok';
}

async function settleUntouched(tx: Db, atendido: Atendido, fim: Fim): Promise<boolean> {
  const { token, geracao, mancha, vez } = atendido;
  const { affectedRows } = await run(
    tx,
    `UPDATE usuarios SET ${FACTS}, trabalho = 0, retida_detalhe = NULL, lease_dono = NULL, lease_ate = NULL, abertas = 0
     WHERE id = :id AND lease_token = :token AND geracao = :geracao AND mancha = :mancha AND vez = :vez`,
    { ...factParams(atendido, fim), token, geracao, mancha, vez },
  );
  return affectedRows === 1;
}

async function writeFacts(tx: Db, atendido: Atendido, fim: Fim): Promise<void> {
  await run(tx, `UPDATE usuarios SET ${FACTS} WHERE id = :id`, factParams(atendido, fim));
}

function factParams({ id }: Atendido, fim: Fim): Params {
  const { estado } = fim;
  return {
    id,
    observada: estado.observada,
    planoObservado: estado.planoObservado,
    aguardaAcesso: estado.aguardaAcesso ? 1 : 0,
    observadaPor: fim.observadaPor,
    observou: estado.lido && fim.observadaPor !== null ? 1 : 0,
    remotoId: estado.remotoId,
    conferirEm: estado.conferirEm,
    conferencias: estado.conferencias,
    incertaEm: estado.incertaEm,
    criarNaoAntes: estado.criarNaoAntes,
    duplicado: estado.duplicado ? 1 : 0,
    falhas: fim.proximo.kind === 'assentado' ? 0 : estado.falhas,
    recusa: fim.recusaImpressao,
    mensagem: fim.mensagem?.slice(0, 255) ?? null,
  };
}

// After a taint our view is older than what must be read again. The partner's id is worth keeping, and so is the wait
// after an uncertain create of our own: the taint knows nothing of it.
async function keepUncertainty(tx: Db, id: number, estado: Estado): Promise<void> {
  const { remotoId, incertaEm, criarNaoAntes } = estado;
  await run(
    tx,
    `UPDATE usuarios SET remoto_id = COALESCE(:remotoId, remoto_id),
       incerta_em = ${latest('incerta_em', 'incertaEm')}, criar_nao_antes = ${latest('criar_nao_antes', 'criarNaoAntes')}
     WHERE id = :id`,
    { id, remotoId, incertaEm, criarNaoAntes },
  );
}

const latest = (column: string, name: string): string =>
  `GREATEST(COALESCE(${column}, ${fromMs(name)}), COALESCE(${fromMs(name)}, ${column}))`;

/**
 * Remembers, before anything else happens, that a call of a dead process may have landed: this process may die too.
 * Runs in the caller's transaction; answers false when the lease is no longer ours.
 */
export async function keepInterruption(tx: Db, { id, token }: Atendido, estado: Estado): Promise<boolean> {
  const { affectedRows } = await run(
    tx,
    `UPDATE usuarios SET observada = :observada, conferir_em = ${fromMs('conferirEm')}, conferencias = :conferencias,
       incerta_em = ${fromMs('incertaEm')}, criar_nao_antes = ${fromMs('criarNaoAntes')}
     WHERE id = :id AND lease_token = :token`,
    {
      id,
      token,
      observada: estado.observada,
      conferirEm: estado.conferirEm,
      conferencias: estado.conferencias,
      incertaEm: estado.incertaEm,
      criarNaoAntes: estado.criarNaoAntes,
    },
  );
  return affectedRows === 1;
}

// Held people are looked at again by themselves (decisions 20).
const HOLD_MINUTES = 10;

// Held since the claim, not since now: a register corrected in IXC between our look at it and this moment must count.
async function writeSchedule(tx: Db, { id, agoraMs: desde }: Atendido, fim: Fim): Promise<void> {
  const { retida, proximo } = fim;
  if (proximo.kind === 'continua' && retida === null) return;
  const release = 'lease_dono = NULL, lease_ate = NULL, abertas = 0';
  if (retida !== null) {
    await run(
      tx,
      `UPDATE usuarios SET ${release}, retida = :causa, retida_detalhe = COALESCE(:campos, retida_detalhe),
         retida_em = ${fromMs('desde')}, reavaliar_em = UTC_TIMESTAMP(6) + INTERVAL ${HOLD_MINUTES} MINUTE WHERE id = :id`,
      { id, desde, causa: retida.causa, campos: retida.campos && JSON.stringify(retida.campos) },
    );
  } else if (proximo.kind === 'assentado') {
    await run(tx, `UPDATE usuarios SET ${release}, trabalho = 0, retida_detalhe = NULL WHERE id = :id`, {
      id,
    });
  } else if (proximo.kind === 'esperar') {
    await run(tx, `UPDATE usuarios SET ${release}, proxima_em = ${fromMs('em')} WHERE id = :id`, {
      id,
      em: proximo.em,
    });
  }
}

/**
 * Our call may have landed after the lease was lost: whatever anybody believes of this person must be read again, and
 * no create may happen before the wait is over.
 */
export async function taint(db: Db, id: number, confirmacaoMs: number, wasCreate: boolean): Promise<void> {
  await run(
    db,
    `UPDATE usuarios SET mancha = mancha + 1, observada = 'desconhecido', trabalho = 1, incerta_em = UTC_TIMESTAMP(6),
       conferir_em = UTC_TIMESTAMP(6), conferencias = 1, proxima_em = UTC_TIMESTAMP(6),
       criar_nao_antes = IF(:create = 1, UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND, criar_nao_antes)
     WHERE id = :id`,
    { id, create: wasCreate ? 1 : 0, us: Math.round(confirmacaoMs * 1000) },
  );
}

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

/**
 * Lets people go that were held or waiting: the next claim plans them anew. The reasons they were held for stay with
 * the row, unseen, in case the same hold comes back.
 */
export async function wakeUsuarios(db: Db, ids: number[]): Promise<void> {
  const list = inList('usuario', ids);
  await run(
    db,
    `UPDATE usuarios SET retida = NULL, retida_em = NULL, reavaliar_em = NULL, trabalho = 1,
       proxima_em = UTC_TIMESTAMP(6), abertas = 0 WHERE id IN (${list.sql})`,
    list.params,
  );
}
