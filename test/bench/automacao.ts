// What the scan promises: changes cost the same in a large base as in a small one, and reach the partner in one interval.
import { setTimeout as pause } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { approveLote } from '../../src/sync/lotes/decisao.ts';
import { findLote } from '../../src/sync/lotes/lotes.ts';
import { requestPrevia } from '../../src/sync/lotes/previa.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { createVarredura, type Varredura } from '../../src/sync/varredura/varredura.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { type Cronometrada, measurePair, summarize } from './amostra.ts';
import { createAll, untilDone } from './fila.ts';
import type { Instalacao } from './instalacao.ts';
import { comparedMedians, type Linha, number, timeLine } from './tabela.ts';

const ALTERADOS = 200;
const OLHADAS = 40;
const RAZAO = 1.5;

const PESSOAS = 1_000;
// The people of the first contracts already have accounts at the partner, made by the other installations of the run.
const NINGUEM_ANTES = 6_000;
const MUDANCAS = 20;
// Few enough in one interval for the brake to let them pass.
const ENTRE_MUDANCAS_MS = 700;
const FOLGA_S = 2;
const GIVE_UP_MS = 120_000;

/** Gives the telemedicine products of IXC to the one plano. */
export async function registerVinculos({ sync, operador, planoId }: Instalacao): Promise<void> {
  for (const { id } of [PRODUTOS.individual, PRODUTOS.familia])
    await saveVinculo(sync, operador, planoId, { tipo: 'produto', ixc_id: String(id) });
}

/** One look after the same number of people's contracts were blocked or unblocked in IXC, in both bases by turns. */
export async function measureIncremental(grande: Instalacao, pequena: Instalacao): Promise<Linha[]> {
  const measured = await measurePair(await lookAfter(grande), await lookAfter(pequena), OLHADAS);
  const contratos = ({ ixc }: Instalacao) => ixc.contratos.toLocaleString('pt-BR');
  const nome = `Varredura incremental, ${ALTERADOS} alterados: ${contratos(grande)} ÷ ${contratos(pequena)}`;
  return [comparedMedians(nome, measured, RAZAO)];
}

/** Reads everything once and takes it as decided: what differed before is no part of a measurement. */
export async function settleUsuarios({ sync, raiz }: Instalacao): Promise<Varredura> {
  const varredura = createVarredura(sync, 'bench');
  await varredura.look();
  await raiz.query(
    'UPDATE adesoes SET significado = COALESCE(lido_significado, significado), plano_id = COALESCE(lido_plano_id, plano_id)',
  );
  return varredura;
}

