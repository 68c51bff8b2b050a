// Serving one claimed person: plan a step, record it, make the call, write what it meant; again until there is nothing to do.

import { fingerprint } from '../crypto.ts';
import { transaction } from '../db.ts';
import type { Answer, Outcome, Pessoa, RemoteUser } from '../teleclinica/port.ts';
import { type Conexao, refuseWrite } from './conexoes.ts';
import {
  afterRead,
  afterWrite,
  type Consequencia,
  type Estado,
  type PassoDeEscrita,
  type Tempos,
  uncertain,
} from './consequencia.ts';
import { externalIdOf, type Sync } from './contexto.ts';
import { type Atendido, type Fim, finish, isDeadly, keepInterruption, taint } from './fila.ts';
import { closeOpen, closeOperacao, findOrOpenOperacao } from './operacoes.ts';
import { knownPadroes } from './padroes.ts';
import { isPausedByFile } from './pausas.ts';
import { checkPessoa } from './pessoa.ts';
import { type Encontrada, findPessoa } from './pessoas.ts';
import { type Passo, plan } from './planejador.ts';
import { isRegistered } from './registros.ts';
import type { Sinais } from './sinais.ts';
import {
  closeTentativa,
  closeUnanswered,
  type Impedimento,
  openTentativa,
  withdrawTentativa,
} from './tentativas.ts';
import type { CampoRecusado, CausaDeRetencao } from './tipos.ts';
import { takeSlot } from './vazao.ts';

export interface Atendimento {
  sync: Sync;
  sinais: Sinais;
  /** host:pid of this process, for the rows. */
  dono: string;
  atendido: Atendido;
  /** performance.now() from before the claim was sent: the lease counts from there. */
  inicioMs: number;
  conexao: Conexao;
}

/**
 * How a service ended: `respondeu` = the partner knows us, `parou` = the integração takes no calls now, so nobody else
 * of it should be tried, `seguiu` = neither was learnt.
 */
export type Resultado = 'seguiu' | 'respondeu' | 'parou';

const MAX_STEPS = 8;
const LEASE_MARGIN = 0.05;
const IXC_RETRY_MS = 5_000;
const STOPPED_RETRY_MS = 1_000;
// Ending a pause looks at everybody at once; until then a paused person costs one look in this time.
const PAUSED_RETRY_MS = 20_000;
const HOJE = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo', dateStyle: 'short' });

/** Serves a person until settled, held, waiting or out of time. Database failures are thrown; the lease then runs out. */
export async function serve(at: Atendimento): Promise<Resultado> {
  if ((await recover(at)) === 'ended') return 'seguiu';
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const passo = nextStep(at, at.atendido.estado);
    switch (passo.passo) {
      case 'nada':
        return settle(at);
      case 'esperar':
        return release(at, passo.ate);
      case 'reter':
        return holdWith(at, passo.causa, [], null);
    }
    if (!hasTime(at)) return release(at, now(at));
    const outcome = passo.passo === 'ler' ? await read(at) : await write(at, passo.passo);
    if (outcome !== 'continua') return outcome;
  }
  return release(at, now(at));
}

type Continue = Resultado | 'continua';

const nextStep = (at: Atendimento, estado: Estado): Passo =>
  plan(
    { situacao: estado.desejada, plano: estado.planoDesejado },
    { situacao: estado.observada, plano: estado.planoObservado, lido: estado.lido },
    { conferirEm: estado.conferirEm, criarNaoAntes: estado.criarNaoAntes },
    { trocarPlano: at.conexao.parceiro.capabilities.changePlan },
    now(at),
  );

// The database clock at the claim plus our own monotonic time since: the host clock plays no part.
const now = (at: Atendimento): number => at.atendido.agoraMs + (performance.now() - at.inicioMs);

// How long a call may still be put off so that it surely ends inside the lease.
function spareMs(at: Atendimento): number {
  const { leaseMs, timeoutMs } = at.sync.config;
  return leaseMs * (1 - LEASE_MARGIN) - (performance.now() - at.inicioMs) - timeoutMs;
}

const hasTime = (at: Atendimento): boolean => spareMs(at) > 0;

