// Operações: what is going on and what went on, with the calls made for each.
import { z } from 'zod';
import { notFound } from '../problem.ts';
import { describeChamada, describeResultado } from '../sync/historia.ts';
import { findOperacao, listOperacoes, listTentativas, type Operacao } from '../sync/operacoes.ts';
import { discardOperacao, resendOperacao } from '../sync/reenvio.ts';
import { findUsuario } from '../sync/usuarios.ts';
import { type Exchange, idParam, optionalId, queryOf } from './exchange.ts';
import { answerWrite, type Locals, render } from './render.ts';
import { usuarioLocals } from './usuario.ts';

const POR_PAGINA = 25;
const Estado = z.enum(['aberta', 'feita', 'recusada', 'substituida', 'descartada']);

/** `GET /operacoes?estado=&depois=` */
export async function indexOperacoes(exchange: Exchange): Promise<void> {
  const { sync, operador, web } = exchange;
  const query = queryOf(exchange);
  const { operacoes, proxima } = await listOperacoes(sync.db, {
    filiais: operador.filiais,
    estado: Estado.safeParse(query['estado']).data,
    depois: optionalId(query['depois']),
    limite: POR_PAGINA,
  });
  const nomes = await web.direitos.namesOf(operadoresOf(operacoes));
  const view = { pagina: 'operacoes/index', fragmento: 'operacoes/_grade', titulo: 'Operações' };
  render(exchange, view, { operacoes, proxima, nomes, filtro: query });
}

/** `GET /operacoes/:id` */
export async function showOperacao(exchange: Exchange, operacao: Operacao): Promise<void> {
  const titulo = `Operação ${operacao.id}`;
  const view = { pagina: 'operacoes/show', fragmento: 'operacoes/_operacao', titulo };
  render(exchange, view, await operacaoLocals(exchange, operacao));
}

/** `POST /operacoes/:id/reenvio` */
export async function postReenvio(exchange: Exchange, operacao: Operacao): Promise<void> {
  await resendOperacao(exchange.sync, exchange.operador, operacao);
  await answerActed(
    exchange,
    operacao.id,
    'Pedido de reenvio guardado: a Tele Clínica será chamada de novo agora.',
  );
}

/** `POST /operacoes/:id/descarte` */
export async function postDescarte(exchange: Exchange, operacao: Operacao): Promise<void> {
  await discardOperacao(exchange.sync, exchange.operador, operacao);
  await answerActed(exchange, operacao.id, 'Descartada: nada mais será enviado por esta operação.');
}

/** The operação of the address, inside the operator's branches. @throws Problem 404. */
export async function operacaoOf(exchange: Exchange): Promise<Operacao> {
  const id = idParam(exchange, 'id', 'Esta operação');
  const found = await findOperacao(exchange.sync.db, id, exchange.operador.filiais);
  if (found === undefined) throw notFound('Esta operação');
  return found;
}

// Asked from the fragment of a usuário (`?usuario=`), the answer is that fragment.
async function answerActed(exchange: Exchange, id: number, aviso: string): Promise<void> {
  const { sync, operador } = exchange;
  const usuarioId = optionalId(queryOf(exchange)['usuario']);
  const usuario = usuarioId && (await findUsuario(sync.db, usuarioId, operador.filiais));
  if (usuario) {
    const locals = await usuarioLocals(exchange, usuario, { foco: true });
    return answerWrite(exchange, `/usuarios/${usuario.id}`, { view: 'usuarios/_usuario', locals });
  }
  const operacao = await findOperacao(exchange.sync.db, id, exchange.operador.filiais);
  if (operacao === undefined) throw notFound('Esta operação');
  const locals = { ...(await operacaoLocals(exchange, operacao)), aviso };
  answerWrite(exchange, `/operacoes/${id}`, { view: 'operacoes/_operacao', locals });
}

async function operacaoLocals(exchange: Exchange, operacao: Operacao): Promise<Locals> {
  return {
    operacao,
    tentativas: await listTentativas(exchange.sync.db, { operacaoId: operacao.id }),
    nomes: await exchange.web.direitos.namesOf(operadoresOf([operacao])),
    describeChamada,
    describeResultado,
    aviso: undefined,
  };
}

const operadoresOf = (operacoes: Operacao[]): number[] =>
  operacoes.flatMap(({ operadorId }) => (operadorId === null ? [] : [operadorId]));
