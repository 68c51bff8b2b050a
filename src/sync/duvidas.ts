// The doubt about who a person is: kept beside the hold, because only an answer or the guard ends it (decisions 3).
import { z } from 'zod';
import { type Db, optionalRow } from '../db.ts';

export const Duvida = z.enum(['cliente', 'cpf', 'nascimento', 'contato']);
export type Duvida = z.output<typeof Duvida>;

/** What changed in IXC, in words for people. */
export const DUVIDA: Record<Duvida, string> = {
  cliente: 'O contrato passou a outro cliente no IXC.',
  cpf: 'O CPF do cliente mudou no IXC.',
  nascimento: 'A data de nascimento do cliente mudou no IXC.',
  contato: 'O e-mail ou o celular mudou pela segunda vez em 24 horas.',
};

/** The doubt about this usuário, or undefined when there is none. */
export async function findDuvida(db: Db, usuarioId: number): Promise<Duvida | undefined> {
  const found = await optionalRow(
    db,
    'SELECT duvida FROM usuarios WHERE id = :usuarioId AND duvida IS NOT NULL',
    { usuarioId },
    z.object({ duvida: Duvida }),
  );
  return found?.duvida;
}
