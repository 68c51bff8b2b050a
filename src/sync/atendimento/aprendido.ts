// What a step learnt, in the usuarios table: for one person whatever happened meanwhile, or for many whom nobody touched.
import { type Db, run } from '../../db.ts';
import type { Atendido } from './fila.ts';
import type { Fim } from './fim.ts';
import { tableOf, waiting } from './juntos.ts';

/** SQL for a nullable `value` in milliseconds since the epoch as DATETIME(6) UTC. */
export const fromMs = (value: string): string =>
  `TIMESTAMP'1970-01-01 00:00:00' + INTERVAL ROUND(${value} * 1000) MICROSECOND`;

/** How a claim ends, and for whom. */
export interface Termo {
  atendido: Atendido;
  fim: Fim;
}

/** Whether the end only tells what was learnt: nobody is held, and nothing waits for a later time. */
export const isPlain = ({ retida, proximo }: Fim): boolean => retida === null && proximo.kind !== 'esperar';

const LEARNT = {
  ...{ id: 'BIGINT UNSIGNED', token: 'BIGINT UNSIGNED', geracao: 'BIGINT UNSIGNED' },
  ...{ mancha: 'BIGINT UNSIGNED', vez: 'INT UNSIGNED', assentado: 'TINYINT' },
  ...{ observada: 'VARCHAR(12) CHARACTER SET ascii', plano: 'VARCHAR(255)', acesso: 'TINYINT' },
  ...{ por: 'VARCHAR(12) CHARACTER SET ascii', observou: 'TINYINT', remoto: 'VARCHAR(255)' },
  ...{ conferir: 'DOUBLE', conferencias: 'TINYINT', incerta: 'DOUBLE', criar: 'DOUBLE' },
  ...{ duplicado: 'TINYINT', atualizar: 'TINYINT', falhas: 'INT UNSIGNED' },
  ...{ recusa: 'VARCHAR(64) CHARACTER SET ascii', mensagem: 'VARCHAR(255)' },
};

// A register that changed since the claim is still to be sent, whatever this service has sent.
const FACTS = `u.observada = li.observada, u.reviver = IF(li.observada IN ('ativo', 'bloqueado'), 0, u.reviver),
    u.observado_plano = li.plano, u.aguarda_acesso = li.acesso, u.observada_por = COALESCE(li.por, u.observada_por),
    u.observada_em = IF(li.observou = 1, UTC_TIMESTAMP(6), u.observada_em), u.remoto_id = li.remoto,
    u.conferir_em = ${fromMs('li.conferir')}, u.conferencias = li.conferencias,
    u.incerta_em = ${fromMs('li.incerta')}, u.criar_nao_antes = ${fromMs('li.criar')}, u.duplicado = li.duplicado,
    u.falhas = li.falhas, u.atualizar = IF(u.geracao = li.geracao, li.atualizar, u.atualizar),
    u.recusa_impressao = UNHEX(li.recusa), u.mensagem = li.mensagem`;

const USUARIOS = 'STRAIGHT_JOIN usuarios u FORCE INDEX (PRIMARY) ON u.id = li.id';

/** Writes what was learnt of one person, whoever touched the row meanwhile. */
export async function writeFacts(tx: Db, termo: Termo): Promise<void> {
  const list = tableOf('li', LEARNT, [learnt(termo)]);
  await run(tx, `UPDATE ${list.sql} ${USUARIOS} SET ${FACTS}`, list.params);
}

/**
 * Writes plain ends of people whose lease, wish, vez and taint are as they were at the claim, and lets go of those that are
 * settled; the others stay in these hands. Answers how many that were. Rows are locked in the order of their ids; not
 * `patient`, it throws where one is locked already.
 */
export async function settleUntouched(tx: Db, termos: readonly Termo[], patient: boolean): Promise<number> {
  const inOrder = [...termos].sort((one, other) => one.atendido.id - other.atendido.id);
  const list = tableOf('li', LEARNT, inOrder.map(learnt));
  const release = (column: string, value: string) =>
    `u.${column} = IF(li.assentado = 1, ${value}, u.${column})`;
  const { affectedRows } = await run(
    tx,
    waiting(
      patient,
      `UPDATE ${list.sql} ${USUARIOS} AND u.lease_token = li.token AND u.geracao = li.geracao
       AND u.mancha = li.mancha AND u.vez = li.vez
     SET ${FACTS}, ${release('trabalho', '0')}, ${release('retida_detalhe', 'NULL')},
       ${release('lease_dono', 'NULL')}, ${release('lease_ate', 'NULL')}, ${release('abertas', '0')}`,
    ),
    list.params,
  );
  return affectedRows;
}

function learnt({ atendido, fim }: Termo): Record<string, unknown> {
  const { estado, proximo } = fim;
  const { id, token, geracao, mancha, vez } = atendido;
  const settled = proximo.kind === 'assentado';
  return {
    ...{ id, token, geracao, mancha, vez, assentado: settled ? 1 : 0 },
    observada: estado.observada,
    plano: estado.planoObservado,
    acesso: estado.aguardaAcesso ? 1 : 0,
    por: fim.observadaPor,
    observou: estado.lido && fim.observadaPor !== null ? 1 : 0,
    remoto: estado.remotoId,
    conferir: estado.conferirEm,
    conferencias: estado.conferencias,
    incerta: estado.incertaEm,
    criar: estado.criarNaoAntes,
    duplicado: estado.duplicado ? 1 : 0,
    atualizar: estado.atualizar ? 1 : 0,
    falhas: settled ? 0 : estado.falhas,
    recusa: fim.recusaImpressao?.toString('hex') ?? null,
    mensagem: fim.mensagem?.slice(0, 255) ?? null,
  };
}
