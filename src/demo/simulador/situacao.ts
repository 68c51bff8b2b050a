// Block, unblock, cancel and change of plan: each succeeds without effect when nothing has to change.
import type { Chamada } from './chamada.ts';
import { changeUsuario, type Estado, type NewUsuario, type Usuario } from './estado.ts';
import { planNotFound } from './planos.ts';
import { type Answer, type Change, invalidState, type Outcome, problem } from './resposta.ts';
import { userNotFound, usuarioOf, viewOf } from './usuarios.ts';
import { cancelRequest, parseBody, planChange, statusChange } from './validacao.ts';

export function blockUser(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(statusChange, chamada.body ?? {});
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled') return invalidState(usuario.status);
  if (usuario.status === 'blocked') return unchanged(usuario);
  return changed(estado, usuario, { status: 'blocked' });
}

/** Gives access back; a cancelled account only with the option `reviveCancelado`. */
export function unblockUser(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(statusChange, chamada.body ?? {});
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled' && !estado.opcoes.reviveCancelado) return invalidState(usuario.status);
  if (usuario.status === 'active' || usuario.status === 'pending') return unchanged(usuario);
  return changed(estado, usuario, { status: 'active' });
}

/** Ends the account; in its first `minAgeBeforeCancelS` seconds that is 409 TOO_EARLY with Retry-After. */
export function cancelUser(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(cancelRequest, chamada.body ?? {});
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled') return unchanged(usuario);
  const waitMs = usuario.createdAt + estado.opcoes.minAgeBeforeCancelS * 1000 - estado.agora();
  if (waitMs > 0) {
    const headers = { 'retry-after': String(Math.ceil(waitMs / 1000)) };
    return problem(409, 'TOO_EARLY', 'Too early to cancel', { headers });
  }
  return changed(estado, usuario, { status: 'cancelled' });
}

export function changePlan(estado: Estado, chamada: Chamada): Outcome {
  const usuario = usuarioOf(estado, chamada);
  if (!usuario) return userNotFound();
  const parsed = parseBody(planChange, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  if (usuario.status === 'cancelled') return invalidState(usuario.status);
  const { planId } = parsed.data;
  if (usuario.planId === planId) return unchanged(usuario);
  if (!estado.planos.get(planId)?.active) return planNotFound();
  return changed(estado, usuario, { planId });
}

const unchanged = (usuario: Usuario): Answer => ({ status: 200, body: viewOf(usuario) });

function changed(estado: Estado, usuario: Usuario, change: Partial<NewUsuario>): Change {
  const apply = () => {
    changeUsuario(estado, usuario, change);
    return { status: 200, body: viewOf(usuario) };
  };
  return { userId: usuario.id, apply };
}
