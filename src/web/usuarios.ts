// Usuários: the list, one with its whole story, and what a person may order for it.

import { z } from 'zod';
import { parseBusca } from '../ixc/busca.ts';
import { findClienteIdsPorNome, listClienteIdsPorDocumento } from '../ixc/clientes.ts';
import { listContratosDeClientes, listContratosPorId } from '../ixc/contratos.ts';
import type { ContratoLinha } from '../ixc/tipos.ts';
import { invalid, notFound, type Problem } from '../problem.ts';
import { impressaoDoCpf } from '../sync/contexto.ts';
import {
  requestBloqueio,
  requestCancelamento,
  requestDesbloqueio,
  requestPlano,
  undoCancelamento,
} from '../sync/pedidos.ts';
import type { Usuario } from '../sync/tipos.ts';
import { causa, findUsuario, listUsuarios, type UsuariosFilter } from '../sync/usuarios.ts';
import { redrawnConfirmacao, requireConfirmacao } from './confirmacoes.ts';
import { type Exchange, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { answerWrite, formLocals, isPartial, type Locals, render } from './render.ts';
import type { Act, Redraw } from './rota.ts';
import { type AcaoDaTela, usuarioLocals } from './usuario.ts';

const POR_PAGINA = 25;
const SituacaoFilter = z.enum(['ausente', 'ativo', 'bloqueado', 'cancelado', 'desconhecido']);
// A name shared by more clients than this needs another word.
const MAX_CLIENTES = 500;

/** `GET /usuarios?busca=&situacao=&retida=&depois=` */
export async function indexUsuarios(exchange: Exchange): Promise<void> {
  const { sync, operador } = exchange;
  const query = queryOf(exchange);
  const { usuarios, proxima } = await listUsuarios(sync.db, {
    filiais: operador.filiais,
    situacao: SituacaoFilter.safeParse(query['situacao']).data,
    retida: causa.safeParse(query['retida']).data,
    depois: optionalId(query['depois']),
    limite: POR_PAGINA,
    ...(await filterByBusca(exchange, query['busca'] ?? '')),
  });
  const contratoIds = usuarios.flatMap(({ adesoes }) => adesoes.map(({ contratoId }) => contratoId));
  const contratos = await listContratosPorId(sync.ixc, contratoIds, operador.filiais);
  const view = { pagina: 'usuarios/index', fragmento: 'usuarios/_grade', titulo: 'Usuários' };
  render(exchange, view, { usuarios, proxima, contratos: byId(contratos), filtro: query });
}

/** `GET /usuarios/:id?contrato=&passo=`: the page, or the fragment that follows itself. */
export async function showUsuario(exchange: Exchange, usuario: Usuario): Promise<void> {
  await drawUsuario(exchange, usuario, {});
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
  answerWrite(exchange, `/usuarios/${usuario.id}`, {
    view: 'usuarios/_usuario',
    locals: { ...locals, ...contextOf(exchange, usuario), ...extra },
  });
}

// The contract panel that the fragment lives in, as the fragment itself tells it.
function contextOf(exchange: Exchange, usuario: Usuario): Locals {
  const asked = optionalId(formOf(exchange)['contrato']);
  return { contratoId: usuario.adesoes.find(({ contratoId }) => contratoId === asked)?.contratoId };
}

// Decision 30, seen from our side: CPF by fingerprint, number as contract then client, else words of a name.
async function filterByBusca(exchange: Exchange, digitado: string): Promise<Partial<UsuariosFilter>> {
  const { sync, operador } = exchange;
  const busca = parseBusca(digitado);
  const ofClientes = async (ids: number[]): Promise<Partial<UsuariosFilter>> => ({
    contratoIds: (await listContratosDeClientes(sync.ixc, ids, operador.filiais)).map(({ id }) => id),
  });
  switch (busca.tipo) {
    case 'tudo':
      return {};
    case 'nada':
      return { contratoIds: [] };
    case 'documento':
      return busca.documento.length === 11
        ? { impressao: impressaoDoCpf(sync, busca.documento) }
        : ofClientes(await listClienteIdsPorDocumento(sync.ixc, busca.documento));
    case 'numero': {
      const contratos = await listContratosPorId(sync.ixc, [busca.numero], operador.filiais);
      return contratos.length > 0 ? { contratoIds: [busca.numero] } : ofClientes([busca.numero]);
    }
    case 'nome':
      return ofClientes(await findClienteIdsPorNome(sync.ixc, busca.nome, MAX_CLIENTES));
  }
}

const byId = (contratos: ContratoLinha[]): Map<number, ContratoLinha> =>
  new Map(contratos.map((contrato) => [contrato.id, contrato]));
