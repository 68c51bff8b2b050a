// What moves in bulk: a lote of ten thousand contracts simulated, and the whole base taken away as CSV.
import type { RowDataPacket } from 'mysql2';
import { findLote } from '../../src/sync/lotes/lotes.ts';
import { createPedido } from '../../src/sync/lotes/operador/pedido.ts';
import { simulateNext } from '../../src/sync/lotes/operador/simulacao.ts';
import type { Instalacao } from './instalacao.ts';
import type { Navegador } from './navegador.ts';
import type { Plugin } from './plugin.ts';
import { atMost, type Linha } from './tabela.ts';

const CONTRATOS = 10_000;
const SEGUNDOS = 10;
const MEMORIA_MB = 150;
const LOOK_MS = 20;

/** A list of ten thousand contracts, from asking to the last message. */
export async function measureSimulacao({ sync, operador, raiz, ixc }: Instalacao): Promise<Linha[]> {
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT id FROM ${ixc.nome}.cliente_contrato ORDER BY id DESC LIMIT ${CONTRATOS}`,
  );
  const lista = found.map((row) => ({ contratoId: Number(row['id']) }));
  const pedido = { acao: 'criar', planoId: null, motivo: null, quando: 'agora', filtro: {}, lista } as const;
  const start = performance.now();
  const id = await createPedido(sync, operador, 'bench', pedido);
  while (await simulateNext(sync, 'bench'));
  const valor = (performance.now() - start) / 1000;
  const lote = await findLote(sync.db, id);
  if (lote?.total !== lista.length || !lote.preparado) throw new Error('a simulação não terminou');
  const base = ixc.contratos.toLocaleString('pt-BR');
  const nome = `Lote simulado: ${lista.length.toLocaleString('pt-BR')} contratos de ${base}`;
  return [{ nome, valor, unidade: 's', alvo: atMost(valor, SEGUNDOS, 's') }];
}

/** Every contract as CSV over HTTP, and what the process takes for it above what it had before. */
export async function measureExportacao(
  { ixc }: Instalacao,
  navegador: Navegador,
  plugin: Plugin,
): Promise<Linha[]> {
  const before = plugin.memoriaMb();
  let peak = before;
  const looking = setInterval(() => {
    peak = Math.max(peak, plugin.memoriaMb());
  }, LOOK_MS);
  const { ms, texto } = await navegador.get('/contratos.csv').finally(() => clearInterval(looking));
  // Only ends of lines are counted: every cell is quoted, and none of these has a line of its own.
  const linhas = texto().split('\r\n').length - 2;
  if (linhas < ixc.contratos) throw new Error(`o CSV trouxe só ${linhas} contratos`);
  const valor = peak - before;
  return [
    { nome: `Contratos em CSV, ${ixc.contratos.toLocaleString('pt-BR')}`, valor: ms / 1000, unidade: 's' },
    {
      nome: '  memória dela acima do repouso, no pico',
      valor,
      unidade: 'MB',
      alvo: atMost(valor, MEMORIA_MB, 'MB'),
    },
  ];
}
