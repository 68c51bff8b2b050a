// How this Tele Clínica behaves: every switch of the simulator, its default, and how it is read from the environment.
import { z } from 'zod';
import { Problem } from '../../problem.ts';

const milliseconds = z.number().min(0).max(600_000);

const opcoesSchema = z.strictObject({
  /** Credentials of the account. Changing either one ends every token. */
  usuario: z.string().min(1),
  senha: z.string().min(1),
  /** Which proof of identity is taken. */
  auth: z.enum(['basic', 'bearer', 'both']),
  tokenSegundos: z.number().int().min(1),
  /** True: every call but login and registerIntegration must carry X-Integration-Id. */
  tenantObrigatorio: z.boolean(),
  /** False: Idempotency-Key is ignored, as most servers do. */
  idempotencia: z.boolean(),
  /** False: the same CPF may hold any number of accounts. */
  cpfUnico: z.boolean(),
  /** False: the same externalId creates another account each time. */
  externalIdUnico: z.boolean(),
  /** True: a CPF whose only accounts are cancelled is refused with USER_CANCELLED. */
  recusaCancelado: z.boolean(),
  /** True: unblocking revives a cancelled account. */
  reviveCancelado: z.boolean(),
  estadoInicial: z.enum(['active', 'pending']),
  /** Milliseconds between a 202 and the effect; 0 = everything happens at once and answers 200/201. */
  assincrono: milliseconds,
  minAgeBeforeCancelS: z.number().min(0),
  latencyMs: milliseconds,
  /** Calls per second before 429; 0 = no limit. */
  limitePorSegundo: z.number().int().min(0),
  /** A larger pageSize is silently cut to this. */
  paginaMaxima: z.number().int().min(1).max(1000),
  /** What a lookup by cpf or externalId that finds nobody answers: an empty list, or 404 USER_NOT_FOUND. */
  buscaVazia: z.enum(['lista', '404']),
});

export type Opcoes = z.output<typeof opcoesSchema>;
export type OpcoesChange = Partial<Opcoes>;

const PADRAO: Opcoes = {
  usuario: 'provedor',
  senha: 'simulador-tele-clinica',
  auth: 'both',
  tokenSegundos: 3600,
  tenantObrigatorio: false,
  idempotencia: true,
  cpfUnico: true,
  externalIdUnico: true,
  recusaCancelado: false,
  reviveCancelado: false,
  estadoInicial: 'active',
  assincrono: 0,
  minAgeBeforeCancelS: 0,
  latencyMs: 0,
  limitePorSegundo: 0,
  paginaMaxima: 100,
  buscaVazia: 'lista',
};

/**
 * The options at start: the defaults, then the JSON object in SIMULADOR_OPCOES, then SIMULADOR_USUARIO and
 * SIMULADOR_SENHA. Throws a Problem that names the variable.
 */
export function opcoesFromEnv(env: NodeJS.ProcessEnv): Opcoes {
  try {
    const given = z.record(z.string(), z.unknown()).parse(JSON.parse(env['SIMULADOR_OPCOES'] ?? '{}'));
    const credentials = {
      ...(env['SIMULADOR_USUARIO'] ? { usuario: env['SIMULADOR_USUARIO'] } : {}),
      ...(env['SIMULADOR_SENHA'] ? { senha: env['SIMULADOR_SENHA'] } : {}),
    };
    return mergeOpcoes(PADRAO, { ...given, ...credentials });
  } catch (error) {
    throw new Problem(
      500,
      'O simulador não entendeu SIMULADOR_OPCOES.',
      'Dê um objeto JSON com opções conhecidas.',
      {},
      error,
    );
  }
}

/** The current options with some of them changed. Throws a ZodError for an unknown name or a wrong value. */
export function mergeOpcoes(current: Opcoes, change: Record<string, unknown>): Opcoes {
  return opcoesSchema.parse({ ...current, ...change });
}
