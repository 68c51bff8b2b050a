// Serving the approved lotes: line by line, each judged again by what IXC says now, each exactly once.
import { z } from 'zod';
import { type Db, isDatabaseDown, optionalRow, rows, run } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { report } from '../ritmo.ts';
import { doCorrecao, doMudanca } from '../varredura/execucao.ts';
import { findMudancas, type Mudanca } from '../varredura/mudancas.ts';
import { findRecusa } from '../varredura/registro.ts';
import { refreshUsuarios } from '../varredura/releitura.ts';
import { chaveDe } from './chave.ts';
import { endLine } from './fimDaLinha.ts';

const LINES_PER_TURN = 50;
// A contract that is not in IXC may come back: until then its line waits, and the others go on.
const LATER_SECONDS = 10;

// The lote was paused or rejected while a line was being done: that line is undone.
class Stopped extends Error {}

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
  divergenciaId: z.number().nullable(),
});
type Line = z.output<typeof LineRow>;

interface Lote {
  id: number;
  /** Who approved it. */
  operadorId: number | null;
}

/**
 * Serves some lines of every running lote of rules or corrections (orders: operador/execucao.ts). Answers whether more can be served now. While a refused run stands, what
 * IXC says is not believed: only unblocks go on.
 */
export async function runLotes(sync: Sync): Promise<boolean> {
  const running = await rows(
    sync.db,
    `SELECT id, COALESCE(segundo_por, decidido_por) AS operadorId FROM lotes
     WHERE estado = 'executando' AND id NOT IN (SELECT lote_id FROM lote_pedidos) ORDER BY id`,
    {},
    z.object({ id: z.number(), operadorId: z.number().nullable() }),
  );
  if (running.length === 0) return false;
  const recusada = (await findRecusa(sync.db)) !== undefined;
  let more = false;
  for (const lote of running) more = (await runLote(sync, lote, recusada)) || more;
  return more;
}

async function runLote(sync: Sync, lote: Lote, recusada: boolean): Promise<boolean> {
  const lines = await listDue(sync.db, lote.id, recusada);
  if (lines.length === 0) {
    await endLote(sync.db, lote.id);
    return false;
  }
  const usuarios = lines.flatMap(({ usuarioId }) => (usuarioId === null ? [] : [usuarioId]));
  const incertos = await refreshUsuarios(sync, usuarios);
  const { mudancas } = await findMudancas(sync.db, usuarios);
  const standing = new Map(mudancas.map((mudanca) => [chaveDe(mudanca), mudanca]));
  for (const line of lines) {
    if (!(await isRunning(sync.db, lote.id))) return false;
    const incerta = line.usuarioId !== null && incertos.has(line.usuarioId);
    if (incerta && isDestructive(line)) await putOff(sync.db, lote.id, line.n);
    else await runLine(sync, lote, line, standing.get(chaveDe(line)));
  }
  sync.wake();
  return true;
}

const isDestructive = ({ acao }: Line): boolean => acao === 'bloquear' || acao === 'cancelar';

const listDue = (db: Db, loteId: number, recusada: boolean): Promise<Line[]> =>
  rows(
    db,
    `SELECT n, usuario_id AS usuarioId, contrato_id AS contratoId, cliente_id AS clienteId, filial_id AS filialId, acao, de,
       para, plano_id AS planoId, motivo, divergencia_id AS divergenciaId
     FROM lote_linhas WHERE lote_id = :loteId AND estado = 'pendente'
       AND (adiada_ate IS NULL OR adiada_ate <= UTC_TIMESTAMP(6)) ${recusada ? "AND acao = 'desbloquear'" : ''}
     ORDER BY n LIMIT ${LINES_PER_TURN}`,
    { loteId },
    LineRow,
  );

// Whatever fails for one line is that line's alone, unless a database is away: then all of it waits.
async function runLine(sync: Sync, lote: Lote, line: Line, now: Mudanca | undefined): Promise<void> {
  const { divergenciaId } = line;
  if (divergenciaId === null && line.usuarioId !== null && now === undefined) {
    await endLine(sync.db, lote.id, line.n, 'dispensada', 'O IXC mudou depois que a lista foi feita.');
    return;
  }
  const applied = async (tx: Db): Promise<void> => {
    if (!(await endLine(tx, lote.id, line.n, 'aplicada', null))) throw new Stopped();
  };
  try {
    const { feita, mensagem } =
      divergenciaId === null
        ? await doMudanca(sync, now ?? line, lote.operadorId, applied)
        : await doCorrecao(sync, { ...line, divergenciaId }, lote.operadorId, applied);
    // What was there already leaves its line to be ended here.
    await endLine(sync.db, lote.id, line.n, feita ? 'aplicada' : 'dispensada', mensagem);
  } catch (error) {
    if (error instanceof Stopped) return;
    if (isDatabaseDown(error)) throw error;
    report(sync, error, 'lotes', line.usuarioId ?? undefined);
    const failed = 'Uma falha nossa impediu esta mudança. Abra o contrato e tente por ele.';
    await endLine(sync.db, lote.id, line.n, 'dispensada', failed);
  }
}

const isRunning = async (db: Db, id: number): Promise<boolean> =>
  (await optionalRow(
    db,
    "SELECT id FROM lotes WHERE id = :id AND estado = 'executando'",
    { id },
    z.unknown(),
  )) !== undefined;

async function putOff(db: Db, loteId: number, n: number): Promise<void> {
  await run(
    db,
    `UPDATE lote_linhas SET adiada_ate = UTC_TIMESTAMP(6) + INTERVAL ${LATER_SECONDS} SECOND,
       mensagem = 'Espera: um contrato da pessoa não está no IXC agora.'
     WHERE lote_id = :loteId AND n = :n AND estado = 'pendente'`,
    { loteId, n },
  );
}

async function endLote(db: Db, loteId: number): Promise<void> {
  await run(
    db,
    `UPDATE lotes SET estado = 'concluido', terminado_em = UTC_TIMESTAMP(6) WHERE id = :loteId AND estado = 'executando'
       AND NOT EXISTS (SELECT 1 FROM lote_linhas WHERE lote_id = :loteId2 AND estado = 'pendente')`,
    { loteId, loteId2: loteId },
  );
}
