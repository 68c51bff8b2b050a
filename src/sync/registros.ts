// Registering an integração or a plano at the partner: wishes like any other, recorded before each call, retried until answered.
import { z } from 'zod';
import { type Db, optionalRow, row, rows, run, transaction } from '../db.ts';
import type { Answer, CallOptions, Outcome, RemotePlan, TeleClinica } from '../teleclinica/port.ts';
import { type Conexao, openConnection, refuseProducao } from './conexoes.ts';
import { backoffMs } from './consequencia.ts';
import type { Sync } from './contexto.ts';
import { isPausedByFile } from './pausas.ts';
import type { Sinais } from './sinais.ts';
import { closeTentativa } from './tentativas.ts';

type Tabela = 'integracoes' | 'planos';

interface Pendente {
  tabela: Tabela;
  id: number;
  integracaoId: number;
  token: number;
  falhas: number;
  /** As it was when the work began: what is edited meanwhile is registered again. */
  versao: number;
}

/** Serves every registration that is due. */
export async function serveRegistros(sync: Sync, sinais: Sinais, dono: string): Promise<void> {
  if (isPausedByFile(sync)) return;
  for (const tabela of ['integracoes', 'planos'] as const) {
    for (const { id, integracaoId } of await listDue(sync.db, tabela)) {
      const token = await claimRegistro(sync, tabela, id);
      if (token === undefined) continue;
      const { falhas, versao } = await row(
        sync.db,
        `SELECT registro_falhas AS falhas, versao FROM ${tabela} WHERE id = :id`,
        { id },
        z.object({ falhas: z.number(), versao: z.number() }),
      );
      await serveOne(sync, sinais, dono, { tabela, id, integracaoId, token, falhas, versao });
    }
  }
}

// Planos wait for their integração, and everything waits while credentials are refused, the partner is silent or a pause is on.
async function listDue(db: Db, tabela: Tabela): Promise<{ id: number; integracaoId: number }[]> {
  const integracaoId = tabela === 'planos' ? 'r.integracao_id' : 'r.id';
  const registered = tabela === 'planos' ? "AND i.registro IN ('dispensado', 'registrado')" : '';
  return rows(
    db,
    `SELECT r.id, i.id AS integracaoId FROM ${tabela} r JOIN integracoes i ON i.id = ${integracaoId}
     WHERE r.registro = 'pendente' AND r.registro_proxima_em <= UTC_TIMESTAMP(6)
       AND (r.registro_lease_ate IS NULL OR r.registro_lease_ate < UTC_TIMESTAMP(6))
       AND i.credencial_parada_em IS NULL AND (i.fora_ate IS NULL OR i.fora_ate <= UTC_TIMESTAMP(6))
       AND (i.limite_ate IS NULL OR i.limite_ate <= UTC_TIMESTAMP(6)) ${registered}
       AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao = '' AND filial_id = 0)
     ORDER BY r.id LIMIT 50`,
    {},
    z.object({ id: z.number(), integracaoId: z.number() }),
  );
}

async function claimRegistro(sync: Sync, tabela: Tabela, id: number): Promise<number | undefined> {
  const { affectedRows, insertId } = await run(
    sync.db,
    `UPDATE ${tabela} SET registro_lease_token = LAST_INSERT_ID(registro_lease_token + 1),
       registro_lease_ate = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
     WHERE id = :id AND registro = 'pendente' AND registro_proxima_em <= UTC_TIMESTAMP(6)
       AND (registro_lease_ate IS NULL OR registro_lease_ate < UTC_TIMESTAMP(6))`,
    { id, us: Math.round(sync.config.leaseMs * 1000) },
  );
  return affectedRows === 1 ? insertId : undefined;
}

async function serveOne(sync: Sync, sinais: Sinais, dono: string, pendente: Pendente): Promise<void> {
  const conexao = await openConnection(sync, pendente.integracaoId);
  await closeUnanswered(sync.db, pendente);
  const record = recorder(sync, dono, pendente);
  const refusal = refuseProducao(sync, conexao);
  const register = pendente.tabela === 'integracoes' ? registerIntegracao : registerPlano;
  const end: End =
    refusal === undefined
      ? await register(sync, conexao, pendente.id, record)
      : { kind: 'refused', mensagem: refusal };
  await write(sync, pendente, end);
  if (end.kind === 'again' && end.fora) await sinais.record(pendente.integracaoId, { kind: 'fora' });
  if (end.kind === 'again' && end.limiteMs !== undefined) {
    await sinais.record(pendente.integracaoId, { kind: 'limite', esperarMs: end.limiteMs });
  }
  if (end.kind === 'credentials') await sinais.record(pendente.integracaoId, { kind: 'credencial' });
}

