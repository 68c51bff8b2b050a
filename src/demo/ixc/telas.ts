// How a page of the stand-in is drawn: EJS with what every page needs, under a strict content policy.
import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { NextFunction, Request, Response } from 'express';
import type { OperadorDaTela } from './leitura.ts';

/** Folder of the templates and of the stand-in's css and js. */
export const VIEWS = fileURLToPath(new URL('./views/', import.meta.url));

const STATUS = { A: 'Ativo', P: 'Pré-contrato', I: 'Inativo', N: 'Negativado', D: 'Desistiu' };
const ACESSO = {
  A: 'Ativo',
  FA: 'Financeiro em atraso',
  CA: 'Bloqueio automático',
  CM: 'Bloqueio manual',
  AA: 'Aguardando assinatura',
  D: 'Desativado',
};

const CSP = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "frame-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'self'",
  "base-uri 'none'",
].join('; ');

/** Draws `view` with `data`, the code tables and the operator who is logged in (if any). */
export function show(req: Request, res: Response, view: string, data: Record<string, unknown>): void {
  const operador: OperadorDaTela | undefined = res.locals['operador'];
  const page = { caminho: req.path, operador, STATUS, ACESSO, ...res.app.locals, ...data };
  const options = { strict: true, localsName: 'it', cache: true, async: false } as const;
  ejs.renderFile(`${VIEWS}${view}.ejs`, page, options, (error, html) => {
    if (error) throw error;
    res.type('html').send(html);
  });
}

export function securityHeaders(_req: Request, res: Response, next: NextFunction): void {
  res.set({
    'Content-Security-Policy': CSP,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  next();
}
