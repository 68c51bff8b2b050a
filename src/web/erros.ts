// Every error becomes one calm answer: a page, a fragment, or problem+json. Bugs are logged with the request's id.
import type { ErrorRequestHandler, Request, Response } from 'express';
import { z } from 'zod';
import { randomToken } from '../crypto.ts';
import { isDatabaseDown } from '../db.ts';
import { Problem } from '../problem.ts';
import type { Exchange, Web } from './exchange.ts';
import { drawPage, drawPublicPage, varyByHtmx } from './render.ts';

const PROBLEM_JSON = 'application/problem+json';

/** 401: there is no session. An htmx request is sent to a page that says how to come back. */
export const sessionOver = (): Problem =>
  new Problem(401, 'Sua sessão terminou.', 'Volte ao IXC e abra a Tele Clínica pelo menu ou pelo contrato.');

/** Express's last handler: for what failed before or outside a route. */
export const errorHandler =
  (web: Web): ErrorRequestHandler =>
  (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    sendError(web, req, res, error);
  };

/** Answers `error` in the form that the request asked for. With `exchange` the page keeps menu and session. */
export function sendError(web: Web, req: Request, res: Response, error: unknown, exchange?: Exchange): void {
  const id = randomToken(9);
  const problem = toProblem(error);
  if (problem.status >= 500) {
    web.sync.log.error(
      { requisicao: id, rota: req.path.replace(/\d+/g, ':id'), erro: problem.cause ?? error },
      'falha',
    );
  }
  varyByHtmx(res);
  res.vary('Accept');
  res.status(problem.status).set('X-Request-Id', id);
  if (problem.status === 503) res.set('Retry-After', '10');
  const locals = { problem, requisicao: id };

  if (wantsJson(req)) {
    res.type(PROBLEM_JSON).send(JSON.stringify(toJson(problem, id)));
  } else if (req.get('hx-request') === 'true') {
    if (problem.status === 401) res.set('HX-Redirect', web.views.url('/sessao'));
    res.type('html').send(web.views.draw('erros/_aviso', { ...locals, url: web.views.url }));
  } else {
    const view = { pagina: 'erros/show', titulo: problem.title };
    const page = exchange ? drawPage(exchange, view, locals) : drawPublicPage(web, req, view, locals);
    res.type('html').send(page);
  }
}

/** Says in our words what a thrown value means for the person. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseDown(error)) {
    return new Problem(
      503,
      'O banco de dados não respondeu.',
      'Nada foi enviado à Tele Clínica por este pedido. Espere alguns segundos e tente de novo.',
      {},
      error,
    );
  }
  const status = HttpError.safeParse(error).data?.status;
  if (status === 413) return new Problem(413, 'O envio é grande demais.', 'Envie menos texto.');
  if (status !== undefined && status < 500) {
    return new Problem(status, 'O pedido não pôde ser entendido.', 'Recarregue a página e tente de novo.');
  }
  return new Problem(
    500,
    'Algo deu errado do nosso lado.',
    'Nada mais foi feito. Tente de novo; se continuar, envie ao suporte o número abaixo.',
    {},
    error,
  );
}

// What Express and its parsers throw for a request that they cannot read.
const HttpError = z.object({ status: z.number().int().min(400).max(599) });

function wantsJson(req: Request): boolean {
  const best = req.accepts(['html', PROBLEM_JSON, 'json']);
  return best === PROBLEM_JSON || best === 'json';
}

// RFC 9457, with the fields of a form as an extension.
const toJson = (problem: Problem, id: string) => ({
  type: 'about:blank',
  title: problem.title,
  status: problem.status,
  detail: problem.action,
  instance: `urn:requisicao:${id}`,
  ...(Object.keys(problem.fields).length > 0 ? { errors: problem.fields } : {}),
});
