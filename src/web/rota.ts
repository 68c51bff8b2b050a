// What happens around every handler, in the order of refusals: session, CSRF, existence and branch, role, input.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { forbidden, Problem } from '../problem.ts';
import { listAvisosAbertos } from '../sync/avisos/avisos.ts';
import type { Papel } from '../sync/tipos.ts';
import { checkCsrf } from './csrf.ts';
import { sendError, sessionOver } from './erros.ts';
import type { Exchange, Web } from './exchange.ts';
import { listFaixas } from './faixas.ts';
import { nameWhoCanGrant } from './quemConcede.ts';
import { isPartial } from './render.ts';
import { closeSessao, findSessao } from './sessao.ts';
import { issueToken, TOKEN_HEADER } from './sessaoSemCookie.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

export interface Rota {
  method: Method;
  path: string;
  papel: Papel;
  /** Finds the subject, checks the role, acts, renders. */
  answer: (exchange: Exchange) => Promise<void>;
}

/** Looks up what the address names, inside the operator's branches. @throws Problem 404. */
export type Find<T> = (exchange: Exchange) => Promise<T>;
export type Act<T> = (exchange: Exchange, found: T) => Promise<void>;
/** Draws the form again with what was typed and a message beside each wrong field. */
export type Redraw<T> = (exchange: Exchange, found: T, problem: Problem) => Promise<void>;

/**
 * One line of the route table. The subject is looked up before the role is checked, so that a missing one and one of
 * another branch answer alike (decisions 25).
 */
export function rota<T>(
  method: Method,
  path: string,
  papel: Papel,
  find: Find<T>,
  act: Act<T>,
  redraw?: Redraw<T>,
): Rota {
  return {
    method,
    path,
    papel,
    async answer(exchange) {
      const found = await find(exchange);
      if (!exchange.operador.papeis.has(papel)) throw forbidden(papel);
      try {
        await act(exchange, found);
      } catch (error) {
        if (!redraw || !isInvalid(error) || wantsProblem(exchange.req)) throw error;
        await redraw(exchange, found, error);
      }
    },
  };
}

/** For addresses that name nothing in particular. */
export const nothing: Find<undefined> = async () => undefined;

/** Serves every line of the table, and 404 for the rest. */
export function mountRotas(router: Router, web: Web, rotas: readonly Rota[]): Router {
  for (const each of rotas) router[each.method](each.path, serve(web, each.answer));
  return router.use(
    serve(web, async () => {
      throw noPage();
    }),
  );
}

export const noPage = (): Problem =>
  new Problem(404, 'Esta página não existe.', 'Confira o endereço ou volte ao Painel.');

function serve(web: Web, answer: (exchange: Exchange) => Promise<void>): RequestHandler {
  const parseBody = express.urlencoded({ extended: false, limit: '100kb' });
  return async (req, res) => {
    const exchange = await openExchange(web, req, res);
    try {
      await new Promise<void>((resolve, reject) => {
        parseBody(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
      });
      await answer(exchange);
    } catch (error) {
      sendError(web, req, res, await nameWhoCanGrant(exchange, error), exchange);
    }
  };
}

async function openExchange(web: Web, req: Request, res: Response): Promise<Exchange> {
  const sessao = await findSessao(web.sync, req);
  if (sessao === undefined) throw sessionOver();
  if (sessao.semCookie) res.set(TOKEN_HEADER, await issueToken(web.sync.config, sessao.resumo));
  checkCsrf(req, sessao);
  const operador = await web.direitos.find(sessao.operadorId);
  if (operador === undefined) {
    await closeSessao(web.sync.db, sessao);
    throw new Problem(403, 'Seu usuário do IXC está inativo.', 'Fale com o administrador do IXC.');
  }
  const [faixas, avisos] = isPartial(req)
    ? [[], []]
    : await Promise.all([
        listFaixas(web.sync, web.direitos, operador),
        listAvisosAbertos(web.sync.db, operador.filiais),
      ]);
  return { web, sync: web.sync, req, res, sessao, operador, faixas, avisos };
}

const isInvalid = (error: unknown): error is Problem => error instanceof Problem && error.status === 422;

// A program that asks for JSON gets the fields as data, not a form.
const wantsProblem = (req: Request): boolean =>
  req.accepts(['html', 'json', 'application/problem+json']) !== 'html';
