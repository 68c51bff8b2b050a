// The person behind a usuário, read from IXC at the moment of need and never kept.
import { z } from 'zod';
import { isDatabaseDown, optionalRow } from '../db.ts';
import { findCliente } from '../ixc/clientes.ts';
import { listContratosPorId } from '../ixc/contratos.ts';
import type { Cliente } from '../ixc/tipos.ts';
import { knownContato, orderContatos } from './contatos.ts';
import { impressaoDoCpf, type Sync } from './contexto.ts';
import { checkIdentity } from './pessoa.ts';
import type { CampoRecusado } from './tipos.ts';

export type Encontrada =
  | { kind: 'ok'; cliente: Cliente; cpf: string }
  /** The contract or the client now names somebody else than the account was made for (decisions 3). */
  | { kind: 'mudou' }
  | { kind: 'recusada'; campos: CampoRecusado[] }
  | { kind: 'ixc_fora' };

/** The order in which adesões speak for a person, in SQL: first the one that gives the plano, whose client is sent. */
export const REGE_PRIMEIRO = (adesoes: string, planoId: string): string =>
  `${adesoes}.plano_id <=> ${planoId} DESC, ${adesoes}.id`;

/** Finds the person of a usuário through the adesão that gives its plano. Never throws for a dirty row or IXC being down. */
export async function findPessoa(
  sync: Sync,
  usuario: { id: number; planoId: number | null; impressao: Buffer },
): Promise<Encontrada> {
  const adesao = await optionalRow(
    sync.db,
    `SELECT a.contrato_id AS contratoId, a.cliente_id AS clienteId FROM adesoes a
     WHERE a.usuario_id = :id AND a.vigente IS NOT NULL ORDER BY ${REGE_PRIMEIRO('a', ':planoId')} LIMIT 1`,
    { id: usuario.id, planoId: usuario.planoId },
    z.object({ contratoId: z.number(), clienteId: z.number() }),
  );
  if (adesao === undefined)
    return missing('contrato', 'Nenhum contrato dá direito a este usuário.', 'Crie-o de novo pelo contrato.');
  try {
    return await readPessoa(sync, adesao, usuario.impressao);
  } catch (error) {
    if (isDatabaseDown(error)) return { kind: 'ixc_fora' };
    throw error;
  }
}

async function readPessoa(
  sync: Sync,
  { contratoId, clienteId }: { contratoId: number; clienteId: number },
  impressao: Buffer,
): Promise<Encontrada> {
  const [contrato] = await listContratosPorId(sync.ixc, [contratoId], 'todas');
  if (contrato === undefined) {
    return missing(
      'contrato',
      `O contrato ${contratoId} não existe mais no IXC.`,
      'Confira o contrato no IXC.',
    );
  }
  if (contrato.clienteId !== clienteId) return { kind: 'mudou' };
  const cliente = await findCliente(sync.ixc, clienteId);
  if (cliente === undefined) {
    return missing(
      'cliente',
      `O cliente ${clienteId} não existe mais no IXC.`,
      'Confira o cliente do contrato no IXC.',
    );
  }
  const identity = checkIdentity(cliente);
  if (!identity.ok) return { kind: 'recusada', campos: identity.campos };
  if (!impressaoDoCpf(sync, identity.cpf).equals(impressao)) return { kind: 'mudou' };
  return { kind: 'ok', cliente: orderContatos(cliente, await knownContato(sync.db)), cpf: identity.cpf };
}

function missing(campo: string, motivo: string, correcao: string): Encontrada {
  return { kind: 'recusada', campos: [{ campo, motivo, correcao }] };
}
