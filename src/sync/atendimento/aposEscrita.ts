// What the answer to a write means for a person: the next known state and when to act again. Pure: no I/O, no clock.
import type { Outcome, RemoteUser } from '../../teleclinica/port.ts';
import {
  adopt,
  backoffMs,
  type Consequencia,
  common,
  type Estado,
  hold,
  keep,
  type PassoDeEscrita,
  type Tempos,
  uncertain,
} from './estado.ts';

const DEFAULT_ACCEPTED_WAIT_MS = 2_000;
const STATE_REFUSALS = 3;

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
  const known = { ...estado, planoObservado: sentPlano ?? estado.planoObservado };
  const next = {
    ...adopt(passo === 'atualizar' ? { ...known, atualizar: false } : known, user),
    falhas: 0,
  };
  return { ...keep(next, { kind: 'respondeu' }, null, null), operacao: 'feita' };
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

const counted = (estado: Estado): Estado => ({ ...estado, falhas: estado.falhas + 1 });

function unknown(estado: Estado, tempos: Tempos): Estado {
  return {
    ...estado,
    observada: 'desconhecido',
    conferirEm: estado.conferirEm ?? tempos.agora,
    conferencias: estado.conferencias || 3,
  };
}
