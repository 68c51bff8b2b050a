// A complete scan beside the bare reading of the same rows, each in a process that does nothing else.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startVigia } from '../../src/demo/vigia.ts';
import { measurePair } from './amostra.ts';
import type { Resultado } from './completaProcesso.ts';
import type { Instalacao } from './instalacao.ts';
import { endProcess } from './plugin.ts';
import { atMost, comparedMedians, type Linha } from './tabela.ts';

const MAIN = fileURLToPath(new URL('./completaProcesso.ts', import.meta.url));
const RODADAS = 5;
const RAZAO = 1.5;
const MEMORIA_MB = 150;

/** Everything read and judged, and the memory that it takes above the same process at rest. */
export async function measureCompleta(instalacao: Instalacao): Promise<Linha[]> {
  const vigia = startVigia();
  const scanner = await start(instalacao, 'varrer');
  const reader = await start(instalacao, 'ler');
  for (const { child } of [scanner, reader]) if (child.pid) vigia.watchProcess(child.pid);
  const memoria: number[] = [];
  try {
    const scan = async () => {
      const { ms, lidos, memoriaMb } = await scanner.once();
      if (lidos < instalacao.ixc.contratos * 0.99) throw new Error(`a varredura leu só ${lidos} contratos`);
      memoria.push(memoriaMb);
      return ms;
    };
    const read = async () => {
      const { ms, lidos } = await reader.once();
      if (lidos < instalacao.ixc.contratos) throw new Error(`a leitura leu só ${lidos} linhas`);
      return ms;
    };
    const measured = await measurePair(scan, read, RODADAS);
    const contratos = instalacao.ixc.contratos.toLocaleString('pt-BR');
    const above = Math.max(...memoria);
    return [
      comparedMedians(`Varredura completa, ${contratos}`, measured, RAZAO),
      {
        nome: '  memória dela acima do repouso, no pico',
        valor: above,
        unidade: 'MB',
        alvo: atMost(above, MEMORIA_MB, 'MB'),
      },
    ];
  } finally {
    await Promise.all([endProcess(scanner.child), endProcess(reader.child)]);
    vigia.release();
  }
}

interface Processo {
  child: ChildProcess;
  once(): Promise<Resultado>;
}

async function start({ env }: Instalacao, trabalho: 'varrer' | 'ler'): Promise<Processo> {
  const child = fork(MAIN, [trabalho], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
    stdio: ['ignore', 'ignore', 2, 'ipc'],
  });
  await answer(child);
  return {
    child,
    async once() {
      child.send('agora');
      return (await answer(child)) as Resultado;
    },
  };
}

async function answer(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(() => {
    throw new Error('o processo da varredura completa terminou antes de responder');
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    return message;
  } finally {
    gone.abort();
  }
}
