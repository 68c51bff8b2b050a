// A complete scan beside the bare reading of the same rows, each in a process that does nothing else.
import { startVigia } from '../../src/demo/vigia.ts';
import { measurePair } from './amostra.ts';
import type { Instalacao } from './instalacao.ts';
import { endProcess } from './plugin.ts';
import { memoriaDela, startProcesso } from './processo.ts';
import { comparedMedians, type Linha } from './tabela.ts';

const RODADAS = 5;
const RAZAO = 1.5;

/** Everything read and judged, and the memory that it takes above the same process at rest. */
export async function measureCompleta(instalacao: Instalacao): Promise<Linha[]> {
  const vigia = startVigia();
  const scanner = await startProcesso('./completaProcesso.ts', instalacao.env, 'varrer');
  const reader = await startProcesso('./completaProcesso.ts', instalacao.env, 'ler');
  for (const { child } of [scanner, reader]) if (child.pid) vigia.watchProcess(child.pid);
  const memoria: number[] = [];
  try {
    const scan = async () => {
      const { ms, total, memoriaMb } = await scanner.once();
      if (total < instalacao.ixc.contratos * 0.99) throw new Error(`a varredura leu só ${total} contratos`);
      memoria.push(memoriaMb);
      return ms;
    };
    const read = async () => {
      const { ms, total } = await reader.once();
      if (total < instalacao.ixc.contratos) throw new Error(`a leitura leu só ${total} linhas`);
      return ms;
    };
    const measured = await measurePair(scan, read, RODADAS);
    const contratos = instalacao.ixc.contratos.toLocaleString('pt-BR');
    return [comparedMedians(`Varredura completa, ${contratos}`, measured, RAZAO), memoriaDela(memoria)];
  } finally {
    await Promise.all([endProcess(scanner.child), endProcess(reader.child)]);
    vigia.release();
  }
}
