// Clients of IXC: one read whole for sending, and ids by name, by document, by change.
import { z } from 'zod';
import { type Db, inList, optionalRow, rows } from '../db.ts';
import { spellings } from './busca.ts';
import { containsWords, idList, readInChunks } from './sql.ts';
import type { ClienteLido } from './tipos.ts';
import {
  data,
  documento,
  isValidCpf,
  parseEmails,
  parseTelefones,
  sim,
  texto,
  tipoPessoa,
} from './valores.ts';

const clienteSchema = z
  .object({
    id: z.number(),
    nome: texto,
    nomeSocial: texto,
    tipoPessoa,
    documento,
    nascimento: data,
    emails: z.unknown().transform(parseEmails),
    celular: z.unknown(),
    whatsapp: z.unknown(),
    comercial: z.unknown(),
    fone: z.unknown(),
    ativo: sim,
    atualizadoEm: texto,
  })
  .transform(({ celular, whatsapp, comercial, fone, ...cliente }) => ({
    ...cliente,
    telefones: parseTelefones(celular, whatsapp, fone),
    telefonesDe: {
      celular: parseTelefones(celular),
      whatsapp: parseTelefones(whatsapp),
      comercial: parseTelefones(comercial),
      residencial: parseTelefones(fone),
    },
  }));

const CLIENTE = `SELECT id, razao AS nome, nome_social AS nomeSocial, tipo_pessoa AS tipoPessoa, cnpj_cpf AS documento,
    data_nascimento AS nascimento, email AS emails, telefone_celular AS celular, whatsapp,
    telefone_comercial AS comercial, fone, ativo, ultima_atualizacao AS atualizadoEm
  FROM cliente`;

const idSchema = z.object({ id: z.number() });

/** The client as IXC has it this moment, or undefined when there is none with this id. */
export function findCliente(ixc: Db, id: number): Promise<ClienteLido | undefined> {
  return optionalRow(ixc, `${CLIENTE} WHERE id = :id`, { id }, clienteSchema);
}

/** The clients with these ids; those that IXC does not have are missing from the answer. */
export function listClientes(ixc: Db, ids: readonly number[]): Promise<ClienteLido[]> {
  return readInChunks(ids, (parte) => {
    const lista = idList('id', parte);
    return rows(ixc, `${CLIENTE} WHERE id IN (${lista.sql})`, lista.params, clienteSchema);
  });
}

// What `clienteSchema` reads, but for when it changed.
const COLUNAS = [
  ...['razao', 'nome_social', 'tipo_pessoa', 'cnpj_cpf', 'data_nascimento', 'email', 'telefone_celular'],
  ...['whatsapp', 'telefone_comercial', 'fone', 'ativo'],
];
const RESUMO = resumoOf(COLUNAS);

/** SQL for a whole number below 2^48 that stands for these values: other values give another one, by all chance. */
export function resumoOf(values: readonly string[]): string {
  // Compared as bytes, whatever the collation of each; a NULL is not an empty text.
  const bytes = values.map((value) => `IFNULL(CAST(${value} AS BINARY), x'01')`);
  return `CAST(CONV(LEFT(MD5(CONCAT_WS(x'00', ${bytes.join(', ')})), 12), 16, 10) AS UNSIGNED)`;
}

const Resumo = z.custom<{ id: number; resumo: number }>(
  (row) => typeof row === 'object' && row !== null && 'resumo' in row && typeof row.resumo === 'number',
);

/** A number for what the register of each client holds, by id: it changes when the register does. */
export async function listResumos(ixc: Db, ids: readonly number[]): Promise<Map<number, number>> {
  const found = await readInChunks(ids, (parte) => {
    const lista = idList('id', parte);
    return rows(
      ixc,
      `SELECT id, ${RESUMO} AS resumo FROM cliente WHERE id IN (${lista.sql})`,
      lista.params,
      Resumo,
    );
  });
  return new Map(found.map(({ id, resumo }) => [id, resumo]));
}

