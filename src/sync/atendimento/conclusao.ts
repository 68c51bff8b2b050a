// What an answer meant, written down in one short transaction: the person, the answer and the operação.
import { type Pool, transaction } from '../../db.ts';
import type { Answer } from '../../teleclinica/port.ts';
import { closeOpen, closeOperacoes, type OperacaoEncerrada } from '../operacoes.ts';
import { recordSituacoes } from '../situacoes.ts';
import { isPlain, settleUntouched, type Termo } from './aprendido.ts';
import type { Consequencia, PassoDeEscrita } from './estado.ts';
import { finish, taint } from './fim.ts';
import { closeTentativas } from './tentativas.ts';

/** A claim, or a step of it, that ends with an answer. */
export interface Conclusao extends Termo {
  called: { tentativaId: number; answer: Answer<unknown> };
  /** The operação that was served, if the call was a write. */
  operacao: { operacaoId: number; passo: PassoDeEscrita } | null;
  /** What the answer made of that operação. */
  encerra: Consequencia['operacao'];
}

export type Concluida = 'ok' | 'mudou' | 'perdido';

/**
 * Writes many at once when each is the usual case: nobody held, nothing to wait for, nobody touched meanwhile. Otherwise it
 * throws and writes nothing.
 */
export async function concludeMany(db: Pool, conclusoes: Conclusao[]): Promise<Concluida[]> {
  await transaction(
    db,
    async (tx) => {
      if ((await settleUntouched(tx, conclusoes, false)) < conclusoes.length)
        throw new Error('somebody touched one of them');
      const observed = conclusoes.filter(({ fim }) => fim.observadaPor !== null);
      await recordSituacoes(
        tx,
        observed.map(({ atendido }) => atendido.id),
      );
      await closeTentativas(
        tx,
        conclusoes.map(({ called }) => called),
      );
      await closeOperacoes(tx, conclusoes.flatMap(encerrada));
    },
    1,
  );
  return conclusoes.map(() => 'ok');
}

/** Whether a conclusion may be one of many. */
export const isUsual = (conclusao: Conclusao): boolean => isPlain(conclusao.fim) && !closesOthers(conclusao);

// More operações than the one just served were open at the claim: a newer one would have made a newer wish.
function closesOthers({ atendido, fim, operacao }: Conclusao): boolean {
  const others = atendido.abertasNaFila.some(({ id }) => id !== operacao?.operacaoId);
  return others && fim.proximo.kind === 'assentado';
}

const encerrada = ({ fim, operacao, encerra }: Conclusao): OperacaoEncerrada[] =>
  operacao === null || encerra === 'aberta'
    ? []
    : [{ id: operacao.operacaoId, estado: encerra, mensagem: fim.mensagem }];

/** Writes one, whatever the case. */
export function concludeOne(db: Pool, conclusao: Conclusao, confirmacaoMs: number): Promise<Concluida> {
  const { atendido, called, fim, operacao } = conclusao;
  return transaction(db, async (tx) => {
    const result = await finish(tx, atendido, fim);
    if (result !== 'perdido' && fim.observadaPor !== null) await recordSituacoes(tx, [atendido.id]);
    await closeTentativas(tx, [called]);
    await closeOperacoes(tx, encerrada(conclusao));
    if (result === 'ok' && closesOthers(conclusao))
      await closeOpen(tx, atendido.id, 'Já estava assim na Tele Clínica.');
    if (result === 'perdido' && operacao)
      await taint(tx, atendido.id, confirmacaoMs, operacao.passo === 'criar');
    return result;
  });
}
