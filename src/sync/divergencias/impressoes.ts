// People as fingerprints: what the partner lists and what IXC has, made comparable and then unreadable. Pure.
import { fingerprint } from '../../crypto.ts';
import type { ClienteLido } from '../../ixc/tipos.ts';
import { isValidCpf } from '../../ixc/valores.ts';
import type { PessoaListada } from '../../teleclinica/port.ts';
import { type ContatoSalvo, orderContatos } from '../contatos.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import { contactOf, toMobile } from '../pessoa.ts';
import type { CampoComparado } from './tipos.ts';

type Chave = Pick<Sync, 'chaveImpressao'>;
type Campo = Exclude<CampoComparado, 'cpf'>;

export const CAMPOS: readonly Campo[] = ['nome', 'nascimento', 'email', 'celular'];

export interface Impressoes extends Record<Campo, Buffer | null> {
  /** null = the partner shows no CPF. */
  cpf: Buffer | null;
}

/** What is kept of a listed person. */
export function impressoesDaLista(sync: Chave, pessoa: PessoaListada): Impressoes {
  const cpf = pessoa.cpf?.replace(/\D/g, '') ?? '';
  return {
    cpf: isValidCpf(cpf) ? impressaoDoCpf(sync, cpf) : null,
    nome: short(sync, 'nome', plainName(pessoa.nome)),
    nascimento: short(sync, 'nascimento', plainDate(pessoa.nascimento)),
    email: short(sync, 'email', pessoa.email?.toLowerCase() ?? null),
    celular: short(sync, 'celular', pessoa.celular === null ? null : toMobile(pessoa.celular)),
  };
}

/** What IXC's register may have been sent as: under every order of contacts that ever held. */
export function impressoesDoCliente(
  sync: Chave,
  cliente: ClienteLido,
  { contato, anteriores }: Pick<ContatoSalvo, 'contato' | 'anteriores'>,
): Record<Campo, Buffer[]> {
  const contatos = [contato, ...anteriores].map((each) => contactOf(orderContatos(cliente, each)));
  const all = (campo: Campo, values: (string | null)[]): Buffer[] =>
    [...new Set(values)].flatMap((value) => short(sync, campo, value) ?? []);
  return {
    nome: all('nome', [plainName(cliente.nome)]),
    nascimento: all('nascimento', [plainDate(cliente.nascimento)]),
    email: all(
      'email',
      contatos.map(({ email }) => email),
    ),
    celular: all(
      'celular',
      contatos.map(({ celular }) => celular),
    ),
  };
}

/**
 * The fields in which the account differs from every register of the person. What one side leaves out is no difference:
 * nothing could be sent for it.
 */
export function fieldsThatDiffer(
  conta: Record<Campo, Buffer | null>,
  clientes: readonly Record<Campo, Buffer[]>[],
): Campo[] {
  return CAMPOS.filter((campo) => {
    const there = conta[campo];
    const here = clientes.flatMap((cliente) => cliente[campo]);
    return there !== null && here.length > 0 && !here.some((each) => each.equals(there));
  });
}

// Eight bytes tell two values of one person apart; nobody is looked up by them.
const short = (sync: Chave, campo: Campo, value: string | null): Buffer | null =>
  value === null || value === ''
    ? null
    : fingerprint(sync.chaveImpressao, 'comparacao', campo, value).subarray(0, 8);

// Partners write names in capitals, without accents, with other spaces.
const plainName = (nome: string | null): string | null =>
  nome === null
    ? null
    : nome
        .normalize('NFD')
        .replace(/\p{M}/gu, '')
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim()
        .toUpperCase();

function plainDate(date: string | null): string | null {
  const brazilian = /^(\d{2})\/(\d{2})\/(\d{4})/.exec(date ?? '');
  if (brazilian) return `${brazilian[3]}-${brazilian[2]}-${brazilian[1]}`;
  return /^\d{4}-\d{2}-\d{2}/.exec(date ?? '')?.[0] ?? null;
}
