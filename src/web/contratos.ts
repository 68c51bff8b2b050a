// The panel of a contract of IXC: who, what IXC says, which plano, and the account at Tele Clínica.
import { findCliente } from '../ixc/clientes.ts';
import { findContrato } from '../ixc/contratos.ts';
import type { Contrato } from '../ixc/tipos.ts';
import { isValidCpf } from '../ixc/valores.ts';
import { notFound, type Problem } from '../problem.ts';
import { availableActions } from '../sync/acoes.ts';
import { impressaoDoCpf } from '../sync/contexto.ts';
import { requestUsuario } from '../sync/pedidoUsuario.ts';
import { listPlanos, type Plano } from '../sync/planos.ts';
import { judgeContrato } from '../sync/regrasSalvas.ts';
import type { Usuario } from '../sync/tipos.ts';
import { findUsuario, findUsuarioDoContrato, listUsuarios } from '../sync/usuarios.ts';
import { resolvePlano } from '../sync/vinculos.ts';
import { confirmacaoOf } from './confirmacoes.ts';
import { type Exchange, formOf, idParam, optionalId, queryOf } from './exchange.ts';
import { porqueLocals } from './porque.ts';
import { answerWrite, formLocals, type Locals, render } from './render.ts';
import { mayDo, usuarioLocals } from './usuario.ts';

const SHOW = { pagina: 'contratos/show', fragmento: 'contratos/_painel' };

/**
 * `GET /contratos/:id?acao=&porque=`: the per-contract panel, with the confirmation of `acao` open when it makes sense now,
 * and the explanation read at once when it is asked for.
 */
export async function showContrato(exchange: Exchange, contrato: Contrato): Promise<void> {
  const { sync, operador } = exchange;
  const usuario = await findUsuarioDoContrato(sync.db, contrato.id, operador.filiais);
  const locals = await painelLocals(exchange, contrato);
  const { acao, porque: aberta } = queryOf(exchange);
  const porque = aberta === '1' ? await porqueLocals(exchange, usuario, contrato) : undefined;
  if (usuario === undefined) return draw(exchange, contrato, { ...locals, porque, acaoSemUsuario: acao });
  const usuarioDoPainel = { ...(await usuarioLocals(exchange, usuario, { contrato })), porque };
  const confirmacao = await confirmacaoOf(exchange, acao, usuario, contrato);
  const indisponivel = acao !== undefined && confirmacao === undefined ? acao : undefined;
  draw(exchange, contrato, { ...locals, ...usuarioDoPainel, confirmacao, acaoIndisponivel: indisponivel });
}

/** `POST /contratos/:id/usuario`: optional `plano_id`. */
export async function createUsuario(exchange: Exchange, contrato: Contrato): Promise<void> {
  const { sync, operador } = exchange;
  const planoId = optionalId(formOf(exchange)['plano_id']);
  const usuarioId = await requestUsuario(sync, operador, contrato, planoId);
  const usuario = await findUsuario(sync.db, usuarioId, operador.filiais);
  if (usuario === undefined) throw notFound('Este usuário');
  answerWrite(exchange, `/contratos/${contrato.id}`, {
    view: 'usuarios/_usuario',
    locals: await usuarioLocals(exchange, usuario, { contrato, foco: true }),
  });
}

export async function redrawCriacao(exchange: Exchange, contrato: Contrato, problem: Problem): Promise<void> {
  const locals = {
    ...(await painelLocals(exchange, contrato)),
    ...formLocals(formOf(exchange), problem.fields),
  };
  const view = { pagina: SHOW.pagina, fragmento: 'contratos/_criacao', titulo: `Contrato ${contrato.id}` };
  render(exchange, view, locals, 422);
}

/** The contract of the address, inside the operator's branches. @throws Problem 404. */
export async function contratoOf(exchange: Exchange): Promise<Contrato> {
  const id = idParam(exchange, 'id', 'Este contrato');
  const found = await findContrato(exchange.sync.ixc, id, exchange.operador.filiais);
  if (found === undefined) throw notFound('Este contrato');
  return found;
}

function draw(exchange: Exchange, contrato: Contrato, locals: Locals): void {
  render(exchange, { ...SHOW, titulo: `Contrato ${contrato.id}` }, locals);
}

async function painelLocals(exchange: Exchange, contrato: Contrato): Promise<Locals> {
  const { sync } = exchange;
  const [cliente, planos, resolucao, julgado] = await Promise.all([
    findCliente(sync.ixc, contrato.clienteId),
    listPlanos(sync.db),
    resolvePlano(sync.db, contrato),
    judgeContrato(sync.db, contrato),
  ]);
  const usuarios = await listUsuariosDaPessoa(exchange, cliente?.documento ?? '');
  const criar = availableActions(undefined, julgado).find(({ acao }) => acao === 'criar');
  return {
    contrato,
    cliente,
    planos,
    planoDoContrato: resolucao.kind === 'um' ? nameOf(planos, resolucao.plano) : undefined,
    resolucao: resolucao.kind,
    criar: criar && mayDo(exchange.operador, 'criar') ? criar : undefined,
    usuariosDaPessoa: usuarios,
    usuario: undefined,
    contratoId: contrato.id,
    porque: undefined,
    acaoSemUsuario: undefined,
    acaoIndisponivel: undefined,
    confirmacao: undefined,
    ...formLocals({}),
  };
}

// One person has one account per integração: a second contract joins it (decisions 4).
async function listUsuariosDaPessoa({ sync, operador }: Exchange, documento: string): Promise<Usuario[]> {
  if (!isValidCpf(documento)) return [];
  const impressao = impressaoDoCpf(sync, documento);
  const found = await listUsuarios(sync.db, { filiais: operador.filiais, impressao, limite: 5 });
  return found.usuarios;
}

const nameOf = (planos: Plano[], { planoId, origem }: { planoId: number; origem: string }) => ({
  nome: planos.find(({ id }) => id === planoId)?.nome ?? `Plano ${planoId}`,
  origem,
});
