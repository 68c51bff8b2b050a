// Third side, the partner: its list page by page, each page with the mark of the next in one transaction; nothing is held.
import { z } from 'zod';
import { optionalRow, rows, run, transaction } from '../../db.ts';
import type { Outcome, Page, RemoteUser } from '../../teleclinica/port.ts';
import { createSinais, type Sinais } from '../atendimento/sinais.ts';
import { closeTentativa } from '../atendimento/tentativas.ts';
import { takeSlot } from '../atendimento/vazao.ts';
import { type Conexao, openConnection } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import { isPausedByFile } from '../pausas.ts';
import { insertContas } from './contas.ts';
import { advance, type Corrida } from './corrida.ts';
import { type Impressoes, impressoesDaLista } from './impressoes.ts';

const MAX_FALHAS = 5;
const FIRST_WAIT_MS = 300;
const RATE_WAIT_MS = 5_000;
const RATE_PATIENCE_MS = 60_000;

const ListaRow = z.object({
  integracaoId: z.number(),
  proxima: z.string().nullable(),
  falhas: z.number(),
  esperarMs: z.coerce.number(),
});
interface Lista extends z.output<typeof ListaRow> {
  /** The profile shows the reference of each account. */
  comReferencia: boolean;
}
type Listada = Page<RemoteUser & { resumo: Impressoes | undefined }>;

/** Opens one list for each integração that can be asked. What an integração cannot list is told, never guessed. */
export async function openListas(sync: Sync, corrida: Corrida): Promise<void> {
  await run(
    sync.db,
    `INSERT IGNORE INTO comparacao_listas (comparacao_id, integracao_id, estado, motivo)
     SELECT :id, id, IF(registro = 'pendente', 'parcial', 'lendo'),
       IF(registro = 'pendente', 'A integração ainda não está registrada na Tele Clínica.', NULL) FROM integracoes`,
    { id: corrida.id },
  );
}

/** Reads pages until every list has ended, or `isStopped`. Answers whether all have ended. */
export async function readListas(sync: Sync, corrida: Corrida, isStopped: () => boolean): Promise<boolean> {
  const sinais = createSinais(sync);
  await openListas(sync, corrida);
  for (;;) {
    if (isStopped() || isPausedByFile(sync)) return false;
    const lista = await nextLista(sync, corrida);
    if (lista === undefined) break;
    // Somebody paused, or the partner asked to wait: the next round goes on.
    if (lista.esperarMs > 0) {
      await advance(sync.db, corrida, {});
      await new Promise((resolve) => setTimeout(resolve, Math.min(lista.esperarMs, 500)));
      continue;
    }
    if (await isPaused(sync)) return false;
    await readPage(sync, sinais, corrida, lista);
  }
  await advance(sync.db, corrida, { fase: 'pessoas', ate: 0 });
  return true;
}

const nextLista = (sync: Sync, { id }: Corrida): Promise<z.output<typeof ListaRow> | undefined> =>
  optionalRow(
    sync.db,
    `SELECT integracao_id AS integracaoId, proxima, falhas,
       GREATEST(0, COALESCE(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), nao_antes) / 1000, 0)) AS esperarMs
     FROM comparacao_listas WHERE comparacao_id = :id AND estado = 'lendo' ORDER BY nao_antes, integracao_id LIMIT 1`,
    { id },
    ListaRow,
  );

async function isPaused(sync: Sync): Promise<boolean> {
  const sql = "SELECT id FROM pausas WHERE operacao = '' AND filial_id = 0 LIMIT 1";
  return (await optionalRow(sync.db, sql, {}, z.object({ id: z.number() }))) !== undefined;
}

async function readPage(
  sync: Sync,
  sinais: Sinais,
  corrida: Corrida,
  next: z.output<typeof ListaRow>,
): Promise<void> {
  const { integracaoId } = next;
  const conexao = await openConnection(sync, integracaoId);
  const shown = sync.perfis.get(conexao.perfil)?.operations.listUsers?.result;
  const lista = { ...next, comReferencia: shown?.externalId !== undefined };
  if (!conexao.parceiro.capabilities.listUsers) {
    const motivo = 'O perfil desta integração não sabe listar as contas.';
    return endLista(sync, corrida, integracaoId, 'sem_lista', motivo);
  }
  const [stopped] = await rows(
    sync.db,
    'SELECT id FROM integracoes WHERE id = :integracaoId AND credencial_parada_em IS NOT NULL',
    { integracaoId },
    z.object({ id: z.number() }),
  );
  if (stopped !== undefined)
    return endLista(sync, corrida, integracaoId, 'parcial', 'Usuário ou senha da integração recusados.');
  if (!(await takeSlot(sync.db, integracaoId, conexao.parceiro.limits.perSecond, RATE_PATIENCE_MS))) return;
  const { lidaEm, outcome } = await ask(sync, corrida, lista, conexao);
  await settle(sync, sinais, corrida, lista, lidaEm, outcome);
}