const times = (at: Atendimento): Tempos => ({
  agora: now(at),
  confirmacaoMs: at.sync.config.confirmacaoMs,
  sorte: Math.random(),
});

const reference = (at: Atendimento): string => externalIdOf(at.sync, at.atendido.id, at.atendido.vez);

// A call of an earlier claim was never answered: its write, if it was one, may have landed or may still land.
async function recover(at: Atendimento): Promise<'ended' | 'go'> {
  const { atendido, sync } = at;
  if (atendido.interrompido && !(await recoverCalls(at))) return 'ended';
  if (!isDeadly(atendido)) return 'go';
  await holdWith(at, 'derruba_o_processo', [], 'Atender esta pessoa derrubou o programa várias vezes.');
  sync.log.error({ usuario: atendido.id }, 'usuário retido: derruba o processo');
  return 'ended';
}

// Closing the dead calls and remembering what they may have done is one act: this process may die right after it.
async function recoverCalls(at: Atendimento): Promise<boolean> {
  const { atendido } = at;
  return transaction(at.sync.db, async (tx) => {
    const chamada = await closeUnanswered(tx, atendido.id);
    if (chamada === undefined) return true;
    const estado = uncertain(atendido.estado, chamada === 'criar' ? 'criar' : 'bloquear', times(at));
    if (!(await keepInterruption(tx, atendido, estado))) return false;
    atendido.estado = estado;
    return true;
  });
}

async function settle(at: Atendimento): Promise<Resultado> {
  const { desejada, observada } = at.atendido.estado;
  if (desejada === 'ausente' && (observada === 'ativo' || observada === 'bloqueado')) {
    const mensagem =
      'O pedido foi descartado, mas a conta chegou a ser criada. Crie o usuário de novo para assumi-la, e então cancele se for o caso.';
    return holdWith(at, 'ja_existe', [], mensagem);
  }
  await transaction(at.sync.db, async (tx) => {
    const fim = { ...unchanged(at), proximo: { kind: 'assentado' as const } };
    if ((await finish(tx, at.atendido, fim)) === 'ok')
      await closeOpen(tx, at.atendido.id, 'Já estava assim na Tele Clínica.');
  });
  return 'seguiu';
}

async function release(at: Atendimento, em: number, mensagem: string | null = null): Promise<Resultado> {
  const fim: Fim = { ...unchanged(at), mensagem, proximo: { kind: 'esperar', em } };
  await transaction(at.sync.db, (tx) => finish(tx, at.atendido, fim));
  return 'seguiu';
}

async function holdWith(
  at: Atendimento,
  causa: CausaDeRetencao,
  campos: CampoRecusado[] | null,
  mensagem: string | null,
): Promise<Resultado> {
  const fim: Fim = { ...unchanged(at), mensagem, retida: { causa, campos } };
  await transaction(at.sync.db, async (tx) => {
    // Registered while we looked: whoever registered it found nobody held, so nobody would be freed.
    const late = causa === 'plano_nao_registrado' && (await isRegistered(tx, at.atendido.planoId));
    await finish(
      tx,
      at.atendido,
      late ? { ...unchanged(at), proximo: { kind: 'esperar', em: now(at) } } : fim,
    );
  });
  return 'seguiu';
}

const unchanged = ({ atendido }: Atendimento): Fim => ({
  estado: atendido.estado,
  observadaPor: null,
  mensagem: null,
  retida: null,
  recusaImpressao: atendido.recusaImpressao,
  proximo: { kind: 'continua' },
});

