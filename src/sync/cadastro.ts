// Name, contact and birth date as last sent: fingerprints only, to know when IXC's register has moved on.
import { fingerprint } from '../crypto.ts';
import { type Db, run } from '../db.ts';
import type { Cliente, ClienteLido } from '../ixc/tipos.ts';
import { type ContatoSalvo, orderContatos } from './contatos.ts';
import type { Sync } from './contexto.ts';
import { contactOf } from './pessoa.ts';

type Chave = Pick<Sync, 'chaveImpressao'>;

export interface Impressoes {
  nome: Buffer;
  /** Of e-mail and mobile. */
  contato: Buffer;
  nascimento: Buffer;
}

/** What was sent last; null = never, or not known. */
export interface Enviadas {
  /** Of the contact; of name and contact together while `nome` is null (rows from before the two were told apart). */
  dados: Buffer | null;
  nome: Buffer | null;
  nascimento: Buffer | null;
}

export interface Diferencas {
  nome: boolean;
  contato: boolean;
  nascimento: boolean;
  /** Name and contact told apart, for a row that knew them together only and still agrees with IXC. */
  separadas: Pick<Impressoes, 'nome' | 'contato'> | undefined;
}

/** The fingerprints of a client's register as it is now; its contact is the first of each list. */
export function impressoesOf(sync: Chave, cliente: Cliente): Impressoes {
  const { email, celular } = contactOf(cliente);
  return {
    nome: fingerprint(sync.chaveImpressao, 'nome', nomeOf(cliente)),
    contato: fingerprint(sync.chaveImpressao, 'email e celular', email ?? '', celular ?? ''),
    nascimento: fingerprint(sync.chaveImpressao, 'nascimento', cliente.nascimento ?? ''),
  };
}

const nomeOf = ({ nome }: Cliente): string => nome.replace(/\s+/g, ' ').trim();

/**
 * What of the register has moved on since it was sent. An order of contacts that the provider changed meanwhile is no
 * change of the register: what any order so far would have sent counts as sent.
 */
export function compareCadastro(
  sync: Chave,
  enviadas: Enviadas,
  cliente: ClienteLido,
  { contato, anteriores }: Pick<ContatoSalvo, 'contato' | 'anteriores'>,
): Diferencas {
  const ordens = [contato, ...anteriores].map((each) => orderContatos(cliente, each));
  const agora = impressoesOf(sync, cliente);
  const nascimento = enviadas.nascimento !== null && !enviadas.nascimento.equals(agora.nascimento);
  const { dados, nome } = enviadas;
  if (dados === null) return { nome: false, contato: false, nascimento, separadas: undefined };
  if (nome === null) {
    const same = ordens.find((each) => dados.equals(jointOf(sync, each)));
    // Which of the two moved on nobody can tell any more: the stricter is assumed.
    return {
      nome: false,
      contato: same === undefined,
      nascimento,
      separadas: same && impressoesOf(sync, same),
    };
  }
  return {
    nome: !nome.equals(agora.nome),
    contato: !ordens.some((each) => dados.equals(impressoesOf(sync, each).contato)),
    nascimento,
    separadas: undefined,
  };
}

function jointOf(sync: Chave, cliente: Cliente): Buffer {
  const { email, celular } = contactOf(cliente);
  return fingerprint(sync.chaveImpressao, 'contato', nomeOf(cliente), email ?? '', celular ?? '');
}

/** What was just sent is what the next change is compared with, and nothing waits to be sent any more. */
export async function rememberSent(sync: Sync, usuarioId: number, cliente: Cliente): Promise<void> {
  const { nome, contato, nascimento } = impressoesOf(sync, cliente);
  await run(
    sync.db,
    `UPDATE usuarios SET dados_impressao = :contato, nome_impressao = :nome, nascimento_impressao = :nascimento,
       cadastro_espera = NULL
     WHERE id = :usuarioId`,
    { usuarioId, nome, contato, nascimento },
  );
}

/** Tells name and contact apart in a row that knew them together only. */
export async function splitSent(
  db: Db,
  usuarioId: number,
  { nome, contato }: Pick<Impressoes, 'nome' | 'contato'>,
): Promise<void> {
  await run(
    db,
    `UPDATE usuarios SET dados_impressao = :contato, nome_impressao = :nome
     WHERE id = :usuarioId AND nome_impressao IS NULL`,
    { usuarioId, nome, contato },
  );
}
