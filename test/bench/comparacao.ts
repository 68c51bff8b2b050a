// A comparison of everybody on three sides beside the bare SQL and the bare listing of the same rows, each in a process of its own.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RowDataPacket } from 'mysql2/promise';
import { startVigia } from '../../src/demo/vigia.ts';
import { measurePair } from './amostra.ts';
import type { Instalacao } from './instalacao.ts';
import { endProcess } from './plugin.ts';
import { memoriaDela, startProcesso } from './processo.ts';
import { comparedMedians, type Linha } from './tabela.ts';

const RODADAS = 3;
const RAZAO = 3;

/**
 * Everybody planted in `instalacao` compared with a partner that agrees. The partner's list is answered from memory in
 * constant time a page: the simulator walks all its people for each, and would be what is measured.
 */
export async function measureComparacao(instalacao: Instalacao): Promise<Linha[]> {
  const lista = await startLista(instalacao);
  const vigia = startVigia();
  const env = { ...instalacao.env, TELECLINICA_HOSTS: new URL(lista.url).host, BENCH_LISTA: lista.url };
  await instalacao.raiz.query('UPDATE integracoes SET url_base = ?, versao = versao + 1', [lista.url]);
  const comparing = await startProcesso('./comparacaoProcesso.ts', env, 'comparar');
  const base = await startProcesso('./comparacaoProcesso.ts', env, 'base');
  for (const { child } of [comparing, base]) if (child.pid) vigia.watchProcess(child.pid);
  const memoria: number[] = [];
  try {
    const compare = async () => {
      const { ms, total, memoriaMb } = await comparing.once();
      if (total !== lista.total) throw new Error(`a comparação viu ${total} de ${lista.total} contas`);
      memoria.push(memoriaMb);
      return ms;
    };
    const measured = await measurePair(compare, async () => (await base.once()).ms, RODADAS);
    return [
      comparedMedians(
        `Comparação dos três lados, ${lista.total.toLocaleString('pt-BR')} contas`,
        measured,
        RAZAO,
      ),
      memoriaDela(memoria),
    ];
  } finally {
    await Promise.all([endProcess(comparing.child), endProcess(base.child)]);
    vigia.release();
    lista.server.close();
  }
}

interface Lista {
  server: Server;
  url: string;
  total: number;
}

async function startLista({ raiz }: Instalacao): Promise<Lista> {
  const [rows] = await raiz.query<RowDataPacket[]>(
    "SELECT id, observada = 'bloqueado' AS bloqueada FROM usuarios ORDER BY id",
  );
  const ids = Uint32Array.from(rows, (row) => Number(row['id']));
  const blocked = Uint8Array.from(rows, (row) => Number(row['bloqueada']));
  const server = createServer((req, res) => {
    const query = new URL(req.url ?? '/', 'http://x').searchParams;
    const size = Number(query.get('pageSize') ?? 100);
    const from = (Number(query.get('page') ?? 1) - 1) * size;
    const data = [...ids.subarray(from, from + size)].map((id, n) => ({
      id: `bench-${id}`,
      externalId: null,
      status: blocked[from + n] === 1 ? 'blocked' : 'active',
      planId: 'clinico-24h',
      name: null,
      cpf: null,
    }));
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify({ data, meta: { totalPages: Math.ceil(ids.length / size) } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}`, total: ids.length };
}
