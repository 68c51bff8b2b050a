// "Quem é a pessoa?": the answer to a CPF, birth date, client or contact that changed under an account (decisions 3).
import { z } from 'zod';
import { type Db, optionalRow, row, rows, run, transaction } from '../db.ts';
import { listClientes } from '../ixc/clientes.ts';
import { findContrato } from '../ixc/contratos.ts';
import type { ClienteLido } from '../ixc/tipos.ts';
import { conflict, invalid, Problem } from '../problem.ts';
import { audit } from './auditoria.ts';
import { impressoesOf } from './cadastro.ts';
import { impressaoDoCpf, type Sync } from './contexto.ts';
import { applyWish } from './desejos.ts';
import { findDuvida } from './duvidas.ts';
import { requestByRule } from './pedidoUsuario.ts';
import { checkIdentity } from './pessoa.ts';
import { REGE_PRIMEIRO } from './pessoas.ts';
import type { Operador, Usuario } from './tipos.ts';

/**
 * `mesma`: same person, register corrected: the account goes on under the CPF of now.
 * `outra`: another person: the old account loses the contracts of theirs, and they get an own account.
 * Answers a sentence about what could not be done for the other person, if anything.
 * @throws Problem 422 resposta; 409 when nobody asks, or when IXC's data forbids the answer.
 */
export async function answerIdentity(
  sync: Sync,
  operador: Operador,
  usuario: Usuario,
  resposta: string,
): Promise<string | undefined> {
  if ((await findDuvida(sync.db, usuario.id)) === undefined) {
    throw conflict(
      'Este usuário não está à espera desta resposta.',
      'Abra o usuário de novo para ver como está.',
    );
  }
  if (resposta === 'mesma') return samePerson(sync, operador, usuario);
  if (resposta === 'outra') return anotherPerson(sync, operador, usuario);
  throw invalid({ resposta: 'Responda: a mesma pessoa, ou outra.' });
}

interface Titular {
  adesaoId: number;
  contratoId: number;
  /** The client that IXC names now; undefined when it has none with that id. */
  cliente: ClienteLido | undefined;
  /** Fingerprint of the CPF of now; undefined when it is no valid CPF. */
  impressao: Buffer | undefined;
}

// Who IXC names now for each contract of the account; the first is the one whose register is sent.
async function listTitulares(sync: Sync, usuarioId: number): Promise<Titular[]> {
  const adesoes = await rows(
    sync.db,
    `SELECT a.id AS adesaoId, a.contrato_id AS contratoId, COALESCE(a.lido_cliente_id, a.cliente_id) AS clienteId
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.usuario_id = :usuarioId AND a.vigente IS NOT NULL ORDER BY ${REGE_PRIMEIRO('a', 'u.desejado_plano_id')}`,
    { usuarioId },
    z.object({ adesaoId: z.number(), contratoId: z.number(), clienteId: z.number() }),
  );
  const found = await listClientes(
    sync.ixc,
    adesoes.map(({ clienteId }) => clienteId),
  );
  return adesoes.map(({ clienteId, ...adesao }) => {
    const cliente = found.find(({ id }) => id === clienteId);
    const identity = cliente && checkIdentity(cliente);
    return { ...adesao, cliente, impressao: identity?.ok ? impressaoDoCpf(sync, identity.cpf) : undefined };
  });
}

// The contracts that IXC gives to somebody else now: another CPF, or none that could be this one.
async function listDeOutra(sync: Sync, usuarioId: number): Promise<Titular[]> {
  const { impressao } = await row(
    sync.db,
    'SELECT impressao FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    z.object({ impressao: z.instanceof(Buffer) }),
  );
  const titulares = await listTitulares(sync, usuarioId);
  return titulares.filter((each) => !each.impressao?.equals(impressao));
}

/** Whether IXC names another CPF than the account's: without that, there is no other person to give an account to. */
export const mayBeAnother = async (sync: Sync, usuarioId: number): Promise<boolean> =>
  (await listDeOutra(sync, usuarioId)).length > 0;

async function samePerson(sync: Sync, operador: Operador, usuario: Usuario): Promise<undefined> {
  const titulares = await listTitulares(sync, usuario.id);
  const [first] = titulares;
  if (!first?.cliente || titulares.some(({ impressao }) => impressao === undefined))
    throw conflict('O CPF que está no IXC agora não é válido.', 'Corrija o cliente no IXC primeiro.');
  const { cliente, impressao } = first;
  if (impressao === undefined || titulares.some((each) => !each.impressao?.equals(impressao))) {
    throw conflict(
      'Os contratos desta conta têm CPFs diferentes no IXC agora.',
      'Responda “outra pessoa”, ou iguale o CPF no cadastro dos clientes.',
    );
  }
  await transaction(sync.db, async (tx) => {
    await refuseTaken(tx, usuario.id, impressao);
    // What is in the register now is what goes on: it is sent again, and is no new change to the guard.
    await run(
      tx,
      `UPDATE usuarios SET retida = NULL, duvida = NULL, duvida_em = NULL, impressao = :impressao,
         nascimento_impressao = :nascimento, cadastro_espera = NULL,
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

async function refuseTaken(tx: Db, usuarioId: number, impressao: Buffer): Promise<void> {
  const taken = await optionalRow(
    tx,
    `SELECT u.id FROM usuarios u JOIN usuarios me ON me.id = :id
     WHERE u.integracao_id = me.integracao_id AND u.impressao = :impressao AND u.id <> :id2`,
    { id: usuarioId, id2: usuarioId, impressao },
    z.object({ id: z.number() }),
  );
  if (taken === undefined) return;
  throw conflict(
    `O CPF que está no IXC agora já é do usuário ${taken.id}.`,
    'Responda “outra pessoa”: o contrato passa para aquele usuário.',
  );
}

async function anotherPerson(sync: Sync, operador: Operador, usuario: Usuario): Promise<string | undefined> {
  const lost = await listDeOutra(sync, usuario.id);
  if (lost.length === 0) {
    throw conflict(
      'O CPF no IXC ainda é o desta conta: não há outra pessoa a quem dar uma.',
      'Responda “a mesma pessoa”, ou corrija o CPF do cliente no IXC primeiro.',
    );
  }
  await transaction(sync.db, async (tx) => {
    for (const { adesaoId } of lost) {
      await run(
        tx,
        'UPDATE adesoes SET vigente = NULL, encerrada_em = UTC_TIMESTAMP(6) WHERE id = :adesaoId',
        { adesaoId },
      );
    }
    await orphan(tx, usuario.id);
    await run(tx, 'UPDATE usuarios SET retida = NULL, duvida = NULL, duvida_em = NULL WHERE id = :id', {
      id: usuario.id,
    });
    await applyWish(tx, {
      usuarioId: usuario.id,
      acao: 'bloquear',
      causa: 'operador',
      operadorId: operador.id,
    });
    await audit(tx, { operadorId: operador.id, evento: 'outra_pessoa', usuarioId: usuario.id });
  });
  sync.wake();
  const problems: string[] = [];
  for (const { contratoId } of lost) {
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

// An account that nothing gives its right any more is blocked until a person cancels it, or never made at all.
async function orphan(tx: Db, id: number): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET bloqueio_manual = IF(observada = 'ausente', 0, 1),
       desejada = IF(observada = 'ausente', 'ausente', desejada)
     WHERE id = :id AND NOT EXISTS (SELECT 1 FROM adesoes WHERE usuario_id = :id2 AND vigente IS NOT NULL)`,
    { id, id2: id },
  );
}
