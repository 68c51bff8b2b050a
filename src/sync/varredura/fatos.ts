// What a run read is written beside what is in force, never over it: the difference is what the run would change.
import { z } from 'zod';
import { type Db, inList, type Params, rows, run } from '../../db.ts';
import { recordSituacoes } from '../situacoes.ts';
import type { Significado } from '../tipos.ts';
import type { Avaliacao } from './avaliacao.ts';

export interface Lido {
  id: number;
  usuarioId: number;
  contratoId: number;
  planoOrigem: string;
  planoId: number | null;
  lidoSignificado: string | null;
  lidoPlanoId: number | null;
  lidoPlanoOrigem: string | null;
  lidoClienteId: number | null;
  filialId: number;
  reavaliarEm: string | null;
  ausencias: number;
}

// Every account passes here at each complete scan: columns of our own tables have the types that we gave them.
const LidoRow = z.custom<Lido>(
  (value) => typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number',
);

interface NovoLido {
  id: number;
  significado: Significado;
  planoId: number | null;
  planoOrigem: string | null;
  clienteId: number;
  filialId: number;
  reavaliarEm: string | null;
}

const CHUNK = 100;

const SELECT = `SELECT id, usuario_id AS usuarioId, contrato_id AS contratoId, plano_origem AS planoOrigem,
    plano_id AS planoId, lido_significado AS lidoSignificado, lido_plano_id AS lidoPlanoId,
    lido_plano_origem AS lidoPlanoOrigem, lido_cliente_id AS lidoClienteId, filial_id AS filialId,
    reavaliar_em AS reavaliarEm, ausencias
  FROM adesoes`;

/** Of these contracts, those that grant somebody an account, with what was read of them last. */
export function listLidos(db: Db, contratoIds: number[]): Promise<Lido[]> {
  const list = inList('contrato', contratoIds);
  return rows(db, `${SELECT} WHERE vigente IN (${list.sql})`, list.params, LidoRow);
}

/** The same for the contracts with ids from `de` to `ate`. */
export const listLidosEntre = (db: Db, de: number, ate: number): Promise<Lido[]> =>
  rows(db, `${SELECT} WHERE vigente BETWEEN :de AND :ate`, { de, ate }, LidoRow);

/** Every contract that grants somebody an account. */
export async function listVigentes(db: Db): Promise<number[]> {
  const sql = 'SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL';
  return (await rows(db, sql, {}, z.object({ id: z.number() }))).map(({ id }) => id);
}

/** Records what was read of contracts that grant somebody an account. */
export async function recordFacts(db: Db, adesoes: Lido[], avaliacoes: Avaliacao[]): Promise<void> {
  if (adesoes.length === 0) return;
  const byContrato = new Map(adesoes.map((adesao) => [adesao.contratoId, adesao]));
  const changed: NovoLido[] = [];
  const moved = new Set<number>();
  for (const avaliacao of avaliacoes) {
    const adesao = byContrato.get(avaliacao.contratoId);
    if (adesao === undefined) continue;
    const next = nextFacts(adesao, avaliacao);
    if (differs(adesao, next)) changed.push(next);
    if (adesao.filialId !== next.filialId) moved.add(adesao.usuarioId);
  }
  for (let start = 0; start < changed.length; start += CHUNK)
    await writeFacts(db, changed.slice(start, start + CHUNK));
  // The month counts a person where the contract is from now on, not from the next answer of the partner on.
  const people = [...moved];
  for (let start = 0; start < people.length; start += CHUNK)
    await recordSituacoes(db, people.slice(start, start + CHUNK));
}

// A contract whose product is gone no longer grants the account; one that points to several planos asks a person before it
// grants anything. To block or to cancel needs no plano (decisions 2, 8).
function nextFacts(adesao: Lido, avaliacao: Avaliacao): NovoLido {
  const chosenByHand = adesao.planoOrigem === 'operador';
  const lost = !chosenByHand && avaliacao.plano === null && !avaliacao.maisDeUmPlano;
  const asks = avaliacao.maisDeUmPlano && !chosenByHand && avaliacao.significado === 'ativo';
  const significado = asks ? 'perguntar' : avaliacao.significado;
  return {
    id: adesao.id,
    significado: lost && significado === 'ativo' ? 'cancelar' : significado,
    planoId: chosenByHand ? adesao.planoId : (avaliacao.plano?.planoId ?? adesao.planoId),
    planoOrigem: chosenByHand ? 'operador' : (avaliacao.plano?.origem ?? adesao.planoOrigem),
    clienteId: avaliacao.clienteId,
    filialId: avaliacao.filialId,
    reavaliarEm: avaliacao.reavaliarEm,
  };
}

function differs(before: Lido, next: NovoLido): boolean {
  return (
    before.lidoSignificado !== next.significado ||
    before.lidoPlanoId !== next.planoId ||
    before.lidoPlanoOrigem !== next.planoOrigem ||
    before.lidoClienteId !== next.clienteId ||
    before.filialId !== next.filialId ||
    before.reavaliarEm !== next.reavaliarEm ||
    before.ausencias !== 0
  );
}

async function writeFacts(db: Db, facts: NovoLido[]): Promise<void> {
  const params: Params = {};
  const values = facts.map((fact, n) => {
    Object.assign(params, {
      [`id${n}`]: fact.id,
      [`significado${n}`]: fact.significado,
      [`plano${n}`]: fact.planoId,
      [`origem${n}`]: fact.planoOrigem,
      [`cliente${n}`]: fact.clienteId,
      [`filial${n}`]: fact.filialId,
      [`reavaliar${n}`]: fact.reavaliarEm,
    });
    return `SELECT :id${n} AS id, :significado${n} AS significado, :plano${n} AS plano, :origem${n} AS origem,
      :cliente${n} AS cliente, :filial${n} AS filial, :reavaliar${n} AS reavaliar`;
  });
  await run(
    db,
    `UPDATE adesoes a JOIN (${values.join(' UNION ALL ')}) lido ON lido.id = a.id
     SET a.lido_significado = lido.significado, a.lido_plano_id = lido.plano, a.lido_plano_origem = lido.origem,
       a.lido_cliente_id = lido.cliente, a.filial_id = lido.filial, a.reavaliar_em = lido.reavaliar,
       a.lido_em = UTC_TIMESTAMP(6), a.ausencias = 0`,
    params,
  );
}

/** Counts one more complete scan without the contract for each of these that did not meet theirs. */
export async function countMissing(db: Db, missing: Lido[]): Promise<void> {
  if (missing.length === 0) return;
  const list = inList(
    'id',
    missing.map(({ id }) => id),
  );
  await run(
    db,
    `UPDATE adesoes SET ausencias = LEAST(ausencias + 1, 100) WHERE id IN (${list.sql})`,
    list.params,
  );
}
