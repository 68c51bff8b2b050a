// Name, contact and birth date as last sent: fingerprints only, to know when IXC's register has moved on.
import { fingerprint } from '../crypto.ts';
import { run } from '../db.ts';
import type { Cliente, ClienteLido } from '../ixc/tipos.ts';
import { type ContatoSalvo, orderContatos } from './contatos.ts';
import type { Sync } from './contexto.ts';
import { contactOf } from './pessoa.ts';

export interface Impressoes {
  /** Of name, e-mail and mobile. */
  dados: Buffer;
  nascimento: Buffer;
}

/** The fingerprints of a client's register as it is now; its contact is the first of each list. */
export function impressoesOf(sync: Pick<Sync, 'chaveImpressao'>, cliente: Cliente): Impressoes {
  const { email, celular } = contactOf(cliente);
  const nome = cliente.nome.replace(/\s+/g, ' ').trim();
  return {
    dados: fingerprint(sync.chaveImpressao, 'contato', nome, email ?? '', celular ?? ''),
    nascimento: fingerprint(sync.chaveImpressao, 'nascimento', cliente.nascimento ?? ''),
  };
}

/**
 * Whether the register has moved on since `dados` was sent. An order of contacts that the provider changed meanwhile is no
 * change of the register: what any order so far would have sent counts as sent.
 */
export function hasMovedOn(
  sync: Pick<Sync, 'chaveImpressao'>,
  dados: Buffer,
  cliente: ClienteLido,
  { contato, anteriores }: Pick<ContatoSalvo, 'contato' | 'anteriores'>,
): boolean {
  return ![contato, ...anteriores].some((each) =>
    dados.equals(impressoesOf(sync, orderContatos(cliente, each)).dados),
  );
}

/** What was just sent is what the next change is compared with. */
export async function rememberSent(sync: Sync, usuarioId: number, cliente: Cliente): Promise<void> {
  const { dados, nascimento } = impressoesOf(sync, cliente);
  await run(
    sync.db,
    'UPDATE usuarios SET dados_impressao = :dados, nascimento_impressao = :nascimento WHERE id = :usuarioId',
    { usuarioId, dados, nascimento },
  );
}
