// One authenticated request with its answer, and the few ways handlers read what came in.
import type { Request, Response } from 'express';
import { z } from 'zod';
import { notFound } from '../problem.ts';
import type { Aviso } from '../sync/avisos/avisos.ts';
import type { Sync } from '../sync/contexto.ts';
import type { Operador } from '../sync/tipos.ts';
import type { Direitos } from './direitos.ts';
import type { Faixa } from './faixas.ts';
import type { Views } from './render.ts';
import type { Sessao } from './sessao.ts';

/** What the screens are built from; one per process. */
export interface Web {
  sync: Sync;
  versao: string;
  views: Views;
  direitos: Direitos;
}

export interface Exchange {
  web: Web;
  sync: Sync;
  req: Request;
  res: Response;
  sessao: Sessao;
  operador: Operador;
  /** What every page must say; empty for a fragment. */
  faixas: readonly Faixa[];
  /** What the bell of every page holds; empty for a fragment. */
  avisos: readonly Aviso[];
}

export type Form = Record<string, string | undefined>;

const Fields = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const Id = z
  .string()
  .regex(/^[1-9]\d{0,14}$/)
  .transform(Number);

/** The positive whole number in a path parameter. @throws Problem 404 naming `what` when it is anything else. */
export function idParam({ req }: Exchange, name: string, what: string): number {
  const parsed = Id.safeParse(req.params[name]);
  if (!parsed.success) throw notFound(what);
  return parsed.data;
}

/** The query string as text fields; a repeated field keeps its last value. */
export const queryOf = ({ req }: Exchange): Form => toForm(req.query);

/** What a write carries: the urlencoded body, or the query of a DELETE, which has none. */
export const formOf = ({ req }: Exchange): Form => ({ ...toForm(req.query), ...toForm(req.body) });

/** An optional id typed into a field: undefined when empty, NaN never. */
export function optionalId(value: string | undefined): number | undefined {
  const parsed = Id.safeParse(value?.trim());
  return parsed.success ? parsed.data : undefined;
}

function toForm(fields: unknown): Form {
  const parsed = Fields.safeParse({ ...Object(fields) });
  if (!parsed.success) return {};
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
}
