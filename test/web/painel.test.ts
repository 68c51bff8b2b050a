// The Painel: every number is the length of the list behind it, inside the operator's branches; the past is kept by day.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rows, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { HOJE } from '../../src/sync/hoje.ts';
import { readMovimento } from '../../src/sync/movimento.ts';
import { listMeses, recordVidas } from '../../src/sync/vidas.ts';
import { addDados, BASE, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const { ativa, produtoNoContrato, produtoAdicional, outraFilial } = PESSOAS;
const DAY_MS = 86_400_000;

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  const ids = [produtoNoContrato, produtoAdicional, outraFilial].map(({ contrato }) => contrato).join();
  await mundo.write('post', '/contratos/selecao/usuario', admin, { ids });
  const of = ({ contrato }: { contrato: number }): string =>
    `WHERE id = (SELECT usuario_id FROM adesoes WHERE contrato_id = ${contrato})`;
  const set = (sql: string) => run(mundo.sync.db, `UPDATE usuarios SET ${sql}`);
  await set(`observada = 'ativo', trabalho = 0 ${of(ativa)}`);
  await set(`observada = 'bloqueado', trabalho = 1, falhas = 3 ${of(produtoNoContrato)}`);
  await set(
    `observada = 'ativo', aguarda_acesso = 1, trabalho = 1, retida = 'dados' ${of(produtoAdicional)}`,
  );
  await set(`observada = 'cancelado', trabalho = 0 ${of(outraFilial)}`);
  await refuse(dados.usuarioId, 'criar', 'Plano não existe.');
  await refuse(dados.usuarioId, 'bloquear', 'Estado não permite.');
  await solve(dados.usuarioId, 'bloquear');
});
afterAll(() => mundo.stop());

const insert = (usuarioId: number, acao: string, estado: string, mensagem: string) =>
  run(
    mundo.sync.db,
    `INSERT INTO operacoes (integracao_id, usuario_id, acao, causa, filial_id, estado, mensagem, criado_em, encerrada_em)
     VALUES (:integracaoId, :usuarioId, :acao, 'operador', 1, :estado, :mensagem, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`,
    { integracaoId: dados.integracaoId, usuarioId, acao, estado, mensagem },
  );
const refuse = (id: number, acao: string, mensagem: string) => insert(id, acao, 'recusada', mensagem);
// A refused order that a newer one of the same person took the place of is nobody's work any more.
const solve = async (id: number, acao: string): Promise<void> => {
  await insert(id, acao, 'feita', '');
  await refuse(id, 'trocar_plano', 'Plano não existe.');
};

const linesOf = (html: string): number => [...html.matchAll(/<tr id="(?:usuario|operacao)-\d+"/g)].length;
const plain = (html: string): string => html.replaceAll('&amp;', '&');

/** Every number of the Painel that leads to a grid of usuários or operações, with the address behind it. */
function numbersOf(html: string): { caminho: string; total: number }[] {
  const found: { caminho: string; total: number }[] = [];
  const add = (caminho: string, total: string): void => {
    const path = plain(caminho).replace(BASE, '');
    if (/^\/(usuarios|operacoes)/.test(path)) found.push({ caminho: path, total: Number(total) });
  };
  for (const [, caminho = '', total = ''] of html.matchAll(
    /<a href="([^"]+)">(?:(?!<\/a>).)*?<span class="quantos-sao">(\d+)</gs,
  ))
    add(caminho, total);
  for (const [, caminho = '', total = ''] of html.matchAll(
    /<th scope="row"><a href="([^"]+)">(?:(?!<\/th>).)*<\/th>\s*<td class="valor">(\d+)</gs,
  ))
    add(caminho, total);
  for (const [, caminho = '', total = ''] of html.matchAll(/<a href="([^"]+)">(\d+) na fila</g))
    add(caminho, total);
  return found;
}

