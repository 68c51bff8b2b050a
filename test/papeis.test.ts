// The command line that gives rights back, as a process of its own: what it prints, what it saves, what it refuses.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { openIxcPool, openPool, type Pool, rows, run } from '../src/db.ts';
import { OPERADORES } from '../src/demo/ixc/catalogo.ts';
import { migrate } from '../src/migrate.ts';
import { listGuardioes, PAPEIS, readQuadro } from '../src/sync/papeis.ts';
import { effectOf, refuseLockOut } from '../src/sync/papeisMudanca.ts';
import { type Bancos, createBancos } from './setup/banco.ts';
import { type IxcEscrita, openIxcEscrita } from './setup/ixc.ts';

const { administrador, outraFilial, gerente } = OPERADORES;

// A process takes its time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let bancos: Bancos;
let db: Pool;
let ixc: IxcEscrita;

beforeAll(async () => {
  bancos = await createBancos({ contratos: 100 });
  db = openPool(bancos.url, 2);
  await migrate(db);
  ixc = await openIxcEscrita(bancos.ixcEscritaUrl);
});
afterAll(async () => {
  await Promise.all([db?.end(), ixc?.end()]);
  await bancos?.drop();
});
beforeEach(async () => {
  await run(db, "DELETE FROM configuracoes WHERE chave = 'papeis'", {});
  await run(db, 'DELETE FROM auditoria', {});
});

interface Saida {
  code: number;
  out: string;
  err: string;
}

function papeis(...args: string[]): Promise<Saida> {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: bancos.url,
    IXC_DATABASE_URL: bancos.ixcUrl,
    IXC_ORIGIN: 'https://ixc.example.com',
    APP_KEY: randomBytes(32).toString('base64'),
    LAUNCH_SECRET: randomBytes(32).toString('base64'),
  };
  const command = ['dist-demo/papeis.js', ...args];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd, env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const save = (mapa: Record<string, readonly string[]>) =>
  run(db, "REPLACE INTO configuracoes (chave, valor) VALUES ('papeis', :valor)", {
    valor: JSON.stringify(mapa),
  });
const Ato = z.object({ evento: z.string(), operador: z.number().nullable(), detalhe: z.unknown() });
const atos = async () =>
  (await rows(db, 'SELECT evento, operador_id AS operador, detalhe FROM auditoria', {}, Ato)).map(
    ({ detalhe, ...ato }) => ({
      ...ato,
      detalhe: typeof detalhe === 'string' ? JSON.parse(detalhe) : detalhe,
    }),
  );
const ninguem = { [administrador.grupo]: ['ver'], [outraFilial.grupo]: [] };

it('lists what each group holds and who is in it', async () => {
  const { code, out } = await papeis();

  expect(code).toBe(0);
  expect(out).toContain('Ninguém salvou uma tabela');
  expect(out).toContain(`Grupo 1 “Administradores”: ${PAPEIS.join(', ')}`);
  expect(out).toContain(`quem está nele: ${administrador.nome}`);
  expect(out).toContain(`Quem pode configurar: ${administrador.nome}\n`);
});

it('brings somebody in again after everybody was locked out, and is audited as the command line', async () => {
  await save(ninguem);

  const { code, out } = await papeis('--grupo', String(gerente.grupo), 'configurar,ver');

  expect([code, out]).toEqual([0, expect.stringContaining(`Grupo 3 “Gerência”: ganha ver, configurar;`)]);
  expect(out).toContain(`vale para: ${gerente.nome}`);
  expect(out).toContain('Feito: direitos salvos.');
  expect(await atos()).toEqual([
    {
      evento: 'papeis_alterados',
      operador: null,
      detalhe: { mudancas: ['3 +ver', '3 +configurar'], por: 'linha de comando' },
    },
  ]);
});

it('goes back to the default, and finds nothing to do the second time', async () => {
  await save(ninguem);

  const first = await papeis('--restaurar');
  const second = await papeis('--restaurar');

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.out).toContain('Feito: os direitos voltaram ao padrão.');
  expect(second.out).toContain('Nada a fazer');
  expect((await atos()).map(({ evento }) => evento)).toEqual(['papeis_restaurados']);
});

it('only shows with --simular', async () => {
  const { code, out } = await papeis('--grupo', '3', 'operar', '--simular');

  expect(code).toBe(0);
  expect(out).toContain('ganha ver, operar;');
  expect(out).toContain('Simulação: nada foi salvo.');
  expect(await atos()).toEqual([]);
});

it('refuses to lock everybody out, and says what it did not understand', async () => {
  await save({ [gerente.grupo]: ['configurar'] });

  const locked = await papeis('--grupo', '3', 'ver');
  const wrong = await Promise.all([
    papeis('--grupo', '3', 'mandar'),
    papeis('--grupo', '99', 'ver'),
    papeis('--apagar'),
  ]);

  expect([locked.code, locked.err]).toEqual([
    1,
    expect.stringContaining('Recusado: Com esta tabela ninguém mais poderia configurar.'),
  ]);
  expect(wrong.map(({ code }) => code)).toEqual([1, 1, 1]);
  expect(wrong[0]?.err).toContain('O direito “mandar” não existe.');
  expect(wrong[1]?.err).toContain('Este grupo não existe no IXC.');
  expect(wrong[2]?.err).toContain('Uso: npm run papeis');
  expect(await atos()).toEqual([]);
});

it('refuses the default where no administrator is active', async () => {
  await save({ [gerente.grupo]: ['configurar'] });
  for (const { id } of [administrador, outraFilial]) await ixc.change('usuarios', id, { status: 'I' });

  const { code, err } = await papeis('--restaurar');
  for (const { id } of [administrador, outraFilial]) await ixc.change('usuarios', id, { status: 'A' });

  expect([code, err]).toEqual([1, expect.stringContaining('ninguém mais poderia configurar')]);
});

it('where everybody is locked out, what only gives is let through and what takes is not', async () => {
  await save(ninguem);
  const pool = openIxcPool(bancos.ixcUrl, 1);
  const quadro = await readQuadro({ db, ixc: pool });
  await pool.end();
  const judge = (mapa: Record<string, ('ver' | 'operar')[]>) => () =>
    refuseLockOut(quadro, effectOf(quadro, mapa, null));

  expect(listGuardioes(quadro.grupos)).toEqual([]);
  expect(judge({ 1: ['ver'], 3: ['operar'] })).not.toThrow();
  expect(judge({ 3: ['operar'] })).toThrow('ninguém mais poderia configurar');
  expect(judge({ 1: ['ver'], 7: ['operar'] })).toThrow('ninguém mais poderia configurar');
});