async function lookAfter(instalacao: Instalacao): Promise<Cronometrada> {
  const { raiz, ixc } = instalacao;
  const varredura = await settleUsuarios(instalacao);
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT a.vigente AS id FROM adesoes a JOIN ${ixc.nome}.cliente_contrato c ON c.id = a.vigente
     WHERE c.status = 'A' AND c.status_internet = 'A' AND a.lido_significado = 'ativo' AND a.reavaliar_em IS NULL
       AND c.desbloqueio_confianca_ativo <> 'S' ORDER BY a.vigente LIMIT ${ALTERADOS}`,
  );
  if (found.length !== ALTERADOS) throw new Error(`só ${found.length} contratos para alterar`);
  const ids = found.map(({ id }) => Number(id));
  let blocked = false;
  return async () => {
    blocked = !blocked;
    await raiz.query(`UPDATE ${ixc.nome}.cliente_contrato SET status_internet = ? WHERE id IN (?)`, [
      blocked ? 'CA' : 'A',
      ids,
    ]);
    const start = performance.now();
    await varredura.look();
    const ms = performance.now() - start;
    await expectRead(raiz, ids, blocked ? 'bloqueado' : 'ativo');
    return ms;
  };
}

// A look that did not do the work would be fast.
async function expectRead(raiz: Instalacao['raiz'], ids: number[], significado: string): Promise<void> {
  const [[found]] = await raiz.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS total FROM adesoes WHERE vigente IN (?) AND lido_significado = ?',
    [ids, significado],
  );
  if (Number(found?.['total']) !== ids.length)
    throw new Error(`a varredura leu ${String(found?.['total'])} de ${ids.length} como ${significado}`);
}

/** Contracts blocked and unblocked in IXC, spread over several intervals, until the partner has confirmed. Needs a running plugin. */
export async function measureReacao(instalacao: Instalacao): Promise<Linha[]> {
  const { sync, operador, ixc } = instalacao;
  await createAll(instalacao, PESSOAS, NINGUEM_ANTES);
  await untilDone(instalacao, performance.now() + GIVE_UP_MS);
  await saveModo(sync, operador, { modo: 'automatico' });
  await acceptRules(instalacao);
  const people = await pickPeople(instalacao);
  const samples = [
    ...(await changeAll(instalacao, people, 'CA', 'bloqueado')),
    ...(await changeAll(instalacao, people, 'A', 'ativo')),
  ];
  const nome = `Mudança no IXC → confirmada no parceiro, ${ixc.contratos.toLocaleString('pt-BR')}`;
  const limite = sync.config.varreduraMs + FOLGA_S * 1000;
  const { observacao = '', ...line } = timeLine(nome, summarize(samples), limite);
  return [{ ...line, observacao: `${observacao}; intervalo ${number(sync.config.varreduraMs / 1000)} s` }];
}

// Somebody sees the prévia and approves none of it: from then on the mode decides.
async function acceptRules({ sync, operador }: Instalacao): Promise<void> {
  const id = await requestPrevia(sync.db, operador);
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const lote = await findLote(sync.db, id);
    if (lote?.preparado) {
      await approveLote(sync, operador, id, lote.resumo, []);
      return;
    }
    if (performance.now() > deadline) throw new Error('a prévia não ficou pronta');
    await pause(100);
  }
}

interface Pessoa {
  usuarioId: number;
  contratoId: number;
}

// Of the largest branch: the brake looks at each.
async function pickPeople({ raiz }: Instalacao): Promise<Pessoa[]> {
  const [found] = await raiz.query<RowDataPacket[]>(
    `SELECT u.id, a.vigente FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.observada = 'ativo' AND u.trabalho = 0 AND u.retida IS NULL AND a.filial_id = 1
     GROUP BY u.id HAVING COUNT(*) = 1 ORDER BY u.id LIMIT ${MUDANCAS}`,
  );
  if (found.length !== MUDANCAS) throw new Error(`só ${found.length} pessoas para mudar`);
  return found.map((row) => ({ usuarioId: Number(row['id']), contratoId: Number(row['vigente']) }));
}

async function changeAll(
  instalacao: Instalacao,
  people: Pessoa[],
  acesso: string,
  observada: string,
): Promise<number[]> {
  const changing = people.map(async ({ usuarioId, contratoId }, n) => {
    await pause(n * ENTRE_MUDANCAS_MS);
    const start = performance.now();
    await instalacao.raiz.query(
      `UPDATE ${instalacao.ixc.nome}.cliente_contrato SET status_internet = ? WHERE id = ?`,
      [acesso, contratoId],
    );
    await untilObserved(instalacao, usuarioId, observada);
    return performance.now() - start;
  });
  return Promise.all(changing);
}

async function untilObserved({ raiz }: Instalacao, usuarioId: number, observada: string): Promise<void> {
  const deadline = performance.now() + GIVE_UP_MS;
  for (;;) {
    const [[found]] = await raiz.query<RowDataPacket[]>(
      'SELECT observada = ? AND trabalho = 0 AS done, retida, mensagem FROM usuarios WHERE id = ?',
      [observada, usuarioId],
    );
    if (found?.['done'] === 1) return;
    if (performance.now() > deadline)
      throw new Error(`o usuário ${usuarioId} não chegou a ${observada}: ${JSON.stringify(found)}`);
    await pause(20);
  }
}
