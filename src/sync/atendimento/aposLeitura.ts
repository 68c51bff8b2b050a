// What a reading of the partner means for a person: the next known state and when to act again. Pure: no I/O, no clock.
import type { Outcome, RemoteUser } from '../../teleclinica/port.ts';
import {
  adopt,
  backoffMs,
  type Consequencia,
  common,
  type Estado,
  hold,
  keep,
  retry,
  type Tempos,
} from './estado.ts';

// Readings after an uncertain write: at once, after the confirmation time, after fifteen times that (decisions 19).
const READINGS = [0, 1, 15];

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
