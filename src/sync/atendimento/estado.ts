// What is known and pending for one person, and the ways in which any answer changes it. Pure: no I/O, no clock.
import type { Outcome, RemoteUser } from '../../teleclinica/port.ts';
import type { CampoRecusado, CausaDeRetencao, Desejada, Situacao } from '../tipos.ts';

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
  /** Name or contact must be sent again. */
  atualizar?: boolean;
  /** Somebody asked for the cancelled account again: first by reviving it. */
  reviver?: boolean;
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

export type PassoDeEscrita = 'criar' | 'bloquear' | 'desbloquear' | 'trocar_plano' | 'atualizar' | 'cancelar';

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 30 * 60_000;
const DEFAULT_RATE_WAIT_MS = 5_000;

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

/** After an answer that means the same to a write and to a reading. */
export function common(estado: Estado, outcome: CommonOutcome, tempos: Tempos): Consequencia {
  switch (outcome.kind) {
    case 'duplicate_elsewhere':
      return hold(estado, 'outro_parceiro', outcome.mensagem);
    case 'refused_data':
      return refused(estado, outcome);
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

// Whose matter a refused field is: the plano's, the integração's, or else the client's register.
const DE_QUEM: { de: RegExp; causa: CausaDeRetencao; correcao: string }[] = [
  {
    de: /^(plano?|plan)(_?id)?$/i,
    causa: 'plano_nao_registrado',
    correcao: 'Abra o plano em Planos: a Tele Clínica não o reconhece.',
  },
  {
    de: /tenant|integra|cnpj|external_?id|referencia/i,
    causa: 'proibido',
    correcao: 'Confira a integração com a Tele Clínica; nada no cadastro do cliente muda isto.',
  },
];
const DO_CLIENTE = { causa: 'dados', correcao: 'Corrija no cadastro do cliente no IXC.' } as const;

// One field of the client's is enough to make it the client's: that can be corrected right away.
function refused(
  estado: Estado,
  { campos, mensagem }: Extract<Outcome<unknown>, { kind: 'refused_data' }>,
): Consequencia {
  const donos = campos.map(({ campo }) => DE_QUEM.find(({ de }) => de.test(campo)) ?? DO_CLIENTE);
  const causa = donos.find((each) => each === DO_CLIENTE)?.causa ?? donos[0]?.causa ?? DO_CLIENTE.causa;
  return {
    ...hold(estado, causa, mensagem),
    retida: {
      causa,
      campos: campos.map(({ campo, mensagem: porque }, index) => ({
        campo,
        motivo: `${RECUSOU}${porque}`,
        correcao: donos[index]?.correcao ?? DO_CLIENTE.correcao,
      })),
    },
  };
}

/** How the reason of a field begins that the partner refused, told apart from what we found ourselves. */
export const RECUSOU = 'A Tele Clínica recusou: ';

/** Surely not done: the same again, later and later, no earlier than `esperarMs` (milliseconds) from now. */
export function retry(
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

/** The state in which the partner showed our account. */
export function adopt(estado: Estado, user: RemoteUser): Estado {
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

/** The operação stays open; the person is looked at again at `esperarAte`, null = at once. */
export function keep(
  estado: Estado,
  sinal: Sinal,
  mensagem: string | null,
  esperarAte: number | null,
): Consequencia {
  return { estado, sinal, operacao: 'aberta', mensagem, retida: null, esperarAte };
}

/** The person is held until somebody, or time, lets it go; the operação is refused. */
export function hold(estado: Estado, causa: CausaDeRetencao, mensagem: string): Consequencia {
  return {
    estado,
    sinal: { kind: 'respondeu' },
    operacao: 'recusada',
    mensagem: mensagem.slice(0, 255),
    retida: { causa, campos: [] },
    esperarAte: null,
  };
}
