// Serving one claimed person: plan a step, take it, plan again; until there is nothing to do.
import { transaction } from '../../db.ts';
import { refuseCall } from '../conexoes.ts';
import { closeOpen } from '../operacoes.ts';
import { holdWith, release, unchanged } from './desfecho.ts';
import { write } from './escritas.ts';
import { uncertain } from './estado.ts';
import { isDeadly } from './fila.ts';
import { finish, keepInterruption } from './fim.ts';
import { read } from './leituras.ts';
import { type Atendimento, hasTime, nextStep, now, type Resultado, times } from './servico.ts';
import { closeUnanswered } from './tentativas.ts';

const MAX_STEPS = 8;

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
    const refusal = await refuseCall(at.sync, at.conexao, at.atendido.id);
    if (refusal !== undefined) return holdWith(at, 'fora_do_teste', [], refusal);
    const outcome = passo.passo === 'ler' ? await read(at) : await write(at, passo.passo);
    if (outcome !== 'continua') return outcome;
  }
  return release(at, now(at));
}

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
