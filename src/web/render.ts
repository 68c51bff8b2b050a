// Draws views: the whole page, or the fragment alone when htmx asked for a part.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { Request, Response } from 'express';
import type { Papel } from '../sync/tipos.ts';
import type { Arquivos } from './arquivos.ts';
import type { Exchange, Form, Web } from './exchange.ts';
import * as formato from './formato.ts';
import * as palavras from './palavras.ts';
import { helpOf } from './telas.ts';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const FOLDER = path.join(ROOT, 'views');

export type Locals = Record<string, unknown>;

export interface Views {
  /** The HTML of `views/<name>.ejs`. Locals are read as `locals.x`; `<%=` escapes. */
  draw(name: string, locals: Locals): string;
  /** The address of a path of ours, under BASE_PATH. */
  url(path: string, query?: Record<string, string | number | undefined>): string;
  /** The address of a file of ours (see `Arquivos`). */
  arquivo: Arquivos['address'];
  /** An icon as inline SVG (see `Arquivos`). */
  icone: Arquivos['icone'];
}

/** Which view is the page, which one is its part, and the title of the tab. */
export interface View {
  pagina: string;
  /** Drawn for a partial htmx request; the page's own view when left out. */
  fragmento?: string;
  titulo: string;
}

/** Compiles each view once and keeps it. Views that a view includes are compiled the same way. */
export function createViews(basePath: string, arquivos: Arquivos): Views {
  const compiled = new Map<string, ejs.TemplateFunction>();

  const compile = (name: string): ejs.TemplateFunction => {
    const filename = path.join(FOLDER, `${name}.ejs`);
    // strict without `with`: twice as fast, and a misspelt name is undefined instead of a global.
    return ejs.compile(readFileSync(filename, 'utf8'), { filename, cache: true, strict: true, _with: false });
  };

  return {
    arquivo: arquivos.address,
    icone: arquivos.icone,
    draw(name, locals) {
      const template = compiled.get(name) ?? compile(name);
      compiled.set(name, template);
      return template(locals);
    },
    url(target, query = {}) {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== '') search.set(name, String(value));
      }
      return `${basePath}${target}${search.size === 0 ? '' : `?${search}`}`;
    },
  };
}

/** Answers a read: the page, or the fragment for `HX-Request` with `HX-Request-Type: partial` (decisions 26). */
export function render(exchange: Exchange, view: View, locals: Locals, status = 200): void {
  const { web, req, res } = exchange;
  varyByHtmx(res);
  const all = localsOf(web, req, exchange, locals);
  const partial = isPartial(req);
  const content = web.views.draw(partial ? (view.fragmento ?? view.pagina) : view.pagina, all);
  res.status(status).type('html');
  res.send(partial ? content : drawLayout(web, all, view.titulo, content));
}

/**
 * Answers a write that worked: 200 with the fragment for htmx, else 303 to `location` (a path of ours). With `push`
 * the address bar follows, for a write that made something new.
 */
export function answerWrite(
  exchange: Exchange,
  location: string,
  fragmento: { view: string; locals: Locals; push?: boolean },
): void {
  const { web, req, res } = exchange;
  varyByHtmx(res);
  if (req.get('hx-request') !== 'true') {
    res.redirect(303, web.views.url(location));
    return;
  }
  if (fragmento.push) res.set('HX-Push-Url', web.views.url(location));
  res.type('html').send(web.views.draw(fragmento.view, localsOf(web, req, exchange, fragmento.locals)));
}

/** A page for whoever has no session, or for an error: same frame, without what only an operator may see. */
export function drawPublicPage(web: Web, req: Request, view: View, locals: Locals): string {
  const all = localsOf(web, req, undefined, locals);
  return drawLayout(web, all, view.titulo, web.views.draw(view.pagina, all));
}

/** A page drawn for an operator outside `render`, for errors. */
export function drawPage(exchange: Exchange, view: View, locals: Locals): string {
  const all = localsOf(exchange.web, exchange.req, exchange, locals);
  return drawLayout(exchange.web, all, view.titulo, exchange.web.views.draw(view.pagina, all));
}

/** One address answers pages and fragments, so caches must keep them apart. */
export const varyByHtmx = (res: Response): unknown => res.vary('HX-Request, HX-Request-Type');

export const isPartial = (req: Request): boolean =>
  req.get('hx-request') === 'true' && req.get('hx-request-type') === 'partial';

/** Locals of a form: what was typed (or is stored) and what to say beside each field. */
export const formLocals = (valores: Form, erros: Form = {}): Locals => ({ valores, erros });

function drawLayout(web: Web, all: Locals, titulo: string, corpo: string): string {
  return web.views.draw('layout', { ...all, titulo, corpo });
}

// Built fresh for every answer: nothing a browser sends ever becomes an option of the template engine.
function localsOf(web: Web, req: Request, exchange: Exchange | undefined, locals: Locals): Locals {
  return {
    ...formato,
    ...palavras,
    url: web.views.url,
    arquivo: web.views.arquivo,
    icone: web.views.icone,
    caminho: req.path,
    ajudaDaqui: helpOf(req.path),
    versao: web.versao,
    origensDoIxc: web.sync.config.ixcOrigins.join(' '),
    csrf: exchange?.sessao.csrf ?? '',
    operador: exchange?.operador,
    faixas: exchange?.faixas ?? [],
    sino: exchange?.avisos ?? [],
    pode: (papel: Papel) => exchange?.operador.papeis.has(papel) ?? false,
    ...locals,
  };
}
