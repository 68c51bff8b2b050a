// The identity guard: a CPF, a birth date or the client of a contract that changed never moves an account by itself.
import { run, transaction } from '../../db.ts';
import { listClientes } from '../../ixc/clientes.ts';
import type { ClienteLido } from '../../ixc/tipos.ts';
import { wakeUsuarios } from '../atendimento/fila.ts';
import { audit } from '../auditoria.ts';
import { compareCadastro, type Diferencas, splitSent } from '../cadastro.ts';
import { type ContatoSalvo, loadContato } from '../contatos.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import { DUVIDA, type Duvida } from '../duvidas.ts';
import { checkIdentity } from '../pessoa.ts';
import { decideCadastros, forgetEspera } from './cadastros.ts';
import { type Guardado, listAVer, listGuardados, takeTurn } from './guardados.ts';
import { knownQuietos, listResumosDe } from './quietos.ts';

const HELD = 'quem_e_a_pessoa';
const PAGE = 500;

/**
 * Looks at the people of these clients, at contracts of these usuários that name another client, and at whoever is in
 * doubt: holds those who are no longer certain, lets go those who are certain again, and sends registers that moved on as
 * far as modes and brake let it. `aceito` = somebody has decided on a run under the rules of now.
 */
export async function guardIdentity(
  sync: Sync,
  vistos: { clientes: number[]; usuarios: number[] },
  aceito: boolean,
): Promise<void> {
  await guard(sync, await listAVer(sync.db, vistos.clientes, vistos.usuarios), aceito);
}

/**
 * The same at a complete run: every contract with another client, everybody in doubt, and the next people in turn, whose
 * register may have changed under an old date. `onPage` is called again and again, and stops the look by throwing.
 */
export async function guardEverybody(
  sync: Sync,
  aceito: boolean,
  onPage: () => Promise<void>,
): Promise<void> {
  const ids = await listAVer(sync.db, [], 'todos');
  const quietos = knownQuietos(sync, await loadContato(sync.db));
  const turn = await takeTurn(sync.db);
  const resumos = await listResumosDe(sync, turn, onPage);
  for (const id of turn)
    if (resumos.get(id) === undefined || quietos.get(id) !== resumos.get(id)) ids.add(id);
  const quiet = await guard(sync, ids, aceito, onPage);
  for (const id of turn) {
    const resumo = resumos.get(id);
    // Judged after the number was made: what changed in between gives another number next time.
    if (resumo !== undefined && quiet.has(id)) quietos.set(id, resumo);
    else if (ids.has(id)) quietos.delete(id);
  }
}

// Answers whom nothing is to be asked or sent of: certain, and as they were sent.
async function guard(
  sync: Sync,
  ids: Set<number>,
  aceito: boolean,
  onPage: () => Promise<void> = async () => undefined,
): Promise<Set<number>> {
  const quiet = new Set<number>();
  await holdAgain(sync);
  if (ids.size === 0) return quiet;
  const contato = await loadContato(sync.db);
  const all = [...ids];
  const changed: { person: Guardado; contato: boolean }[] = [];
  for (let start = 0; start < all.length; start += PAGE) {
    const people = await listGuardados(sync.db, all.slice(start, start + PAGE));
    const clientes = await readClientes(sync, people);
    for (const person of people) {
      const dif = await guardPerson(sync, person, clientes, contato);
      if (dif === 'quiet') quiet.add(person.id);
      else if (dif !== undefined) changed.push({ person, contato: dif.contato });
    }
    await onPage();
  }
  await decideCadastros(sync, changed, aceito);
  return quiet;
}

async function readClientes(sync: Sync, people: Guardado[]): Promise<Map<number, ClienteLido>> {
  const ids = people.flatMap(({ contratos }) => contratos.map(({ clienteId }) => clienteId));
  const found = await listClientes(sync.ixc, [...new Set(ids)]);
  return new Map(found.map((cliente) => [cliente.id, cliente]));
}

// A block or a cancellation goes out under a doubt too; once it is done, the question stands again.
async function holdAgain({ db }: Sync): Promise<void> {
  await run(
    db,
    `UPDATE usuarios SET retida = '${HELD}', retida_em = duvida_em, retida_detalhe = '[]', reavaliar_em = NULL
     WHERE duvida IS NOT NULL AND retida IS NULL AND trabalho = 0`,
  );
}

