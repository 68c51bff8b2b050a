// Builds one HTTP request from a profile's description and the values at hand. Pure.
import { pathVariables, type Values } from './fontes.ts';
import type { Formato } from './formato.ts';
import type { Field, PageRules, RequestRules } from './formatoPedido.ts';
import type { FieldError } from './port.ts';
import { type Scalar, setPath, type Tables, transform } from './transformar.ts';

export interface Pedido {
  method: string;
  path: string;
  headers: Record<string, string>;
  data: string | undefined;
}

/** A request, or the fields that the profile cannot turn into the vendor's words. */
export type Built = { ok: true; pedido: Pedido } | { ok: false; campos: FieldError[] };

/** The parts of a profile that every request needs. */
export type Wording = Pick<Formato, 'tenant' | 'tables'>;

type Pair = [name: string, value: Scalar];

/** `values` may hold null for what IXC does not know; `extra` are query parameters of paging. */
export function buildPedido(
  request: RequestRules,
  wording: Wording,
  values: Values,
  extra: readonly Pair[] = [],
): Built {
  const campos: FieldError[] = [];
  const resolve = (fields: Readonly<Record<string, Field>>) =>
    resolveFields(fields, values, wording.tables, campos);
  const path = fillPath(request.path, values, wording.tables, campos);
  const headers = resolve(request.headers);
  const query = [...resolve(request.query), ...extra];
  const body = request.body && resolve(request.body);
  addTenant(wording.tenant, values, headers, query, body);
  if (request.encoding === 'query' && body) query.push(...body);
  if (campos.length > 0) return { ok: false, campos };
  const search = formText(query);
  const sent = encodeBody(request, body);
  return {
    ok: true,
    pedido: {
      method: request.method,
      path: search === '' ? path : `${path}?${search}`,
      headers: { ...headersOf(headers), ...(sent ? { 'Content-Type': sent.type } : {}) },
      data: sent?.data,
    },
  };
}

/** The header values of `auth` with type `header`, from usuário and senha. */
export function resolveHeaders(fields: Readonly<Record<string, Field>>, values: Values, tables: Tables) {
  return headersOf(resolveFields(fields, values, tables, []));
}

/** The query parameters that ask for a page: `position` is a page number, an offset or a cursor. */
export function pageParams(page: PageRules, position: string | undefined): Pair[] {
  if (page.style === 'none') return [];
  const params: Pair[] = [];
  if (position !== undefined) params.push([page.param, position]);
  if (page.sizeParam !== undefined) params.push([page.sizeParam, page.size]);
  return params;
}

function resolveFields(
  fields: Readonly<Record<string, Field>>,
  values: Values,
  tables: Tables,
  campos: FieldError[],
): Pair[] {
  return Object.entries(fields).flatMap(([name, field]): Pair[] => {
    if (field.const !== undefined) return [[name, field.const]];
    const source = field.from ?? '';
    const result = transform(values[source] ?? null, field.use, tables);
    if (result.kind === 'value') return [[name, result.value]];
    if (result.kind === 'untranslated') campos.push(untranslated(source));
    return [];
  });
}

function fillPath(template: string, values: Values, tables: Tables, campos: FieldError[]): string {
  return pathVariables(template).reduce((path, { text, source, use }) => {
    const result = transform(values[source] ?? null, use, tables);
    const value = result.kind === 'value' && result.value !== null ? String(result.value) : '';
    // "." and ".." would be swallowed by the URL and reach another resource.
    if (value === '' || value === '.' || value === '..') campos.push(missingInPath(source));
    return path.replace(text, () => encodeURIComponent(value));
  }, template);
}

function addTenant(
  tenant: Formato['tenant'],
  values: Values,
  headers: Pair[],
  query: Pair[],
  body: Pair[] | undefined,
): void {
  const value = values['tenant'] ?? null;
  if (value === null) return;
  if (tenant.in === 'header') headers.push([tenant.name, value]);
  if (tenant.in === 'query') query.push([tenant.name, value]);
  if (tenant.in === 'body') body?.push([tenant.name, value]);
}

function encodeBody(
  request: RequestRules,
  body: Pair[] | undefined,
): { type: string; data: string } | undefined {
  if (body === undefined || request.encoding === 'query') return undefined;
  if (request.encoding === 'form') return { type: 'application/x-www-form-urlencoded', data: formText(body) };
  const json = {};
  for (const [name, value] of body) setPath(json, name, value);
  return { type: 'application/json', data: JSON.stringify(request.array ? [json] : json) };
}

function formText(pairs: readonly Pair[]): string {
  const params = new URLSearchParams();
  for (const [name, value] of pairs) if (value !== null) params.append(name, String(value));
  return params.toString();
}

function headersOf(pairs: readonly Pair[]): Record<string, string> {
  // Line breaks would let a value write headers of its own.
  const clean = pairs
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, oneLine(String(value))]);
  return Object.fromEntries(clean);
}

const oneLine = (text: string) => text.replace(/[^\x20-\x7e\u00a0-\u00ff]/g, '');

function untranslated(source: string): FieldError {
  return { campo: campoOf(source), mensagem: 'O perfil da Tele Clínica não tem tradução para este valor.' };
}

function missingInPath(source: string): FieldError {
  const mensagem =
    source === 'tenant'
      ? 'Cadastre a integração na Tele Clínica antes.'
      : 'Falta o identificador para o endereço da chamada.';
  return { campo: campoOf(source), mensagem };
}

function campoOf(source: string): string {
  if (source === 'planoCodigo') return 'plano';
  return source.split('.').at(-1) ?? source;
}
