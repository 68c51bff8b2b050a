// How a step or a service ends: with what an answer meant, or without any: released, held, stopped.
import { run, transaction } from '../../db.ts';
import type { Answer } from '../../teleclinica/port.ts';
import type { Encontrada } from '../pessoas.ts';
import { isRegistered } from '../registros/plano.ts';
import type { CampoRecusado, CausaDeRetencao } from '../tipos.ts';
import type { Called } from './chamada.ts';
import type { Consequencia, PassoDeEscrita } from './estado.ts';
import { type Fim, finish } from './fim.ts';
import { type Atendimento, type Continue, nextStep, now, type Resultado } from './servico.ts';
import type { Impedimento } from './tentativas.ts';

/** Milliseconds until somebody is looked at again whom only IXC could tell about. */
export const IXC_RETRY_MS = 5_000;
const STOPPED_RETRY_MS = 1_000;
// Ending a pause looks at everybody at once; until then a paused person costs one look in this time.
const PAUSED_RETRY_MS = 20_000;

/**
 * Writes what an answer meant. What it says of the whole integração comes first, so that no other call leaves meanwhile;
 * then one short transaction writes the person, the answer and the operação.
 */
export async function conclude(
  at: Atendimento,
  called: { tentativaId: number; answer: Answer<unknown> },
  cons: Consequencia,
  observadaPor: Fim['observadaPor'],
  operacao: { operacaoId: number; passo: PassoDeEscrita } | null,
  recusaImpressao: Buffer | null,
): Promise<Continue> {
  const { atendido } = at;
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
  const ended = await at.rodadas.conclude({ atendido, fim, called, operacao, encerra: cons.operacao });
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

function nextOf(at: Atendimento, cons: Consequencia, stops: boolean): Fim['proximo'] {
  if (cons.retida !== null) return { kind: 'continua' };
  if (cons.esperarAte !== null && cons.esperarAte > now(at)) return { kind: 'esperar', em: cons.esperarAte };
  if (stops) return { kind: 'esperar', em: now(at) };
  const passo = nextStep(at, cons.estado);
  // A wish for nobody with an account there after all is for `settle` to judge.
  if (passo.passo === 'nada' && cons.estado.desejada !== 'ausente') return { kind: 'assentado' };
  return passo.passo === 'esperar' ? { kind: 'esperar', em: passo.ate } : { kind: 'continua' };
}

/** Gives the person back, to be looked at again at `em` (milliseconds since the epoch). */
export async function release(
  at: Atendimento,
  em: number,
  mensagem: string | null = null,
): Promise<Resultado> {
  const fim: Fim = { ...unchanged(at), mensagem, proximo: { kind: 'esperar', em } };
  await transaction(at.sync.db, (tx) => finish(tx, at.atendido, fim));
  return 'seguiu';
}

/** Holds the person. `campos` null = as they were when the person was held before. */
export async function holdWith(
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

/** An end that learnt nothing. */
export const unchanged = ({ atendido }: Atendimento): Fim => ({
  estado: atendido.estado,
  observadaPor: null,
  mensagem: null,
  retida: null,
  recusaImpressao: atendido.recusaImpressao,
  proximo: { kind: 'continua' },
});

/** Ends the service of a person whose register could not be had. */
export async function endWithout(
  at: Atendimento,
  found: Exclude<Encontrada, { kind: 'ok' }>,
): Promise<Resultado> {
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

/** Ends the service of a person whose call for `acao` was not let go, if it has not ended yet. */
export async function notAnswered(
  at: Atendimento,
  called: Exclude<Called<unknown>, { kind: 'answered' }>,
  acao: PassoDeEscrita | 'ler',
): Promise<Resultado> {
  return called.kind === 'ended' ? called.resultado : stopped(at, called.porque, acao);
}

async function stopped(
  at: Atendimento,
  porque: Impedimento,
  acao: PassoDeEscrita | 'ler',
): Promise<Resultado> {
  if (porque === 'mudou') return release(at, now(at));
  if (porque === 'pausa') return waitForPausa(at, acao);
  await release(at, now(at) + STOPPED_RETRY_MS);
  return 'parou';
}

// A pause that ended meanwhile has already woken all who waited: this one then looks again at once.
async function waitForPausa(at: Atendimento, acao: PassoDeEscrita | 'ler'): Promise<Resultado> {
  const { id, filialId } = at.atendido;
  const resultado = await release(at, now(at) + PAUSED_RETRY_MS * (1 + Math.random()), 'Em pausa.');
  await run(
    at.sync.db,
    `UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6) WHERE id = :id AND trabalho = 1 AND lease_dono IS NULL
       AND NOT EXISTS (SELECT 1 FROM pausas WHERE operacao IN ('', :acao) AND filial_id IN (0, :filialId))`,
    { id, acao, filialId },
  );
  return resultado;
}
