// Registering a plano at the partner: found in its list, renamed, or made; and whether that has happened.
import { z } from 'zod';
import { type Db, optionalRow, row } from '../../db.ts';
import type { RemotePlan, TeleClinica } from '../../teleclinica/port.ts';
import type { Conexao } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import type { Record } from './chamadas.ts';
import { type End, otherwise } from './desfecho.ts';

const PlanoRow = z.object({
  nome: z.string(),
  descricao: z.string(),
  codigo: z.string().nullable(),
  remotoId: z.string().nullable(),
  remotoNosso: z.number(),
});

/** Registers plano `id` through `record`: looks for it at the partner first, where the profile can list. */
export async function registerPlano(
  sync: Sync,
  { parceiro }: Conexao,
  id: number,
  record: Record,
): Promise<End> {
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