// Answers what of the register moved on, for those of whom it may be sent; `quiet` = nothing did, and nothing waits.
async function guardPerson(
  sync: Sync,
  person: Guardado,
  clientes: ReadonlyMap<number, ClienteLido>,
  contato: ContatoSalvo,
): Promise<Diferencas | 'quiet' | undefined> {
  const { duvida, contratoId, certa, dif } = judge(sync, person, clientes, contato);
  if (duvida !== undefined) {
    if (duvida !== person.duvida) await hold(sync, person.id, contratoId, duvida);
    return undefined;
  }
  if (!certa || dif === undefined) return undefined;
  if (dif.separadas !== undefined) await splitSent(sync.db, person.id, dif.separadas);
  if (person.duvida !== null) {
    await release(sync, person.id);
    return undefined;
  }
  if (dif.nome || dif.contato) return person.retida === null ? dif : undefined;
  if (person.espera === null) return dif.separadas === undefined ? 'quiet' : undefined;
  await forgetEspera(sync.db, person.id);
  return undefined;
}

interface Julgamento {
  duvida: Duvida | undefined;
  /** The contract that raised the doubt. */
  contratoId: number;
  /** Every client could be read, and has a CPF. */
  certa: boolean;
  dif: Diferencas | undefined;
}

// Another CPF or birth date is another person until somebody says otherwise; another contact is not sent twice in a day.
// Contact and birth date are those of the one client that is sent: the same person may be registered twice in IXC.
function judge(
  sync: Sync,
  person: Guardado,
  clientes: ReadonlyMap<number, ClienteLido>,
  contato: ContatoSalvo,
): Julgamento {
  const { contratos } = person;
  const doubt = (duvida: Duvida, contratoId: number): Julgamento => ({
    duvida,
    contratoId,
    certa: true,
    dif: undefined,
  });
  const moved = contratos.find(({ mudou }) => mudou);
  if (moved) return doubt('cliente', moved.contratoId);
  let certa = true;
  for (const { clienteId, contratoId } of contratos) {
    const cliente = clientes.get(clienteId);
    const identity = cliente && checkIdentity(cliente);
    if (!identity?.ok) certa = false;
    else if (!impressaoDoCpf(sync, identity.cpf).equals(person.impressao)) return doubt('cpf', contratoId);
  }
  const [{ clienteId, contratoId }] = contratos;
  const sent = clientes.get(clienteId);
  if (!certa || sent === undefined) return { duvida: undefined, contratoId, certa, dif: undefined };
  const dif = compareCadastro(sync, person, sent, contato);
  if (dif.nascimento) return doubt('nascimento', contratoId);
  const again = person.duvida === 'contato' || (person.mudouHa24h && !person.atualizar);
  return { duvida: dif.contato && again ? 'contato' : undefined, contratoId, certa, dif };
}

async function hold(sync: Sync, usuarioId: number, contratoId: number, duvida: Duvida): Promise<void> {
  await transaction(sync.db, async (tx) => {
    // A new generation: whoever serves the person at this moment takes no further step.
    await run(
      tx,
      `UPDATE usuarios SET duvida = :duvida, duvida_em = COALESCE(duvida_em, UTC_TIMESTAMP(6)),
         geracao = geracao + 1, retida_detalhe = '[]', mensagem = :mensagem, reavaliar_em = NULL,
         retida_em = IF(${STILL_GOES}, retida_em, UTC_TIMESTAMP(6)), retida = IF(${STILL_GOES}, retida, '${HELD}')
       WHERE id = :usuarioId`,
      { usuarioId, duvida, mensagem: DUVIDA[duvida] },
    );
    const detalhe = { duvida };
    await audit(tx, { operadorId: null, evento: 'identidade_em_duvida', usuarioId, contratoId, detalhe });
  });
}

const STILL_GOES = "trabalho = 1 AND desejada IN ('bloqueado', 'cancelado')";

async function release(sync: Sync, usuarioId: number): Promise<void> {
  await run(sync.db, 'UPDATE usuarios SET duvida = NULL, duvida_em = NULL WHERE id = :usuarioId', {
    usuarioId,
  });
  await wakeUsuarios(sync.db, [usuarioId]);
}
