// *Criar usuário*: a contract becomes an adesão of a person, who gets an account or already has one.

import { type Db, isDuplicate, transaction } from '../db.ts';
import { findCliente } from '../ixc/clientes.ts';
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { Contrato } from '../ixc/tipos.ts';
import { conflict, invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import { impressaoDoCpf, type Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { join, lockUsuario } from './entrada.ts';
import { HOJE } from './hoje.ts';
import { findIntegracao, type Integracao } from './integracoes.ts';
import { checkIdentity } from './pessoa.ts';
import { findPlano } from './planos.ts';
import { meaningOf, type Regras } from './regras.ts';
import { loadRegras } from './regrasSalvas.ts';
import type { Operador } from './tipos.ts';
import { refuseNativo } from './varredura/nativos.ts';
import { type PlanoDoContrato, resolvePlano } from './vinculos.ts';

/**
 * Makes the contract grant its client an account and returns the usuário's id. A second contract of the same person
 * joins the account; the same contract again changes nothing; after a cancellation it starts a new vez (decisions 4, 7).
 * @throws Problem 422 (plano_id, or the fields of the register), 409 when contract, identity or state forbids.
 */
export async function requestUsuario(
  sync: Sync,
  operador: Operador,
  contrato: Contrato,
  planoId: number | undefined,
): Promise<number> {
  const plano = await choosePlano(sync, contrato, planoId);
  return grant(sync, { causa: 'operador', operadorId: operador.id }, contrato, plano);
}

/**
 * The same by rule, or by the correction of a divergência: the vínculos choose the plano. `operadorId` is who approved the
 * lote or asked for the correction, null for the scan by itself. `planoId` is the plano that was decided on; `last` comes
 * last in the transaction and undoes it by throwing; it is not called when the contract grants the account already.
 * @throws Problem like requestUsuario; 409 when the vínculos point to another plano by now.
 */
export async function requestByRule(
  sync: Sync,
  contrato: Contrato,
  operadorId: number | null,
  decidido: {
    planoId?: number | null;
    last?: (tx: Db) => Promise<void>;
    causa?: 'regra' | 'correcao';
  } = {},
): Promise<number> {
  const plano = await choosePlano(sync, contrato, undefined);
  if (decidido.planoId !== undefined && decidido.planoId !== plano.planoId) {
    throw conflict(
      'O contrato passou a outro plano depois que a lista foi feita.',
      'Decida de novo, sobre o plano de agora.',
    );
  }
  return grant(sync, { causa: decidido.causa ?? 'regra', operadorId }, contrato, plano, decidido.last);
}

async function grant(
  sync: Sync,
  quem: { causa: 'operador' | 'regra' | 'correcao'; operadorId: number | null },
  contrato: Contrato,
  plano: PlanoDoContrato,
  last?: (tx: Db) => Promise<void>,
): Promise<number> {
  refuseByRule(contrato, await loadRegras(sync.db));
  const cpf = await identityOf(sync, contrato);
  const integracao = await findIntegracao(sync.db, plano.integracaoId);
  refuseOutsideTest(integracao, contrato.id);
  await refuseNativo(sync, contrato.id);
  const impressao = impressaoDoCpf(sync, cpf);
  const semPessoa = quem.operadorId === null;
  const revive = sync.perfis.get(integracao?.perfil ?? '')?.capabilities.revive ?? false;
  const result = await transaction(sync.db, async (tx) => {
    const usuarioId = await lockUsuario(tx, plano.integracaoId, impressao);
    const changed = await join(tx, usuarioId, { contrato, plano, semPessoa, revive });
    if (!changed) return { usuarioId, changed };
    await applyWish(tx, { usuarioId, acao: 'criar', ...quem, contratoId: contrato.id });
    await audit(tx, {
      operadorId: quem.operadorId,
      evento: 'usuario_pedido',
      filialId: contrato.filialId ?? 0,
      usuarioId,
      contratoId: contrato.id,
      detalhe: { plano: plano.planoId, origem: plano.origem },
    });
    await last?.(tx);
    return { usuarioId, changed };
  }).catch(twoAtOnce);
  if (result.changed) sync.wake();
  return result.usuarioId;
}

function refuseByRule(contrato: Contrato, regras: Regras): void {
  if (meaningOf(contrato, regras, HOJE.format()) === 'ativo') return;
  const words = `${describeStatus(contrato.status)}, acesso ${describeAcesso(contrato.statusInternet)}`;
  const suspenso = contrato.suspenso ? ', suspenso' : '';
  throw conflict(
    `No IXC este contrato está assim: ${words}${suspenso}. Por isso não dá direito a um usuário agora.`,
    'Regularize o contrato no IXC e tente de novo.',
  );
}

async function identityOf(sync: Sync, contrato: Contrato): Promise<string> {
  const cliente = await findCliente(sync.ixc, contrato.clienteId);
  if (cliente === undefined) {
    throw conflict(
      'O cliente deste contrato não existe no IXC.',
      `Corrija o cliente ${contrato.clienteId} no contrato.`,
    );
  }
  const identity = checkIdentity(cliente);
  if (!identity.ok) {
    throw invalid(
      Object.fromEntries(
        identity.campos.map(({ campo, motivo, correcao }) => [campo, `${motivo} ${correcao}`]),
      ),
    );
  }
  return identity.cpf;
}

async function choosePlano(
  sync: Sync,
  contrato: Contrato,
  planoId: number | undefined,
): Promise<PlanoDoContrato> {
  if (planoId !== undefined) {
    const chosen = await findPlano(sync.db, planoId);
    if (chosen === undefined) throw invalid({ plano_id: 'Este plano não existe mais. Escolha outro.' });
    const resolved = await resolvePlano(sync.db, contrato);
    // Choosing what the vínculos say anyway is no decision of the operator's: the vínculo goes on deciding.
    if (resolved.kind === 'um' && resolved.plano.planoId === planoId) return resolved.plano;
    return { planoId, integracaoId: chosen.integracaoId, origem: 'operador' };
  }
  const resolved = await resolvePlano(sync.db, contrato);
  if (resolved.kind === 'um') return resolved.plano;
  throw invalid({
    plano_id:
      resolved.kind === 'nenhum'
        ? 'Nenhum produto ou plano de venda deste contrato tem vínculo. Escolha o plano.'
        : 'Os produtos deste contrato apontam para mais de um plano. Escolha qual vale.',
  });
}

function refuseOutsideTest(integracao: Integracao | undefined, contratoId: number): void {
  if (integracao?.ambiente === 'homologacao' && !integracao.contratosTeste.includes(contratoId)) {
    throw conflict(
      `A integração “${integracao.nome}” é de homologação e este contrato não está na lista de contratos de teste.`,
      'Inclua o contrato na lista da integração, ou use uma integração de produção.',
    );
  }
}

// Two operators in two integrações at the same moment: the contract grants one account only.
function twoAtOnce(error: unknown): never {
  if (!isDuplicate(error)) throw error;
  throw conflict(
    'Outra pessoa acabou de criar o usuário deste contrato.',
    'Abra o contrato de novo para vê-lo.',
  );
}
