// A partner in memory for the property tests: one person's accounts, effects that may land late, nothing else.
import type { PassoDeEscrita } from '../../../../src/sync/atendimento/estado.ts';
import type { Outcome, RemoteUser } from '../../../../src/teleclinica/port.ts';

interface Conta {
  id: string;
  situacao: 'ativo' | 'bloqueado' | 'cancelado';
  plano: string;
}

export interface Chamada {
  passo: PassoDeEscrita;
  /** The account meant; null for a create. */
  remotoId: string | null;
  plano: string | null;
}

export const REFERENCIA = 'ixc-teste-1-1';

export interface ParceiroDeModelo {
  readonly contas: readonly Conta[];
  /** Carries the call out now and answers what the partner would say. */
  apply(chamada: Chamada): Outcome<RemoteUser>;
  /** Carries the call out later, when the clock passes `em`. */
  applyAt(chamada: Chamada, em: number): void;
  /** Lets everything land whose time has come. */
  land(agora: number): void;
  find(): Outcome<RemoteUser[]>;
}

/** `unico` = the partner itself refuses a second account under the same reference. */
export function createParceiro(unico: boolean): ParceiroDeModelo {
  const contas: Conta[] = [];
  let atrasadas: { chamada: Chamada; em: number }[] = [];

  const apply = (chamada: Chamada): Outcome<RemoteUser> => {
    if (chamada.passo === 'criar') return create(contas, chamada, unico);
    const conta = contas.find(({ id }) => id === chamada.remotoId);
    return conta === undefined ? { kind: 'not_found' } : change(conta, chamada);
  };

  return {
    contas,
    apply,
    applyAt: (chamada, em) => {
      atrasadas.push({ chamada, em });
    },
    land: (agora) => {
      const due = atrasadas.filter(({ em }) => em <= agora).sort((a, b) => a.em - b.em);
      if (due.length === 0) return;
      atrasadas = atrasadas.filter(({ em }) => em > agora);
      for (const { chamada } of due) apply(chamada);
    },
    find: () => (contas.length === 0 ? { kind: 'not_found' } : { kind: 'ok', value: contas.map(viewOf) }),
  };
}

function create(contas: Conta[], { plano }: Chamada, unico: boolean): Outcome<RemoteUser> {
  const [same] = contas;
  if (same && unico) {
    const existente = viewOf(same);
    return same.situacao === 'cancelado'
      ? { kind: 'duplicate_here', existente, mensagem: 'A conta foi cancelada.' }
      : { kind: 'ok', value: existente };
  }
  const conta: Conta = { id: `u${contas.length + 1}`, situacao: 'ativo', plano: plano ?? '' };
  contas.push(conta);
  return { kind: 'ok', value: viewOf(conta) };
}

const TARGET = { bloquear: 'bloqueado', desbloquear: 'ativo', cancelar: 'cancelado' } as const;

function change(conta: Conta, { passo, plano }: Chamada): Outcome<RemoteUser> {
  if (passo === 'criar') throw new Error('a create changes no account');
  if (passo === 'cancelar' && conta.situacao === 'cancelado')
    return { kind: 'already', value: viewOf(conta) };
  if (conta.situacao === 'cancelado') {
    return { kind: 'wrong_state', mensagem: 'A conta está cancelada.', esperarMs: undefined };
  }
  if (passo === 'trocar_plano') conta.plano = plano ?? conta.plano;
  else if (passo !== 'atualizar') conta.situacao = TARGET[passo];
  return { kind: 'ok', value: viewOf(conta) };
}

const viewOf = (conta: Conta): RemoteUser => ({
  id: conta.id,
  situacao: conta.situacao,
  aguardaPrimeiroAcesso: false,
  externalId: REFERENCIA,
  planoCodigo: conta.plano,
});