/** The newest `limite` clients. */
export function listClientesRecentes(ixc: Db, limite: number): Promise<ClienteLido[]> {
  return rows(ixc, `${CLIENTE} ORDER BY id DESC LIMIT :limite`, { limite }, clienteSchema);
}

/** Those of `ids` whose row changed at or after `desde` (IXC's own local time, `AAAA-MM-DD hh:mm:ss`). */
export async function listClientesAlteradosDesde(
  ixc: Db,
  ids: readonly number[],
  desde: string,
): Promise<number[]> {
  const lidos = await readInChunks(ids, (parte) => {
    const lista = idList('id', parte);
    return rows(
      ixc,
      `SELECT id FROM cliente WHERE id IN (${lista.sql}) AND ultima_atualizacao >= :desde ORDER BY id`,
      { ...lista.params, desde },
      idSchema,
    );
  });
  return lidos.map(({ id }) => id);
}

/**
 * At most `limite` clients whose name holds every word of `nome`, by name. The words may stand anywhere in it, so the
 * whole index of names is read, and only that: 0.15 s at 1,000,000 clients.
 */
export async function findClienteIdsPorNome(ixc: Db, nome: string, limite: number): Promise<number[]> {
  const contem = containsWords('razao', nome);
  const lidos = await rows(
    ixc,
    // A range that leaves nobody out, in index order: without both, MariaDB forgets the index of names when it runs
    // this prepared statement again after others on the table, and reads the very wide rows (seen on 10.11).
    `SELECT id FROM cliente WHERE ${contem.sql} AND razao >= :primeiro ORDER BY razao LIMIT :limite`,
    { ...contem.params, primeiro: '\u0000', limite },
    idSchema,
  );
  return lidos.map(({ id }) => id);
}

/** Every client with this CPF or CNPJ (digits, or letters of a new CNPJ), stored with or without its mask. */
export async function listClienteIdsPorDocumento(ixc: Db, digits: string): Promise<number[]> {
  if (digits === '') return [];
  const [comMascara, semMascara] = spellings(digits);
  const lidos = await rows(
    ixc,
    'SELECT id FROM cliente WHERE cnpj_cpf IN (:comMascara, :semMascara) ORDER BY id',
    { comMascara, semMascara },
    idSchema,
  );
  return lidos.map(({ id }) => id);
}

export interface Ficha {
  id: number;
  nome: string;
  /** Digits. */
  documento: string;
  /** AAAA-MM-DD or null. */
  nascimento: string | null;
}

/** Every client's register that carries one of these CPFs (digits), stored with or without its mask. At most 500 CPFs. */
export function listFichasDosCpfs(ixc: Db, cpfs: readonly string[]): Promise<Ficha[]> {
  const list = inList('cpf', [...new Set(cpfs)].flatMap(spellings));
  return rows(
    ixc,
    `SELECT id, razao AS nome, cnpj_cpf AS documento, data_nascimento AS nascimento FROM cliente
     WHERE cnpj_cpf IN (${list.sql})`,
    list.params,
    z.object({ id: z.number(), nome: texto, documento, nascimento: data }),
  );
}

/** Those of these clients that are a natural person with a CPF that exists: only they can have an account. */
export async function listClientesComCpf(ixc: Db, ids: readonly number[]): Promise<Set<number>> {
  const found = await readInChunks(ids, (part) => {
    const list = idList('id', part);
    return rows(
      ixc,
      `SELECT id, tipo_pessoa AS tipoPessoa, cnpj_cpf AS documento FROM cliente WHERE id IN (${list.sql})`,
      list.params,
      z.object({ id: z.number(), tipoPessoa, documento }),
    );
  });
  return new Set(
    found.flatMap((each) => (each.tipoPessoa !== 'J' && isValidCpf(each.documento) ? [each.id] : [])),
  );
}
