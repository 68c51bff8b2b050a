// From a person's adesões and orders to what the account should be (decisions 2, 9, 11). Pure: no I/O, no clock.
import type { CausaDeRetencao, Desejada, OrigemDoPlano, Significado } from './tipos.ts';

export interface AdesaoParaDesejo {
  significado: Significado;
  planoId: number | null;
  planoOrigem: OrigemDoPlano;
}

/** Times in milliseconds since the epoch, null = none. */
export interface Ordens {
  bloqueioManual: boolean;
  /** A person's cancel order: blocked until then, cancelled from then on. */
  cancelarEm: number | null;
  /** End of the prazo that started when the rules first said "cancelar". */
  cancelarRegraEm: number | null;
  /** "Não bloquear até": lasts to the end of that day. */
  emCarencia: boolean;
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

/** What the adesões say together, or undefined when all of them only wait or ask. */
export function strongestOf(adesoes: Pick<AdesaoParaDesejo, 'significado'>[]): Significado | undefined {
  return PERMISSIVENESS.find((meaning) => adesoes.some(({ significado }) => significado === meaning));
}

/**
 * The wish of a person. `atual` is what is wished now: adesões that only wait or ask never change it.
 * `agora` in milliseconds since the epoch.
 */
export function wishOf(adesoes: AdesaoParaDesejo[], ordens: Ordens, atual: Desejo, agora: number): Desejo {
  const strongest = strongestOf(adesoes);
  if (strongest === undefined) return ordersOver(atual, ordens, agora);
  const winners = adesoes.filter(({ significado }) => significado === strongest);
  return ordersOver({ desejada: ruled(strongest, ordens, agora), ...planOf(winners) }, ordens, agora);
}

// A rule never cancels at once: it blocks, and cancels when the prazo has passed. Carência lets nothing automatic block.
function ruled(strongest: Significado, ordens: Ordens, agora: number): Desejada {
  if (strongest === 'ativo' || ordens.emCarencia) return 'ativo';
  const ripe = ordens.cancelarRegraEm !== null && ordens.cancelarRegraEm <= agora;
  return strongest === 'cancelar' && ripe ? 'cancelado' : 'bloqueado';
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
