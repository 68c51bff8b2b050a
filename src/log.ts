// One JSON line per event. Only ids, states and durations are logged: personal data never reaches a call here.
import { type Logger, pino } from 'pino';

export type Log = Logger;

/** A logger that writes JSON to stderr. Errors keep name, code and stack; nothing hung on them (requests, configs) is printed. */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, serializers: { err: describeError, erro: describeError } },
    pino.destination({ fd: 2, sync: false }),
  );
}

function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { mensagem: 'erro sem descrição' };
  // The message of a database error can quote row values, so only code and stack frames go out for those.
  const code = 'code' in error ? String(error.code) : undefined;
  const frames = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return {
    nome: error.name,
    codigo: code,
    ...(code ? {} : { mensagem: error.message }),
    pilha: frames.slice(0, 6),
  };
}
