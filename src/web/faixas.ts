// The bands at the top of every page: sending is paused (who, why), IXC is not believed right now.
import { isDatabaseDown } from '../db.ts';
import type { Sync } from '../sync/contexto.ts';
import { isPausedByFile, listPausas, type Pausa } from '../sync/pausas.ts';
import type { Operador } from '../sync/tipos.ts';
import { findRecusa } from '../sync/varredura/registro.ts';
import type { Direitos } from './direitos.ts';
import { momento } from './formato.ts';
import { ACAO } from './palavras.ts';

export interface Faixa {
  tipo: 'pausa' | 'varredura';
  titulo: string;
  detalhe: string;
  /** A path of ours where it can be seen or ended. */
  caminho: string;
}

/** What every page must say to this operator now, the worst first. */
export async function listFaixas(sync: Sync, direitos: Direitos, operador: Operador): Promise<Faixa[]> {
  if (!operador.papeis.has('ver')) return [];
  const [recusa, pausas] = await Promise.all([findRecusa(sync.db), listPausas(sync.db)]);
  const faixas: Faixa[] = [];
  if (recusa !== undefined) {
    faixas.push({
      tipo: 'varredura',
      titulo: 'A leitura do IXC foi recusada: nada muda sozinho até isto se resolver.',
      detalhe: recusa.motivo ?? '',
      caminho: '/sincronizacao',
    });
  }
  if (isPausedByFile(sync)) {
    faixas.push({
      tipo: 'pausa',
      titulo: 'Envios parados por um arquivo no servidor.',
      detalhe: 'Quem o criou precisa removê-lo.',
      caminho: '/pausa',
    });
  }
  const proprias = pausas.filter(({ filialId }) => concerns(operador, filialId));
  const nomes = await namesOf(direitos, proprias);
  return [...faixas, ...proprias.map((pausa) => drawPausa(pausa, nomes))];
}

function drawPausa(pausa: Pausa, nomes: ReadonlyMap<number, string>): Faixa {
  const what = Object.entries(ACAO).find(([acao]) => acao === pausa.operacao)?.[1];
  const where = pausa.filialId === 0 ? '' : `, filial ${pausa.filialId}`;
  const who = nomes.get(pausa.operadorId) ?? `operador ${pausa.operadorId}`;
  return {
    tipo: 'pausa',
    titulo: `Em pausa: ${what ?? 'todos os envios'}${where}.`,
    detalhe: `${pausa.motivo} (${who}, ${momento(pausa.criadoEm)})`,
    caminho: '/pausa',
  };
}

// Names come from IXC; a pause must be told even when IXC does not answer.
async function namesOf(direitos: Direitos, pausas: Pausa[]): Promise<ReadonlyMap<number, string>> {
  try {
    return await direitos.namesOf(pausas.map(({ operadorId }) => operadorId));
  } catch (error) {
    if (!isDatabaseDown(error)) throw error;
    return new Map();
  }
}

const concerns = ({ filiais }: Operador, filialId: number): boolean =>
  filialId === 0 || filiais === 'todas' || filiais.includes(filialId);