// Calls of a process that died. What they did is found out by listing, or by asking again with the same key.
async function closeUnanswered(db: Db, { tabela, id, integracaoId, token }: Pendente): Promise<void> {
  await run(
    db,
    `UPDATE tentativas t JOIN operacoes o ON o.id = t.operacao_id
     SET t.resultado = 'sem_resposta', t.respondida_em = UTC_TIMESTAMP(6)
     WHERE o.integracao_id = :integracaoId AND o.usuario_id IS NULL AND o.plano_id <=> :planoId
       AND t.resultado = 'enviada' AND t.lease_token < :token`,
    { integracaoId, planoId: tabela === 'planos' ? id : null, token },
  );
}

type End =
  | { kind: 'registered'; remotoId: string | null; ours: boolean }
  | { kind: 'unneeded'; remotoId: string | null }
  | { kind: 'refused'; mensagem: string }
  | { kind: 'credentials' }
  | { kind: 'again'; mensagem: string; fora: boolean; limiteMs?: number; confirmar?: boolean };

type Record = <T>(
  chamada: string,
  escrita: boolean,
  send: (options: CallOptions) => Promise<Answer<T>>,
) => Promise<Outcome<T>>;

// Every call has its row first; the idempotency key is the operação's, the same on every try.
function recorder(sync: Sync, dono: string, pendente: Pendente): Record {
  return async (chamada, escrita, send) => {
    const operacaoId = await findOrOpenRegistro(sync.db, pendente);
    const { insertId } = await run(
      sync.db,
      `INSERT INTO tentativas (operacao_id, integracao_id, lease_token, processo, chamada, escrita, enviada_em)
       VALUES (:operacaoId, :integracaoId, :token, :dono, :chamada, :escrita, UTC_TIMESTAMP(6))`,
      {
        operacaoId,
        integracaoId: pendente.integracaoId,
        token: pendente.token,
        dono,
        chamada,
        escrita: escrita ? 1 : 0,
      },
    );
    const key = `ixc-${sync.instalacao}-op-${operacaoId}`;
    const answer = await send({
      timeoutMs: sync.config.timeoutMs,
      ...(escrita ? { idempotencyKey: key } : {}),
    });
    await closeTentativa(sync.db, insertId, answer);
    return answer.outcome;
  };
}

async function findOrOpenRegistro(db: Db, { tabela, id, integracaoId }: Pendente): Promise<number> {
  const acao = tabela === 'planos' ? 'registrar_plano' : 'registrar_integracao';
  const planoId = tabela === 'planos' ? id : null;
  const open = await optionalRow(
    db,
    `SELECT id FROM operacoes WHERE integracao_id = :integracaoId AND plano_id <=> :planoId AND acao = :acao
       AND estado = 'aberta' ORDER BY id DESC LIMIT 1`,
    { integracaoId, planoId, acao },
    z.object({ id: z.number() }),
  );
  if (open) return open.id;
  const { insertId } = await run(
    db,
    `INSERT INTO operacoes (integracao_id, plano_id, acao, estado, causa, criado_em)
     VALUES (:integracaoId, :planoId, :acao, 'aberta', 'operador', UTC_TIMESTAMP(6))`,
    { integracaoId, planoId, acao },
  );
  return insertId;
}

async function registerIntegracao(
  sync: Sync,
  { parceiro }: Conexao,
  id: number,
  record: Record,
): Promise<End> {
  const { nome, cnpj } = await row(
    sync.db,
    'SELECT nome, cnpj FROM integracoes WHERE id = :id',
    { id },
    z.object({ nome: z.string(), cnpj: z.string().nullable() }),
  );
  if (cnpj === null || !parceiro.capabilities.registerIntegration)
    return { kind: 'unneeded', remotoId: null };
  const outcome = await record('registrar_integracao', true, (options) =>
    parceiro.registerIntegration({ cnpj, nome }, options),
  );
  // Registration is idempotent by CNPJ, so an uncertain one is simply made again.
  if (outcome.kind === 'ok' || outcome.kind === 'already') {
    return { kind: 'registered', remotoId: outcome.value.remotoId, ours: true };
  }
  return otherwise(outcome);
}

