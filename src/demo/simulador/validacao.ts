// The request bodies of the OpenAPI as zod schemas whose messages are the API's error codes.
import { z } from 'zod';
import { type Answer, problem, unprocessable } from './resposta.ts';

export interface Falta {
  field: string;
  code: string;
  message: string;
}

const MENSAGENS: Record<string, string> = {
  REQUIRED: 'Campo obrigatório',
  INVALID_CPF: 'CPF inválido',
  INVALID_CNPJ: 'CNPJ inválido',
  INVALID_DATE: 'Data inválida',
  INVALID_BIRTH_DATE: 'Data de nascimento inválida',
  INVALID_PHONE: 'Celular inválido',
  INVALID_EMAIL: 'E-mail inválido',
  INVALID_NAME: 'Nome inválido',
  IMMUTABLE: 'Este campo não pode ser alterado',
  CONTACT_REQUIRED: 'Informe e-mail ou celular',
  EMPTY: 'Nada para alterar',
};

const coded = (code: string) => ({
  error: (issue: { input?: unknown }) => (issue.input === undefined ? 'REQUIRED' : code),
});

const text = (min: number, max: number, code = 'INVALID_VALUE') =>
  z.string(coded(code)).min(min, coded(code)).max(max, coded(code));
const date = z.string(coded('INVALID_DATE')).refine(isDate, coded('INVALID_DATE'));
const cpf = z.string(coded('INVALID_CPF')).refine(isCpf, coded('INVALID_CPF'));
const birthDate = z
  .string(coded('INVALID_BIRTH_DATE'))
  .refine((value) => isBirthDate(value, Date.now()), coded('INVALID_BIRTH_DATE'));
const phone = z.string(coded('INVALID_PHONE')).regex(/^\+55[1-9][0-9]9[0-9]{8}$/, coded('INVALID_PHONE'));
const email = z.email(coded('INVALID_EMAIL')).max(100, coded('INVALID_EMAIL'));
const name = text(3, 100, 'INVALID_NAME');
const dependentes = z.int(coded('INVALID_VALUE')).min(0).max(20);

export const userCreate = z
  .object({
    externalId: text(1, 100),
    planId: text(1, 64),
    name,
    socialName: text(0, 100, 'INVALID_NAME').nullish(),
    cpf,
    birthDate,
    email: email.nullish(),
    phone: phone.nullish(),
    sex: z.enum(['M', 'F', 'O'], coded('INVALID_VALUE')).nullish(),
    address: z.record(z.string(), z.unknown(), coded('INVALID_VALUE')).nullish(),
    startsAt: date.optional(),
  })
  .refine((body) => Boolean(body.email ?? body.phone), { path: ['phone'], error: 'CONTACT_REQUIRED' });

export const userUpdate = z
  .object({
    name: name.optional(),
    socialName: text(0, 100, 'INVALID_NAME').nullish(),
    birthDate: birthDate.optional(),
    email: email.nullish(),
    phone: phone.nullish(),
    sex: z.enum(['M', 'F', 'O'], coded('INVALID_VALUE')).nullish(),
    address: z.record(z.string(), z.unknown(), coded('INVALID_VALUE')).nullish(),
    cpf: z.undefined({ error: 'IMMUTABLE' }).optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { path: ['name'], error: 'EMPTY' });

export const statusChange = z.object({
  reason: z.enum(['overdue', 'customer_request', 'fraud', 'other'], coded('INVALID_VALUE')).optional(),
  note: text(0, 200).optional(),
});

export const cancelRequest = z.object({
  reason: z
    .enum(
      ['contract_ended', 'customer_request', 'plan_change', 'data_error', 'other'],
      coded('INVALID_VALUE'),
    )
    .optional(),
  planId: text(1, 64).optional(),
  effectiveAt: date.optional(),
});

export const planChange = z.object({ planId: text(1, 64), effectiveAt: date.optional() });

export const planCreate = z.object({
  externalId: text(1, 100),
  name: text(1, 80, 'INVALID_NAME'),
  description: text(0, 500).optional(),
  maxDependents: dependentes.optional(),
});

export const planUpdate = z
  .object({
    name: text(1, 80, 'INVALID_NAME').optional(),
    description: text(0, 500).optional(),
    active: z.boolean(coded('INVALID_VALUE')).optional(),
    maxDependents: dependentes.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, { path: ['name'], error: 'EMPTY' });

export const integrationCreate = z.object({
  cnpj: z.string(coded('INVALID_CNPJ')).regex(/^[0-9A-Z]{12}[0-9]{2}$/, coded('INVALID_CNPJ')),
  name: text(2, 120, 'INVALID_NAME'),
  contactEmail: email.optional(),
  callbackUrl: z.url(coded('INVALID_VALUE')).optional(),
});

export const dependentCreate = z.object({
  externalId: text(1, 100).optional(),
  name,
  cpf: cpf.optional(),
  birthDate,
  kinship: z.enum(['spouse', 'child', 'parent', 'other'], coded('INVALID_VALUE')),
});

/** The body as `schema` wants it, or the answer that refuses it: 400 when it is no object, 422 with the fields. */
export function parseBody<S extends z.ZodType>(
  schema: S,
  body: unknown,
): { data: z.output<S> } | { refusal: Answer } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { refusal: problem(400, 'BAD_REQUEST', 'The body must be a JSON object') };
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return { data: parsed.data };
  return { refusal: unprocessable(parsed.error.issues.map(toFalta)) };
}

function toFalta(issue: z.core.$ZodIssue): Falta {
  const code = issue.message in MENSAGENS ? issue.message : 'INVALID_VALUE';
  return { field: issue.path.join('.'), code, message: MENSAGENS[code] ?? 'Valor inválido' };
}

/** True for 11 digits with both check digits right and not all the same digit (Receita Federal, modulo 11). */
export function isCpf(value: string): boolean {
  if (!/^\d{11}$/.test(value) || /^(\d)\1{10}$/.test(value)) return false;
  return checkDigit(value, 9) === Number(value[9]) && checkDigit(value, 10) === Number(value[10]);
}

function checkDigit(value: string, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) sum += Number(value[i]) * (length + 1 - i);
  return ((sum * 10) % 11) % 10;
}

/** True for a date of the calendar, written yyyy-MM-dd. */
export function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const parsed = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(value);
}

/** True for a date on which somebody alive now (`now` in ms) was born: not in the future, at most 120 years ago. */
export function isBirthDate(value: string, now: number): boolean {
  if (!isDate(value)) return false;
  const age = now - Date.parse(`${value}T00:00:00Z`);
  return age >= 0 && age <= 120.01 * 365.25 * 86_400_000;
}
