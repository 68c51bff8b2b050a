// Refused launches in the audit trail: why, and who when the signature was good; never the token, and few a minute.
import { errors } from 'jose';
import { Problem } from '../problem.ts';
import { audit } from '../sync/auditoria.ts';
import type { Sync } from '../sync/contexto.ts';

export type Motivo =
  | 'formato'
  | 'assinatura'
  | 'algoritmo'
  | 'vencido'
  | 'emissor'
  | 'destino'
  | 'conteudo'
  | 'caminho'
  | 'contrato'
  | 'operador'
  | 'repetido';

/** 403, the same words for everybody; `motivo` is for the audit trail alone. */
export class LaunchRecusado extends Problem {
  readonly motivo: Motivo;
  /** Whom a good signature named. */
  readonly operadorId: number | null;

  constructor(motivo: Motivo, operadorId: number | null = null) {
    super(
      403,
      'Não foi possível entrar na Tele Clínica.',
      'Volte ao IXC e abra de novo. O acesso vale por um minuto e só uma vez.',
    );
    this.motivo = motivo;
    this.operadorId = operadorId;
  }
}

const WINDOW_MS = 60_000;
const ROWS_PER_WINDOW = 20;

/**
 * Writes a row for a refusal. Beyond twenty a minute they are only counted, and the first row of a later minute says
 * how many were left out (`omitidas`): a flood of forged tokens fills no table.
 */
export function createRegistro({ db, log }: Sync): (error: unknown) => Promise<void> {
  let since = 0;
  let written = 0;
  let omitidas = 0;
  return async (error) => {
    if (Date.now() - since >= WINDOW_MS) [since, written] = [Date.now(), 0];
    if (written >= ROWS_PER_WINDOW) {
      omitidas += 1;
      return;
    }
    written += 1;
    const detalhe = { motivo: motivoOf(error), ...(omitidas > 0 ? { omitidas } : {}) };
    omitidas = 0;
    const operadorId = error instanceof LaunchRecusado ? error.operadorId : null;
    // Without our database nobody enters either: the log has the reason.
    await audit(db, { operadorId, evento: 'launch_recusado', detalhe }).catch((erro: unknown) =>
      log.warn({ erro }, 'launch recusado sem registro na auditoria'),
    );
  };
}

const CLAIMS: Record<string, Motivo> = { iss: 'emissor', aud: 'destino' };

function motivoOf(error: unknown): Motivo {
  if (error instanceof LaunchRecusado) return error.motivo;
  if (error instanceof errors.JWTExpired) return 'vencido';
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIMS[error.claim] ?? 'conteudo';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'assinatura';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'algoritmo';
  return 'formato';
}
