// What an answer of the partner means for a person: the next known state and when to act again. Pure: no I/O, no clock.
import type { Outcome, RemoteUser } from '../teleclinica/port.ts';
import type { CampoRecusado, CausaDeRetencao, Desejada, Situacao } from './tipos.ts';

/** What is known and pending for one person. Times in milliseconds since the epoch. */
export interface Estado {
  desejada: Desejada;
  /** The partner's code of the wished plan. */
  planoDesejado: string | null;
  observada: Situacao;
  planoObservado: string | null;
  aguardaAcesso: boolean;
  lido: boolean;
  remotoId: string | null;
  conferirEm: number | null;
  /** 0 = nothing to confirm; 1–3 = which reading after an uncertain write comes next. */
  conferencias: number;
  incertaEm: number | null;
  criarNaoAntes: number | null;
  duplicado: boolean;
  falhas: number;
}

export interface Tempos {
  agora: number;
  /** CONFIRMACAO_SEGUNDOS, in milliseconds. */
  confirmacaoMs: number;
  /** 0 ≤ x < 1, for the jitter. */
  sorte: number;
}

/** What the answer says of the integração as a whole, beyond this person. */
export type Sinal =
  | { kind: 'respondeu' }
  | { kind: 'fora' }
  | { kind: 'credencial' }
  | { kind: 'limite'; esperarMs: number };

export interface Consequencia {
  estado: Estado;
  sinal: Sinal;
  /** Of the operação being served. */
  operacao: 'aberta' | 'feita' | 'recusada';
  mensagem: string | null;
  retida: { causa: CausaDeRetencao; campos: CampoRecusado[] } | null;
  /** Do not look at this person again before; null = go on at once. */
  esperarAte: number | null;
}

export type PassoDeEscrita = 'criar' | 'bloquear' | 'desbloquear' | 'trocar_plano' | 'cancelar';

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 30 * 60_000;
const DEFAULT_RATE_WAIT_MS = 5_000;
const DEFAULT_ACCEPTED_WAIT_MS = 2_000;
const STATE_REFUSALS = 3;
// Readings after an uncertain write: at once, after the confirmation time, after fifteen times that (decisions 19).
const READINGS = [0, 1, 15];

/** After a write. `externalId` is the reference we sent or know the account by. */
export function afterWrite(
  estado: Estado,
  passo: PassoDeEscrita,
  outcome: Outcome<RemoteUser>,
  externalId: string,
  tempos: Tempos,
): Consequencia {
  switch (outcome.kind) {
    case 'ok':
    case 'already':
      return confirmed(estado, passo, outcome.value, externalId, tempos);
    case 'accepted': {
      const first = tempos.agora + (outcome.esperarMs ?? DEFAULT_ACCEPTED_WAIT_MS);
      const next = uncertain(counted(estado), passo, tempos);
      // A partner that asks for more time than our wait is given it: a newer wish must not create meanwhile.
      const criarNaoAntes = passo === 'criar' ? Math.max(first, next.criarNaoAntes ?? 0) : next.criarNaoAntes;
      const waiting = { ...next, conferirEm: first, criarNaoAntes };
      return keep(waiting, { kind: 'respondeu' }, 'A Tele Clínica aceitou e ainda está processando.', first);
    }
    case 'uncertain': {
      const next = uncertain(counted(estado), passo, tempos);
      const mensagem = `Sem resposta certa da Tele Clínica; conferindo. ${outcome.mensagem}`.trim();
      const result = keep(next, { kind: 'fora' }, mensagem, null);
      return outcome.novaChave ? { ...result, operacao: 'recusada' } : result;
    }
    case 'not_found': {
      const again = estado.falhas > 0 ? tempos.agora + backoffMs(estado.falhas, tempos.sorte) : null;
      const mensagem = 'A Tele Clínica não achou esta conta; conferindo.';
      return keep(unknown(counted(estado), tempos), { kind: 'respondeu' }, mensagem, again);
    }
    case 'duplicate':
      return keep(
        { ...unknown(estado, tempos), duplicado: true },
        { kind: 'respondeu' },
        outcome.mensagem,
        null,
      );
    case 'duplicate_here':
      return duplicateHere(estado, outcome.existente, outcome.mensagem, externalId, tempos);
    case 'contract_broken':
      // Held, and also in doubt: whatever that answer meant, the call may have done something.
      return hold(uncertain(estado, passo, tempos), 'contrato_quebrado', outcome.mensagem);
    case 'wrong_state':
      return wrongState(estado, outcome, tempos);
    default:
      return common(estado, outcome, tempos);
  }
}

