// Plays a whole history of one person against the engine's pure parts on a virtual clock: nothing sleeps, nothing is random.
import type { Estado } from '../../../../src/sync/atendimento/estado.ts';
import type { CausaDeRetencao } from '../../../../src/sync/tipos.ts';
import type { Cena, Historia, Motor } from './cena.ts';
import { read, write } from './chamadas.ts';
import { createParceiro } from './parceiro.ts';

const REAVALIAR_MS = 10 * 60_000;
const MAX_STEPS = 2_000;
const SOMENTE_PESSOA: CausaDeRetencao[] = ['sumiu', 'cancelado_no_parceiro'];

export const DESCONHECIDO_DE_TODOS: Estado = {
  desejada: 'ausente',
  planoDesejado: null,
  observada: 'ausente',
  planoObservado: null,
  aguardaAcesso: false,
  lido: false,
  remotoId: null,
  conferirEm: null,
  conferencias: 0,
  incertaEm: null,
  criarNaoAntes: null,
  duplicado: false,
  falhas: 0,
};

/** Plays until nothing is left to do, now or later. The answer's `quebras` names every promise broken on the way. */
export function play(motor: Motor, historia: Historia, ateMs = Number.POSITIVE_INFINITY): Cena {
  const cena: Cena = {
    motor,
    historia,
    parceiro: createParceiro(historia.unico),
    agora: 0,
    estado: DESCONHECIDO_DE_TODOS,
    pedidosFeitos: 0,
    desejada: 'ausente',
    retida: null,
    chamadas: 0,
    chamadasDepois: 0,
    escritas: [],
    janela: null,
    quebras: [],
  };
  goTo(cena, 0);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    if (cena.agora > ateMs || !advance(cena)) {
      // What is still under way lands when nobody looks any more.
      cena.parceiro.land(Number.POSITIVE_INFINITY);
      return cena;
    }
  }
  cena.quebras.push(`não assentou em ${MAX_STEPS} passos`);
  return cena;
}

// One look at the person. Answers false when nothing is left to do.
function advance(cena: Cena): boolean {
  if (cena.retida !== null) return waitWhileHeld(cena, cena.retida);
  const { estado, agora } = cena;
  const passo = cena.motor.plan(
    { situacao: estado.desejada, plano: estado.planoDesejado },
    { situacao: estado.observada, plano: estado.planoObservado, lido: estado.lido },
    { conferirEm: estado.conferirEm, criarNaoAntes: estado.criarNaoAntes },
    { trocarPlano: true },
    agora,
  );
  switch (passo.passo) {
    case 'nada':
      return waitUntil(cena, null);
    case 'esperar':
      if (passo.ate <= agora) cena.quebras.push('esperou pelo passado');
      return waitUntil(cena, passo.ate);
    case 'reter':
      cena.retida = passo.causa;
      return true;
    case 'ler':
      return perform(cena, (falha) => read(cena, falha, goTo));
    default: {
      const escrita = passo.passo;
      return perform(cena, (falha) => write(cena, escrita, falha, goTo));
    }
  }
}

function waitWhileHeld(cena: Cena, causa: CausaDeRetencao): boolean {
  const ate = SOMENTE_PESSOA.includes(causa) ? null : cena.agora + REAVALIAR_MS;
  const slept = waitUntil(cena, ate);
  if (cena.agora === ate) cena.retida = null;
  return slept;
}

// Until `ate` (null = for ever) or the next wish, whichever comes first.
function waitUntil(cena: Cena, ate: number | null): boolean {
  const pedido = cena.historia.pedidos[cena.pedidosFeitos]?.em ?? Number.POSITIVE_INFINITY;
  const until = Math.min(ate ?? Number.POSITIVE_INFINITY, pedido);
  if (until === Number.POSITIVE_INFINITY) return false;
  goTo(cena, until);
  return true;
}

function perform(
  cena: Cena,
  call: (falha: Historia['falhas'][number]) => { retida: CausaDeRetencao | null; ate: number | null },
): boolean {
  const { falhas, pedidos } = cena.historia;
  const falha = falhas[cena.chamadas] ?? { kind: 'bem', demoraMs: 0, tarde: 0, esperarMs: undefined };
  cena.chamadas += 1;
  if (cena.chamadas > falhas.length && cena.pedidosFeitos === pedidos.length) cena.chamadasDepois += 1;
  const before = cena.pedidosFeitos;
  const { retida, ate } = call(falha);
  // A newer wish during the call: facts are kept, the schedule is not.
  if (cena.pedidosFeitos !== before) return true;
  cena.retida = retida;
  if (retida === null && ate !== null && ate > cena.agora) waitUntil(cena, ate);
  return true;
}

/** Moves the clock: late effects land, wishes arrive. */
function goTo(cena: Cena, agora: number): void {
  cena.agora = Math.max(cena.agora, agora);
  cena.parceiro.land(cena.agora);
  for (;;) {
    const pedido = cena.historia.pedidos[cena.pedidosFeitos];
    if (pedido === undefined || pedido.em > cena.agora) return;
    cena.pedidosFeitos += 1;
    cena.desejada = pedido.desejada;
    cena.retida = null;
    cena.estado = { ...cena.estado, desejada: pedido.desejada, planoDesejado: pedido.plano, falhas: 0 };
  }
}
