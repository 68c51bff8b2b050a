// The remote control under /controle: options, fault rules, history and people, as JSON and without a password.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import {
  changeUsuario,
  findByCpf,
  insertUsuario,
  removeUsuario,
  SITUACOES,
  TENANT,
  type Usuario,
} from './estado.ts';
import { type Falha, falhaSchema } from './falhas.ts';
import { clearHistorico, listRegistros } from './historico.ts';
import { addFalha, type Mundo, removeFalha, resetMundo } from './mundo.ts';
import { mergeOpcoes } from './opcoes.ts';
import { hasNoBody, readBody, readEndereco } from './requisicao.ts';
import type { Answer } from './resposta.ts';
import { writeAnswer } from './troca.ts';

const objeto = z.record(z.string(), z.unknown());

const pessoa = z.strictObject({
  tenant: z.string().min(1),
  externalId: z.string().nullable(),
  status: z.enum(SITUACOES),
  planId: z.string().nullable(),
  name: z.string().nullable(),
  cpf: z.string().nullable(),
  birthDate: z.string().nullable(),
  email: z.string().nullable(),
  phone: z.string().nullable(),
});

const NOBODY: z.output<typeof pessoa> = {
  tenant: TENANT,
  externalId: null,
  status: 'active',
  planId: 'clinico-24h',
  name: 'Pessoa Plantada',
  cpf: null,
  birthDate: '1990-01-02',
  email: null,
  phone: null,
};

export type Pessoa = Partial<z.output<typeof pessoa>>;

/** Serves one call of the control. 422 with the reason for a body that is not understood. */
export async function serveControle(mundo: Mundo, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { segments, query } = readEndereco(req);
  const [, what = '', id = null] = segments;
  const body = hasNoBody(req) ? {} : await readBody(req);
  const action = ACTIONS[`${req.method} ${what}${id === null ? '' : '/:id'}`];
  writeAnswer(res, action ? attempt(() => action(mundo, { body, query, id: id ?? '' })) : missing);
}

interface Pedido {
  body: unknown;
  query: URLSearchParams;
  id: string;
}

const missing: Answer = { status: 404, body: { erro: 'não existe' } };

const ACTIONS: Record<string, (mundo: Mundo, pedido: Pedido) => Answer> = {
  'GET ': (mundo) => ok(overview(mundo)),
  'DELETE ': (mundo) => {
    resetMundo(mundo);
    return { status: 204 };
  },
  'PUT opcoes': (mundo, { body }) => ok(changeOpcoes(mundo, objeto.parse(body))),
  'GET falhas': (mundo) => ok(mundo.falhas.map(falhaView)),
  'POST falhas': (mundo, { body }) => {
    const falha = addFalha(mundo, parseFalha(objeto.parse(body)));
    return { status: 201, body: falhaView(falha) };
  },
  'DELETE falhas': (mundo) => {
    removeFalha(mundo, null);
    return { status: 204 };
  },
  'DELETE falhas/:id': (mundo, { id }) => (removeFalha(mundo, id) ? { status: 204 } : missing),
  'GET historico': listHistorico,
  'DELETE historico': (mundo) => {
    clearHistorico(mundo.historico);
    return { status: 204 };
  },
  'GET usuarios': (mundo, { query }) => ok(listPessoas(mundo, query)),
  'GET usuarios/:id': (mundo, { id }) => ok(mundo.estado.usuarios.get(id)),
  'POST usuarios': (mundo, { body }) => {
    const dados = pessoa.parse({ ...NOBODY, ...objeto.parse(body) });
    return { status: 201, body: insertUsuario(mundo.estado, dados) };
  },
  'PATCH usuarios/:id': (mundo, { body, id }) => ok(editPessoa(mundo, id, objeto.parse(body))),
  'DELETE usuarios/:id': (mundo, { id }) => {
    const usuario = mundo.estado.usuarios.get(id);
    if (!usuario) return missing;
    removeUsuario(mundo.estado, usuario);
    return { status: 204 };
  },
  'GET concorrencia': ({ concorrencia }) =>
    ok({ max: concorrencia.max, sobreposicoes: [...concorrencia.overlaps.values()] }),
};