async function read(at: Atendimento): Promise<Continue> {
  const { parceiro } = at.conexao;
  const { estado } = at.atendido;
  const { lookupBy } = parceiro.capabilities;
  const options = { timeoutMs: at.sync.config.timeoutMs };
  const known = estado.remotoId !== null || estado.incertaEm !== null || estado.duplicado;
  let last: Called<RemoteUser[]> | undefined;

  if (estado.remotoId !== null && lookupBy.includes('remotoId')) {
    const { remotoId } = estado;
    last = await call(at, 'ler', null, 'buscar_por_id', () => parceiro.findUser({ remotoId }, options));
    if (isFinal(last)) return afterReading(at, last);
  }
  if ((known || !lookupBy.includes('cpf')) && lookupBy.includes('externalId')) {
    const externalId = reference(at);
    last = await replace(at, last, () =>
      call(at, 'ler', null, 'buscar_por_referencia', () => parceiro.findUser({ externalId }, options)),
    );
    if (isFinal(last)) return afterReading(at, last);
  }
  if (lookupBy.includes('cpf')) {
    const pessoa = await personFor(at, last === undefined);
    if (pessoa.kind === 'ended') return pessoa.resultado;
    if (pessoa.kind === 'ok') {
      const { cpf } = pessoa;
      last = await replace(at, last, () =>
        call(at, 'ler', null, 'buscar_por_cpf', () => parceiro.findUser({ cpf }, options)),
      );
    }
  }
  return last === undefined
    ? holdWith(at, 'contrato_quebrado', [], 'O perfil não diz como consultar uma conta.')
    : afterReading(at, last);
}

// The CPF for a lookup. When it is the only way to look, a person who cannot be read ends the service.
async function personFor(
  at: Atendimento,
  required: boolean,
): Promise<{ kind: 'ok'; cpf: string } | { kind: 'skip' } | { kind: 'ended'; resultado: Resultado }> {
  const found = await findPessoa(at.sync, at.atendido);
  if (found.kind === 'ok') {
    const { estado } = at.atendido;
    const beforeCreate = required && estado.desejada === 'ativo';
    const checked = beforeCreate
      ? checkPessoa(found.cliente, HOJE.format(), knownPadroes(at.sync))
      : undefined;
    if (checked && !checked.ok)
      return { kind: 'ended', resultado: await holdWith(at, 'dados', checked.campos, null) };
    return { kind: 'ok', cpf: found.cpf };
  }
  if (!required) return { kind: 'skip' };
  return { kind: 'ended', resultado: await endWithout(at, found) };
}

async function endWithout(at: Atendimento, found: Exclude<Encontrada, { kind: 'ok' }>): Promise<Resultado> {
  switch (found.kind) {
    case 'ixc_fora':
      return release(
        at,
        now(at) + IXC_RETRY_MS,
        'O banco do IXC não respondeu; os dados da pessoa só existem lá.',
      );
    case 'mudou':
      return holdWith(
        at,
        'quem_e_a_pessoa',
        [],
        'O CPF ou o cliente do contrato mudou no IXC depois que a conta foi pedida.',
      );
    case 'recusada':
      return holdWith(at, 'dados', found.campos, null);
  }
}

async function write(at: Atendimento, passo: PassoDeEscrita): Promise<Continue> {
  const { atendido, sync } = at;
  const { parceiro } = at.conexao;
  const { estado } = atendido;
  const refusal = await refuseWrite(sync, at.conexao, atendido.id);
  if (refusal !== undefined) return holdWith(at, 'fora_do_teste', [], refusal);
  if (passo === 'criar') return create(at);
  const key = {
    remotoId: estado.remotoId ?? '',
    externalId: reference(at),
    planoCodigo: estado.planoObservado,
  };
  const operacaoId = await findOrOpenOperacao(sync.db, atendido, passo);
  const options = { timeoutMs: sync.config.timeoutMs, idempotencyKey: idempotencyKey(at, operacaoId) };
  const calls = {
    bloquear: () => parceiro.block(key, options),
    desbloquear: () => parceiro.unblock(key, options),
    cancelar: () => parceiro.cancel(key, options),
    trocar_plano: () => parceiro.changePlan(key, estado.planoDesejado ?? '', options),
  };
  return afterWriting(at, passo, operacaoId, await call(at, passo, operacaoId, passo, calls[passo]), null);
}

