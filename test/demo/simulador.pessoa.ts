// What the simulator's tests share: a caller of the API and generated people.
import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import type { Simulador } from '../../src/demo/simulador/processo.ts';

export interface Resposta {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the body of an answer under test has no type worth stating
  body: any;
  text: string;
}

export interface Pedido {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** A function that calls the API with the right credentials. */
export function callerOf(sim: Simulador) {
  const authorization = `Basic ${Buffer.from(`${sim.usuario}:${sim.senha}`).toString('base64')}`;
  return async (line: string, { body, headers = {}, signal }: Pedido = {}): Promise<Resposta> => {
    const [method = '', path = ''] = line.split(' ');
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(`${sim.url}${path}`, {
      method,
      headers: { authorization, ...json, ...headers },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') && text !== '';
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  };
}

export type Chama = ReturnType<typeof callerOf>;

/** A valid CPF that nobody chose. */
export function newCpf(): string {
  const base = String(randomInt(100_000_000, 999_999_999));
  const first = base + digitOf(base);
  return first + digitOf(first);
}

function digitOf(digits: string): number {
  let sum = 0;
  for (const [index, digit] of [...digits].entries()) sum += Number(digit) * (digits.length + 1 - index);
  return ((sum * 10) % 11) % 10;
}

let references = 0;

/** A body that POST /users accepts. */
export function newPessoa(change: Record<string, unknown> = {}) {
  references += 1;
  return {
    externalId: `ixc-teste-${references}-1`,
    planId: 'clinico-24h',
    name: 'Maria Exemplo da Silva',
    cpf: newCpf(),
    birthDate: '1988-04-09',
    phone: '+5554999990000',
    ...change,
  };
}

/** Registers a person and answers what the partner said. */
export async function createPessoa(chama: Chama, change: Record<string, unknown> = {}) {
  const pessoa = newPessoa(change);
  const created = await chama('POST /users', { body: pessoa });
  expect(created.status).toBe(201);
  return { ...pessoa, id: String(created.body.id), status: String(created.body.status) };
}