const PlanoRow = z.object({
  nome: z.string(),
  descricao: z.string(),
  codigo: z.string().nullable(),
  remotoId: z.string().nullable(),
  remotoNosso: z.number(),
});

async function registerPlano(sync: Sync, { parceiro }: Conexao, id: number, record: Record): Promise<End> {
  const plano = await row(
    sync.db,
    `SELECT nome, descricao, codigo, remoto_id AS remotoId, remoto_nosso AS remotoNosso FROM planos WHERE id = :id`,
    { id },
    PlanoRow,
  );
  const { capabilities } = parceiro;
  const { nome, descricao, remotoId } = plano;
  if (remotoId !== null) {
    // A plan that the partner made is theirs to name.
    if (plano.remotoNosso === 0) return { kind: 'registered', remotoId, ours: false };
    return renamePlano(parceiro, { remotoId, nome, descricao }, record);
  }
  const ourReference = plano.codigo ?? `ixc-${sync.instalacao}-plano-${id}`;
  if (capabilities.listPlans) {
    const found = await findRemotePlan(parceiro, ourReference, record);
    if ('end' in found) return found.end;
    if (found.plano) {
      // Only a reference that we made up tells that the plan is ours: a code may be the partner's own.
      const ours = plano.codigo === null && found.plano.externalId === ourReference;
      if (!ours) return { kind: 'registered', remotoId: found.plano.id, ours };
      return renamePlano(parceiro, { remotoId: found.plano.id, nome, descricao }, record);
    }
  }
  if (!capabilities.createPlan) {
    if (plano.codigo === null)
      return { kind: 'refused', mensagem: 'Informe o código que a Tele Clínica deu a este plano.' };
    if (capabilities.listPlans)
      return { kind: 'refused', mensagem: 'A Tele Clínica não tem um plano com este código.' };
    return { kind: 'unneeded', remotoId: plano.codigo };
  }
  const outcome = await record('registrar_plano', true, (options) =>
    parceiro.createPlan({ externalId: ourReference, nome, descricao }, options),
  );
  // After an uncertain answer the next try lists first, so a plan that did land is found, not made twice; it waits as
  // long as a person's account would, since what lands late is not in the list yet.
  return outcome.kind === 'ok' || outcome.kind === 'already'
    ? { kind: 'registered', remotoId: outcome.value.id, ours: true }
    : otherwise(outcome);
}

async function renamePlano(
  parceiro: TeleClinica,
  plano: { remotoId: string; nome: string; descricao: string },
  record: Record,
): Promise<End> {
  const registered: End = { kind: 'registered', remotoId: plano.remotoId, ours: true };
  if (!parceiro.capabilities.updatePlan) return registered;
  const outcome = await record('atualizar_plano', true, (options) => parceiro.updatePlan(plano, options));
  return outcome.kind === 'ok' || outcome.kind === 'already' ? registered : otherwise(outcome);
}

const MAX_PAGES = 200;

async function findRemotePlan(
  parceiro: TeleClinica,
  reference: string,
  record: Record,
): Promise<{ plano: RemotePlan | undefined } | { end: End }> {
  let proxima: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const cursor = proxima;
    const outcome = await record('listar_planos', false, (options) => parceiro.listPlans(cursor, options));
    if (outcome.kind === 'not_found') return { plano: undefined };
    if (outcome.kind !== 'ok' && outcome.kind !== 'already') return { end: otherwise(outcome) };
    const plano = outcome.value.itens.find((each) => each.id === reference || each.externalId === reference);
    if (plano) return { plano };
    proxima = outcome.value.proxima;
    if (proxima === undefined) return { plano: undefined };
  }
  return { end: { kind: 'refused', mensagem: 'A lista de planos da Tele Clínica não termina.' } };
}

function otherwise(outcome: Outcome<unknown>): End {
  switch (outcome.kind) {
    case 'credentials':
      return { kind: 'credentials' };
    case 'rate_limited':
      return {
        kind: 'again',
        mensagem: 'A Tele Clínica pediu para esperar.',
        fora: false,
        limiteMs: outcome.esperarMs ?? 5_000,
      };
    case 'unavailable':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true };
    case 'uncertain':
      return { kind: 'again', mensagem: outcome.mensagem, fora: true, confirmar: true };
    case 'accepted': {
      const mensagem = 'A Tele Clínica aceitou e ainda está processando.';
      return { kind: 'again', mensagem, fora: false, confirmar: true };
    }
    case 'refused_data':
      return {
        kind: 'refused',
        mensagem: [
          outcome.mensagem,
          ...outcome.campos.map(({ campo, mensagem }) => `${campo}: ${mensagem}`),
        ].join(' · '),
      };
    default:
      return {
        kind: 'refused',
        mensagem: 'mensagem' in outcome ? outcome.mensagem : 'A Tele Clínica deu uma resposta inesperada.',
      };
  }
}

