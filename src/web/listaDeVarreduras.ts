// The runs of the scanner as a file: all that left a row, not only the last ones that the screen shows.
import { type Corrida, listCorridas } from '../sync/varredura/registro.ts';
import type { Celula } from './csv.ts';
import type { Exchange } from './exchange.ts';
import { sendLista } from './exportacao.ts';
import { momento } from './formato.ts';
import { DECISAO_DA_VARREDURA, TIPO_DA_VARREDURA } from './palavras.ts';

const PAGE = 1_000;

const COLUNAS = [
  'Começou',
  'Terminou',
  'Tipo',
  'Decisão',
  'Motivo',
  'Lidos',
  'Mudanças',
  'Aplicadas',
  'À espera',
  'Duração (ms)',
];

/** `GET /sincronizacao/varreduras.csv`, `.xlsx` */
export const downloadVarreduras = (exchange: Exchange): Promise<void> =>
  sendLista(exchange, { nome: 'varreduras', colunas: COLUNAS, filtro: {}, paginas: pages(exchange) });

async function* pages({ sync }: Exchange): AsyncGenerator<Celula[][]> {
  let antes: number | undefined;
  do {
    const page = await listCorridas(sync.db, PAGE, antes);
    yield page.map(cellsOf);
    antes = page.length < PAGE ? undefined : page.at(-1)?.id;
  } while (antes !== undefined);
}

const cellsOf = (corrida: Corrida): Celula[] => [
  momento(corrida.iniciadaEm),
  corrida.terminadaEm === null ? '' : momento(corrida.terminadaEm),
  TIPO_DA_VARREDURA[corrida.tipo] ?? corrida.tipo,
  DECISAO_DA_VARREDURA[corrida.decisao]?.[1] ?? corrida.decisao,
  corrida.motivo ?? '',
  corrida.lidos,
  corrida.mudancas,
  corrida.aplicadas,
  corrida.retidas,
  corrida.duracaoMs ?? '',
];
