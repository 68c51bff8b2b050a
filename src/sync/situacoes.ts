// What Tele Clínica confirmed of each person over time: a row is added when situação, plano or filial changes.
import { z } from 'zod';
import { type Db, inList, row, rows, run } from '../db.ts';
import type { Trecho } from './fechamento/contagem.ts';

/**
 * Remembers what is confirmed of each person now, unless it is what was confirmed last. The filial is that of the adesão that
 * wins (in force, of the plano that the account has, oldest): a person in two branches counts once. Runs in the transaction
 * that wrote the observation, or that moved a contract to another filial: then it counts there from now on.
 */
export async function recordSituacoes(tx: Db, usuarioIds: readonly number[]): Promise<void> {
  if (usuarioIds.length === 0) return;
  const list = inList('usuario', usuarioIds);
  await run(
    tx,
    `INSERT IGNORE INTO situacoes (usuario_id, desde, situacao, plano_id, filial_id)
     SELECT agora.id, IF(antes.situacao = agora.situacao AND antes.plano_id = agora.plano, UTC_TIMESTAMP(6), agora.desde),
       agora.situacao, agora.plano, agora.filial FROM (
       SELECT u.id, u.observada_em AS desde, u.observada AS situacao,
         COALESCE((SELECT p.id FROM planos p WHERE p.integracao_id = u.integracao_id
           AND (p.remoto_id = u.observado_plano OR p.codigo = u.observado_plano) LIMIT 1), u.desejado_plano_id, 0) AS plano,
         COALESCE((SELECT a.filial_id FROM adesoes a WHERE a.usuario_id = u.id
           ORDER BY a.vigente IS NULL, NOT (a.plano_id <=> u.desejado_plano_id), a.id LIMIT 1), 0) AS filial
       FROM usuarios u WHERE u.id IN (${list.sql}) AND u.observada <> 'desconhecido' AND u.observada_em IS NOT NULL
     ) agora
     LEFT JOIN situacoes antes ON antes.usuario_id = agora.id AND antes.desde =
       (SELECT MAX(s.desde) FROM situacoes s WHERE s.usuario_id = agora.id)
     WHERE antes.situacao IS NULL OR antes.situacao <> agora.situacao OR antes.plano_id <> agora.plano
       OR antes.filial_id <> agora.filial`,
    list.params,
  );
}

const PEOPLE = 20_000;
const CHUNK = 500;

const TrechoRow = z.object({
  usuarioId: z.number(),
  desde: z.coerce.number(),
  situacao: z.string(),
  planoId: z.number(),
  filialId: z.number(),
});

const SELECT = `SELECT usuario_id AS usuarioId, ROUND(UNIX_TIMESTAMP(desde) * 1000) AS desde, situacao, plano_id AS planoId,
    filial_id AS filialId FROM situacoes`;

export interface Historia {
  usuarioId: number;
  trechos: Trecho[];
}

/** What was confirmed of each person before `ate` (milliseconds), oldest first; some thousands in memory at a time. */
export async function* listTrechos(db: Db, ate: number): AsyncGenerator<Historia> {
  const last = 'SELECT MAX(usuario_id) AS ultimo FROM situacoes';
  const { ultimo } = await row(db, last, {}, z.object({ ultimo: z.number().nullable() }));
  for (let de = 0; de < (ultimo ?? 0); de += PEOPLE) {
    const sql = `${SELECT} WHERE usuario_id > :de AND usuario_id <= :fim AND desde < FROM_UNIXTIME(:ate)
      ORDER BY usuario_id, desde`;
    yield* byPerson(await rows(db, sql, { de, fim: de + PEOPLE, ate: ate / 1000 }, TrechoRow));
  }
}

/** The same for these people alone. */
export async function* listTrechosDe(
  db: Db,
  usuarioIds: readonly number[],
  ate: number,
): AsyncGenerator<Historia> {
  for (let at = 0; at < usuarioIds.length; at += CHUNK) {
    const list = inList('u', usuarioIds.slice(at, at + CHUNK));
    const sql = `${SELECT} WHERE usuario_id IN (${list.sql}) AND desde < FROM_UNIXTIME(:ate) ORDER BY usuario_id, desde`;
    yield* byPerson(await rows(db, sql, { ...list.params, ate: ate / 1000 }, TrechoRow));
  }
}

function* byPerson(found: readonly z.output<typeof TrechoRow>[]): Generator<Historia> {
  for (let n = 0; n < found.length; ) {
    const usuarioId = found[n]?.usuarioId ?? 0;
    let end = n;
    while (found[end]?.usuarioId === usuarioId) end += 1;
    yield { usuarioId, trechos: found.slice(n, end) };
    n = end;
  }
}
