// The control of a running simulator, typed: faults, options, history, people.
import { z } from 'zod';
import type { Sobreposicao } from './concorrencia.ts';
import type { Pessoa } from './controle.ts';
import { SITUACOES, type Usuario } from './estado.ts';
import type { FalhaInput } from './falhas.ts';
import type { Registro } from './historico.ts';
import type { OpcoesChange } from './opcoes.ts';
import { OPERATIONS } from './operations.ts';

export interface Cliente {
  /** Adds a fault rule and answers its id. */
  falha(regra: FalhaInput): Promise<string>;
  /** Takes one rule away, or all of them. */
  semFalhas(id?: string): Promise<void>;
  opcoes(change: OpcoesChange): Promise<void>;
  /** Calls after seq `desde`, oldest first. */
  historico(filter?: { desde?: number; operacao?: string }): Promise<Registro[]>;
  /** People of every tenant, in order of creation. */
  pessoas(filter?: {
    cpf?: string;
    externalId?: string;
    status?: string;
    tenant?: string;
  }): Promise<Usuario[]>;
  /** Registers a person by hand, without any check. `tenant` other than `int-1` = another ISP's. */
  planta(pessoa: Pessoa): Promise<Usuario>;
  /** Changes a person behind everybody's back. */
  muda(id: string, change: Omit<Pessoa, 'tenant'>): Promise<Usuario>;
  /** Makes a person vanish. */
  some(id: string): Promise<void>;
  /** How many writes for one externalId were ever open together: 1 = calls were serial. */
  concorrencia(): Promise<{ max: number; sobreposicoes: Sobreposicao[] }>;
  /** Everything back to the first day, options included; call numbers go on. */
  zera(): Promise<void>;
}

const time = z.number().nullable();
const text = z.string().nullable();

const usuarioSchema: z.ZodType<Usuario> = z.object({
  id: z.string(),
  tenant: z.string(),
  externalId: text,
  status: z.enum(SITUACOES),
  planId: text,
  name: text,
  cpf: text,
  birthDate: text,
  email: text,
  phone: text,
  createdAt: z.number(),
  updatedAt: z.number(),
  blockedAt: time,
  cancelledAt: time,
});

const registroSchema: z.ZodType<Registro> = z.object({
  seq: z.number(),
  at: z.number(),
  operation: z.enum(OPERATIONS).nullable(),
  method: z.string(),
  path: z.string(),
  externalId: text,
  userId: text,
  person: text,
  idempotencyKey: text,
  fields: z.array(z.string()),
  status: time,
  end: z.enum(['open', 'sent', 'dropped', 'aborted']),
  replayed: z.boolean(),
  applied: z.boolean(),
  appliedAt: time,
  rule: text,
  durationMs: time,
});

const concorrenciaSchema = z.object({
  max: z.number(),
  sobreposicoes: z.array(z.object({ externalId: z.string(), max: z.number(), calls: z.array(z.number()) })),
});

/** A client for the control at `base` (…/controle). Each call throws with the control's own words when refused. */
export function createCliente(base: string): Cliente {
  const done = async (method: string, path: string, body?: unknown) => {
    await call(base, method, path, z.unknown(), body);
  };
  return {
    falha: async (regra) => (await call(base, 'POST', '/falhas', z.object({ id: z.string() }), regra)).id,
    semFalhas: (id) => done('DELETE', id === undefined ? '/falhas' : `/falhas/${id}`),
    opcoes: (change) => done('PUT', '/opcoes', change),
    historico: async (filter = {}) => {
      const schema = z.object({ registros: z.array(registroSchema) });
      return (await call(base, 'GET', `/historico${queryOf(filter)}`, schema)).registros;
    },
    pessoas: (filter = {}) => call(base, 'GET', `/usuarios${queryOf(filter)}`, z.array(usuarioSchema)),
    planta: (pessoa) => call(base, 'POST', '/usuarios', usuarioSchema, pessoa),
    muda: (id, change) => call(base, 'PATCH', `/usuarios/${id}`, usuarioSchema, change),
    some: (id) => done('DELETE', `/usuarios/${id}`),
    concorrencia: () => call(base, 'GET', '/concorrencia', concorrenciaSchema),
    zera: () => done('DELETE', ''),
  };
}

async function call<S extends z.ZodType>(
  base: string,
  method: string,
  path: string,
  schema: S,
  body?: unknown,
): Promise<z.output<S>> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: JSON_HEADERS };
  const answer = await fetch(`${base}${path}`, { method, ...sent });
  const received = await answer.text();
  if (!answer.ok) throw new Error(`simulador: ${method} ${path} → ${answer.status} ${received}`);
  return schema.parse(received === '' ? null : JSON.parse(received));
}

const JSON_HEADERS = { 'content-type': 'application/json' };

function queryOf(filter: Record<string, string | number>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query}`;
}