async function create(at: Atendimento): Promise<Continue> {
  const { atendido, sync } = at;
  const { parceiro } = at.conexao;
  const planoCodigo = atendido.estado.planoDesejado;
  if (planoCodigo === null) {
    return holdWith(at, 'plano_nao_registrado', [], 'O plano ainda não está registrado na Tele Clínica.');
  }
  const found = await findPessoa(sync, atendido);
  if (found.kind !== 'ok') return endWithout(at, found);
  const checked = checkPessoa(found.cliente, HOJE.format(), knownPadroes(at.sync));
  if (!checked.ok) return holdWith(at, 'dados', checked.campos, null);
  const sent = fingerprintOf(sync, checked.pessoa, planoCodigo);
  if (atendido.recusaImpressao?.equals(sent)) {
    return holdWith(at, 'dados', null, 'A Tele Clínica recusou estes dados e eles não mudaram no IXC.');
  }
  const operacaoId = await findOrOpenOperacao(sync.db, atendido, 'criar');
  const options = { timeoutMs: sync.config.timeoutMs, idempotencyKey: idempotencyKey(at, operacaoId) };
  const input = { externalId: reference(at), planoCodigo, pessoa: checked.pessoa };
  const called = await call(at, 'criar', operacaoId, 'criar', () => parceiro.createUser(input, options));
  return afterWriting(at, 'criar', operacaoId, called, sent);
}

// Remembers what was refused without keeping it: an unchanged register is not sent twice.
const fingerprintOf = (sync: Sync, pessoa: Pessoa, plano: string): Buffer =>
  fingerprint(
    sync.chaveImpressao,
    'recusa',
    pessoa.nome,
    pessoa.cpf,
    pessoa.nascimento,
    pessoa.email ?? '',
    pessoa.celular ?? '',
    plano,
  );

const idempotencyKey = (at: Atendimento, operacaoId: number): string =>
  `ixc-${at.sync.instalacao}-op-${operacaoId}`;

type Called<T> =
  | { kind: 'answered'; tentativaId: number; answer: Answer<T> }
  | { kind: 'stopped'; porque: Impedimento };

/** One HTTP call: its place in the shared rate, its row, then the call. `stopped` = it must not leave now. */
async function call<T>(
  at: Atendimento,
  acao: PassoDeEscrita | 'ler',
  operacaoId: number | null,
  chamada: string,
  send: () => Promise<Answer<T>>,
): Promise<Called<T>> {
  const { atendido, dono, sync } = at;
  const { perSecond } = at.conexao.parceiro.limits;
  const inRate = await takeSlot(sync.db, atendido.integracaoId, perSecond, spareMs(at));
  if (!inRate || isPausedByFile(sync)) return { kind: 'stopped', porque: 'parou' };
  // The row is written with the place in hand, so that what it asks (pause, lease, newest wish) is asked at the last moment.
  const leave = await at.conexao.passagem.enter();
  try {
    const tentativaId = await openTentativa(sync.db, { atendido, operacaoId, acao, chamada, dono });
    if (typeof tentativaId === 'string') return { kind: 'stopped', porque: tentativaId };
    if (!hasTime(at)) {
      await withdrawTentativa(sync.db, tentativaId);
      return { kind: 'stopped', porque: 'mudou' };
    }
    return { kind: 'answered', tentativaId, answer: await send() };
  } finally {
    leave();
  }
}

// A second lookup follows a first that found nothing: the first one's row is closed on its own.
async function replace<T>(
  at: Atendimento,
  before: Called<T> | undefined,
  next: () => Promise<Called<T>>,
): Promise<Called<T>> {
  if (before?.kind === 'answered') await closeTentativa(at.sync.db, before.tentativaId, before.answer);
  return next();
}

const isFinal = (called: Called<RemoteUser[]>): boolean =>
  called.kind === 'stopped' || called.answer.outcome.kind !== 'not_found';

async function afterReading(at: Atendimento, called: Called<RemoteUser[]>): Promise<Continue> {
  if (called.kind === 'stopped') return stopped(at, called.porque);
  const cons = afterRead(at.atendido.estado, called.answer.outcome, reference(at), times(at));
  const kind = called.answer.outcome.kind;
  const observed = kind === 'ok' || kind === 'not_found';
  return conclude(at, called, cons, observed ? 'leitura' : null, null, at.atendido.recusaImpressao);
}

