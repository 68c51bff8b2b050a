// What another order of contacts would change, and for whom: read live from IXC, some people at a time, never for long.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { listClientes, listClientesRecentes } from '../ixc/clientes.ts';
import type { ClienteLido } from '../ixc/tipos.ts';
import { type Contato, orderContatos } from './contatos.ts';
import type { Sync } from './contexto.ts';
import { knownPadroes } from './padroes.ts';
import { contactOf, type Padroes } from './pessoa.ts';

export interface Exemplo {
  clienteId: number;
  nome: string;
  antes: Enviado;
  depois: Enviado;
}

export type Enviado = ReturnType<typeof contactOf>;

export interface EfeitoDoContato {
  /** People with an account who would be sent with another contact, of the `conferidas`. */
  mudam: number;
  conferidas: number;
  /** False when time was up before everybody was looked at. */
  todas: boolean;
  /** Up to five real people, those who change first. */
  exemplos: Exemplo[];
}

const LIMIT_MS = 2_000;
const PAGE = 500;
const EXEMPLOS = 5;

/** Compares the contacts that `antes` and `depois` choose for everybody with an account, newest first, for two seconds. */
export async function effectOfContato(sync: Sync, antes: Contato, depois: Contato): Promise<EfeitoDoContato> {
  const until = Date.now() + LIMIT_MS;
  const padroes = knownPadroes(sync);
  const changing: Exemplo[] = [];
  const others: Exemplo[] = [];
  let mudam = 0;
  let conferidas = 0;
  let below: number | undefined = Number.MAX_SAFE_INTEGER;
  while (below !== undefined && Date.now() < until) {
    const page: { id: number; clienteId: number }[] = await pageClientes(sync.db, below);
    const clientes = await listClientes(
      sync.ixc,
      page.map(({ clienteId }) => clienteId),
    );
    for (const exemplo of clientes.map((cliente) => compare(cliente, antes, depois, padroes))) {
      conferidas += 1;
      const moves = isOther(exemplo);
      if (moves) mudam += 1;
      const bucket = moves ? changing : others;
      if (bucket.length < EXEMPLOS) bucket.push(exemplo);
    }
    below = page.length < PAGE ? undefined : page.at(-1)?.id;
  }
  const exemplos =
    conferidas > 0 ? [...changing, ...others] : await newestClientes(sync, antes, depois, padroes);
  return { mudam, conferidas, todas: below === undefined, exemplos: exemplos.slice(0, EXEMPLOS) };
}

/** Up to five real people and what an order sends of them; those with something to choose between come first. */
export async function listExemplos(sync: Sync, contato: Contato): Promise<Exemplo[]> {
  const page = await pageClientes(sync.db, Number.MAX_SAFE_INTEGER);
  const ids = page.map(({ clienteId }) => clienteId);
  const clientes = ids.length > 0 ? await listClientes(sync.ixc, ids) : await recentes(sync);
  const padroes = knownPadroes(sync);
  return clientes
    .sort((a, b) => choicesOf(b) - choicesOf(a))
    .slice(0, EXEMPLOS)
    .map((cliente) => compare(cliente, contato, contato, padroes));
}

const choicesOf = ({ telefonesDe, emails }: ClienteLido): number =>
  new Set(Object.values(telefonesDe).flat()).size + emails.length;

// A client stands once however many contracts it has, at its newest adesão.
function pageClientes(db: Db, below: number): Promise<{ id: number; clienteId: number }[]> {
  return rows(
    db,
    `SELECT a.id, a.cliente_id AS clienteId FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.id < :below AND a.vigente IS NOT NULL AND u.desejada NOT IN ('ausente', 'cancelado')
       AND NOT EXISTS (SELECT 1 FROM adesoes later WHERE later.cliente_id = a.cliente_id
         AND later.vigente IS NOT NULL AND later.id > a.id)
     ORDER BY a.id DESC LIMIT ${PAGE}`,
    { below },
    z.object({ id: z.number(), clienteId: z.number() }),
  );
}

async function newestClientes(
  sync: Sync,
  antes: Contato,
  depois: Contato,
  padroes: Padroes | undefined,
): Promise<Exemplo[]> {
  const exemplos = (await recentes(sync)).map((cliente) => compare(cliente, antes, depois, padroes));
  return exemplos.sort((a, b) => Number(isOther(b)) - Number(isOther(a)));
}

// Before the first account there is nobody of ours to show: the provider's newest people stand in.
const recentes = async ({ ixc }: Sync): Promise<ClienteLido[]> =>
  (await listClientesRecentes(ixc, PAGE)).filter(({ tipoPessoa }) => tipoPessoa !== 'J');

function compare(
  cliente: ClienteLido,
  antes: Contato,
  depois: Contato,
  padroes: Padroes | undefined,
): Exemplo {
  return {
    clienteId: cliente.id,
    nome: cliente.nome,
    antes: contactOf(orderContatos(cliente, antes), padroes),
    depois: contactOf(orderContatos(cliente, depois), padroes),
  };
}

const isOther = ({ antes, depois }: Exemplo): boolean =>
  antes.email !== depois.email || antes.celular !== depois.celular;
