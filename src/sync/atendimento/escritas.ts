// The writing steps: create, update, block, unblock, change plano, cancel; each after whatever may forbid it.
import { fingerprint } from '../../crypto.ts';
import { type Db, isDatabaseDown, run } from '../../db.ts';
import type { CallOptions, Outcome, Pessoa, RemoteUser } from '../../teleclinica/port.ts';
import { rememberSent } from '../cadastro.ts';
import type { Sync } from '../contexto.ts';
import { HOJE } from '../hoje.ts';
import { findOrOpenOperacao } from '../operacoes.ts';
import { knownPadroes } from '../padroes.ts';
import { checkPessoa } from '../pessoa.ts';
import { findPessoa } from '../pessoas.ts';
import { report } from '../ritmo.ts';
import { reconfirm } from '../varredura/reconferencia.ts';
import { VEZ_NOVA } from '../vez.ts';
import { afterWrite } from './aposEscrita.ts';
import { type Called, call } from './chamada.ts';
import { conclude, endWithout, holdWith, IXC_RETRY_MS, notAnswered, release } from './desfecho.ts';
import type { PassoDeEscrita } from './estado.ts';
import type { Atendido } from './fila.ts';
import { type Atendimento, type Continue, now, type Resultado, reference, times } from './servico.ts';

/** Takes one writing step, unless IXC or the register forbids it, and concludes from the answer. */
export async function write(at: Atendimento, passo: PassoDeEscrita): Promise<Continue> {
  const { atendido, sync } = at;
  const { parceiro } = at.conexao;
  const { estado } = atendido;
  if (passo === 'criar') return create(at);
  if (passo === 'atualizar') return update(at);
  const key = {
    remotoId: estado.remotoId ?? '',
    externalId: reference(at),
    planoCodigo: estado.planoObservado,
  };
  const revives = passo === 'desbloquear' && estado.observada === 'cancelado';
  const calls = {
    bloquear: (options: CallOptions) => parceiro.block(key, options),
    desbloquear: (options: CallOptions) => parceiro.unblock(key, options),
    cancelar: (options: CallOptions) => parceiro.cancel(key, options),
    trocar_plano: (options: CallOptions) => parceiro.changePlan(key, estado.planoDesejado ?? '', options),
  };
  const called = await call(at, {
    acao: passo,
    chamada: passo,
    check: () => stillStands(at, passo),
    operacao: () => findOrOpenOperacao(sync.db, atendido, revives ? 'criar' : passo),
    send: calls[passo],
  });
  if (revives && called.kind === 'answered' && refusesRevival(called.answer.outcome))
    await startVezAfterRefusal(sync.db, atendido);
  return afterWriting(at, passo, called, null);
}

// What cannot be revived is created under a new reference (decisions 7). The end of this service notices the new vez: nothing
// that was learnt of the old account is kept, and the person is planned again.
const refusesRevival = (outcome: Outcome<RemoteUser>): boolean =>
  outcome.kind === 'not_found' || (outcome.kind === 'wrong_state' && outcome.esperarMs === undefined);

async function startVezAfterRefusal(db: Db, { id, token, vez }: Atendido): Promise<void> {
  await run(db, `UPDATE usuarios SET ${VEZ_NOVA} WHERE id = :id AND lease_token = :token AND vez = :vez`, {
    id,
    token,
    vez,
  });
}

// A rule's block or cancel is asked of IXC once more; without IXC nothing destructive goes out.
async function stillStands(at: Atendimento, passo: PassoDeEscrita): Promise<'stands' | Resultado> {
  try {
    const answer = await reconfirm(at.sync, { usuarioId: at.atendido.id, acao: passo }, at.rodadas.look);
    if (answer === 'stands') return 'stands';
    if (answer === 'unconfirmed') {
      return release(
        at,
        now(at) + IXC_RETRY_MS,
        'Um contrato desta pessoa não está mais no IXC, e sem ele nada é bloqueado nem cancelado.',
      );
    }
  } catch (error) {
    // Down, slow, or without a column or a right that we need: whatever the reason, it was not confirmed.
    if (!isDatabaseDown(error)) report(at.sync, error, 'reconferencia', at.atendido.id);
    return release(
      at,
      now(at) + IXC_RETRY_MS,
      'O banco do IXC não respondeu, e sem ele nada é bloqueado nem cancelado.',
    );
  }
  return release(at, now(at));
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
  const input = { externalId: reference(at), planoCodigo, pessoa: checked.pessoa };
  const called = await call(at, {
    acao: 'criar',
    chamada: 'criar',
    operacao: () => findOrOpenOperacao(sync.db, atendido, 'criar'),
    send: (options) => parceiro.createUser(input, options),
  });
  const result = await afterWriting(at, 'criar', called, sent);
  await rememberSent(sync, atendido.id, found.cliente);
  return result;
}

// Name and contact go again; a CPF never does (the identity guard holds those).
async function update(at: Atendimento): Promise<Continue> {
  const { atendido, sync } = at;
  const { parceiro } = at.conexao;
  const found = await findPessoa(sync, atendido);
  if (found.kind !== 'ok') return endWithout(at, found);
  const checked = checkPessoa(found.cliente, HOJE.format(), knownPadroes(sync));
  if (!checked.ok) return holdWith(at, 'dados', checked.campos, null);
  const key = {
    remotoId: atendido.estado.remotoId ?? '',
    externalId: reference(at),
    planoCodigo: atendido.estado.planoObservado,
  };
  const called = await call(at, {
    acao: 'atualizar',
    chamada: 'atualizar',
    operacao: () => findOrOpenOperacao(sync.db, atendido, 'atualizar'),
    send: (options) => parceiro.updateUser(key, checked.pessoa, options),
  });
  // Remembered first: a scan that looks between the two must not take what was just sent for one more change.
  if (called.kind === 'answered' && observes(called.answer.outcome))
    await rememberSent(sync, atendido.id, found.cliente);
  return afterWriting(at, 'atualizar', called, null);
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

async function afterWriting(
  at: Atendimento,
  passo: PassoDeEscrita,
  called: Called<RemoteUser>,
  sent: Buffer | null,
): Promise<Continue> {
  if (called.kind !== 'answered') return notAnswered(at, called, passo);
  const { operacaoId } = called;
  const { outcome } = called.answer;
  const cons = afterWrite(at.atendido.estado, passo, outcome, reference(at), times(at));
  // Only a refused register is remembered: it is not sent twice unchanged. A refused plano is not the person's doing.
  const refused = cons.retida?.causa === 'dados' ? sent : null;
  const operacao = operacaoId === null ? null : { operacaoId, passo };
  return conclude(at, called, cons, observes(outcome) ? 'resposta' : null, operacao, refused);
}

const observes = (outcome: Outcome<unknown>): boolean => outcome.kind === 'ok' || outcome.kind === 'already';