function attempt(action: () => Answer): Answer {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { status: 422, body: { erro: z.prettifyError(error) } };
  }
}

const ok = (body: unknown): Answer => (body === undefined ? missing : { status: 200, body });

function overview(mundo: Mundo): Record<string, unknown> {
  const situacoes: Record<string, number> = {};
  for (const { status } of mundo.estado.usuarios.values()) situacoes[status] = (situacoes[status] ?? 0) + 1;
  return {
    opcoes: mundo.estado.opcoes,
    falhas: mundo.falhas.map(falhaView),
    usuarios: mundo.estado.usuarios.size,
    situacoes,
    planos: [...mundo.estado.planos.values()],
    integracoes: [...mundo.estado.integracoes.values()],
    chamadas: mundo.historico.next - mundo.historico.first,
    ultima: mundo.historico.next - 1,
  };
}

function falhaView({ id, regra, matched, hits, since }: Falha): Record<string, unknown> {
  return { ...regra, id, matched, hits, since };
}

/** A rule from outside, with its defaults. Throws a ZodError; an unknown name is an error too, since it is a typing slip. */
export function parseFalha(input: Record<string, unknown>): Falha['regra'] {
  const regra = falhaSchema.parse(input);
  const known = new Set(Object.keys(regra));
  const unknown = Object.keys(input).filter((name) => !known.has(name) && input[name] !== undefined);
  if (unknown.length > 0)
    throw new z.ZodError([
      {
        code: 'unrecognized_keys',
        keys: unknown,
        path: [],
        message: `campo desconhecido: ${unknown.join(', ')}`,
        input,
      },
    ]);
  return regra;
}

/** Changes options of the running partner. New credentials end every token. */
export function changeOpcoes(mundo: Mundo, change: Record<string, unknown>): Mundo['estado']['opcoes'] {
  const { usuario, senha } = mundo.estado.opcoes;
  const opcoes = mergeOpcoes(mundo.estado.opcoes, change);
  if (opcoes.usuario !== usuario || opcoes.senha !== senha) mundo.estado.tokens.clear();
  mundo.estado.opcoes = opcoes;
  return opcoes;
}

function listHistorico(mundo: Mundo, { query }: Pedido): Answer {
  const since = Number(query.get('desde') ?? 0);
  const limit = Number(query.get('limite') ?? Number.POSITIVE_INFINITY);
  const registros = listRegistros(mundo.historico, since, query.get('operacao'), limit);
  return ok({ ultima: mundo.historico.next - 1, registros });
}

function listPessoas({ estado }: Mundo, query: URLSearchParams): Usuario[] {
  const cpf = query.get('cpf');
  const all = cpf === null ? [...estado.usuarios.values()] : [...findByCpf(estado, cpf)];
  const wanted = (name: string, value: string | null) => !query.has(name) || query.get(name) === value;
  return all.filter(
    ({ externalId, status, tenant }) =>
      wanted('externalId', externalId) && wanted('status', status) && wanted('tenant', tenant),
  );
}

/** Changes a person behind the plugin's back. Undefined when there is no such person. */
export function editPessoa(mundo: Mundo, id: string, change: Record<string, unknown>): Usuario | undefined {
  const usuario = mundo.estado.usuarios.get(id);
  if (!usuario) return undefined;
  const { name, cpf, birthDate, email, phone, tenant, externalId, status, planId } = usuario;
  const current = { name, cpf, birthDate, email, phone, tenant, externalId, status, planId };
  const { tenant: _, ...dados } = pessoa.parse({ ...current, ...change, tenant });
  changeUsuario(mundo.estado, usuario, dados);
  return usuario;
}