/** After a reading: `outcome` carries every account found, `externalId` is our current reference. */
export function afterRead(
  estado: Estado,
  outcome: Outcome<RemoteUser[]>,
  externalId: string,
  tempos: Tempos,
): Consequencia {
  switch (outcome.kind) {
    case 'ok':
    case 'already':
      return recognise(estado, outcome.value, externalId, tempos);
    case 'not_found':
      return absent(estado, tempos);
    case 'uncertain':
    case 'accepted':
    case 'wrong_state':
      return retry(
        estado,
        { kind: 'fora' },
        'A Tele Clínica não deu uma resposta legível à consulta.',
        tempos,
      );
    case 'duplicate':
    case 'duplicate_here':
      return hold(estado, 'contrato_quebrado', 'A Tele Clínica respondeu “já cadastrado” a uma consulta.');
    default:
      return common(estado, outcome, tempos);
  }
}

/** The state after a write whose effect nobody knows: read now, later and much later; no create before the second reading. */
export function uncertain(estado: Estado, passo: PassoDeEscrita, { agora, confirmacaoMs }: Tempos): Estado {
  const wait = agora + confirmacaoMs;
  return {
    ...estado,
    observada: 'desconhecido',
    incertaEm: agora,
    conferencias: 1,
    conferirEm: agora,
    criarNaoAntes: passo === 'criar' ? Math.max(wait, estado.criarNaoAntes ?? 0) : estado.criarNaoAntes,
  };
}

/** Full jitter between half and all of an exponential step, one second to thirty minutes. */
export function backoffMs(falhas: number, sorte: number): number {
  const step = Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** Math.min(falhas, 20));
  return step / 2 + (step / 2) * sorte;
}

function confirmed(
  estado: Estado,
  passo: PassoDeEscrita,
  user: RemoteUser,
  externalId: string,
  tempos: Tempos,
): Consequencia {
  if (user.externalId !== null && user.externalId !== externalId) {
    return hold(
      { ...estado, observada: 'desconhecido' },
      'contrato_quebrado',
      'A Tele Clínica respondeu com a conta de outra referência. Nada foi assumido.',
    );
  }
  if (user.situacao === 'desconhecido') {
    const next = uncertain(counted(estado), passo, tempos);
    return keep(
      next,
      { kind: 'respondeu' },
      'A Tele Clínica respondeu com uma situação que o perfil não conhece.',
      null,
    );
  }
  const sentPlano = passo === 'criar' || passo === 'trocar_plano' ? estado.planoDesejado : null;
  const next = {
    ...adopt({ ...estado, planoObservado: sentPlano ?? estado.planoObservado }, user),
    falhas: 0,
  };
  return { ...keep(next, { kind: 'respondeu' }, null, null), operacao: 'feita' };
}

function adopt(estado: Estado, user: RemoteUser): Estado {
  return {
    ...estado,
    observada: user.situacao,
    planoObservado: user.planoCodigo ?? estado.planoObservado,
    aguardaAcesso: user.aguardaPrimeiroAcesso,
    lido: true,
    remotoId: user.id,
    duplicado: false,
  };
}

const counted = (estado: Estado): Estado => ({ ...estado, falhas: estado.falhas + 1 });

