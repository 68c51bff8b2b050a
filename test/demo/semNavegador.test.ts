// `npm test` where no browser can be had: it says so loudly, before and after, and counts what it ran.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, it, vi } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// A second run of the tests inside this one.
vi.setConfig({ testTimeout: 120_000 });

it('runs everything but the browser when SEM_NAVEGADOR=1 says so, and warns at both ends', async () => {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    SEM_NAVEGADOR: '1',
    TESTE_MARIADB_URL: inject('mariadbRootUrl'),
  };
  const args = ['test/run.mjs', 'test/web/formato.test.ts', 'test/browser/guia.test.ts'];
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' }, (error, out, err) =>
      error ? reject(error) : resolve({ stdout: out, stderr: err }),
    );
  });
  expect(stderr.match(/SEM_NAVEGADOR=1, os testes no navegador NÃO foram rodados/g)).toHaveLength(2);
  expect(stdout).not.toContain('guia.test.ts');
  expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
});
