// Serving one claimed person: plan a step, record it, make the call, write what it meant; again until there is nothing to do.

import { fingerprint } from '../crypto.ts';
import { run, transaction } from '../db.ts';
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
import { type Atendido, type Fim, finish, isDeadly, taint } from './fila.ts';
import { closeOpen, closeOperacao, findOrOpenOperacao } from './operacoes.ts';
import { knownPadroes } from './padroes.ts';
import { isPausedByFile } from './pausas.ts';
import { checkPessoa } from './pessoa.ts';
import { type Encontrada, findPessoa } from './pessoas.ts';
import { type Passo, plan } from './planejador.ts';
import type { Sinais } from './sinais.ts';
import { closeTentativa, closeUnanswered, openTentativa, withdrawTentativa } from './tentativas.ts';
import type { CampoRecusado, CausaDeRetencao } from './tipos.ts';

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

/** How a service ended: `parou` = the integração does not take calls now, so nobody else of it should be tried. */
export type Resultado = 'seguiu' | 'parou';

const MAX_STEPS = 8;
const LEASE_MARGIN = 0.05;
const IXC_RETRY_MS = 5_000;
const HOJE = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo', dateStyle: 'short' });

/** Serves a person until settled, held, waiting or out of time. Database failures are thrown; the lease then runs out. */
export async function serve(at: Atendimento): Promise<Resultado> {
  if (at.atendido.interrompido && (await recover(at)) === 'held') return 'seguiu';
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

function hasTime(at: Atendimento): boolean {
  const { leaseMs, timeoutMs } = at.sync.config;
  return leaseMs - (performance.now() - at.inicioMs) > timeoutMs + leaseMs * LEASE_MARGIN;
}

const times = (at: Atendimento): Tempos => ({
  agora: now(at),
  confirmacaoMs: at.sync.config.confirmacaoMs,
  sorte: Math.random(),
});

const reference = (at: Atendimento): string => externalIdOf(at.sync, at.atendido.id, at.atendido.vez);

// An earlier claim never finished: its write, if one left, may have landed or may still land.
async function recover(at: Atendimento): Promise<'held' | 'go'> {
  if (await isDeadly(at.sync.db, at.atendido.id)) {
    await holdWith(at, 'derruba_o_processo', [], 'Atender esta pessoa derrubou o programa várias vezes.');
    at.sync.log.error({ usuario: at.atendido.id }, 'usuário retido: derruba o processo');
    return 'held';
  }
  const chamada = await transaction(at.sync.db, (tx) => closeUnanswered(tx, at.atendido.id));
  if (chamada !== undefined) {
    const { atendido } = at;
    atendido.estado = uncertain(atendido.estado, chamada === 'criar' ? 'criar' : 'bloquear', times(at));
  }
  return 'go';
}

async function settle(at: Atendimento): Promise<Resultado> {
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
  campos: CampoRecusado[],
  mensagem: string | null,
): Promise<Resultado> {
  const fim: Fim = { ...unchanged(at), mensagem, retida: { causa, campos } };
  await transaction(at.sync.db, (tx) => finish(tx, at.atendido, fim));
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
    return holdWith(at, 'dados', [], 'A Tele Clínica recusou estes dados e eles não mudaram no IXC.');
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

type Called<T> = { kind: 'answered'; tentativaId: number; answer: Answer<T> } | { kind: 'stopped' };

/** One HTTP call: its row first, then the call. `stopped` = it must not leave now. */
async function call<T>(
  at: Atendimento,
  acao: PassoDeEscrita | 'ler',
  operacaoId: number | null,
  chamada: string,
  send: () => Promise<Answer<T>>,
): Promise<Called<T>> {
  if (isPausedByFile(at.sync)) return { kind: 'stopped' };
  const { atendido, dono, sync } = at;
  const tentativaId = await openTentativa(sync.db, { atendido, operacaoId, acao, chamada, dono });
  if (tentativaId === undefined) return { kind: 'stopped' };
  if (!hasTime(at)) {
    await withdrawTentativa(sync.db, tentativaId);
    return { kind: 'stopped' };
  }
  return { kind: 'answered', tentativaId, answer: await send() };
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
  if (called.kind === 'stopped') return stopped(at);
  const cons = afterRead(at.atendido.estado, called.answer.outcome, reference(at), times(at));
  const kind = called.answer.outcome.kind;
  const observed = kind === 'ok' || kind === 'not_found';
  return conclude(at, called, cons, observed ? 'leitura' : null, null, null);
}

async function afterWriting(
  at: Atendimento,
  passo: PassoDeEscrita,
  operacaoId: number,
  called: Called<RemoteUser>,
  sent: Buffer | null,
): Promise<Continue> {
  if (called.kind === 'stopped') return stopped(at);
  const { outcome } = called.answer;
  const cons = afterWrite(at.atendido.estado, passo, outcome, reference(at), times(at));
  const refused = outcome.kind === 'refused_data' ? sent : null;
  return conclude(at, called, cons, observes(outcome) ? 'resposta' : null, { operacaoId, passo }, refused);
}

const observes = (outcome: Outcome<unknown>): boolean => outcome.kind === 'ok' || outcome.kind === 'already';

async function stopped(at: Atendimento): Promise<Resultado> {
  await release(at, now(at) + 1_000);
  return 'parou';
}

// One short transaction writes the answer, the operação and the person; then the integração hears of it.
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
  const ended = await transaction(sync.db, async (tx) => {
    await closeTentativa(tx, called.tentativaId, called.answer);
    if (operacao && cons.operacao !== 'aberta')
      await closeOperacao(tx, operacao.operacaoId, cons.operacao, cons.mensagem);
    const result = await finish(tx, atendido, fim);
    if (result === 'ok' && proximo.kind === 'assentado')
      await closeOpen(tx, atendido.id, 'Já estava assim na Tele Clínica.');
    if (result === 'perdido')
      await taint(tx, atendido.id, sync.config.confirmacaoMs, operacao?.passo === 'criar');
    return result;
  });
  await at.sinais.record(atendido.integracaoId, cons.sinal);
  if (ended === 'ok' && proximo.kind === 'continua' && cons.retida === null) {
    atendido.estado = cons.estado;
    return 'continua';
  }
  return stops || cons.sinal.kind === 'fora' ? 'parou' : 'seguiu';
}

function nextOf(at: Atendimento, cons: Consequencia, stops: boolean): Fim['proximo'] {
  if (cons.retida !== null) return { kind: 'continua' };
  if (cons.esperarAte !== null && cons.esperarAte > now(at)) return { kind: 'esperar', em: cons.esperarAte };
  if (stops) return { kind: 'esperar', em: now(at) };
  const passo = nextStep(at, cons.estado);
  if (passo.passo === 'nada') return { kind: 'assentado' };
  return passo.passo === 'esperar' ? { kind: 'esperar', em: passo.ate } : { kind: 'continua' };
}

/** Gives a person back untouched, when this process is stopping or failed before doing anything. */
export async function giveBack(at: Atendimento): Promise<void> {
  await run(
    at.sync.db,
    'UPDATE usuarios SET lease_dono = NULL, lease_ate = NULL WHERE id = :id AND lease_token = :token',
    { id: at.atendido.id, token: at.atendido.token },
  );
}