async function write(sync: Sync, pendente: Pendente, end: End): Promise<void> {
  const { tabela, id, token, falhas } = pendente;
  await transaction(sync.db, async (tx) => {
    if (end.kind === 'again' || end.kind === 'credentials') {
      const least = end.kind === 'again' && end.confirmar ? sync.config.confirmacaoMs : 0;
      const waitMs = end.kind === 'again' ? Math.max(least, backoffMs(falhas + 1, Math.random())) : 0;
      await run(
        tx,
        `UPDATE ${tabela} SET registro_falhas = registro_falhas + 1, registro_lease_ate = NULL,
           registro_mensagem = :mensagem, registro_proxima_em = UTC_TIMESTAMP(6) + INTERVAL :us MICROSECOND
         WHERE id = :id AND registro_lease_token = :token`,
        {
          id,
          token,
          us: Math.round(waitMs * 1000),
          mensagem: end.kind === 'again' ? end.mensagem.slice(0, 255) : null,
        },
      );
      return;
    }
    const refused = end.kind === 'refused';
    const registro = { registered: 'registrado', unneeded: 'dispensado', refused: 'recusado' }[end.kind];
    const ours = tabela === 'planos' ? ', remoto_nosso = IF(:ours = 1, 1, remoto_nosso)' : '';
    const { affectedRows } = await run(
      tx,
      `UPDATE ${tabela} SET registro = :registro, remoto_id = COALESCE(:remotoId, remoto_id), registro_mensagem = :mensagem,
         registro_falhas = 0, registro_lease_ate = NULL ${ours}
       WHERE id = :id AND registro_lease_token = :token AND registro = 'pendente' AND versao = :versao`,
      {
        id,
        token,
        versao: pendente.versao,
        registro,
        remotoId: refused ? null : end.remotoId,
        mensagem: refused ? end.mensagem.slice(0, 255) : null,
        ...(ours === '' ? {} : { ours: end.kind === 'registered' && end.ours ? 1 : 0 }),
      },
    );
    if (affectedRows === 1) return closeRegistro(tx, pendente, end);
    // Edited or discarded meanwhile: what was sent is no longer what should be. The next round looks at the partner first.
    await run(
      tx,
      `UPDATE ${tabela} SET registro_lease_ate = NULL WHERE id = :id AND registro_lease_token = :token`,
      { id, token },
    );
  });
  sync.wake();
}

/**
 * Whether a plano has the partner's code, waiting for a registration that is being written this moment. Runs in the
 * caller's transaction.
 */
export async function isRegistered(tx: Db, planoId: number | null): Promise<boolean> {
  const found = await optionalRow(
    tx,
    'SELECT remoto_id IS NOT NULL AS known FROM planos WHERE id = :planoId FOR UPDATE',
    { planoId },
    z.object({ known: z.number() }),
  );
  return found?.known === 1;
}

async function closeRegistro(tx: Db, { tabela, id, integracaoId }: Pendente, end: End): Promise<void> {
  const planoId = tabela === 'planos' ? id : null;
  await run(
    tx,
    `UPDATE operacoes SET estado = :estado, mensagem = :mensagem, encerrada_em = UTC_TIMESTAMP(6)
     WHERE integracao_id = :integracaoId AND plano_id <=> :planoId AND usuario_id IS NULL AND estado = 'aberta'
       AND acao IN ('registrar_integracao', 'registrar_plano', 'atualizar_plano')`,
    {
      integracaoId,
      planoId,
      estado: end.kind === 'refused' ? 'recusada' : 'feita',
      mensagem: end.kind === 'refused' ? end.mensagem.slice(0, 255) : null,
    },
  );
  if (tabela === 'planos' && end.kind !== 'refused') {
    await run(
      tx,
      `UPDATE usuarios SET retida = NULL, retida_detalhe = NULL, retida_em = NULL, proxima_em = UTC_TIMESTAMP(6)
       WHERE retida = 'plano_nao_registrado' AND desejado_plano_id = :id`,
      { id },
    );
  }
}
