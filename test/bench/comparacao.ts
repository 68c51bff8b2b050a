// A comparison of everybody on three sides beside the bare SQL and the bare listing of the same rows, each in a process of its own.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RowDataPacket } from 'mysql2/promise';
import { startVigia } from '../../src/demo/vigia.ts';
import { measurePair } from './amostra.ts';
import type { Resultado } from './comparacaoProcesso.ts';
import type { Instalacao } from './instalacao.ts';
import { endProcess } from './plugin.ts';
import { atMost, comparedMedians, type Linha } from './tabela.ts';

const MAIN = fileURLToPath(new URL('./comparacaoProcesso.ts', import.meta.url));
const RODADAS = 3;
const RAZAO = 3;
const MEMORIA_MB = 150;

/**
 * Everybody planted in `instalacao` compared with a partner that agrees. The partner's list is answered from memory in
 * constant time a page: the simulator walks all its people for each, and would be what is measured.
 */
export async function measureComparacao(instalacao: Instalacao): Promise<Linha[]> {
  const lista = await startLista(instalacao);
  const vigia = startVigia();
  const env = { ...instalacao.env, TELECLINICA_HOSTS: new URL(lista.url).host, BENCH_LISTA: lista.url };
  await instalacao.raiz.query('UPDATE integracoes SET url_base = ?, versao = versao + 1', [lista.url]);
  const comparing = await start(env, 'comparar');
  const base = await start(env, 'base');
  for (const { child } of [comparing, base]) if (child.pid) vigia.watchProcess(child.pid);
  const memoria: number[] = [];
  try {
    const compare = async () => {
      const { ms, contas, memoriaMb } = await comparing.once();
      if (contas !== lista.total) throw new Error(`a comparação viu ${contas} de ${lista.total} contas`);
      memoria.push(memoriaMb);
      return ms;
    };
    const measured = await measurePair(compare, async () => (await base.once()).ms, RODADAS);
    const above = Math.max(...memoria);
    return [
      comparedMedians(
        `Comparação dos três lados, ${lista.total.toLocaleString('pt-BR')} contas`,
        measured,
        RAZAO,
      ),
      {
        nome: '  memória dela acima do repouso, no pico',
        valor: above,
        unidade: 'MB',
        alvo: atMost(above, MEMORIA_MB, 'MB'),
      },
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

interface Processo {
  child: ChildProcess;
  once(): Promise<Resultado>;
}

async function start(env: Record<string, string>, trabalho: 'comparar' | 'base'): Promise<Processo> {
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
    throw new Error('o processo da comparação terminou antes de responder');
  });
  ended.catch(() => undefined);
  try {
    const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
    return message;
  } finally {
    gone.abort();
  }
}