// The call behind its row, like every other.
async function ask(sync: Sync, { id, dono }: Corrida, lista: Lista, conexao: Conexao) {
  const leave = await conexao.passagem.enter();
  try {
    const { insertId } = await run(
      sync.db,
      `INSERT INTO tentativas (integracao_id, lease_token, processo, chamada, escrita, enviada_em)
       VALUES (:integracaoId, :id, :dono, 'listar', 0, UTC_TIMESTAMP(6))`,
      { integracaoId: lista.integracaoId, id, dono },
    );
    const [sent] = await rows(
      sync.db,
      'SELECT enviada_em AS lidaEm FROM tentativas WHERE id = :id',
      { id: insertId },
      z.object({ lidaEm: z.string() }),
    );
    const answer = await conexao.parceiro.listUsers(lista.proxima ?? undefined, {
      timeoutMs: sync.config.timeoutMs,
      resumir: (pessoa) => impressoesDaLista(sync, pessoa),
    });
    await closeTentativa(sync.db, insertId, answer);
    return { lidaEm: sent?.lidaEm ?? '', outcome: answer.outcome };
  } finally {
    leave();
  }
}

async function settle(
  sync: Sync,
  sinais: Sinais,
  corrida: Corrida,
  lista: Lista,
  lidaEm: string,
  outcome: Outcome<Listada>,
): Promise<void> {
  const { integracaoId } = lista;
  switch (outcome.kind) {
    case 'ok':
    case 'already':
      await sinais.record(integracaoId, { kind: 'respondeu' });
      return keepPage(sync, corrida, lista, lidaEm, outcome.value);
    case 'credentials':
      await sinais.record(integracaoId, { kind: 'credencial' });
      return endLista(sync, corrida, integracaoId, 'parcial', 'A Tele Clínica recusou usuário ou senha.');
    case 'rate_limited': {
      const esperarMs = outcome.esperarMs ?? RATE_WAIT_MS;
      await sinais.record(integracaoId, { kind: 'limite', esperarMs });
      return wait(sync, corrida, lista, esperarMs, lista.falhas);
    }
    case 'unavailable':
      await sinais.record(integracaoId, { kind: 'fora' });
  }
  if (lista.falhas + 1 < MAX_FALHAS)
    return wait(sync, corrida, lista, FIRST_WAIT_MS * 2 ** lista.falhas, lista.falhas + 1);
  const why = 'mensagem' in outcome ? outcome.mensagem : 'A Tele Clínica deu uma resposta inesperada.';
  return endLista(sync, corrida, integracaoId, 'parcial', `A lista parou no meio. ${why}`);
}

async function keepPage(
  sync: Sync,
  corrida: Corrida,
  { integracaoId, comReferencia }: Lista,
  lidaEm: string,
  { itens, proxima }: Listada,
): Promise<void> {
  await transaction(sync.db, async (tx) => {
    await insertContas(sync, tx, { comparacaoId: corrida.id, integracaoId, lidaEm, comReferencia }, itens);
    await run(
      tx,
      `UPDATE comparacao_listas SET proxima = :proxima, contas = contas + :total, falhas = 0, nao_antes = NULL,
         estado = IF(:acabou, 'completa', estado)
       WHERE comparacao_id = :id AND integracao_id = :integracaoId`,
      {
        id: corrida.id,
        integracaoId,
        proxima: proxima ?? null,
        total: itens.length,
        acabou: proxima === undefined ? 1 : 0,
      },
    );
    await advance(tx, corrida, {}, { contas: itens.length });
  });
}

async function wait(
  sync: Sync,
  { id }: Corrida,
  { integracaoId }: Lista,
  ms: number,
  falhas: number,
): Promise<void> {
  await run(
    sync.db,
    `UPDATE comparacao_listas SET falhas = :falhas, nao_antes = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE comparacao_id = :id AND integracao_id = :integracaoId`,
    { id, integracaoId, falhas, us: Math.round(ms * 1000) },
  );
}

async function endLista(
  sync: Sync,
  { id }: Corrida,
  integracaoId: number,
  estado: 'parcial' | 'sem_lista',
  motivo: string,
): Promise<void> {
  await run(
    sync.db,
    `UPDATE comparacao_listas SET estado = :estado, motivo = :motivo
     WHERE comparacao_id = :id AND integracao_id = :integracaoId`,
    { id, integracaoId, estado, motivo: motivo.slice(0, 255) },
  );
}
