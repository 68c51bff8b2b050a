// Every error becomes one calm answer: a page, a fragment, or problem+json. Bugs are logged with the request's id.
import type { ErrorRequestHandler, Request, Response } from 'express';
import { z } from 'zod';
import { randomToken } from '../crypto.ts';
import { isDatabaseDown, isFromIxc } from '../db.ts';
import { Problem } from '../problem.ts';
import type { Exchange, Web } from './exchange.ts';
import { messageOf } from './mensagens.ts';
import { drawPage, drawPublicPage, render, varyByHtmx } from './render.ts';

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
  const naPagina = req.get('hx-request') === 'true';
  const escrita = !['GET', 'HEAD'].includes(req.method);
  const mensagem = messageOf(problem, { escrita, naPagina, numero: id });

  if (wantsJson(req)) {
    res.type(PROBLEM_JSON).send(JSON.stringify(toJson(problem, id)));
  } else if (naPagina) {
    // The script stays on the page instead, where something typed would be lost (10-htmx.js).
    if (problem.status === 401) res.set('HX-Redirect', web.views.url('/sessao'));
    const { url, icone } = web.views;
    res.type('html').send(web.views.draw('erros/_aviso', { mensagem, url, icone }));
  } else {
    const view = { pagina: 'erros/show', titulo: problem.title };
    const locals = { mensagem, figura: FIGURA[problem.status] ?? 'info', volta: wayBack(req) };
    const page = exchange ? drawPage(exchange, view, locals) : drawPublicPage(web, req, view, locals);
    res.type('html').send(page);
  }
}

/** `GET /sessao/retomada`: the page of an ended session asks for the present one, keeping what was typed in it. */
export async function showRetomada(exchange: Exchange): Promise<void> {
  const view = { pagina: 'erros/retomada', fragmento: 'erros/_retomada', titulo: 'Sessão aberta' };
  render(exchange, view, {});
}

const FIGURA: Record<number, string> = {
  401: 'clock',
  403: 'lock',
  404: 'search',
  409: 'triangle-alert',
  500: 'circle-x',
  503: 'plug',
};

const LISTAS: Record<string, string> = {
  contratos: 'Ir para Contratos',
  usuarios: 'Ir para Usuários',
  operacoes: 'Ir para Operações',
  lotes: 'Ir para Lotes',
  planos: 'Ir para Planos',
  integracoes: 'Ir para Integrações',
  ajuda: 'Ir para a Ajuda',
};

// From something that is not there, back to the list where such things are; else to the first screen.
function wayBack(req: Request): { caminho: string; rotulo: string } {
  const [, screen = '', rest] = req.path.split('/');
  const rotulo = rest ? LISTAS[screen] : undefined;
  return rotulo ? { caminho: `/${screen}`, rotulo } : { caminho: '/', rotulo: 'Ir para o Painel' };
}

/** Says in our words what a thrown value means for the person. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseDown(error)) return databaseDown(error);
  const status = HttpError.safeParse(error).data?.status;
  if (status === 413) return new Problem(413, 'O envio é grande demais.', 'Envie menos texto.');
  if (status !== undefined && status < 500) {
    return new Problem(status, 'O pedido não pôde ser entendido.', 'Recarregue a página e tente de novo.');
  }
  return new Problem(
    500,
    'Algo deu errado do nosso lado.',
    'Recarregue e confira antes de repetir; repetir não faz nada duas vezes. Se continuar, envie ao suporte o número abaixo.',
    {},
    error,
  );
}

function databaseDown(error: unknown): Problem {
  const [title, action] = isFromIxc(error)
    ? [
        'O banco de dados do IXC não respondeu.',
        'Quem já tem conta continua como está. Espere um minuto e tente de novo; se durar, avise quem cuida do IXC.',
      ]
    : ['O banco de dados não respondeu.', 'Espere alguns segundos e tente de novo.'];
  return new Problem(503, title, action, {}, error);
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
