// Putting changes in force: at once for what a run decided, line by line for an approved lote, each exactly once.
import { z } from 'zod';
import { type Db, rows, run, transaction } from '../../db.ts';
import { findContrato } from '../../ixc/contratos.ts';
import { listFatos } from '../../ixc/fatos.ts';
import { Problem } from '../../problem.ts';
import type { Sync } from '../contexto.ts';
import { requestByRule } from '../pedidoUsuario.ts';
import { judgeContratos, loadCriterios } from './leitura.ts';
import { findMudancas, type Mudanca } from './mudancas.ts';
import { applyMudanca } from './vigor.ts';

export interface Feito {
  feita: boolean;
  mensagem: string | null;
}

/** Does one change now. A creation that IXC's data forbids answers why instead of throwing. */
export async function doMudanca(sync: Sync, mudanca: Mudanca, operadorId: number | null): Promise<Feito> {
  const { usuarioId } = mudanca;
  if (usuarioId !== null) {
    await transaction(sync.db, (tx) => applyMudanca(tx, { ...mudanca, usuarioId }, operadorId));
    return { feita: true, mensagem: null };
  }
  const contrato = await findContrato(sync.ixc, mudanca.contratoId, 'todas');
  if (contrato === undefined) return { feita: false, mensagem: 'O contrato não existe mais no IXC.' };
  try {
    await requestByRule(sync, contrato, operadorId);
    return { feita: true, mensagem: null };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { feita: false, mensagem: describe(error) };
    throw error;
  }
}

const describe = (problem: Problem): string =>
  [problem.title, ...Object.values(problem.fields)].join(' ').slice(0, 255);

const LINES_PER_TURN = 50;

const LineRow = z.object({
  n: z.number(),
  usuarioId: z.number().nullable(),
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  acao: z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']),
  de: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  para: z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado']),
  planoId: z.number().nullable(),
  motivo: z.string(),
});

/** Serves some lines of every running lote. Answers whether more are left. */
export async function runLotes(sync: Sync): Promise<boolean> {
  const running = await rows(
    sync.db,
    `SELECT id, COALESCE(segundo_por, decidido_por) AS operadorId FROM lotes
     WHERE estado = 'executando' AND origem <> 'operador' ORDER BY id`,
    {},
    z.object({ id: z.number(), operadorId: z.number().nullable() }),
  );
  let more = false;
  for (const { id, operadorId } of running) more = (await runLote(sync, id, operadorId)) || more;
  return more;
}

async function runLote(sync: Sync, loteId: number, operadorId: number | null): Promise<boolean> {
  const lines = await rows(
    sync.db,
    `SELECT n, usuario_id AS usuarioId, contrato_id AS contratoId, cliente_id AS clienteId, filial_id AS filialId, acao, de,
       para, plano_id AS planoId, motivo
     FROM lote_linhas WHERE lote_id = :loteId AND estado = 'pendente' ORDER BY n LIMIT ${LINES_PER_TURN}`,
    { loteId },
    LineRow,
  );
  if (lines.length === 0) {
    await run(
      sync.db,
      `UPDATE lotes SET estado = 'concluido', terminado_em = UTC_TIMESTAMP(6) WHERE id = :loteId AND estado = 'executando'`,
      { loteId },
    );
    return false;
  }
  const standing = await recheck(sync, lines);
  for (const line of lines) await runLine(sync, loteId, line, standing, operadorId);
  sync.wake();
  return true;
}

// Each line is judged again by what IXC says now: a contract that went back is left alone.
async function recheck(sync: Sync, lines: z.output<typeof LineRow>[]): Promise<Map<number, Mudanca>> {
  const usuarios = lines.flatMap(({ usuarioId }) => (usuarioId === null ? [] : [usuarioId]));
  await refreshUsuarios(sync, usuarios);
  const { mudancas } = await findMudancas(sync.db, usuarios);
  return new Map(
    mudancas.flatMap((mudanca) => (mudanca.usuarioId === null ? [] : [[mudanca.usuarioId, mudanca]])),
  );
}

/** Reads again every contract of these usuários and records the facts. */
export async function refreshUsuarios(sync: Sync, usuarioIds: number[]): Promise<void> {
  const contratos = await listVigentes(sync.db, usuarioIds);
  const criterios = await loadCriterios(sync);
  await judgeContratos(sync, await listFatos(sync.ixc, contratos), criterios);
}

async function listVigentes(db: Db, usuarioIds: number[]): Promise<number[]> {
  if (usuarioIds.length === 0) return [];
  const params = Object.fromEntries(usuarioIds.map((id, n) => [`u${n}`, id]));
  const found = await rows(
    db,
    `SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL AND usuario_id IN (${usuarioIds.map((_, n) => `:u${n}`).join(', ')})`,
    params,
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

async function runLine(
  sync: Sync,
  loteId: number,
  line: z.output<typeof LineRow>,
  standing: Map<number, Mudanca>,
  operadorId: number | null,
): Promise<void> {
  const { usuarioId } = line;
  if (usuarioId === null) {
    // A creation is harmless when made twice, so the line may follow it.
    const { feita, mensagem } = await doMudanca(sync, line, operadorId);
    await endLine(sync.db, loteId, line.n, feita ? 'aplicada' : 'dispensada', mensagem);
    return;
  }
  const now = standing.get(usuarioId);
  if (now === undefined || now.acao !== line.acao || now.para !== line.para) {
    await endLine(sync.db, loteId, line.n, 'dispensada', 'O IXC mudou depois que a lista foi feita.');
    return;
  }
  await transaction(sync.db, async (tx) => {
    if (!(await endLine(tx, loteId, line.n, 'aplicada', null))) return;
    await applyMudanca(tx, { ...now, usuarioId }, operadorId);
  });
}

async function endLine(
  tx: Db,
  loteId: number,
  n: number,
  estado: 'aplicada' | 'dispensada',
  mensagem: string | null,
): Promise<boolean> {
  const { affectedRows } = await run(
    tx,
    `UPDATE lote_linhas SET estado = :estado, mensagem = :mensagem
     WHERE lote_id = :loteId AND n = :n AND estado = 'pendente'
       AND EXISTS (SELECT 1 FROM lotes WHERE id = :loteId2 AND estado = 'executando')`,
    { loteId, loteId2: loteId, n, estado, mensagem },
  );
  return affectedRows === 1;
}
