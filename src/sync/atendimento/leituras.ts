// The reading step: asks the partner for an account by its id, by our reference or by CPF, in that order.
import type { RemoteUser } from '../../teleclinica/port.ts';
import { HOJE } from '../hoje.ts';
import { knownPadroes } from '../padroes.ts';
import { checkPessoa } from '../pessoa.ts';
import { findPessoa } from '../pessoas.ts';
import type { Chamada } from '../tipos.ts';
import { afterRead } from './aposLeitura.ts';
import { type Called, call, type Partida } from './chamada.ts';
import { conclude, endWithout, holdWith, notAnswered } from './desfecho.ts';
import { type Atendimento, type Continue, type Resultado, reference, times } from './servico.ts';
import { closeTentativa } from './tentativas.ts';

/** Looks the account up in every way that the partner has until one finds it, and concludes from the last. */
export async function read(at: Atendimento): Promise<Continue> {
  const { parceiro } = at.conexao;
  const { estado } = at.atendido;
  const { lookupBy } = parceiro.capabilities;
  const known = estado.remotoId !== null || estado.incertaEm !== null || estado.duplicado;
  let last: Called<RemoteUser[]> | undefined;

  if (estado.remotoId !== null && lookupBy.includes('remotoId')) {
    const { remotoId } = estado;
    last = await call(
      at,
      look('buscar_por_id', (options) => parceiro.findUser({ remotoId }, options)),
    );
    if (isFinal(last)) return afterReading(at, last);
  }
  if ((known || !lookupBy.includes('cpf')) && lookupBy.includes('externalId')) {
    const externalId = reference(at);
    last = await replace(at, last, () =>
      call(
        at,
        look('buscar_por_referencia', (options) => parceiro.findUser({ externalId }, options)),
      ),
    );
    if (isFinal(last)) return afterReading(at, last);
  }
  if (lookupBy.includes('cpf')) {
    const pessoa = await personFor(at, last === undefined);
    if (pessoa.kind === 'ended') return pessoa.resultado;
    if (pessoa.kind === 'ok') {
      const { cpf } = pessoa;
      last = await replace(at, last, () =>
        call(
          at,
          look('buscar_por_cpf', (options) => parceiro.findUser({ cpf }, options)),
        ),
      );
    }
  }
  return last === undefined
    ? holdWith(at, 'contrato_quebrado', [], 'O perfil não diz como consultar uma conta.')
    : afterReading(at, last);
}

const look = (chamada: Chamada, send: Partida<RemoteUser[]>['send']): Partida<RemoteUser[]> => ({
  acao: 'ler',
  chamada,
  send,
});

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
  called.kind !== 'answered' || called.answer.outcome.kind !== 'not_found';

async function afterReading(at: Atendimento, called: Called<RemoteUser[]>): Promise<Continue> {
  if (called.kind !== 'answered') return notAnswered(at, called, 'ler');
  const cons = afterRead(at.atendido.estado, called.answer.outcome, reference(at), times(at));
  const kind = called.answer.outcome.kind;
  const observed = kind === 'ok' || kind === 'not_found';
  return conclude(at, called, cons, observed ? 'leitura' : null, null, at.atendido.recusaImpressao);
}
