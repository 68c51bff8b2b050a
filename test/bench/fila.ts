// A backlog let go: how many effects a second reach the partner, beside what the partner itself allows.
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2';
import { SUJEIRA_LAST } from '../../src/demo/ixc/sujeira.ts';
import type { Simulador } from '../../src/demo/simulador/processo.ts';
import { findContrato } from '../../src/ixc/contratos.ts';
import { Problem } from '../../src/problem.ts';
import { requestBloqueio, requestDesbloqueio } from '../../src/sync/pedidos.ts';
import { requestUsuario } from '../../src/sync/pedidoUsuario.ts';
import { findUsuario } from '../../src/sync/usuarios.ts';
import type { Instalacao } from './instalacao.ts';
import type { Navegador } from './navegador.ts';
import { atLeast, type Linha } from './tabela.ts';

const OPERACOES = 2_000;
/** Calls at once, as the profile allows. */
const CONCORRENCIA = 10;
const LATENCIA_MS = 50;
const GIVE_UP_MS = 300_000;

/** Creates, blocks and unblocks `OPERACOES` people, each time asked for during a pause and then let go. */
export async function measureFila(
  instalacao: Instalacao,
  navegador: Navegador,
  simulador: Simulador,
): Promise<Linha[]> {
  const drain = (order: () => Promise<unknown>, situacao: string) =>
    drainOnce(instalacao, navegador, order, situacao);
  const criar = await drain(() => createAll(instalacao, OPERACOES), 'ativo');
  const instant = await bareRate(simulador);
  const bloquear = await drain(() => orderAll(instalacao, 'bloquear'), 'bloqueado');
  await simulador.opcoes({ latencyMs: LATENCIA_MS });
  const slow = await bareRate(simulador);
  const desbloquear = await drain(() => orderAll(instalacao, 'desbloquear'), 'ativo');
  await simulador.opcoes({ latencyMs: 0 });
  const allowed = (CONCORRENCIA * 1000) / LATENCIA_MS;
  const total = `${OPERACOES.toLocaleString('pt-BR')}`;
  const line = (nome: string, valor: number, base: number) => ({
    nome,
    valor,
    unidade: 'efeitos/s' as const,
    base: { valor: base },
    observacao: 'base: o parceiro chamado direto, 10 por vez',
  });
  return [
    { ...line(`Fila de ${total} criações (2 chamadas cada), parceiro instantâneo`, criar, instant / 2) },
    {
      ...line(`Fila de ${total} bloqueios, parceiro instantâneo`, bloquear, instant),
      alvo: atLeast(bloquear, 400, 'efeitos/s'),
    },
    {
      ...line(`Fila de ${total} desbloqueios, ${LATENCIA_MS} ms × ${CONCORRENCIA}`, desbloquear, slow),
      alvo: atLeast(desbloquear, 0.95 * Math.min(allowed, slow), 'efeitos/s'),
    },
  ];
}

// Effects per second from the end of the pause until nobody waits.
async function drainOnce(
  instalacao: Instalacao,
  navegador: Navegador,
  order: () => Promise<unknown>,
  situacao: string,
): Promise<number> {
  await navegador.write('PUT', '/pausa', { motivo: 'medição' });
  await order();
  const start = performance.now();
  await navegador.write('DELETE', '/pausa');
  await untilDone(instalacao, start + GIVE_UP_MS);
  const seconds = (performance.now() - start) / 1000;
  const { done } = await progress(instalacao, situacao);
  if (done < OPERACOES * 0.9) throw new Error(`só ${done} usuários chegaram a ${situacao}`);
  return done / seconds;
}

/** Waits until nobody has anything open. Throws after `deadline` (performance.now()). */
export async function untilDone(instalacao: Instalacao, deadline: number): Promise<void> {
  while ((await progress(instalacao, '')).waiting > 0) {
    if (performance.now() > deadline) throw new Error('a fila não acabou em cinco minutos');
    await pause(50);
  }
}

async function progress({ raiz }: Instalacao, situacao: string): Promise<{ waiting: number; done: number }> {
  const [[found]] = await raiz.query<RowDataPacket[]>(
    `SELECT COALESCE(SUM(trabalho = 1 AND retida IS NULL), 0) AS waiting,
       COALESCE(SUM(observada = ? AND trabalho = 0), 0) AS done FROM usuarios`,
    [situacao],
  );
  return { waiting: Number(found?.['waiting']), done: Number(found?.['done']) };
}

/** Orders accounts for one contract each of `total` people in order, from contract `depois` on; whoever has an odd register is passed over. */
export async function createAll(
  { raiz, ixc, sync, operador, planoId }: Instalacao,
  total: number,
  depois: number = SUJEIRA_LAST.contrato,
): Promise<void> {
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT MIN(c.id) AS id FROM ${ixc.nome}.cliente_contrato c JOIN ${ixc.nome}.cliente cl ON cl.id = c.id_cliente
     WHERE c.status = 'A' AND c.status_internet = 'A' AND c.contrato_suspenso <> 'S' AND cl.tipo_pessoa = 'F'
       AND c.id > ${depois}
     GROUP BY cl.id ORDER BY id LIMIT ${total * 2}`,
  );
  let accepted = 0;
  await inParallel(found, async ({ id }) => {
    if (accepted >= total) return;
    accepted += 1;
    const contrato = await findContrato(sync.ixc, Number(id), 'todas');
    if (contrato === undefined) throw new Error(`falta o contrato ${id}`);
    await requestUsuario(sync, operador, contrato, planoId).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      accepted -= 1;
    });
  });
}

async function orderAll(
  { raiz, sync, operador }: Instalacao,
  acao: 'bloquear' | 'desbloquear',
): Promise<void> {
  const [found] = await raiz.query<RowDataPacket[]>('SELECT id FROM usuarios WHERE retida IS NULL');
  await inParallel(found, async ({ id }) => {
    const usuario = await findUsuario(sync.db, Number(id), 'todas');
    if (usuario === undefined) throw new Error(`falta o usuário ${id}`);
    if (acao === 'bloquear') await requestBloqueio(sync, operador, usuario, 'medição');
    else await requestDesbloqueio(sync, operador, usuario);
  });
}

// Calls per second that the partner takes from a caller who does nothing else, as many at once as we make.
async function bareRate({ url, usuario, senha }: Simulador): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONCORRENCIA });
  const authorization = `Basic ${Buffer.from(`${usuario}:${senha}`).toString('base64')}`;
  const start = performance.now();
  await inParallel(
    Array.from({ length: OPERACOES }, (_, i) => i),
    (i) => callOnce(`${url}/users?externalId=ninguem-${i}`, { agent, headers: { authorization } }),
    CONCORRENCIA,
  );
  agent.destroy();
  return OPERACOES / ((performance.now() - start) / 1000);
}

function callOnce(url: string, options: http.RequestOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.get(url, options, (answer) => answer.resume().on('end', resolve)).on('error', reject);
  });
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<unknown>, lanes = 8): Promise<void> {
  const queue = items.values();
  const lane = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
