// Registering an integração at the partner, once for its CNPJ.
import { z } from 'zod';
import { row } from '../../db.ts';
import type { Conexao } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import type { Record } from './chamadas.ts';
import { type End, otherwise } from './desfecho.ts';

/** Registers integração `id` through `record`, unless its profile or a missing CNPJ makes that needless. */
export async function registerIntegracao(
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
