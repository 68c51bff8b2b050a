// Simulates what a person asked of many: page by page in the background, one message per contract; whoever finds it
// abandoned goes on where it stopped.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type Db, isDatabaseDown, optionalRow, rows, run, transaction } from '../../../db.ts';
import { type FatosDoContrato, listFatos } from '../../../ixc/fatos.ts';
import { narrowContratos } from '../../../ixc/recorteDeLote.ts';
import { listProdutosVinculados, type ProdutoVinculado } from '../../../ixc/vinculados.ts';
import type { Sync } from '../../contexto.ts';
import { listIntegracoes } from '../../integracoes.ts';
import { listModos, type ModoSalvo } from '../../modos.ts';
import { listPlanos } from '../../planos.ts';
import { loadContexto } from '../../prevoo/execucao.ts';
import { type Ritmo, repeat } from '../../ritmo.ts';
import { listUsuariosDeContratos } from '../../usuarios.ts';
import { addProdutos, linkedProdutos, loadCriterios } from '../../varredura/leitura.ts';
import { refreshResumo } from '../escrita.ts';
import { judgeContas } from './contas.ts';
import { judgeCriacoes, type Mesa } from './criacao.ts';
import { type Fonte, openFonte, type Pagina } from './fonte.ts';
import { type LinhaSimulada, missing, NAO_ESTA } from './julgamento.ts';
import { insertLinhas } from './linhas.ts';
import { A_SIMULAR, findPedido, type Pedido } from './pedido.ts';

/** More contracts than this are not one decision. */
export const MAX_LINHAS = 50_000;
const LOOK_MS = 250;
// Whoever dies leaves the rest to another one after so long; whoever is only slow writes nothing more (see `record`).
const LEASE_SECONDS = 10;

/** Starts looking for lotes to simulate; one process at a time works on each. */
export function startSimulacoes(sync: Sync): Ritmo {
  const dono = `${process.pid}:${randomBytes(6).toString('hex')}`;
  let stopped = false;
  const ritmo = repeat(sync, 'simulacao', LOOK_MS, async () => {
    while (!stopped && (await simulateNext(sync, dono, () => stopped)));
  });
  return {
    async stop() {
      stopped = true;
      await ritmo.stop();
      await run(sync.db, 'UPDATE lote_pedidos SET lease_ate = NULL WHERE dono = :dono', { dono }).catch(
        () => undefined,
      );
    },
  };
}

// Rejected meanwhile, or taken over by another process: nothing more is to be written.
class Gone extends Error {}

/**
 * Simulates the oldest lote that waits for it and that nobody is at. Answers whether there was one. Stops between two
 * pages once `isStopped` says so.
 */
export async function simulateNext(
  sync: Sync,
  dono: string,
  isStopped: () => boolean = () => false,
): Promise<boolean> {
  const id = await claim(sync.db, dono);
  const pedido = id === undefined ? undefined : await findPedido(sync.db, id);
  if (pedido === undefined) return false;
  try {
    await walk(sync, pedido, dono, isStopped);
  } catch (error) {
    if (error instanceof Gone) return true;
    // A database that is away comes back: the lease stays ours and the next round goes on.
    if (isDatabaseDown(error)) throw error;
    await dissolve(sync.db, pedido.loteId, 'A simulação parou por uma falha nossa. Peça de novo.');
    throw error;
  }
  return true;
}

const WAITING = `JOIN lotes l ON l.id = p.lote_id AND l.estado = 'simulado' AND l.preparado = ${A_SIMULAR}`;
const FREE = '(p.dono = :dono OR p.lease_ate IS NULL OR p.lease_ate < UTC_TIMESTAMP(6))';

async function claim(db: Db, dono: string): Promise<number | undefined> {
  const waiting = await optionalRow(
    db,
    `SELECT p.lote_id AS id FROM lote_pedidos p ${WAITING} WHERE ${FREE} ORDER BY p.lote_id LIMIT 1`,
    { dono },
    z.object({ id: z.number() }),
  );
  if (waiting === undefined) return undefined;
  const { affectedRows } = await run(
    db,
    `UPDATE lote_pedidos p ${WAITING} SET p.dono = :novo, p.visto_em = UTC_TIMESTAMP(6),
       p.lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE p.lote_id = :id AND ${FREE}`,
    { id: waiting.id, dono, novo: dono },
  );
  return affectedRows === 1 ? waiting.id : undefined;
}

type Vista = Mesa & { modos: ModoSalvo[]; produtos: Map<number, ProdutoVinculado[]> };

async function walk(sync: Sync, pedido: Pedido, dono: string, isStopped: () => boolean): Promise<void> {
  const { vista, fonte } = await prepare(sync, pedido);
  const { loteId } = pedido;
  await run(sync.db, 'UPDATE lote_pedidos SET procurados = :total WHERE lote_id = :loteId', {
    loteId,
    total: fonte.total,
  });
  const ja = await listUsuarioIds(sync.db, loteId);
  let { ate } = pedido;
  for (;;) {
    if (isStopped()) return;
    const pagina = await fonte.next(ate);
    if (pagina === undefined) break;
    const linhas = await judge(sync, pedido, vista, pagina, ja);
    const total = await record(sync, pedido, dono, pagina, linhas);
    if (total > MAX_LINHAS) return dissolve(sync.db, loteId, TOO_MANY);
    ate = pagina.ate;
  }
  await finish(sync, loteId, dono);
}

const TOO_MANY = `São mais de ${MAX_LINHAS.toLocaleString('pt-BR')} contratos. Restrinja o filtro, ou divida por filial.`;