function recognise(estado: Estado, users: RemoteUser[], externalId: string, tempos: Tempos): Consequencia {
  const ours = users.find(
    (user) => user.externalId === externalId || (user.id === estado.remotoId && user.externalId === null),
  );
  if (ours) {
    const next = advance(adopt(estado, ours), tempos);
    if (ours.situacao === 'desconhecido') {
      return hold(
        next,
        'contrato_quebrado',
        'A Tele Clínica usa para esta conta uma situação que o perfil não conhece.',
      );
    }
    return seen(estado, next, tempos);
  }
  const stranger = users.find((user) => user.situacao !== 'cancelado');
  if (stranger) {
    return hold(
      { ...advance(estado, tempos), observada: 'ausente', lido: true, duplicado: false },
      'ja_existe',
      'Este CPF já tem conta na Tele Clínica com outra referência. Confira com a Tele Clínica de quem é.',
    );
  }
  return absent(estado, tempos);
}

function absent(estado: Estado, tempos: Tempos): Consequencia {
  const next = {
    ...advance(estado, tempos),
    observada: 'ausente' as const,
    lido: true,
    aguardaAcesso: false,
  };
  if (estado.duplicado) {
    return hold(
      { ...next, duplicado: false },
      'outro_parceiro',
      'A Tele Clínica diz que o CPF já é cadastrado, mas não neste provedor.',
    );
  }
  if (estado.remotoId !== null && estado.desejada !== 'cancelado') {
    return hold(
      next,
      'sumiu',
      'A conta existia e a Tele Clínica não a encontra mais. Confira com a Tele Clínica antes de criar outra.',
    );
  }
  // What we knew and wished cancelled is over when it is gone: the reference is not used again.
  return seen(estado, estado.remotoId === null ? next : { ...next, observada: 'cancelado' }, tempos);
}

// What was written and took no effect is not written again at once: it waits longer each time, counted from the write.
function seen(before: Estado, estado: Estado, { sorte }: Tempos): Consequencia {
  if (before.conferencias === 0 || isReached(estado)) {
    return keep({ ...estado, falhas: 0 }, { kind: 'respondeu' }, null, null);
  }
  const wait = before.incertaEm === null ? null : before.incertaEm + backoffMs(estado.falhas, sorte);
  return keep(estado, { kind: 'respondeu' }, null, estado.falhas === 0 ? null : wait);
}

function isReached({ desejada, observada, planoDesejado, planoObservado }: Estado): boolean {
  if (desejada !== 'ativo') return desejada === 'ausente' || [desejada, 'ausente'].includes(observada);
  return observada === 'ativo' && (planoObservado === null || planoObservado === planoDesejado);
}

function advance(estado: Estado, { agora, confirmacaoMs }: Tempos): Estado {
  if (estado.conferencias === 0 || estado.conferirEm === null || estado.conferirEm > agora) return estado;
  const factor = READINGS[estado.conferencias];
  if (factor === undefined) {
    return { ...estado, conferencias: 0, conferirEm: null, incertaEm: null, criarNaoAntes: null };
  }
  // Counted from the write itself: what lands late lands late after that, however late we read.
  const scheduled = (estado.incertaEm ?? agora) + factor * confirmacaoMs;
  return { ...estado, conferencias: estado.conferencias + 1, conferirEm: Math.max(scheduled, agora) };
}

function duplicateHere(
  estado: Estado,
  existente: RemoteUser | undefined,
  mensagem: string,
  externalId: string,
  tempos: Tempos,
): Consequencia {
  if (existente === undefined) {
    return keep({ ...unknown(estado, tempos), duplicado: true }, { kind: 'respondeu' }, mensagem, null);
  }
  if (existente.externalId === externalId && existente.situacao !== 'desconhecido') {
    const next = { ...adopt(estado, existente), falhas: 0 };
    if (existente.situacao === 'cancelado') return hold(next, 'cancelado_no_parceiro', mensagem);
    return { ...keep(next, { kind: 'respondeu' }, null, null), operacao: 'feita' };
  }
  const words = existente.situacao === 'cancelado' ? 'uma conta cancelada' : 'conta';
  return hold(
    estado,
    'ja_existe',
    `Este CPF já tem ${words} na Tele Clínica com outra referência. ${mensagem}`,
  );
}

