// "Quem é a pessoa?": the answer to a CPF or client that changed under an account (decisions 3).
import { z } from 'zod';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { findCliente } from '../ixc/clientes.ts';
import { findContrato } from '../ixc/contratos.ts';
import { conflict, invalid, Problem } from '../problem.ts';
import { audit } from './auditoria.ts';
import { impressoesOf } from './cadastro.ts';
import { impressaoDoCpf, type Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { requestByRule } from './pedidoUsuario.ts';
import { checkIdentity } from './pessoa.ts';
import type { Operador, Usuario } from './tipos.ts';

/**
 * `mesma`: same person, register corrected: the account goes on under the new CPF.
 * `outra`: another person: the old account loses these contracts, and the other person gets an own account.
 * Answers a sentence about what could not be done for the other person, if anything.
 * @throws Problem 422 resposta; 409 when the usuário is not held for this.
 */
export async function answerIdentity(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  resposta: string,
): Promise<string | undefined> {
  if (usuario.retida !== 'quem_e_a_pessoa') {
    throw conflict(
      'Este usuário não está à espera desta resposta.',
      'Abra o usuário de novo para ver como está.',
    );
  }
  if (resposta === 'mesma') return samePerson(sync, operador, usuario);
  if (resposta === 'outra') return anotherPerson(sync, operador, usuario);
  throw invalid({ resposta: 'Responda: a mesma pessoa, ou outra.' });
}

async function samePerson(sync: Sync, operador: Operador, usuario: Usuario): Promise<undefined> {
  const adesao = await optionalRow(
    sync.db,
    `SELECT COALESCE(lido_cliente_id, cliente_id) AS clienteId FROM adesoes
     WHERE usuario_id = :id AND vigente IS NOT NULL ORDER BY lido_cliente_id <> cliente_id DESC, id LIMIT 1`,
    { id: usuario.id },
    z.object({ clienteId: z.number() }),
  );
  const cliente = adesao && (await findCliente(sync.ixc, adesao.clienteId));
  const identity = cliente && checkIdentity(cliente);
  if (!cliente || !identity?.ok)
    throw conflict('O CPF que está no IXC agora não é válido.', 'Corrija o cliente no IXC primeiro.');
  const impressao = impressaoDoCpf(sync, identity.cpf);
  await transaction(sync.db, async (tx) => {
    const taken = await optionalRow(
      tx,
      `SELECT u.id FROM usuarios u JOIN usuarios me ON me.id = :id
       WHERE u.integracao_id = me.integracao_id AND u.impressao = :impressao AND u.id <> :id2`,
      { id: usuario.id, id2: usuario.id, impressao },
      z.object({ id: z.number() }),
    );
    if (taken) {
      throw conflict(
        `O CPF que está no IXC agora já é do usuário ${taken.id}.`,
        'Responda “outra pessoa”: o contrato passa para aquele usuário.',
      );
    }
    // What is in the register now is what goes on: it is sent again, and is no new change to the guard.
    await run(
      tx,
      `UPDATE usuarios SET retida = NULL, impressao = :impressao, nascimento_impressao = :nascimento,
         atualizar = IF(observada IN ('ausente', 'cancelado'), 0, 1) WHERE id = :id`,
      { id: usuario.id, impressao, nascimento: impressoesOf(sync, cliente).nascimento },
    );
    await run(
      tx,
      `UPDATE adesoes SET cliente_id = COALESCE(lido_cliente_id, cliente_id)
       WHERE usuario_id = :id AND vigente IS NOT NULL`,
      { id: usuario.id },
    );
    const acao = usuario.observada === 'ausente' ? 'criar' : 'desbloquear';
    await applyWish(tx, { usuarioId: usuario.id, acao, causa: 'operador', operadorId: operador.id });
    await audit(tx, { operadorId: operador.id, evento: 'mesma_pessoa', usuarioId: usuario.id });
  });
  sync.wake();
  return undefined;
}

async function anotherPerson(sync: Sync, operador: Operador, usuario: Usuario): Promise<string | undefined> {
  const contratos = await transaction(sync.db, async (tx) => {
    const granted = await rows(
      tx,
      `SELECT id, contrato_id AS contratoId, COALESCE(lido_cliente_id, cliente_id) <> cliente_id AS mudou
       FROM adesoes WHERE usuario_id = :id AND vigente IS NOT NULL FOR UPDATE`,
      { id: usuario.id },
      z.object({ id: z.number(), contratoId: z.number(), mudou: z.number() }),
    );
    // A contract that went to another client leaves alone; a CPF that changed takes every contract of the client along.
    const moved = granted.filter(({ mudou }) => mudou === 1);
    const lost = moved.length > 0 ? moved : granted;
    for (const { id } of lost) {
      await run(tx, 'UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6) WHERE id = :id', {
        id,
      });
    }
    if (lost.length === granted.length) await orphan(tx, usuario.id);
    await run(tx, 'UPDATE usuarios SET retida = NULL WHERE id = :id', { id: usuario.id });
    await applyWish(tx, {
      usuarioId: usuario.id,
      acao: 'bloquear',
      causa: 'operador',
      operadorId: operador.id,
    });
    await audit(tx, { operadorId: operador.id, evento: 'outra_pessoa', usuarioId: usuario.id });
    return lost.map(({ contratoId }) => contratoId);
  });
  sync.wake();
  const problems: string[] = [];
  for (const contratoId of contratos) {
    const contrato = await findContrato(sync.ixc, contratoId, 'todas');
    if (contrato === undefined) continue;
    try {
      await requestByRule(sync, contrato, operador.id);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(`Contrato ${contratoId}: ${error.title}`);
    }
  }
  return problems.length === 0 ? undefined : problems.join(' ');
}

// Nothing gives this account its right any more: blocked until a person cancels it, or never made at all.
async function orphan(tx: Db, id: number): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET bloqueio_manual = IF(observada = 'ausente', 0, 1),
       desejada = IF(observada = 'ausente', 'ausente', desejada) WHERE id = :id`,
    { id },
  );
}
