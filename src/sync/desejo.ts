// From a person's adesões and orders to what the account should be (decisions 2, 9). Pure: no I/O, no clock.
import type { CausaDeRetencao, Desejada, OrigemDoPlano, Significado } from './tipos.ts';

export interface AdesaoParaDesejo {
  significado: Significado;
  planoId: number | null;
  planoOrigem: OrigemDoPlano;
}

export interface Ordens {
  bloqueioManual: boolean;
  /** Milliseconds since the epoch; null = no cancel order. */
  cancelarEm: number | null;
}

export interface Desejo {
  desejada: Desejada;
  planoId: number | null;
  /** Set when the wish cannot be told apart without a person. */
  retida: CausaDeRetencao | null;
}

// Most permissive first: one paid contract is enough to keep the doctor.
const PERMISSIVENESS: Significado[] = ['ativo', 'bloqueado', 'cancelar'];
const PLAN_STRENGTH: OrigemDoPlano[] = ['operador', 'contrato', 'adicional', 'plano', 'plano_de_venda'];

/**
 * The wish of a person. `atual` is what is wished now: adesões that only wait or ask never change it.
 * `agora` in milliseconds since the epoch.
 */
export function wishOf(adesoes: AdesaoParaDesejo[], ordens: Ordens, atual: Desejo, agora: number): Desejo {
  const strongest = PERMISSIVENESS.find((meaning) =>
    adesoes.some(({ significado }) => significado === meaning),
  );
  if (strongest === undefined) return ordersOver(atual, ordens, agora);
  const winners = adesoes.filter(({ significado }) => significado === strongest);
  // A rule never cancels at once: it blocks, and the cancellation is a later, separate decision.
  const desejada: Desejada = strongest === 'ativo' ? 'ativo' : 'bloqueado';
  return ordersOver({ desejada, ...planOf(winners) }, ordens, agora);
}

// To block or to cancel needs no plano, so a doubt about it holds nobody but who should be active.
function ordersOver(desejo: Desejo, ordens: Ordens, agora: number): Desejo {
  const wish = afterOrders(desejo, ordens, agora);
  return wish.desejada === 'ativo' ? wish : { ...wish, retida: null };
}

// Orders of a person override downwards: block, then cancel.
function afterOrders(desejo: Desejo, ordens: Ordens, agora: number): Desejo {
  if (ordens.cancelarEm !== null) {
    return { ...desejo, desejada: ordens.cancelarEm <= agora ? 'cancelado' : 'bloqueado' };
  }
  if (ordens.bloqueioManual && desejo.desejada === 'ativo') return { ...desejo, desejada: 'bloqueado' };
  return desejo;
}

function planOf(adesoes: AdesaoParaDesejo[]): Pick<Desejo, 'planoId' | 'retida'> {
  const origem = PLAN_STRENGTH.find((each) =>
    adesoes.some(({ planoId, planoOrigem }) => planoId !== null && planoOrigem === each),
  );
  if (origem === undefined) return { planoId: null, retida: 'sem_plano' };
  const strongest = adesoes.filter(({ planoOrigem, planoId }) => planoOrigem === origem && planoId !== null);
  const planos = new Set(strongest.map(({ planoId }) => planoId));
  const [planoId = null] = planos;
  return planos.size === 1 ? { planoId, retida: null } : { planoId: null, retida: 'mais_de_um_plano' };
}
