// The rounds of one worker: what its many services ask of the databases at the same moment is asked once.
import type { Sync } from '../contexto.ts';
import { lookQuickly, type Olhar, type Pergunta } from '../varredura/reconferencia.ts';
import { type Concluida, type Conclusao, concludeMany, concludeOne, isUsual } from './conclusao.ts';
import { type Atendido, claim } from './fila.ts';
import { together } from './juntos.ts';
import { type Impedimento, type NovaTentativa, openTentativas } from './tentativas.ts';

export interface Rodadas {
  claim(id: number): Promise<Atendido | undefined>;
  look(pergunta: Pergunta): Promise<Olhar>;
  openTentativa(nova: NovaTentativa): Promise<number | Impedimento>;
  conclude(conclusao: Conclusao): Promise<Concluida>;
}

const AT_MOST = 32;

/** The rounds of the worker `dono`. Each question is answered, or rejected, for itself. */
export function createRodadas(sync: Sync, dono: string): Rodadas {
  const { confirmacaoMs, leaseMs } = sync.config;
  const write = together(async (many: Conclusao[], patient) => {
    const [only] = many;
    if (!patient || only === undefined) return concludeMany(sync.db, many);
    return [await concludeOne(sync.db, only, confirmacaoMs)];
  }, AT_MOST);
  return {
    claim: together((ids, patient) => claim(sync.db, ids, dono, leaseMs, patient), AT_MOST),
    look: together((perguntas) => lookQuickly(sync, perguntas), AT_MOST),
    openTentativa: together((novas) => openTentativas(sync.db, novas), AT_MOST),
    conclude: (conclusao) =>
      isUsual(conclusao) ? write(conclusao) : concludeOne(sync.db, conclusao, confirmacaoMs),
  };
}
