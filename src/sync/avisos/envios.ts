// The outbox: each message of each channel is claimed, sent, and finished by token; a failure waits longer each time.
import { z } from 'zod';
import { type Db, optionalRow, row, rows, run } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import { Causa } from './causas.ts';
import { type Canal, type Configuracao, loadConfiguracao, openEmail, openWebhook } from './configuracao.ts';
import type { Entrega } from './destino.ts';
import { sendEmail } from './email.ts';
import { cartaOf, corpoOf, type Noticia } from './mensagens.ts';
import { sendWebhook } from './webhook.ts';

/** The whole of one delivery, name look-up to answer. */
export const PRAZO_MS = 10_000;
const LEASE_SECONDS = 60;
const BATCH = 20;
const MAX_BACKOFF_MS = 15 * 60_000;
const GIVE_UP_DAYS = 3;

/** Sends what is due on one channel, oldest first. A failure ends the round: the receiver is down for the others too. */
export async function deliverDue(sync: Sync, canal: Canal): Promise<void> {
  const due = await listDue(sync.db, canal);
  if (due.length === 0) return;
  const configuracao = await loadConfiguracao(sync.db);
  if (!configuracao[canal].ativo) return dismiss(sync.db, canal);
  for (const id of due) {
    const token = await claim(sync.db, id);
    if (token === undefined) continue;
    const entrega = await sendNoticia(sync, canal, configuracao, await loadNoticia(sync, id));
    await finish(sync, id, token, entrega);
    if (!entrega.ok) {
      sync.log.warn({ canal, envio: id }, 'aviso não entregue; será tentado de novo');
      return;
    }
  }
}

/** Sends one message now and answers how it went, whether the channel is on or off. */
export async function sendNoticia(
  sync: Pick<Sync, 'config' | 'instalacao'>,
  canal: Canal,
  configuracao: Configuracao,
  noticia: Noticia,
): Promise<Entrega> {
  const envio = { hosts: sync.config.avisosHosts, prazoMs: PRAZO_MS };
  if (canal === 'webhook') {
    const webhook = openWebhook(sync, configuracao);
    return webhook ? sendWebhook(webhook, corpoOf(sync, noticia), envio) : NOT_FILLED_IN;
  }
  const smtp = openEmail(sync, configuracao);
  return smtp ? sendEmail(smtp, cartaOf(sync, noticia), envio) : NOT_FILLED_IN;
}

const NOT_FILLED_IN: Entrega = { ok: false, mensagem: 'Preencha e salve os dados deste canal primeiro.' };

// The end of a story waits until its beginning is out.
async function listDue(db: Db, canal: Canal): Promise<number[]> {
  const found = await rows(
    db,
    `SELECT e.id FROM avisos_envios e
     WHERE e.estado = 'pendente' AND e.canal = :canal AND e.proxima_em <= UTC_TIMESTAMP(6)
       AND (e.lease_ate IS NULL OR e.lease_ate < UTC_TIMESTAMP(6))
       AND NOT EXISTS (SELECT 1 FROM avisos_envios antes WHERE antes.aviso_id = e.aviso_id AND antes.canal = e.canal
         AND antes.id < e.id AND antes.estado = 'pendente')
     ORDER BY e.id LIMIT ${BATCH}`,
    { canal },
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

async function claim(db: Db, id: number): Promise<number | undefined> {
  const { affectedRows, insertId } = await run(
    db,
    `UPDATE avisos_envios SET lease_token = LAST_INSERT_ID(lease_token + 1), tentativas = tentativas + 1,
       lease_ate = UTC_TIMESTAMP(6) + INTERVAL ${LEASE_SECONDS} SECOND
     WHERE id = :id AND estado = 'pendente' AND proxima_em <= UTC_TIMESTAMP(6)
       AND (lease_ate IS NULL OR lease_ate < UTC_TIMESTAMP(6))`,
    { id },
  );
  return affectedRows === 1 ? insertId : undefined;
}

const NoticiaRow = z.object({
  id: z.number(),
  evento: z.enum(['comecou', 'recuperado']),
  comecouEm: z.string(),
  acabouEm: z.string().nullable(),
  detalhe: z.unknown(),
});

async function loadNoticia(sync: Sync, envioId: number): Promise<Noticia> {
  const found = await row(
    sync.db,
    `SELECT a.id, e.evento, a.comecou_em AS comecouEm, IF(e.evento = 'recuperado', a.acabou_em, NULL) AS acabouEm, a.detalhe
     FROM avisos_envios e JOIN avisos a ON a.id = e.aviso_id WHERE e.id = :envioId`,
    { envioId },
    NoticiaRow,
  );
  const { evento, detalhe, ...aviso } = found;
  return {
    id: `${sync.instalacao}-${envioId}`,
    evento,
    aviso: { ...aviso, causa: parseCausa(detalhe) },
  };
}

/** The cause of a stored aviso: the driver answers JSON as text. */
export const parseCausa = (detalhe: unknown): Causa =>
  Causa.parse(typeof detalhe === 'string' ? JSON.parse(detalhe) : detalhe);

async function finish(sync: Sync, id: number, token: number, { ok, mensagem }: Entrega): Promise<void> {
  const ended = `CASE WHEN :ok = 1 THEN 'entregue'
    WHEN criado_em < UTC_TIMESTAMP(6) - INTERVAL ${GIVE_UP_DAYS} DAY THEN 'desistido' ELSE 'pendente' END`;
  await run(
    sync.db,
    `UPDATE avisos_envios SET estado = ${ended}, mensagem = :mensagem, lease_ate = NULL,
       encerrado_em = IF(estado = 'pendente', NULL, UTC_TIMESTAMP(6)),
       proxima_em = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE id = :id AND lease_token = :token`,
    {
      id,
      token,
      ok: ok ? 1 : 0,
      mensagem: mensagem.slice(0, 255),
      us: Math.round(1000 * (await backoffOf(sync, id))),
    },
  );
}

// Twice as long each time, spread by chance so that many do not come back together. In milliseconds.
async function backoffOf({ db, config }: Sync, id: number): Promise<number> {
  const found = await optionalRow(
    db,
    'SELECT tentativas FROM avisos_envios WHERE id = :id',
    { id },
    z.object({ tentativas: z.number() }),
  );
  const longest = Math.min(MAX_BACKOFF_MS, config.avisosMs * 2 ** Math.min(found?.tentativas ?? 1, 20));
  return longest * (0.5 + Math.random() / 2);
}

// The channel was switched off: what waited for it is no longer wanted.
async function dismiss(db: Db, canal: Canal): Promise<void> {
  await run(
    db,
    `UPDATE avisos_envios SET estado = 'dispensado', mensagem = 'O canal foi desligado.', encerrado_em = UTC_TIMESTAMP(6)
     WHERE canal = :canal AND estado = 'pendente'`,
    { canal },
  );
}
