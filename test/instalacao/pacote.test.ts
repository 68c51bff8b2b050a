// The release itself, in the long tier: with the official Node, the same bytes twice, and complete without a network.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { makeSbom } from '../../src/pacote/sbom.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function pack(...args: string[]): { archive: string; tree: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-pacote-'));
  folders.push(folder);
  const run = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/pacote/main.ts', '--arvore', '--nivel=1', `--saida=${folder}`, ...args],
    { cwd: ROOT, encoding: 'utf8' },
  );
  expect(run.stderr).toContain('chave de TESTE');
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
  const [tree = ''] = readdirSync(folder).filter((name) => !name.endsWith('.gz'));
  return { archive: path.join(folder, archive), tree: path.join(folder, tree) };
}

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

it('lists every production package, and nothing that differs between two runs', () => {
  const text = makeSbom();
  const sbom = JSON.parse(text);
  const wanted = Object.entries(
    JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')).dependencies,
  );
  const listed = sbom.components.map(({ name, version }: { name: string; version: string }) => [
    name,
    version,
  ]);
  expect(listed).toEqual(expect.arrayContaining(wanted));
  expect(JSON.stringify(listed)).not.toContain('vitest');
  expect(makeSbom()).toBe(text);
}, 120_000);

describe.runIf(process.env['LONGO'] === '1')('npm run pack', () => {
  let first: ReturnType<typeof pack>;

  it('makes the same bytes twice, and standard programs can verify them', () => {
    first = pack();
    const second = pack();
    expect(hash(first.archive)).toBe(hash(second.archive));
    const sums = spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], {
      cwd: first.tree,
      encoding: 'utf8',
    });
    expect([sums.status, sums.stdout]).toEqual([0, '']);
    const verify = ['pkeyutl', '-verify', '-pubin', '-inkey', 'plugin/chave-publica.pem', '-rawin'];
    const signature = ['-in', 'SHA256SUMS', '-sigfile', 'SHA256SUMS.sig'];
    expect(spawnSync('openssl', [...verify, ...signature], { cwd: first.tree }).status).toBe(0);
  });

  it('carries a Node of its own that runs the installer with nothing else at hand', () => {
    const { tree } = first;
    const run = spawnSync(path.join(tree, 'plugin/instalar'), ['ajuda'], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    });
    expect(run.stdout).toContain('desinstalar');
    const version = spawnSync(path.join(tree, 'node/bin/node'), ['--version'], { encoding: 'utf8' }).stdout;
    expect(version).toMatch(/^v24\./);
  });
});