async function afterWriting(
  at: Atendimento,
  passo: PassoDeEscrita,
  operacaoId: number,
  called: Called<RemoteUser>,
  sent: Buffer | null,
): Promise<Continue> {
  if (called.kind === 'stopped') return stopped(at, called.porque);
  const { outcome } = called.answer;
  const cons = afterWrite(at.atendido.estado, passo, outcome, reference(at), times(at));
  const refused = outcome.kind === 'refused_data' && sent !== null ? sent : null;
  return conclude(at, called, cons, observes(outcome) ? 'resposta' : null, { operacaoId, passo }, refused);
}

const observes = (outcome: Outcome<unknown>): boolean => outcome.kind === 'ok' || outcome.kind === 'already';

async function stopped(at: Atendimento, porque: Impedimento): Promise<Resultado> {
  if (porque === 'mudou') return release(at, now(at));
  if (porque === 'pausa') return release(at, now(at) + PAUSED_RETRY_MS * (1 + Math.random()), 'Em pausa.');
  await release(at, now(at) + STOPPED_RETRY_MS);
  return 'parou';
}

// What the answer says of the whole integração comes first, so that no other call leaves meanwhile; then one short
// transaction writes the person, the answer and the operação.
async function conclude(
  at: Atendimento,
  called: { tentativaId: number; answer: Answer<unknown> },
  cons: Consequencia,
  observadaPor: Fim['observadaPor'],
  operacao: { operacaoId: number; passo: PassoDeEscrita } | null,
  recusaImpressao: Buffer | null,
): Promise<Continue> {
  const { atendido, sync } = at;
  const stops = cons.sinal.kind === 'credencial' || cons.sinal.kind === 'limite';
  const proximo = nextOf(at, cons, stops);
  const fim: Fim = {
    estado: cons.estado,
    observadaPor,
    mensagem: cons.mensagem,
    retida: cons.retida,
    recusaImpressao,
    proximo,
  };
  await at.sinais.record(atendido.integracaoId, cons.sinal);
  const ended = await transaction(sync.db, async (tx) => {
    const result = await finish(tx, atendido, fim);
    await closeTentativa(tx, called.tentativaId, called.answer);
    if (operacao && cons.operacao !== 'aberta')
      await closeOperacao(tx, operacao.operacaoId, cons.operacao, cons.mensagem);
    if (result === 'ok' && proximo.kind === 'assentado' && hasOtherOpen(atendido, operacao?.operacaoId))
      await closeOpen(tx, atendido.id, 'Já estava assim na Tele Clínica.');
    if (result === 'perdido' && operacao)
      await taint(tx, atendido.id, sync.config.confirmacaoMs, operacao.passo === 'criar');
    return result;
  });
  if (cons.operacao !== 'aberta') {
    atendido.abertasNaFila = atendido.abertasNaFila.filter(({ id }) => id !== operacao?.operacaoId);
  }
  if (ended === 'ok' && proximo.kind === 'continua' && cons.retida === null) {
    atendido.estado = cons.estado;
    atendido.recusaImpressao = recusaImpressao;
    return 'continua';
  }
  if (stops) return 'parou';
  return cons.sinal.kind === 'respondeu' ? 'respondeu' : 'seguiu';
}

// Whether more operações than the one just served were open at the claim: a newer one would have made a newer wish.
function hasOtherOpen({ abertasNaFila }: Atendido, served: number | undefined): boolean {
  return abertasNaFila.some(({ id }) => id !== served);
}

function nextOf(at: Atendimento, cons: Consequencia, stops: boolean): Fim['proximo'] {
  if (cons.retida !== null) return { kind: 'continua' };
  if (cons.esperarAte !== null && cons.esperarAte > now(at)) return { kind: 'esperar', em: cons.esperarAte };
  if (stops) return { kind: 'esperar', em: now(at) };
  const passo = nextStep(at, cons.estado);
  // A wish for nobody with an account there after all is for `settle` to judge.
  if (passo.passo === 'nada' && cons.estado.desejada !== 'ausente') return { kind: 'assentado' };
  return passo.passo === 'esperar' ? { kind: 'esperar', em: passo.ate } : { kind: 'continua' };
}
