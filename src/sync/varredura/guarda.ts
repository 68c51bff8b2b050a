// The identity guard: a CPF, a birth date or the client of a contract that changed never moves an account by itself.
import { z } from 'zod';
import { inList, rows, run, transaction } from '../../db.ts';
import { findCliente } from '../../ixc/clientes.ts';
import type { Cliente } from '../../ixc/tipos.ts';
import { wakeUsuarios } from '../atendimento/fila.ts';
import { audit } from '../auditoria.ts';
import { impressoesOf } from '../cadastro.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import { checkIdentity } from '../pessoa.ts';

const HELD = 'quem_e_a_pessoa';

/**
 * Looks at these changed clients and at contracts that name another client, holds whoever is no longer certain, and lets
 * go who is certain again. `todas` looks again at everybody held: a register put back from a copy has no new date.
 */
export async function guardIdentity(
  sync: Sync,
  clienteIds: number[],
  { todas = false }: { todas?: boolean } = {},
): Promise<void> {
  const moved = await rows(
    sync.db,
    `SELECT DISTINCT u.id, a.contrato_id AS contratoId FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND a.lido_cliente_id IS NOT NULL AND a.lido_cliente_id <> a.cliente_id
       AND (u.retida IS NULL OR u.retida <> '${HELD}')`,
    {},
    z.object({ id: z.number(), contratoId: z.number() }),
  );
  for (const { id, contratoId } of moved)
    await hold(sync, id, contratoId, 'O contrato passou a outro cliente no IXC.');
  for (const person of await listPeople(sync, clienteIds, todas)) {
    const cliente = await findCliente(sync.ixc, person.clienteId);
    const identity = cliente && checkIdentity(cliente);
    if (!cliente || !identity?.ok) continue;
    const doubt = doubtOf(sync, person, cliente, identity.cpf);
    if (person.retida === HELD) {
      if (doubt === undefined && person.mudou === 0) await wakeUsuarios(sync.db, [person.id]);
    } else if (doubt !== undefined) {
      await hold(sync, person.id, person.contratoId, doubt);
    } else if (person.retida === null && differs(sync, person, cliente)) {
      await sendRegister(sync, person);
    }
  }
}

const PessoaRow = z.object({
  id: z.number(),
  impressao: z.instanceof(Buffer),
  clienteId: z.number(),
  contratoId: z.number(),
  retida: z.string().nullable(),
  mudou: z.coerce.number(),
  dados: z.instanceof(Buffer).nullable(),
  nascimento: z.instanceof(Buffer).nullable(),
  /** What was sent last is older than the register, and is about to be sent. */
  atualizar: z.number(),
  mudouHa24h: z.coerce.number().nullable(),
});
type Pessoa = z.output<typeof PessoaRow>;

// Of these clients, and whoever is held whose contracts were read anew since: IXC may have gone back.
function listPeople(sync: Sync, clienteIds: number[], todas: boolean): Promise<Pessoa[]> {
  const list = inList('cliente', clienteIds);
  return rows(
    sync.db,
    `SELECT u.id, u.impressao, MIN(a.cliente_id) AS clienteId, MIN(a.contrato_id) AS contratoId, u.retida,
       MAX(COALESCE(a.lido_cliente_id, a.cliente_id) <> a.cliente_id) AS mudou, u.dados_impressao AS dados,
       u.nascimento_impressao AS nascimento, u.atualizar,
       u.contato_mudou_em > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR AS mudouHa24h
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND (a.cliente_id IN (${list.sql}) OR (u.retida = '${HELD}'${todas ? '' : ' AND a.lido_em >= u.retida_em'}))
     GROUP BY u.id`,
    list.params,
    PessoaRow,
  );
}

// Another CPF or birth date is another person until somebody says otherwise; another contact is not sent twice in a day.
function doubtOf(sync: Sync, person: Pessoa, cliente: Cliente, cpf: string): string | undefined {
  if (!impressaoDoCpf(sync, cpf).equals(person.impressao)) return 'O CPF do cliente mudou no IXC.';
  const { nascimento } = impressoesOf(sync, cliente);
  if (person.nascimento !== null && !person.nascimento.equals(nascimento))
    return 'A data de nascimento do cliente mudou no IXC.';
  const again = person.mudouHa24h === 1 && person.atualizar === 0 && differs(sync, person, cliente);
  return again ? 'Nome ou contato mudou pela segunda vez em 24 horas.' : undefined;
}

const differs = (sync: Sync, { dados }: Pessoa, cliente: Cliente): boolean =>
  dados !== null && !dados.equals(impressoesOf(sync, cliente).dados);

// What is sent is read at that moment: a change that comes before it goes along.
async function sendRegister(sync: Sync, person: Pessoa): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      `UPDATE usuarios SET atualizar = 1, trabalho = 1, geracao = geracao + 1, proxima_em = UTC_TIMESTAMP(6), prioridade = 5,
         contato_mudou_em = UTC_TIMESTAMP(6) WHERE id = :id AND atualizar = 0 AND observada NOT IN ('ausente', 'cancelado')`,
      { id: person.id },
    );
    if (affectedRows === 0) return;
    await audit(tx, {
      operadorId: null,
      evento: 'cadastro_mudou',
      usuarioId: person.id,
      contratoId: person.contratoId,
    });
  });
  sync.wake();
}

async function hold(sync: Sync, usuarioId: number, contratoId: number, mensagem: string): Promise<void> {
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      `UPDATE usuarios SET retida = '${HELD}', retida_em = UTC_TIMESTAMP(6), retida_detalhe = '[]', mensagem = :mensagem,
         reavaliar_em = NULL WHERE id = :usuarioId`,
      { usuarioId, mensagem },
    );
    await audit(tx, { operadorId: null, evento: 'identidade_em_duvida', usuarioId, contratoId });
  });
}
