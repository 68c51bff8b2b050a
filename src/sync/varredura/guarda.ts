// The identity guard: a CPF, a birth date or the client of a contract that changed never moves an account by itself.
import { z } from 'zod';
import { type Db, inList, rows, run, transaction } from '../../db.ts';
import { listClientes } from '../../ixc/clientes.ts';
import type { ClienteLido } from '../../ixc/tipos.ts';
import { wakeUsuarios } from '../atendimento/fila.ts';
import { audit } from '../auditoria.ts';
import { hasMovedOn, impressoesOf } from '../cadastro.ts';
import { type ContatoSalvo, loadContato } from '../contatos.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import { checkIdentity } from '../pessoa.ts';

const HELD = 'quem_e_a_pessoa';

/**
 * Looks at these changed clients and at contracts of these usuários that name another client, holds whoever is no longer
 * certain, and lets go who is certain again. `todos` looks again at everybody held: a register put back from a copy has no
 * new date.
 */
export async function guardIdentity(
  sync: Sync,
  clienteIds: number[],
  usuarioIds: number[] | 'todos',
): Promise<void> {
  for (const { id, contratoId } of await listMoved(sync.db, usuarioIds))
    await hold(sync, id, contratoId, 'O contrato passou a outro cliente no IXC.');
  const people = await listPeople(sync.db, clienteIds, usuarioIds === 'todos');
  if (people.length === 0) return;
  const contato = await loadContato(sync.db);
  const found = await listClientes(
    sync.ixc,
    people.map(({ clienteId }) => clienteId),
  );
  const clientes = new Map(found.map((cliente) => [cliente.id, cliente]));
  for (const person of people) await guardPerson(sync, person, clientes.get(person.clienteId), contato);
}

async function guardPerson(
  sync: Sync,
  person: Pessoa,
  cliente: ClienteLido | undefined,
  contato: ContatoSalvo,
): Promise<void> {
  const identity = cliente && checkIdentity(cliente);
  if (!cliente || !identity?.ok) return;
  const doubt = doubtOf(sync, person, cliente, identity.cpf, contato);
  if (person.retida === HELD) {
    if (doubt === undefined && person.mudou === 0) await wakeUsuarios(sync.db, [person.id]);
  } else if (doubt !== undefined) {
    await hold(sync, person.id, person.contratoId, doubt);
  } else if (person.retida === null && differs(sync, person, cliente, contato)) {
    await sendRegister(sync, person);
  }
}

const MovedRow = z.object({ id: z.number(), contratoId: z.number() });

// Whose client changed is seen when the contract is read: nobody else need be asked for.
async function listMoved(db: Db, usuarioIds: number[] | 'todos'): Promise<z.output<typeof MovedRow>[]> {
  if (usuarioIds !== 'todos' && usuarioIds.length === 0) return [];
  const among = usuarioIds === 'todos' ? undefined : inList('usuario', [...new Set(usuarioIds)]);
  return rows(
    db,
    `SELECT DISTINCT u.id, a.contrato_id AS contratoId FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND a.lido_cliente_id IS NOT NULL AND a.lido_cliente_id <> a.cliente_id
       AND (u.retida IS NULL OR u.retida <> '${HELD}') ${among ? `AND a.usuario_id IN (${among.sql})` : ''}`,
    among?.params ?? {},
    MovedRow,
  );
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

const PESSOAS = `SELECT u.id, u.impressao, MIN(a.cliente_id) AS clienteId, MIN(a.contrato_id) AS contratoId, u.retida,
    MAX(COALESCE(a.lido_cliente_id, a.cliente_id) <> a.cliente_id) AS mudou, u.dados_impressao AS dados,
    u.nascimento_impressao AS nascimento, u.atualizar,
    u.contato_mudou_em > UTC_TIMESTAMP(6) - INTERVAL 24 HOUR AS mudouHa24h
  FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id WHERE a.vigente IS NOT NULL`;

// Of these clients, and whoever is held whose contracts were read anew since: IXC may have gone back.
async function listPeople(db: Db, clienteIds: number[], todas: boolean): Promise<Pessoa[]> {
  const list = inList('cliente', clienteIds);
  const changed =
    clienteIds.length === 0
      ? []
      : await rows(db, `${PESSOAS} AND a.cliente_id IN (${list.sql}) GROUP BY u.id`, list.params, PessoaRow);
  const since = todas ? '' : 'AND a.lido_em >= u.retida_em';
  const held = await rows(db, `${PESSOAS} AND u.retida = '${HELD}' ${since} GROUP BY u.id`, {}, PessoaRow);
  return [...new Map([...changed, ...held].map((person) => [person.id, person])).values()];
}

// Another CPF or birth date is another person until somebody says otherwise; another contact is not sent twice in a day.
function doubtOf(
  sync: Sync,
  person: Pessoa,
  cliente: ClienteLido,
  cpf: string,
  contato: ContatoSalvo,
): string | undefined {
  if (!impressaoDoCpf(sync, cpf).equals(person.impressao)) return 'O CPF do cliente mudou no IXC.';
  const { nascimento } = impressoesOf(sync, cliente);
  if (person.nascimento !== null && !person.nascimento.equals(nascimento))
    return 'A data de nascimento do cliente mudou no IXC.';
  const again = person.mudouHa24h === 1 && person.atualizar === 0 && differs(sync, person, cliente, contato);
  return again ? 'Nome ou contato mudou pela segunda vez em 24 horas.' : undefined;
}

const differs = (sync: Sync, { dados }: Pessoa, cliente: ClienteLido, contato: ContatoSalvo): boolean =>
  dados !== null && hasMovedOn(sync, dados, cliente, contato);

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