function wrongState(
  estado: Estado,
  outcome: { mensagem: string; esperarMs: number | undefined },
  tempos: Tempos,
): Consequencia {
  if (outcome.esperarMs !== undefined) {
    return keep(estado, { kind: 'respondeu' }, outcome.mensagem, tempos.agora + outcome.esperarMs);
  }
  const falhas = estado.falhas + 1;
  // Counted anew after the hold: looking again then starts with a write and, if refused, a reading.
  if (falhas >= STATE_REFUSALS) return hold({ ...estado, falhas: 0 }, 'estado_recusado', outcome.mensagem);
  const next = { ...unknown(estado, tempos), falhas };
  return keep(next, { kind: 'respondeu' }, outcome.mensagem, tempos.agora + backoffMs(falhas, tempos.sorte));
}

type CommonOutcome = Exclude<
  Outcome<unknown>,
  {
    kind:
      | 'ok'
      | 'already'
      | 'accepted'
      | 'uncertain'
      | 'not_found'
      | 'duplicate'
      | 'duplicate_here'
      | 'wrong_state';
  }
>;

function common(estado: Estado, outcome: CommonOutcome, tempos: Tempos): Consequencia {
  switch (outcome.kind) {
    case 'duplicate_elsewhere':
      return hold(estado, 'outro_parceiro', outcome.mensagem);
    case 'refused_data':
      return {
        ...hold(estado, 'dados', outcome.mensagem),
        retida: {
          causa: 'dados',
          campos: outcome.campos.map(({ campo, mensagem }) => ({
            campo,
            motivo: `A Tele Clínica recusou: ${mensagem}`,
            correcao: 'Corrija no cadastro do cliente no IXC.',
          })),
        },
      };
    case 'forbidden':
      return hold(estado, 'proibido', outcome.mensagem);
    case 'contract_broken':
      return hold({ ...estado, observada: 'desconhecido' }, 'contrato_quebrado', outcome.mensagem);
    case 'credentials':
      return keep(
        estado,
        { kind: 'credencial' },
        'A Tele Clínica recusou usuário ou senha da integração.',
        tempos.agora,
      );
    case 'rate_limited': {
      const esperarMs = outcome.esperarMs ?? DEFAULT_RATE_WAIT_MS;
      const mensagem = 'A Tele Clínica pediu para esperar.';
      return keep(estado, { kind: 'limite', esperarMs }, mensagem, tempos.agora + esperarMs);
    }
    case 'unavailable':
      return retry(estado, { kind: 'fora' }, outcome.mensagem, tempos, outcome.esperarMs);
  }
}

function retry(
  estado: Estado,
  sinal: Sinal,
  mensagem: string,
  tempos: Tempos,
  esperarMs?: number,
): Consequencia {
  const falhas = estado.falhas + 1;
  const wait = Math.max(esperarMs ?? 0, backoffMs(falhas, tempos.sorte));
  return keep({ ...estado, falhas }, sinal, mensagem, tempos.agora + wait);
}

function unknown(estado: Estado, tempos: Tempos): Estado {
  return {
    ...estado,
    observada: 'desconhecido',
    conferirEm: estado.conferirEm ?? tempos.agora,
    conferencias: estado.conferencias || 3,
  };
}

function keep(
  estado: Estado,
  sinal: Sinal,
  mensagem: string | null,
  esperarAte: number | null,
): Consequencia {
  return { estado, sinal, operacao: 'aberta', mensagem, retida: null, esperarAte };
}

function hold(estado: Estado, causa: CausaDeRetencao, mensagem: string): Consequencia {
  return {
    estado,
    sinal: { kind: 'respondeu' },
    operacao: 'recusada',
    mensagem: mensagem.slice(0, 255),
    retida: { causa, campos: [] },
    esperarAte: null,
  };
}