describe.each([
  ['an operator of every branch', OPERADORES.administrador.id],
  ['an operator of another branch', OPERADORES.outraFilial.id],
])('for %s', (_who, operadorId) => {
  test('each number is the length of the list that it opens', async () => {
    const sessao = await mundo.login(operadorId);
    const numbers = numbersOf((await mundo.get('/', sessao)).text);

    expect(numbers.length).toBeGreaterThan(5);
    for (const { caminho, total } of numbers) {
      const { status, text } = await mundo.get(caminho, sessao);
      expect({ caminho, status, total: linesOf(text) }).toEqual({ caminho, status: 200, total });
    }
  });
});

test('what was solved since is not told as a failure, what was not is', async () => {
  const { text } = await mundo.get('/', admin);

  expect(text).toContain('Troca de plano recusada desde ontem');
  expect(text).not.toContain('Criação recusada desde ontem');
  expect(text).not.toContain('Bloqueio recusado desde ontem');
});

test('the time to the confirmation is that of what rules did alone, by branch; half and 95% are times that really were', async () => {
  const { sync } = mundo;
  const values = (acao: string, causa: string, seconds: number, ago: string): string =>
    `(1, 1, '${acao}', '${causa}', 9, 'feita', UTC_TIMESTAMP(6) - INTERVAL ${ago}, UTC_TIMESTAMP(6) - INTERVAL ${ago} + INTERVAL ${seconds} SECOND)`;
  const lines = [
    ...Array.from({ length: 20 }, (_, n) => values('criar', 'regra', n + 1, '1 HOUR')),
    values('cancelar', 'regra', 500, '20 DAY'),
    values('bloquear', 'operador', 900, '1 HOUR'),
  ];
  await run(
    sync.db,
    `INSERT INTO operacoes (integracao_id, usuario_id, acao, causa, filial_id, estado, criado_em, encerrada_em) VALUES ${lines.join(', ')}`,
  );
  const { tempos, meses } = await readMovimento(sync.db, [9], HOJE.format());

  expect(tempos).toEqual({ p50: 10, p95: 19, total: 20 });
  expect(meses).toHaveLength(12);
  const sum = (what: 'novas' | 'canceladas') => meses.reduce((total, mes) => total + mes[what], 0);
  expect([sum('novas'), sum('canceladas')]).toEqual([20, 1]);
  expect((await readMovimento(sync.db, [8], HOJE.format())).tempos.total).toBe(0);
});

describe('the past', () => {
  const day = (ago: number): Date => new Date(Date.now() - ago * DAY_MS);
  const Vida = z.object({ filial: z.number(), situacao: z.string(), total: z.coerce.number() });
  const vidas = () =>
    rows(
      mundo.sync.db,
      'SELECT filial_id AS filial, situacao, SUM(total) AS total FROM vidas GROUP BY filial_id, situacao ORDER BY 1, 2',
      {},
      Vida,
    );

  test('is counted once for the day that ended, by branch and in all of them', async () => {
    await recordVidas(mundo.sync, day(0));
    const first = await vidas();
    await recordVidas({ ...mundo.sync, perfis: new Map(mundo.sync.perfis) }, day(0));

    expect(first.filter(({ filial }) => filial === 0)).toEqual([
      { filial: 0, situacao: 'ativo', total: 2 },
      { filial: 0, situacao: 'bloqueado', total: 1 },
      { filial: 0, situacao: 'cancelado', total: 1 },
    ]);
    expect(first).toContainEqual({ filial: 2, situacao: 'cancelado', total: 1 });
    expect(await vidas()).toEqual(first);
  });

  test('is told month by month, with a hole where nobody counted', async () => {
    const hoje = new Date().toISOString().slice(0, 10);
    const next = `${hoje.slice(0, 4)}-${hoje.slice(5, 7)}-28`;
    const later = new Date(Date.parse(`${next}T12:00:00Z`) + 10 * DAY_MS).toISOString().slice(0, 10);
    const meses = await listMeses(mundo.sync.db, 'todas', later, 12);

    expect(meses).toHaveLength(12);
    expect(meses.at(-1)).toMatchObject({ ativas: 2 });
    expect(meses.slice(0, -2).every(({ ativas }) => ativas === null)).toBe(true);
    expect((await mundo.get('/', admin)).text).toContain('Ver números');
  });
});
