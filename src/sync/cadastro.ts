// Name, contact and birth date as last sent: fingerprints only, to know when IXC's register has moved on.
import { fingerprint } from '../crypto.ts';
import { run } from '../db.ts';
import type { Cliente } from '../ixc/tipos.ts';
import type { Sync } from './contexto.ts';
import { isUsableEmail, toMobile } from './pessoa.ts';

export interface Impressoes {
  /** Of name, e-mail and mobile. */
  dados: Buffer;
  nascimento: Buffer;
}

/** The fingerprints of a client's register as it is now. */
export function impressoesOf(sync: Pick<Sync, 'chaveImpressao'>, cliente: Cliente): Impressoes {
  const email = cliente.emails.find(isUsableEmail) ?? '';
  const celular = cliente.telefones.map(toMobile).find((each) => each !== null) ?? '';
  const nome = cliente.nome.replace(/\s+/g, ' ').trim();
  return {
    dados: fingerprint(sync.chaveImpressao, 'contato', nome, email, celular),
    nascimento: fingerprint(sync.chaveImpressao, 'nascimento', cliente.nascimento ?? ''),
  };
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
