// The shape of one request in a profile and of the rules that judge its answer.
import { z } from 'zod';
import { isSafePath, isTransform, TRANSFORM_NAMES } from './transformar.ts';

export const OUTCOME_KINDS = [
  'ok',
  'accepted',
  'already',
  'not_found',
  'duplicate',
  'duplicate_here',
  'duplicate_elsewhere',
  'refused_data',
  'wrong_state',
  'forbidden',
  'credentials',
  'rate_limited',
  'unavailable',
  'uncertain',
  'contract_broken',
] as const;

export const CAMPOS = [
  'nome',
  'cpf',
  'nascimento',
  'email',
  'celular',
  'plano',
  'cnpj',
  'descricao',
] as const;

export const path = z.string().refine(isSafePath, {
  error: 'use um caminho com pontos, como dados.0.id, ou "$" para o corpo inteiro',
});
export const scalar = z.union([z.string().max(200), z.number(), z.boolean(), z.null()], {
  error: 'use um texto, um número, true, false ou null',
});
const transformName = z.string().refine(isTransform, {
  error: (issue) => `"${String(issue.input)}" não é uma transformação; use ${TRANSFORM_NAMES.join(', ')}`,
});
export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,60}$/, 'use um nome de cabeçalho, como X-Integration-Id');
export const fieldName = z.string().min(1).max(80);

/** Where one value of a request comes from: a source named by the port, or a constant. */
export const field = z
  .strictObject({
    from: z.string().optional(),
    const: scalar.optional(),
    use: z.array(transformName).default([]),
  })
  .refine((value) => (value.from === undefined) !== (value.const === undefined), {
    error: 'diga "from" ou "const", um dos dois',
  });
const fields = z.record(path, field);

/** Conditions on a parsed answer; all that are written must hold. */
const condition = {
  path: path.optional(),
  equals: scalar.optional(),
  in: z.array(scalar).min(1).optional(),
  exists: z.boolean().optional(),
};

export const rule = z.strictObject({
  http: z
    .array(
      z.union([z.int().min(100).max(599), z.string().regex(/^[1-5]xx$/)], {
        error: 'use um código como 409 ou uma classe como "4xx"',
      }),
    )
    .min(1)
    .optional(),
  ...condition,
  textContains: z.array(z.string().min(2)).min(1).optional(),
  is: z.enum(OUTCOME_KINDS),
  campo: z.enum(CAMPOS).optional(),
  mensagem: z.string().min(1).max(200).optional(),
  novaChave: z.boolean().default(false),
});

export const page = z.discriminatedUnion('style', [
  z.strictObject({
    style: z.literal('page'),
    param: fieldName,
    first: z.int().min(0).default(1),
    size: z.int().min(1).max(1000),
    sizeParam: fieldName.optional(),
    totalPages: path.optional(),
    total: path.optional(),
  }),
  z.strictObject({
    style: z.literal('offset'),
    param: fieldName,
    size: z.int().min(1).max(1000),
    sizeParam: fieldName.optional(),
    total: path.optional(),
  }),
  z.strictObject({
    style: z.literal('cursor'),
    param: fieldName,
    size: z.int().min(1).max(1000),
    sizeParam: fieldName.optional(),
    next: path,
  }),
  z.strictObject({ style: z.literal('none') }),
]);

export const request = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z
    .string()
    .regex(/^\/[A-Za-z0-9._~{}|:/-]*$/, 'comece com "/" e use só letras, números e {variáveis}'),
  headers: z.record(headerName, field).default({}),
  query: fields.default({}),
  body: fields.optional(),
  encoding: z.enum(['json', 'form', 'query']).default('json'),
  array: z.boolean().default(false),
  getBody: z.boolean().default(false),
  outcomes: z.array(rule).default([]),
};

export const operation = <T extends z.ZodType>(result: T) =>
  z.strictObject({
    ...request,
    writes: z.boolean().default(false),
    list: path.optional(),
    result,
    success: z.array(z.strictObject(condition)).default([]),
    page: page.optional(),
  });

export type Field = z.infer<typeof field>;
export type Rule = z.infer<typeof rule>;
export type Condition = z.infer<z.ZodObject<typeof condition>>;
export type PageRules = z.infer<typeof page>;
export type RequestRules = z.infer<z.ZodObject<typeof request>>;
