// Registering an integração or a plano at the partner: wishes like any other, recorded before each call, retried until answered.
import { z } from 'zod';
import { type Db, row, rows, run, transaction } from '../../db.ts';
import { backoffMs } from '../atendimento/estado.ts';
import type { Sinais } from '../atendimento/sinais.ts';
import { openConnection, refuseProducao } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import { isPausedByFile } from '../pausas.ts';
import { closeUnanswered, type Pendente, recorder, type Tabela } from './chamadas.ts';
import type { End } from './desfecho.ts';
import { registerIntegracao } from './integracao.ts';
import { registerPlano } from './plano.ts';

/** Serves every registration that is due; the round ends where a call must not leave. */
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
      const pendente = { tabela, id, integracaoId, token, falhas, versao };
      if ((await serveOne(sync, sinais, dono, pendente)) === 'stopped') return;
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

async function serveOne(sync: Sync, sinais: Sinais, dono: string, pendente: Pendente): Promise<End['kind']> {
  const conexao = await openConnection(sync, pendente.integracaoId);
  await closeUnanswered(sync.db, pendente);
  const record = recorder(sync, conexao, dono, pendente);
  const refusal = refuseProducao(sync, conexao);
  const register = pendente.tabela === 'integracoes' ? registerIntegracao : registerPlano;
  const end: End =
    refusal === undefined
      ? await register(sync, conexao, pendente.id, record)
      : { kind: 'refused', mensagem: refusal };
  // First what it says of the whole integração, so that no other call leaves meanwhile.
  const { integracaoId } = pendente;
  if (end.kind === 'again' && end.fora) await sinais.record(integracaoId, { kind: 'fora' });
  if (end.kind === 'again' && end.limiteMs !== undefined) {
    await sinais.record(integracaoId, { kind: 'limite', esperarMs: end.limiteMs });
  }
  if (end.kind === 'credentials') await sinais.record(integracaoId, { kind: 'credencial' });
  await write(sync, pendente, end);
  return end.kind;
}

async function write(sync: Sync, pendente: Pendente, end: End): Promise<void> {
  const { tabela, id, token, falhas } = pendente;
  await transaction(sync.db, async (tx) => {
    if (end.kind === 'stopped') return release(tx, pendente);
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
    await release(tx, pendente);
  });
  sync.wake();
}

async function release(tx: Db, { tabela, id, token }: Pendente): Promise<void> {
  await run(
    tx,
    `UPDATE ${tabela} SET registro_lease_ate = NULL WHERE id = :id AND registro_lease_token = :token`,
    { id, token },
  );
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
