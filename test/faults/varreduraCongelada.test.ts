// A scanner that stood still while another one took over: what it had read is old news, and none of it is put in force.
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { takeLease } from '../../src/sync/varredura/lease.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually } from '../setup/mundo.ts';
import { type Processo, startPlugin } from '../setup/processo.ts';

let casa: Automacao;
let gente: Gente[];
let processo: Processo;

beforeAll(async () => {
  casa = await createAutomacao();
  gente = await casa.ativos(3);
  await casa.olhar('completa');
  await casa.esquecer();
  await casa.mundo.nosso.query('UPDATE varredura SET dono = NULL');
  processo = await startPlugin(casa.mundo.env, ['--only=varredura']);
}, 120_000);
afterAll(async () => {
  processo.thaw();
  await processo.stop();
  await casa.end();
});

const estado = async (n: number) => (await casa.mundo.usuario(gente[n]?.id ?? 0)).desejada;
const acesso = (n: number, status_internet: string) =>
  casa.contrato(gente[n]?.contrato ?? 0, { status_internet });

// The process waits in the middle of its run for a row that somebody else holds.
async function isWaiting(root: mysql.Connection): Promise<boolean> {
  const { username } = new URL(casa.mundo.bancos.url);
  const [found] = await root.query<RowDataPacket[]>(
    "SELECT 1 FROM information_schema.processlist WHERE user = ? AND info LIKE 'UPDATE usuarios%' AND time_ms > 50",
    [username],
  );
  return found.length > 0;
}

test('frozen in the middle of a run and past its lease, it changes nobody once it goes on', async () => {
  await eventually(async () => (await casa.valor('SELECT dono FROM varredura')) !== null);
  const root = await mysql.createConnection({ uri: inject('mariadbRootUrl') });
  const held = await mysql.createConnection({ uri: casa.mundo.bancos.url });
  try {
    await held.beginTransaction();
    await held.query('SELECT id FROM usuarios WHERE id = ? FOR UPDATE', [gente[1]?.id]);
    for (const n of [0, 1, 2]) await acesso(n, 'CM');
    await eventually(() => isWaiting(root), 20_000);
    processo.freeze();
    const marca = await casa.valor('SELECT marca_contrato_em FROM varredura');
    // They paid in the meantime, and the lease ran out.
    for (const n of [0, 1, 2]) await acesso(n, 'A');
    await casa.mundo.nosso.query('UPDATE varredura SET lease_ate = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND');
    expect(await takeLease(casa.mundo.sync.db, 'outro')).toBeDefined();
    await held.rollback();
    processo.thaw();
    await new Promise((resolve) => setTimeout(resolve, 2_000));

    expect([await estado(0), await estado(1), await estado(2)]).toEqual(['ativo', 'ativo', 'ativo']);
    expect(await casa.valor("SELECT COUNT(*) FROM operacoes WHERE acao = 'bloquear'")).toBe(0);
    expect(await casa.valor('SELECT marca_contrato_em FROM varredura')).toBe(marca);
    expect(await casa.valor('SELECT dono FROM varredura')).toBe('outro');
    expect(processo.erros()).toEqual([]);
  } finally {
    await Promise.all([root.end(), held.end()]);
  }
  const other = createVarredura(casa.mundo.sync, 'outro');
  await acesso(2, 'CM');
  await other.look();
  await casa.confirmado(gente[2]?.id ?? 0, 'bloqueado');
  expect([await estado(0), await estado(1)]).toEqual(['ativo', 'ativo']);
}, 60_000);

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
