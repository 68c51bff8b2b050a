// One operação: what is going on or went on, with the calls made for each.
import { notFound } from '../problem.ts';
import { describeChamada, describeResultado } from '../sync/historia.ts';
import { findOperacao, listTentativas, type Operacao, type OperacaoDaGrade } from '../sync/operacoes.ts';
import { discardOperacao, resendOperacao } from '../sync/reenvio.ts';
import { findUsuario } from '../sync/usuarios.ts';
import { type Exchange, idParam, optionalId, queryOf } from './exchange.ts';
import { sentenceOfOperacao } from './frases.ts';
import { answerLinha, delayOf, isUnderWay } from './gradeDeOperacoes.ts';
import { answerWrite, isPartial, type Locals, render } from './render.ts';
import { contextOf, usuarioLocals } from './usuario.ts';

/** `GET /operacoes/:id?linha=&passo=`: the page, which follows itself while it is under way, or its row of the grid. */
export async function showOperacao(exchange: Exchange, operacao: OperacaoDaGrade): Promise<void> {
  if (isPartial(exchange.req) && queryOf(exchange)['linha'] !== undefined) {
    return answerLinha(exchange, operacao.id);
  }
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
export async function operacaoOf(exchange: Exchange): Promise<OperacaoDaGrade> {
  const id = idParam(exchange, 'id', 'Esta operação');
  const found = await findOperacao(exchange.sync.db, id, exchange.operador.filiais);
  if (found === undefined) throw notFound('Esta operação');
  return found;
}

// Asked from the fragment of a usuário (`?usuario=`) or from a row of the grid (`?linha=`), the answer is that one.
async function answerActed(exchange: Exchange, id: number, aviso: string): Promise<void> {
  const { sync, operador } = exchange;
  if (queryOf(exchange)['linha'] !== undefined) return answerLinha(exchange, id);
  const usuarioId = optionalId(queryOf(exchange)['usuario']);
  const usuario = usuarioId && (await findUsuario(sync.db, usuarioId, operador.filiais));
  if (usuario) {
    const locals = await usuarioLocals(exchange, usuario, { foco: true });
    return answerWrite(exchange, `/usuarios/${usuario.id}`, {
      view: 'usuarios/_usuario',
      locals: { ...locals, ...contextOf(exchange, usuario) },
    });
  }
  const operacao = await findOperacao(exchange.sync.db, id, exchange.operador.filiais);
  if (operacao === undefined) throw notFound('Esta operação');
  const locals = { ...(await operacaoLocals(exchange, operacao)), aviso };
  answerWrite(exchange, `/operacoes/${id}`, { view: 'operacoes/_operacao', locals });
}

async function operacaoLocals(exchange: Exchange, operacao: OperacaoDaGrade): Promise<Locals> {
  const passo = optionalId(queryOf(exchange)['passo']) ?? 1;
  const tentativas = await listTentativas(exchange.sync.db, { operacaoId: operacao.id });
  return {
    operacao,
    tentativas,
    seguir: isUnderWay(operacao) ? { passo: passo + 1, esperaMs: delayOf(passo) } : undefined,
    frase: sentenceOfOperacao(operacao, tentativas),
    nomes: await exchange.web.direitos.namesOf(operadoresOf([operacao])),
    describeChamada,
    describeResultado,
    aviso: undefined,
  };
}

const operadoresOf = (operacoes: Operacao[]): number[] =>
  operacoes.flatMap(({ operadorId }) => (operadorId === null ? [] : [operadorId]));
