// *Criar usuário*: a contract becomes an adesão of a person, who gets an account or already has one.

import { z } from 'zod';
import { type Db, isDuplicate, optionalRow, row, run, transaction } from '../db.ts';
import { findCliente } from '../ixc/clientes.ts';
import { describeAcesso, describeStatus } from '../ixc/status.ts';
import type { Contrato } from '../ixc/tipos.ts';
import { conflict, invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import { impressaoDoCpf, type Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { HOJE } from './hoje.ts';
import { findIntegracao } from './integracoes.ts';
import { checkIdentity } from './pessoa.ts';
import { findPlano } from './planos.ts';
import { meaningOf, type Regras } from './regras.ts';
import { loadReativar, loadRegras } from './regrasSalvas.ts';
import type { Operador } from './tipos.ts';
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
 * The same by rule: the vínculos choose the plano. `operadorId` is who approved the lote, null for the scan by itself.
 * @throws Problem like requestUsuario.
 */
export async function requestByRule(
  sync: Sync,
  contrato: Contrato,
  operadorId: number | null,
): Promise<number> {
  const plano = await choosePlano(sync, contrato, undefined);
  return grant(sync, { causa: 'regra', operadorId }, contrato, plano);
}

async function grant(
  sync: Sync,
  quem: { causa: 'operador' | 'regra'; operadorId: number | null },
  contrato: Contrato,
  plano: PlanoDoContrato,
): Promise<number> {
  refuseByRule(contrato, await loadRegras(sync.db));
  const cpf = await identityOf(sync, contrato);
  await refuseOutsideTest(sync, plano.integracaoId, contrato.id);
  const impressao = impressaoDoCpf(sync, cpf);
  const result = await transaction(sync.db, async (tx) => {
    const usuarioId = await lockUsuario(tx, plano.integracaoId, impressao);
    const changed = await join(tx, usuarioId, contrato, plano, quem.operadorId === null);
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

async function refuseOutsideTest(sync: Sync, integracaoId: number, contratoId: number): Promise<void> {
  const integracao = await findIntegracao(sync.db, integracaoId);
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

// The row of the person, made if new, and locked: two operators at once go one after the other.
async function lockUsuario(tx: Db, integracaoId: number, impressao: Buffer): Promise<number> {
  await run(
    tx,
    `INSERT IGNORE INTO usuarios (integracao_id, impressao, desejada, trabalho, proxima_em, criado_em)
     VALUES (:integracaoId, :impressao, 'ausente', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    { integracaoId, impressao },
  );
  const locked = await row(
    tx,
    'SELECT id FROM usuarios WHERE integracao_id = :integracaoId AND impressao = :impressao FOR UPDATE',
    { integracaoId, impressao },
    z.object({ id: z.number() }),
  );
  return locked.id;
}

const StateRow = z.object({ observada: z.string(), desejada: z.string(), cancelarEm: z.string().nullable() });

// Adds the adesão. Answers false when there is nothing to do: the contract already grants this account.
async function join(
  tx: Db,
  usuarioId: number,
  contrato: Contrato,
  plano: PlanoDoContrato,
  semPessoa: boolean,
): Promise<boolean> {
  const state = await row(
    tx,
    'SELECT observada, desejada, cancelar_em AS cancelarEm FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    StateRow,
  );
  const cancelled = state.observada === 'cancelado';
  const granted = await optionalRow(
    tx,
    'SELECT usuario_id AS usuarioId FROM adesoes WHERE vigente = :contratoId FOR UPDATE',
    { contratoId: contrato.id },
    z.object({ usuarioId: z.number() }),
  );
  if (cancelled && semPessoa && !(granted?.usuarioId === usuarioId && (await comesBack(tx, state)))) {
    throw conflict('A conta desta pessoa foi cancelada.', 'Só uma pessoa a cria de novo, pelo contrato.');
  }
  if (state.cancelarEm !== null && !cancelled) {
    throw conflict(
      'Há um cancelamento pedido para esta pessoa.',
      'Desfaça o cancelamento para devolver o acesso.',
    );
  }
  if (granted && granted.usuarioId !== usuarioId) {
    throw conflict(
      'Este contrato já deu um usuário a outra pessoa ou integração.',
      'Abra o usuário do contrato e resolva quem é a pessoa antes de criar outro.',
    );
  }
  if (granted && !cancelled && state.desejada !== 'ausente') return false;
  if (cancelled) await startNewVez(tx, usuarioId);
  if (granted) await endAdesoes(tx, usuarioId, contrato.id);
  await run(
    tx,
    `INSERT INTO adesoes (usuario_id, contrato_id, vigente, cliente_id, filial_id, plano_id, plano_origem, significado,
       lido_significado, lido_plano_id, lido_plano_origem, lido_cliente_id, lido_em, criado_em)
     VALUES (:usuarioId, :contratoId, :contratoId2, :clienteId, :filialId, :planoId, :origem, 'ativo',
       'ativo', :planoId2, :origem2, :clienteId2, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    {
      usuarioId,
      contratoId: contrato.id,
      contratoId2: contrato.id,
      clienteId: contrato.clienteId,
      filialId: contrato.filialId ?? 0,
      planoId: plano.planoId,
      origem: plano.origem,
      planoId2: plano.planoId,
      origem2: plano.origem,
      clienteId2: contrato.clienteId,
    },
  );
  return true;
}

// "Reativar sozinho" (decisions 7): only what a rule cancelled, never what a person did.
const comesBack = async (tx: Db, { desejada, cancelarEm }: z.output<typeof StateRow>): Promise<boolean> =>
  desejada === 'cancelado' && cancelarEm === null && (await loadReativar(tx));

// The cancelled account stays as it is at the partner; a new reference starts from nothing known.
async function startNewVez(tx: Db, usuarioId: number): Promise<void> {
  await forgetConta(tx, usuarioId);
  await run(
    tx,
    'UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6) WHERE usuario_id = :usuarioId AND vigente IS NOT NULL',
    { usuarioId },
  );
}

/** The account at the partner is no longer the person's: the next one has a reference of its own. The caller's transaction. */
export async function forgetConta(tx: Db, usuarioId: number): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET vez = vez + 1, remoto_id = NULL, bloqueio_manual = 0, cancelar_em = NULL,
       observada = 'ausente', observada_em = NULL, observado_plano = NULL, aguarda_acesso = 0,
       conferir_em = NULL, conferencias = 0, incerta_em = NULL, criar_nao_antes = NULL
     WHERE id = :usuarioId`,
    { usuarioId },
  );
}

async function endAdesoes(tx: Db, usuarioId: number, contratoId: number): Promise<void> {
  await run(
    tx,
    `UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6)
     WHERE usuario_id = :usuarioId AND vigente = :contratoId`,
    { usuarioId, contratoId },
  );
}