async function prepare(sync: Sync, pedido: Pedido): Promise<{ vista: Vista; fonte: Fonte }> {
  const criterios = await loadCriterios(sync);
  const produtos = new Map<number, ProdutoVinculado[]>();
  const fonte = await openFonte(sync, pedido, criterios, produtos);
  const [contexto, planos, integracoes, modos] = await Promise.all([
    loadContexto(sync, criterios, produtos),
    listPlanos(sync.db),
    listIntegracoes(sync.db),
    listModos(sync.db),
  ]);
  const vista = {
    contexto,
    produtos,
    planos: new Map(planos.map((plano) => [plano.id, plano])),
    integracoes: new Map(integracoes.map((integracao) => [integracao.id, integracao])),
    modos,
  };
  return { vista, fonte };
}

const listUsuarioIds = async (db: Db, loteId: number): Promise<Set<number>> => {
  const sql =
    "SELECT usuario_id AS id FROM lote_linhas WHERE lote_id = :loteId AND usuario_id IS NOT NULL AND estado = 'pendente'";
  return new Set((await rows(db, sql, { loteId }, z.object({ id: z.number() }))).map(({ id }) => id));
};

async function judge(
  sync: Sync,
  pedido: Pedido,
  vista: Vista,
  { ids, semContrato }: Pagina,
  ja: Set<number>,
): Promise<LinhaSimulada[]> {
  const { filiais, filtro, acao, lista } = pedido;
  const lidos = (await listFatos(sync.ixc, ids)).filter(
    ({ filialId }) => filiais === 'todas' || filiais.includes(filialId ?? 0),
  );
  // Without a filter of IXC's own columns all that is visible is taken.
  const taken = isNarrow(filtro) ? await narrowContratos(sync.ixc, ids, filiais, filtro) : undefined;
  const fatos = inOrder(ids, lidos).filter(({ id }) => taken?.has(id) ?? true);
  const usuarios = await listUsuariosDeContratos(sync.db, ids, filiais);
  if (lista && acao === 'criar') await readProdutos(sync, vista, fatos);
  const linhas =
    acao === 'criar'
      ? await judgeCriacoes(sync, pedido, vista, fatos, usuarios)
      : judgeContas(pedido, vista, fatos, usuarios, ja);
  const there = new Set(lidos.map(({ id }) => id));
  // Only a list names what is not there; a filter finds what is.
  const sumidos = lista ? ids.filter((id) => !there.has(id)).map((id) => missing(pedido, id, NAO_ESTA)) : [];
  return [...linhas, ...sumidos, ...semContrato.map((mensagem) => missing(pedido, 0, mensagem))];
}

const isNarrow = ({
  filialId,
  status,
  acesso,
  ativadoDe,
  ativadoAte,
  tipoPessoa,
}: Pedido['filtro']): boolean =>
  [filialId, status, acesso, ativadoDe, ativadoAte, tipoPessoa].some((each) => each !== undefined);

function inOrder(ids: readonly number[], fatos: readonly FatosDoContrato[]): FatosDoContrato[] {
  const byId = new Map(fatos.map((each) => [each.id, each]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

// By a filter the products were read with the ids; those of a list are read with each page.
async function readProdutos(sync: Sync, vista: Vista, fatos: readonly FatosDoContrato[]): Promise<void> {
  const { criterios } = vista.contexto;
  const ids = fatos.map(({ id }) => id);
  vista.produtos.clear();
  addProdutos(
    vista.produtos,
    await listProdutosVinculados(sync.ixc, ids, linkedProdutos(criterios.vinculos), criterios.hoje),
  );
}

// Lines and progress in one transaction: whoever goes on later writes none of them twice. Answers how many there are.
async function record(
  sync: Sync,
  pedido: Pedido,
  dono: string,
  pagina: Pagina,
  linhas: readonly LinhaSimulada[],
): Promise<number> {
  const { loteId, acao } = pedido;
  const fora = pagina.vistos - linhas.length;
  return transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE lote_pedidos p ${WAITING} SET p.ate = :ate, p.vistos = p.vistos + :vistos, p.fora = p.fora + :fora,
         p.visto_em = UTC_TIMESTAMP(6), p.lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
       WHERE p.lote_id = :loteId AND p.dono = :dono`,
      { loteId, dono, ate: pagina.ate, vistos: pagina.vistos, fora },
    );
    if (affectedRows !== 1) throw new Gone();
    return insertLinhas(tx, loteId, acao, linhas);
  });
}

// The exact list has its hash now: from here on it can be approved.
async function finish(sync: Sync, loteId: number, dono: string): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE lote_pedidos p ${WAITING} SET p.lease_ate = NULL, l.preparado = 1 WHERE p.lote_id = :loteId AND p.dono = :dono`,
      { loteId, dono },
    );
    if (affectedRows === 0) throw new Gone();
    await refreshResumo(tx, loteId);
    await run(tx, 'DELETE FROM lote_lista WHERE lote_id = :loteId', { loteId });
  });
}

async function dissolve(db: Db, loteId: number, motivo: string): Promise<void> {
  await run(
    db,
    `UPDATE lotes SET estado = 'dissolvido', preparado = 1, motivo = :motivo, terminado_em = UTC_TIMESTAMP(6)
     WHERE id = :loteId AND estado = 'simulado' AND preparado = ${A_SIMULAR}`,
    { loteId, motivo },
  );
  await run(db, 'DELETE FROM lote_lista WHERE lote_id = :loteId', { loteId });
}
