import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { signLancamento } from '../../src/demo/ixc/lancamento.ts';

// A whole world is started for each: more than the usual patience on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const Descricao = z.object({
  url: z.url(),
  plugin: z.url(),
  simulador: z.object({ url: z.url(), usuario: z.string(), senha: z.string(), controle: z.url() }),
  ixc: z.object({ dsn: z.string() }),
  banco: z.object({ dsn: z.string() }),
  operadores: z.array(z.object({ papel: z.string(), id: z.number(), nome: z.string() })),
  lancamento: z.object({ alg: z.literal('HS256'), segredo: z.base64(), iss: z.string(), aud: z.string() }),
});

let running: ChildProcess | undefined;

afterEach(() => {
  running?.kill('SIGKILL');
});

function start(
  env: Record<string, string> = {},
  command = [process.execPath, 'src/demo/run.mjs'],
): ChildProcess {
  const [program = '', ...args] = command;
  running = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, DEMO_PORT: '0', DEMO_CONTRATOS: '150', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return running;
}

async function ready(demo: ChildProcess) {
  const said = await new Promise<string>((resolve, reject) => {
    demo.stdout?.once('data', (chunk) => resolve(String(chunk)));
    demo.once('exit', () => reject(new Error('the demo ended before it was ready')));
  });
  const url = /^Demo pronta: (http:\/\/127\.0\.0\.1:\d+\/)\n$/.exec(said)?.[1];
  expect(url, said).toBeDefined();
  return Descricao.parse(await (await fetch(`${url}demo.json`)).json());
}

async function everythingIsGone({ url, simulador, ixc }: z.output<typeof Descricao>): Promise<void> {
  const refused = async () => {
    await expect(fetch(url)).rejects.toThrow();
    await expect(fetch(simulador.controle)).rejects.toThrow();
    await expect(mysql.createConnection(ixc.dsn)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  };
  await vi.waitFor(refused, { timeout: 15_000, interval: 200 });
}

describe('npm run demo', () => {
  it('serves stand-in, plugin and simulator on one port, and a signed launch opens a session', async () => {
    const demo = await ready(start());
    const [administrador] = demo.operadores;
    expect(demo.operadores.map(({ papel }) => papel)).toEqual(['administrador', 'atendente', 'outra_filial']);
    expect((await fetch(demo.url)).status).toBe(200);
    expect((await fetch(`${demo.url}simulador/`)).status).toBe(200);
    expect((await fetch(`${demo.plugin}/readyz`)).status).toBe(200);

    const { segredo, iss } = demo.lancamento;
    const token = await signLancamento({
      segredo: Buffer.from(segredo, 'base64'),
      iss,
      operador: administrador?.id ?? 0,
      path: '/contratos/301',
    });
    const body = new URLSearchParams({ token });
    const landed = await fetch(`${demo.plugin}/launch`, { method: 'POST', body, redirect: 'manual' });
    expect(landed.status).toBe(303);
    expect(landed.headers.get('location')).toBe('/addons/tele-clinica/contratos/301');
    const cookie = String(landed.headers.get('set-cookie')).split(';')[0] ?? '';
    const page = await fetch(`${demo.plugin}/contratos/301`, { headers: { cookie } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Helena Duarte Campos');
    expect((await fetch(`${demo.plugin}/contratos/301`)).status).toBe(401);

    running?.kill('SIGTERM');
    await once(running ?? start(), 'exit');
    await everythingIsGone(demo);
  });

  // The short run has the same stand-in in test/browser/dentroDoIxc.test.ts.
  it.runIf(process.env['LONGO'] === '1')(
    'with DEMO_IXC=php the pages come from nginx and PHP, with the plugin put in, and all of it goes away',
    async () => {
      const demo = await ready(start({ DEMO_IXC: 'php' }));
      const login = await (await fetch(demo.url)).text();
      const body = new URLSearchParams({ email: 'operador1@example.com', password: 'nunca-lida' });
      const entered = await fetch(`${demo.url}api-module/auth/login`, {
        method: 'POST',
        body,
        redirect: 'manual',
      });
      const cookie = entered.headers.getSetCookie().at(-1)?.split(';')[0] ?? '';
      const bridge = await fetch(`${demo.url}addons/tele-clinica-ixc/ponte.php?path=/`, {
        headers: { cookie },
      });
      const token = /name="token" value="([^"]+)"/.exec(await bridge.text())?.[1] ?? '';
      const form = new URLSearchParams({ token });
      const landed = await fetch(`${demo.plugin}/launch`, { method: 'POST', body: form, redirect: 'manual' });
      expect(login).toContain('/addons/tele-clinica-ixc/botoes.js');
      expect([entered.status, bridge.status, landed.status]).toEqual([303, 200, 303]);
      expect((await fetch(`${demo.url}simulador/`)).status).toBe(200);

      running?.kill('SIGTERM');
      await once(running ?? start(), 'exit');
      await everythingIsGone(demo);
    },
  );

  it('refuses an IXC that it does not have', async () => {
    const demo = start({ DEMO_IXC: 'perl' });
    const said = demo.stderr ? await text(demo.stderr) : '';
    expect(said).toBe('DEMO_IXC precisa ser php ou ficar vazia, e não “perl”.\n');
  });

  it('leaves nothing behind when it is killed', async () => {
    const demo = await ready(start());
    running?.kill('SIGKILL');
    await everythingIsGone(demo);
  });

  it('ends with npm, however npm ends', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const demo = await ready(start({}, ['npm', 'run', '--silent', 'demo']));
      running?.kill(signal);
      await everythingIsGone(demo);
    }
  });

  it('says which port is taken, before it makes anything', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const address = blocker.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const demo = start({ DEMO_PORT: port });
    const said = demo.stderr ? await text(demo.stderr) : '';
    expect(said).toBe(`A porta ${port} está ocupada: escolha outra com DEMO_PORT.\n`);
    blocker.close();
  });

  it('refuses a size that it cannot make', async () => {
    const demo = start({ DEMO_CONTRATOS: '50' });
    const said = demo.stderr ? await text(demo.stderr) : '';
    expect(said).toBe('DEMO_CONTRATOS precisa ser um número inteiro de 100 a 1000000, e não “50”.\n');
  });
});

describe('the stand-in', () => {
  it('has no page that a visitor can break by typing', async () => {
    const demo = await ready(start());
    const cookie = 'ixc_demo_operador=1';
    const get = async (path: string) => (await fetch(`${demo.url}${path}`, { headers: { cookie } })).status;
    expect(await get('contratos')).toBe(200);
    expect(await get('contratos?busca=%25%27%5C&antes=12')).toBe(200);
    expect(await get('contratos?busca=73634994037')).toBe(200);
    expect(await get('contratos?antes=abc')).toBe(404);
    expect(await get('contratos/301')).toBe(200);
    expect(await get('contratos/375')).toBe(200);
    expect(await get('contratos/abc')).toBe(404);
    expect(await get('contratos/999999999')).toBe(404);
    expect(await get('integracoes/tele-clinica')).toBe(200);
    expect(await get('integracoes/outra')).toBe(404);
    expect(await get('lancar')).toBe(404);
    expect(await get('nada')).toBe(404);
    expect((await fetch(`${demo.url}contratos`, { redirect: 'manual' })).status).toBe(303);
  });
});
