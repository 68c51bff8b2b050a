// What another order of contacts would change, and for whom: read live from IXC, some people at a time, never for long.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import { listClientes, listClientesRecentes } from '../ixc/clientes.ts';
import type { ClienteLido, Filiais, OrigemDoTelefone } from '../ixc/tipos.ts';
import { type Contato, orderContatos } from './contatos.ts';
import type { Sync } from './contexto.ts';
import { knownPadroes } from './padroes.ts';
import { contactOf, type Padroes } from './pessoa.ts';

/** Personal data, live from IXC: for the screen only, masked there. */
export interface Exemplo {
  clienteId: number;
  nome: string;
  /** Digits. */
  documento: string;
  antes: Enviado;
  depois: Enviado;
}

export interface Enviado {
  celular: string | null;
  /** Which field of IXC the mobile is from. */
  origem: OrigemDoTelefone | undefined;
  email: string | null;
}

export interface EfeitoDoContato {
  /** People with an account who would be sent with another contact, of the `conferidas`. */
  mudam: number;
  conferidas: number;
  /** False when time was up before everybody was looked at. */
  todas: boolean;
  /** Up to five real people of the branches asked for, those who change first. */
  exemplos: Exemplo[];
}

const LIMIT_MS = 2_000;
const PAGE = 500;
const EXEMPLOS = 5;

/**
 * Compares the contacts that `antes` and `depois` choose for everybody with an account, newest first, for two seconds.
 * Everybody counts; only people of `filiais` are examples.
 */
export async function effectOfContato(
  sync: Sync,
  antes: Contato,
  depois: Contato,
  filiais: Filiais,
): Promise<EfeitoDoContato> {
  const until = Date.now() + LIMIT_MS;
  const padroes = knownPadroes(sync);
  const changing: Exemplo[] = [];
  const others: Exemplo[] = [];
  let mudam = 0;
  let conferidas = 0;
  let below: number | undefined = Number.MAX_SAFE_INTEGER;
  while (below !== undefined && Date.now() < until) {
    const page: Pessoa[] = await pageClientes(sync.db, below);
    const visible = new Set(page.filter(isIn(filiais)).map(({ clienteId }) => clienteId));
    const clientes = await listClientes(
      sync.ixc,
      page.map(({ clienteId }) => clienteId),
    );
    for (const exemplo of clientes.map((cliente) => compare(cliente, antes, depois, padroes))) {
      conferidas += 1;
      const moves = isOther(exemplo);
      if (moves) mudam += 1;
      const bucket = moves ? changing : others;
      if (bucket.length < EXEMPLOS && visible.has(exemplo.clienteId)) bucket.push(exemplo);
    }
    below = page.length < PAGE ? undefined : page.at(-1)?.id;
  }
  const exemplos =
    conferidas > 0 ? [...changing, ...others] : await newestClientes(sync, antes, depois, filiais);
  return { mudam, conferidas, todas: below === undefined, exemplos: exemplos.slice(0, EXEMPLOS) };
}

/** Up to five real people of `filiais` and what an order sends of them; those with something to choose between first. */
export async function listExemplos(sync: Sync, contato: Contato, filiais: Filiais): Promise<Exemplo[]> {
  const page = (await pageClientes(sync.db, Number.MAX_SAFE_INTEGER)).filter(isIn(filiais));
  const ids = page.map(({ clienteId }) => clienteId);
  const clientes = ids.length > 0 ? await listClientes(sync.ixc, ids) : await recentes(sync, filiais);
  const padroes = knownPadroes(sync);
  return clientes
    .sort((a, b) => choicesOf(b) - choicesOf(a))
    .slice(0, EXEMPLOS)
    .map((cliente) => compare(cliente, contato, contato, padroes));
}

const isIn =
  (filiais: Filiais) =>
  ({ filialId }: Pessoa): boolean =>
    filiais === 'todas' || filiais.includes(filialId);

const choicesOf = ({ telefonesDe, emails }: ClienteLido): number =>
  new Set(Object.values(telefonesDe).flat()).size + emails.length;

interface Pessoa {
  id: number;
  clienteId: number;
  filialId: number;
}

// A client stands once however many contracts it has, at its newest adesão.
function pageClientes(db: Db, below: number): Promise<Pessoa[]> {
  return rows(
    db,
    `SELECT a.id, a.cliente_id AS clienteId, a.filial_id AS filialId FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.id < :below AND a.vigente IS NOT NULL AND u.desejada NOT IN ('ausente', 'cancelado')
       AND NOT EXISTS (SELECT 1 FROM adesoes later WHERE later.cliente_id = a.cliente_id
         AND later.vigente IS NOT NULL AND later.id > a.id)
     ORDER BY a.id DESC LIMIT ${PAGE}`,
    { below },
    z.object({ id: z.number(), clienteId: z.number(), filialId: z.number() }),
  );
}

async function newestClientes(
  sync: Sync,
  antes: Contato,
  depois: Contato,
  filiais: Filiais,
): Promise<Exemplo[]> {
  const padroes = knownPadroes(sync);
  const exemplos = (await recentes(sync, filiais)).map((cliente) => compare(cliente, antes, depois, padroes));
  return exemplos.sort((a, b) => Number(isOther(b)) - Number(isOther(a)));
}

// Before the first account there is nobody of ours to show: the provider's newest people stand in. A client has no
// branch of its own in what we read, so whoever sees some branches only sees nobody.
const recentes = async ({ ixc }: Sync, filiais: Filiais): Promise<ClienteLido[]> =>
  filiais === 'todas'
    ? (await listClientesRecentes(ixc, PAGE)).filter(({ tipoPessoa }) => tipoPessoa !== 'J')
    : [];

function compare(
  cliente: ClienteLido,
  antes: Contato,
  depois: Contato,
  padroes: Padroes | undefined,
): Exemplo {
  const sent = (contato: Contato): Enviado => {
    const { celular, email } = contactOf(orderContatos(cliente, contato), padroes);
    return { celular, email, origem: celular === null ? undefined : originOf(cliente, contato, celular) };
  };
  const { id: clienteId, nome, documento } = cliente;
  return { clienteId, nome, documento, antes: sent(antes), depois: sent(depois) };
}

// The field whose first usable number this is: a field alone sends the same number.
const originOf = (cliente: ClienteLido, { telefones }: Contato, celular: string) =>
  telefones.find(
    (origem) => contactOf({ emails: [], telefones: cliente.telefonesDe[origem] }).celular === celular,
  );

const isOther = ({ antes, depois }: Exemplo): boolean =>
  antes.email !== depois.email || antes.celular !== depois.celular;
