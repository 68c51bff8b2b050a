// One call of a history: what the partner does with it, what we hear, and whether it may have left at all.
import type {
  Consequencia,
  Estado,
  PassoDeEscrita,
  Tempos,
} from '../../../../src/sync/atendimento/estado.ts';
import type { CausaDeRetencao } from '../../../../src/sync/tipos.ts';
import type { Outcome, RemoteUser } from '../../../../src/teleclinica/port.ts';
import { type Cena, CONFIRMACAO_MS, type Falha, LATE_MAX, LEASE_MS } from './cena.ts';
import { type Chamada, REFERENCIA } from './parceiro.ts';

type GoTo = (cena: Cena, agora: number) => void;
interface Fim {
  retida: CausaDeRetencao | null;
  /** Nothing before this moment; null = go on at once. */
  ate: number | null;
}

const MORTE: Fim = { retida: null, ate: null };
const UNCERTAIN = { kind: 'uncertain', mensagem: '', novaChave: false } as const;

export function read(cena: Cena, falha: Falha, goTo: GoTo): Fim {
  const before = cena.estado;
  if (falha.kind.startsWith('morre')) {
    goTo(cena, cena.agora + LEASE_MS);
    return MORTE;
  }
  goTo(cena, cena.agora + falha.demoraMs);
  const outcome = readOutcome(cena, falha);
  if (cena.janela && ['ok', 'not_found'].includes(outcome.kind)) cena.janela.leituras += 1;
  return conclude(cena, cena.motor.afterRead(before, outcome, REFERENCIA, times(cena)));
}

function readOutcome({ parceiro }: Cena, { kind, esperarMs }: Falha): Outcome<RemoteUser[]> {
  switch (kind) {
    case 'bem':
    case 'perdida':
    case 'duplicada':
    case 'estado_errado':
    case 'nao_achada':
      return parceiro.find();
    case 'limite':
      return { kind: 'rate_limited', esperarMs };
    case 'fora':
      return { kind: 'unavailable', esperarMs, mensagem: '' };
    default:
      return UNCERTAIN;
  }
}

/** Judges the write, lets the partner have it, and applies what we hear; a dead worker hears nothing. */
export function write(cena: Cena, passo: PassoDeEscrita, falha: Falha, goTo: GoTo): Fim {
  const before = cena.estado;
  judge(cena, passo);
  cena.escritas.push({ passo, em: cena.agora });
  const plano = passo === 'criar' || passo === 'trocar_plano' ? before.planoDesejado : null;
  const chamada = { passo, remotoId: before.remotoId, plano };
  if (falha.kind.startsWith('morre')) return die(cena, before, chamada, falha, goTo);
  goTo(cena, cena.agora + falha.demoraMs);
  const outcome = writeOutcome(cena, chamada, falha);
  if (passo === 'criar' && ['uncertain', 'accepted'].includes(outcome.kind)) openWindow(cena, cena.agora);
  return conclude(cena, cena.motor.afterWrite(before, passo, outcome, REFERENCIA, times(cena)));
}

function judge({ estado, desejada, agora, janela, quebras }: Cena, passo: PassoDeEscrita): void {
  if (estado.observada === 'desconhecido') quebras.push(`${passo} sem saber como está`);
  if (passo === 'bloquear' && desejada !== 'bloqueado') quebras.push('bloqueou sem pedido');
  if (passo === 'cancelar' && desejada !== 'cancelado') quebras.push('cancelou sem pedido');
  if (passo === 'desbloquear' && desejada !== 'ativo') quebras.push('desbloqueou sem pedido');
  if (passo !== 'criar' || janela === null) return;
  if (agora < janela.ate) quebras.push('criou dentro da espera');
  if (janela.leituras < 2) quebras.push('criou antes da segunda leitura');
}

const openWindow = (cena: Cena, since: number): void => {
  cena.janela = { ate: since + CONFIRMACAO_MS, leituras: 0 };
};

function writeOutcome({ parceiro, agora }: Cena, chamada: Chamada, falha: Falha): Outcome<RemoteUser> {
  const { kind, esperarMs } = falha;
  switch (kind) {
    case 'perdida':
      return UNCERTAIN;
    case 'aplicada_sem_resposta':
      parceiro.apply(chamada);
      return UNCERTAIN;
    case 'aplicada_tarde':
      parceiro.applyAt(chamada, agora + delayOf(chamada, falha));
      return UNCERTAIN;
    case 'aceita':
      parceiro.applyAt(chamada, agora + delayOf(chamada, falha));
      return { kind: 'accepted', esperarMs };
    case 'fora':
      return { kind: 'unavailable', esperarMs, mensagem: '' };
    case 'limite':
      return { kind: 'rate_limited', esperarMs };
    case 'estado_errado':
      return { kind: 'wrong_state', esperarMs, mensagem: '' };
    case 'nao_achada':
      return chamada.passo === 'criar' ? parceiro.apply(chamada) : { kind: 'not_found' };
    case 'duplicada':
      // "Already there" without saying what: only a partner that has the account says so.
      return chamada.passo === 'criar' && parceiro.find().kind === 'ok'
        ? { kind: 'duplicate', mensagem: '' }
        : parceiro.apply(chamada);
    default:
      return parceiro.apply(chamada);
  }
}

// A create lands within the confirmation time; anything else within fifteen of them.
const delayOf = ({ passo }: Chamada, { tarde }: Falha): number =>
  Math.floor(tarde * CONFIRMACAO_MS * (passo === 'criar' ? 1 : LATE_MAX));

// The worker dies around the call; when the lease has run out, another one finds the unanswered row.
function die(cena: Cena, before: Estado, chamada: Chamada, falha: Falha, goTo: GoTo): Fim {
  const sent = cena.agora;
  if (falha.kind === 'morre_depois') cena.parceiro.apply(chamada);
  if (falha.kind === 'morre_e_aplica_tarde') cena.parceiro.applyAt(chamada, sent + delayOf(chamada, falha));
  if (chamada.passo === 'criar') openWindow(cena, sent);
  goTo(cena, sent + LEASE_MS);
  keepFacts(cena, cena.motor.uncertain(before, chamada.passo, times(cena)));
  return MORTE;
}

function conclude(cena: Cena, { estado, retida, esperarAte }: Consequencia): Fim {
  keepFacts(cena, estado);
  return { retida: retida?.causa ?? null, ate: esperarAte };
}

// What was learnt never overwrites what was wished meanwhile.
function keepFacts(cena: Cena, estado: Estado): void {
  const { desejada, planoDesejado } = cena.estado;
  cena.estado = { ...estado, desejada, planoDesejado };
}

const times = ({ agora, historia }: Cena): Tempos => ({
  agora,
  confirmacaoMs: CONFIRMACAO_MS,
  sorte: historia.sorte,
});
