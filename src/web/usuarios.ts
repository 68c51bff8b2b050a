// Usuários: one with its whole story, and what a person may order for it.
import { listContratosPorId } from '../ixc/contratos.ts';
import { invalid, notFound, type Problem } from '../problem.ts';
import { undoBloqueio, undoPlano } from '../sync/desfazer.ts';
import {
  requestBloqueio,
  requestCadastro,
  requestCancelamento,
  requestDesbloqueio,
  requestPlano,
  undoCancelamento,
} from '../sync/pedidos.ts';
import type { Usuario } from '../sync/tipos.ts';
import { findUsuario } from '../sync/usuarios.ts';
import { redrawnConfirmacao, requireConfirmacao } from './confirmacoes.ts';
import { type Exchange, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { porqueLocals } from './porque.ts';
import { answerWrite, formLocals, isPartial, type Locals, render } from './render.ts';
import type { Act, Redraw } from './rota.ts';
import { type AcaoDaTela, contextOf, usuarioLocals } from './usuario.ts';

/** `GET /usuarios/:id?contrato=&passo=&historia=&porque=`: the page, or the fragment that follows itself. */
export async function showUsuario(exchange: Exchange, usuario: Usuario): Promise<void> {
  const aberta = queryOf(exchange)['porque'] === '1';
  await drawUsuario(exchange, usuario, {
    porque: aberta ? await porqueLocals(exchange, usuario) : undefined,
  });
}

/** Draws the confirmation of an action: `GET /usuarios/:id/bloqueio` and its like. */
export const showConfirmacao =
  (acao: AcaoDaTela): Act<Usuario> =>
  async (exchange, usuario) => {
    const confirmacao = await requireConfirmacao(exchange, acao, usuario);
    await drawUsuario(exchange, usuario, { confirmacao }, { fragmento: 'usuarios/_confirmacao' });
  };

/** Draws the confirmation again with what was typed, after 422. */
export const redrawConfirmacao =
  (acao: AcaoDaTela): Redraw<Usuario> =>
  async (exchange, usuario, problem: Problem) => {
    const form = formLocals(formOf(exchange), problem.fields);
    const confirmacao = await redrawnConfirmacao(exchange, acao, usuario, form);
    await drawUsuario(
      exchange,
      usuario,
      { confirmacao },
      { fragmento: 'usuarios/_confirmacao', status: 422 },
    );
  };

/** `POST /usuarios/:id/bloqueio`: `motivo`. */
export async function createBloqueio(exchange: Exchange, usuario: Usuario): Promise<void> {
  await requestBloqueio(exchange.sync, exchange.operador, usuario, formOf(exchange)['motivo'] ?? '');
  await answerOrdered(exchange, usuario);
}

/** `DELETE /usuarios/:id/bloqueio` */
export async function removeBloqueio(exchange: Exchange, usuario: Usuario): Promise<void> {
  await requestDesbloqueio(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}

/** `POST /usuarios/:id/cancelamento`: `motivo`, `confirmacao`, optional `quando`. */
export async function createCancelamento(exchange: Exchange, usuario: Usuario): Promise<void> {
  const form = formOf(exchange);
  await requestCancelamento(exchange.sync, exchange.operador, usuario, {
    motivo: form['motivo'] ?? '',
    confirmacao: form['confirmacao'] ?? '',
    quando: form['quando'] || 'agora',
  });
  await answerOrdered(exchange, usuario);
}

/** `DELETE /usuarios/:id/cancelamento`: undo, while it has not happened. */
export async function removeCancelamento(exchange: Exchange, usuario: Usuario): Promise<void> {
  await undoCancelamento(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}

/** `PUT /usuarios/:id/plano`: `plano_id`. */
export async function updatePlanoDoUsuario(exchange: Exchange, usuario: Usuario): Promise<void> {
  const planoId = optionalId(formOf(exchange)['plano_id']);
  if (planoId === undefined) throw invalid({ plano_id: 'Escolha o plano.' });
  await requestPlano(exchange.sync, exchange.operador, usuario, planoId);
  await answerOrdered(exchange, usuario);
}

/** The usuário of the address, inside the operator's branches. @throws Problem 404. */
export async function usuarioOf(exchange: Exchange): Promise<Usuario> {
  const id = idParam(exchange, 'id', 'Este usuário');
  const found = await findUsuario(exchange.sync.db, id, exchange.operador.filiais);
  if (found === undefined) throw notFound('Este usuário');
  return found;
}

/** Draws one usuário: its page, or `fragmento`; `extra` goes over its usual locals. */
export async function drawUsuario(
  exchange: Exchange,
  usuario: Usuario,
  extra: Locals,
  { fragmento = 'usuarios/_usuario', status = 200 } = {},
): Promise<void> {
  const ids = isPartial(exchange.req) ? [] : usuario.adesoes.map(({ contratoId }) => contratoId);
  const contratos = await listContratosPorId(exchange.sync.ixc, ids, exchange.operador.filiais);
  const passo = optionalId(queryOf(exchange)['passo']) ?? 0;
  const locals = { ...(await usuarioLocals(exchange, usuario, { passo })), ...contextOf(exchange, usuario) };
  const view = { pagina: 'usuarios/show', fragmento, titulo: `Usuário ${usuario.id}` };
  render(exchange, view, { ...locals, contratos, ...extra }, status);
}

/** Answers an order from the state after it: read again, since the order changed it. */
export async function answerOrdered(exchange: Exchange, before: Usuario, extra: Locals = {}): Promise<void> {
  const usuario = await findUsuario(exchange.sync.db, before.id, exchange.operador.filiais);
  if (usuario === undefined) throw notFound('Este usuário');
  const locals = await usuarioLocals(exchange, usuario, { foco: true });
  const contexto = contextOf(exchange, usuario);
  const { contratoId } = contexto;
  answerWrite(exchange, contratoId ? `/contratos/${contratoId}` : `/usuarios/${usuario.id}`, {
    view: 'usuarios/_usuario',
    locals: { ...locals, ...contexto, ...extra },
  });
}

/** `DELETE /usuarios/:id/bloqueio/pedido`: withdraws a block that had no effect yet. */
export async function removePedidoDeBloqueio(exchange: Exchange, usuario: Usuario): Promise<void> {
  await undoBloqueio(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}

/** `DELETE /usuarios/:id/plano`: withdraws a change of plano that had no effect yet. */
export async function removePedidoDePlano(exchange: Exchange, usuario: Usuario): Promise<void> {
  await undoPlano(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}

/** `POST /usuarios/:id/cadastro`: sends a register that moved on in IXC and waits for a person. */
export async function createEnvioDeCadastro(exchange: Exchange, usuario: Usuario): Promise<void> {
  await requestCadastro(exchange.sync, exchange.operador, usuario);
  await answerOrdered(exchange, usuario);
}
