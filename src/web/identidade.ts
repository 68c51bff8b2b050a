// The answer to “quem é a pessoa?”, asked when a CPF or client changed under an account.
import { answerIdentity } from '../sync/identidade.ts';
import type { Usuario } from '../sync/tipos.ts';
import { type Exchange, formOf } from './exchange.ts';
import { answerOrdered } from './usuarios.ts';

/** `POST /usuarios/:id/identidade`: `resposta` (`mesma`, `outra`). */
export async function postIdentidade(exchange: Exchange, usuario: Usuario): Promise<void> {
  const resposta = formOf(exchange)['resposta'] ?? '';
  const aviso = await answerIdentity(exchange.sync, exchange.operador, usuario, resposta);
  await answerOrdered(exchange, usuario, { avisoDaIdentidade: aviso });
}
