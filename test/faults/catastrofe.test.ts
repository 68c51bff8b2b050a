// The worst nights of a provider's database, one after another: never more blocks or cancellations than the brake allows,
// and everything is active again once IXC is itself again.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { judge } from '../../src/sync/varredura/freio.ts';
import { loadHistorico } from '../../src/sync/varredura/passado.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';

const LONGO = process.env['LONGO'] === '1';
const RODADAS = LONGO ? 500 : 50;
const PESSOAS = 200;
const SEMENTE = Number(process.env['SEMENTE'] ?? 4_242);
const FILIAIS = [1, 2, 3];
// Of 200 people in a day, with nothing alike before: max(10, 5 %) blocks, max(5, 3 %) cancellations. Written out, so that
// a brake that allows more is not measured by itself.
const MOST = { bloquear: 10, cancelar: 6 };

let casa: Automacao;
let gente: Gente[];
/** usuário id → branch */
const filialDe = new Map<number, number>();

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(PESSOAS);
  await spread();
  await casa.mundo.ixc.query('UPDATE cliente SET ultima_atualizacao = NOW() - INTERVAL 1 HOUR');
  await casa.olhar('completa');
  await quiet();
  await casa.guardar();
}, 120_000);
afterAll(() => casa.end());

// Branches, and the three places a product can come from.
async function spread(): Promise<void> {
  const { ixc } = casa.mundo;
  for (const [n, { id, contrato }] of gente.entries()) {
    const filial = FILIAIS[n % 10 < 6 ? 0 : n % 10 < 9 ? 1 : 2] ?? 1;
    filialDe.set(id, filial);
    const plano = n % 3 === 0 ? PLANOS_DE_VENDA.fibraComIndividual.id : PLANOS_DE_VENDA.fibra.id;
    await ixc.query('UPDATE cliente_contrato SET id_filial = ?, id_vd_contrato = ? WHERE id = ?', [
      filial,
      plano,
      contrato,
    ]);
    if (n % 3 === 0) await ixc.query('DELETE FROM vd_contratos_produtos WHERE id_contrato = ?', [contrato]);
    if (n % 3 === 1)
      await ixc.query('UPDATE vd_contratos_produtos SET descricao = ? WHERE id_contrato = ?', [
        'SVA',
        contrato,
      ]);
  }
}

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
function sorteio(semente: number): () => number {
  let state = semente;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Desastre = (onde: string, sorte: () => number) => string[];
const pick = <T>(from: readonly T[], sorte: () => number): T => {
  const found = from[Math.floor(sorte() * from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
};
const everywhere =
  (sql: string): Desastre =>
  (onde) => [`UPDATE cliente_contrato SET ${sql} WHERE ${onde}`];

/** `onde` = the contracts it strikes. */
const DESASTRES: Record<string, Desastre> = {
  wipe: () => ['DELETE FROM cliente_contrato'],
  'rows gone': (onde) => [`DELETE FROM cliente_contrato WHERE ${onde}`],
  'everything to I': everywhere("status = 'I'"),
  'another status': (onde, sorte) =>
    everywhere(`status = '${pick(['D', 'N', 'P', ''], sorte)}'`)(onde, sorte),
  'another access': (onde, sorte) =>
    everywhere(`status_internet = '${pick(['CA', 'CM', 'D', 'AA', 'CE', ''], sorte)}'`)(onde, sorte),
  'all suspended': everywhere("contrato_suspenso = 'S'"),
  'columns null': (onde, sorte) =>
    everywhere(
      `${pick(['status', 'status_internet', 'contrato_suspenso', 'tipo_produtos_plano'], sorte)} = NULL`,
    )(onde, sorte),
  'two products swapped': () => [
    `UPDATE vd_contratos_produtos SET id_produto = CASE id_produto WHEN ${PRODUTOS.individual.id} THEN ${PRODUTOS.familia.id}
       WHEN ${PRODUTOS.familia.id} THEN ${PRODUTOS.individual.id} ELSE id_produto END`,
  ],
  'product rows gone': (onde) => [
    `DELETE FROM vd_contratos_produtos WHERE id_contrato IN (SELECT id FROM cliente_contrato WHERE ${onde})`,
  ],
  'plan rows gone': () => ['DELETE FROM vd_contratos_produtos WHERE id_vd_contrato > 0'],
  'other sales plans': (onde, sorte) =>
    everywhere(`id_vd_contrato = ${pick([1, 999, 0, PLANOS_DE_VENDA.fibraComFamilia.id], sorte)}`)(
      onde,
      sorte,
    ),
  'time zone shift': (onde, sorte) =>
    everywhere(`ultima_atualizacao = ultima_atualizacao + INTERVAL ${pick([-3, 3, -12, 12], sorte)} HOUR`)(
      onde,
      sorte,
    ),
  'old backup': (onde) => [
    `UPDATE cliente_contrato SET status = 'P', status_internet = 'AA', ultima_atualizacao = NOW() - INTERVAL 90 DAY WHERE ${onde}`,
  ],
  'very old backup': () => [
    "UPDATE cliente_contrato SET status = 'I', ultima_atualizacao = NOW() - INTERVAL 90 DAY",
  ],
  'backup of yesterday': (onde) => [
    `UPDATE cliente_contrato SET status = IF(${onde}, 'I', status), ultima_atualizacao = ultima_atualizacao - INTERVAL 1 DAY`,
  ],
  'clients swapped': (onde) => [
    `UPDATE cliente_contrato SET id_cliente = (SELECT MIN(id) FROM cliente) + id % 17 WHERE ${onde}`,
  ],
  'CPFs gone wrong': (_, sorte) => [
    `UPDATE cliente SET cnpj_cpf = ${pick(["''", 'NULL', 'REVERSE(cnpj_cpf)', "'111.111.111-11'"], sorte)}`,
  ],
  'branches mixed up': everywhere(
    "id_filial = 1 + id % 3, status_internet = IF(id % 2 = 0, 'CA', status_internet)",
  ),
};
// What ends contracts comes more often: only it leads to cancellations.
const NAMES = [...Object.keys(DESASTRES), 'everything to I', 'everything to I', 'product rows gone'];

interface Rodada {
  nomes: string[];
  comandos: string[];
  /** How many prazos end during it. */
  prazos: number;
}

function invent(sorte: () => number): Rodada {
  const nomes = sorte() < 0.3 ? [pick(NAMES, sorte), pick(NAMES, sorte)] : [pick(NAMES, sorte)];
  const share = pick([1, 1, 0.5, 0.1, 0.04, 0.02, 0.02], sorte);
  const slices = share < 1 && sorte() < 0.6 ? 3 : 1;
  const comandos: string[] = [];
  for (let slice = 0; slice < slices; slice += 1) {
    const from = Math.floor(sorte() * 100);
    const onde = share === 1 ? 'TRUE' : `(id + ${from}) % 100 < ${Math.round(share * 100)}`;
    for (const nome of nomes) comandos.push(...(DESASTRES[nome]?.(onde, sorte) ?? []));
  }
  return { nomes, comandos, prazos: pick([0, 0, 2, 4, 7, PESSOAS], sorte) };
}

/** How many more of this kind rules may make by themselves now, one run after another. */
async function allowed(acao: 'bloquear' | 'cancelar', filial?: number): Promise<number> {
  const past = (await loadHistorico(casa.mundo.sync.db)).of(acao, filial);
  let most = 0;
  while (
    most < PESSOAS &&
    !judge(acao, 1, { ...past, ultimas24h: past.ultimas24h + most, ultimos7dias: past.ultimos7dias + most })
      .retem
  )
    most += 1;
  return most;
}

// Nobody is in hand or due: what is left waits for IXC.
const quiet = () =>
  eventually(
    async () =>
      (await casa.valor(
        `SELECT COUNT(*) FROM usuarios WHERE retida IS NULL AND (lease_ate > UTC_TIMESTAMP(6)
           OR (trabalho = 1 AND proxima_em <= UTC_TIMESTAMP(6)))`,
      )) === 0,
    30_000,
  );

/** Calls of a kind since `desde`, by branch. */
async function struck(operacao: string, desde: number): Promise<Map<number, number>> {
  const found = await casa.mundo.simulador.historico({ operacao, desde });
  const [people] = await casa.mundo.nosso.query<RowDataPacket[]>('SELECT id, remoto_id FROM usuarios');
  const branchOf = new Map(people.map((each) => [each['remoto_id'], filialDe.get(Number(each['id'])) ?? 0]));
  const total = new Map<number, number>();
  for (const { userId } of found) {
    const filial = branchOf.get(userId) ?? 0;
    total.set(filial, (total.get(filial) ?? 0) + 1);
  }
  return total;
}
const sumOf = (counts: Map<number, number>): number =>
  [...counts.values()].reduce((sum, each) => sum + each, 0);

async function strike({ comandos, prazos }: Rodada): Promise<void> {
  for (const sql of comandos) {
    await casa.mundo.escrita.query(sql);
    await casa.olhar().catch(() => undefined);
  }
  await casa.olhar('completa').catch(() => undefined);
  await quiet();
  if (prazos > 0) {
    await casa.mundo.nosso.query(
      'UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP() WHERE cancelar_regra_em IS NOT NULL ORDER BY id LIMIT ?',
      [prazos],
    );
    await casa.olhar().catch(() => undefined);
    await quiet();
  }
  await casa.olhar().catch(() => undefined);
  await quiet();
}

async function heal(): Promise<void> {
  await casa.restaurar();
  // A base that was put back is believed again once somebody works in it.
  await casa.mundo.ixc.query('UPDATE cliente_contrato SET ultima_atualizacao = NOW() WHERE id = ?', [
    gente[0]?.contrato,
  ]);
  await casa.olhar('completa');
  await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6) WHERE trabalho = 1');
  casa.mundo.sync.wake();
  await casa.olhar();
  await assentar(casa.mundo, 30_000);
}

// Who was cancelled comes back by a person only.
async function revive(): Promise<number> {
  const [gone] = await casa.mundo.nosso.query<RowDataPacket[]>(
    "SELECT a.vigente AS contrato FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL WHERE u.observada = 'cancelado'",
  );
  for (const { contrato } of gone) await casa.mundo.criar(Number(contrato));
  await assentar(casa.mundo, 30_000);
  return gone.length;
}

describe(`${RODADAS} disasters in a row`, () => {
  test(
    'never do more than the brake allows, and leave nobody behind',
    async () => {
      const total = { blocks: 0, cancels: 0, lotes: 0 };
      for (let n = 0; n < RODADAS; n += 1) {
        const rodada = invent(sorteio(SEMENTE + n));
        const where = `SEMENTE=${SEMENTE + n} (${rodada.nomes.join(' + ')})`;
        await casa.esquecer();
        const limits = new Map<number | undefined, { bloquear: number; cancelar: number }>();
        for (const filial of [undefined, ...FILIAIS])
          limits.set(filial, {
            bloquear: await allowed('bloquear', filial),
            cancelar: await allowed('cancelar', filial),
          });
        const desde = (await casa.mundo.simulador.historico()).at(-1)?.seq ?? 0;

        await strike(rodada);
        const blocks = await struck('blockUser', desde);
        const cancels = await struck('cancelUser', desde);
        expect(sumOf(blocks), `blocks, ${where}`).toBeLessThanOrEqual(limits.get(undefined)?.bloquear ?? 0);
        expect(sumOf(cancels), `cancels, ${where}`).toBeLessThanOrEqual(limits.get(undefined)?.cancelar ?? 0);
        expect(sumOf(blocks), `blocks, ${where}`).toBeLessThanOrEqual(MOST.bloquear);
        expect(sumOf(cancels), `cancels, ${where}`).toBeLessThanOrEqual(MOST.cancelar);
        for (const filial of rodada.nomes.includes('branches mixed up') ? [] : FILIAIS) {
          expect(blocks.get(filial) ?? 0, `blocks of ${filial}, ${where}`).toBeLessThanOrEqual(
            limits.get(filial)?.bloquear ?? 0,
          );
          expect(cancels.get(filial) ?? 0, `cancels of ${filial}, ${where}`).toBeLessThanOrEqual(
            limits.get(filial)?.cancelar ?? 0,
          );
        }
        total.blocks += sumOf(blocks);
        total.cancels += sumOf(cancels);

        await heal();
        // Plans that moved in several small runs come back in one: only that may wait for a person.
        const waiting = await casa.esperando('freio');
        if (waiting) {
          expect(waiting.titulo, where).toBe('Trocas de plano retidas pelo freio');
          await casa.aprovar(waiting);
          await assentar(casa.mundo, 30_000);
        }
        expect(await revive(), where).toBe(sumOf(cancels));
        const wrong = await casa.valor(
          "SELECT COUNT(*) FROM usuarios WHERE desejada <> 'ativo' OR observada <> 'ativo' OR retida IS NOT NULL OR trabalho = 1",
        );
        expect(wrong, where).toBe(0);
      }
      total.lotes = Number(await casa.valor("SELECT COUNT(*) FROM lotes WHERE origem = 'freio'"));
      // The disasters must have bitten, or all of this proves nothing.
      expect(total.blocks).toBeGreaterThan(RODADAS / 10);
      expect(total.cancels).toBeGreaterThan(0);
      expect(total.lotes).toBeGreaterThan(RODADAS / 5);
    },
    LONGO ? 900_000 : 120_000,
  );

  test('with a loaded queue: what was approved before the wipe waits, and dissolves with the truth', async () => {
    const blocks = await casa.chamadas('blockUser');
    await casa.esquecer();
    await casa.mundo.ixc.query("UPDATE cliente_contrato SET status_internet = 'CA' WHERE id IN (?)", [
      gente.slice(0, 80).map(({ contrato }) => contrato),
    ]);
    await casa.olhar('completa');
    const lote = await casa.esperando('freio');
    await casa.mundo.nosso.query(
      "INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES ('', 0, 'teste', 1, NOW())",
    );
    if (lote) await casa.aprovar(lote);
    const waiting = "SELECT COUNT(*) FROM usuarios WHERE desejada = 'bloqueado' AND observada = 'ativo'";
    expect(await casa.valor(waiting)).toBe(80);
    await casa.mundo.escrita.query('DELETE FROM cliente_contrato');
    await casa.olhar('completa').catch(() => undefined);
    await casa.mundo.nosso.query('DELETE FROM pausas');
    await casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6) WHERE trabalho = 1');
    casa.mundo.sync.wake();
    await quiet();
    expect(await casa.chamadas('blockUser')).toBe(blocks);
    expect(await casa.valor(waiting)).toBe(80);
    await heal();
    const wrong = "SELECT COUNT(*) FROM usuarios WHERE desejada <> 'ativo' OR observada <> 'ativo'";
    expect(await casa.valor(wrong)).toBe(0);
    expect(await casa.chamadas('blockUser')).toBe(blocks);
  }, 120_000);

  test('after all of it, every promise was kept', async () => {
    expect((await conferir(casa.mundo)).erros).toEqual([]);
  });
});
