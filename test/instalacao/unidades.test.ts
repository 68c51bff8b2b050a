// The units of systemd as the installer writes them: correct, and closed as tightly as V8 allows.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placesIn } from '../../src/instalar/obra.ts';
import { unitText } from '../../src/instalar/passos/unidades.ts';
import { parseRespostas } from '../../src/instalar/respostas.ts';
import { unitOf } from '../../src/instalar/servico.ts';
import { PARTS } from '../../src/partes.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const respostas = parseRespostas({ ixc_origem: 'https://ixc.example.com' });
const MAX_EXPOSURE = 2.5;
let folder: string;

beforeAll(() => {
  if (spawnSync('systemd-analyze', ['--version']).status !== 0)
    spawnSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'systemd'], { stdio: 'ignore' });
  folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-unidades-'));
  const lugares = placesIn(folder);
  // systemd-analyze looks whether the program that a unit starts is there.
  const node = path.join(lugares.atual, 'node/bin/node');
  mkdirSync(path.dirname(node), { recursive: true });
  writeFileSync(node, '#!/bin/sh\n');
  chmodSync(node, 0o755);
  for (const instance of ['todos', ...PARTS])
    writeFileSync(
      path.join(folder, unitOf(instance)),
      unitText({ release: ROOT, lugares, respostas }, instance),
    );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['todos', ...PARTS].map(unitOf))('%s', (unit) => {
  it('is a unit that systemd understands without a word', () => {
    const run = spawnSync('systemd-analyze', ['verify', '--man=no', path.join(folder, unit)], {
      encoding: 'utf8',
    });
    expect(`${run.stdout}${run.stderr}`.split('\n').filter((line) => line.includes(unit))).toEqual([]);
    expect(run.status).toBe(0);
  });

  it(`is exposed by at most ${MAX_EXPOSURE}`, () => {
    const run = spawnSync('systemd-analyze', ['security', '--offline=true', path.join(folder, unit)], {
      encoding: 'utf8',
    });
    const [, exposure = '10'] = /exposure level for \S+: ([\d.]+)/.exec(run.stdout) ?? [];
    expect(Number(exposure), run.stdout.split('\n').slice(-3).join('\n')).toBeLessThanOrEqual(MAX_EXPOSURE);
  });
});

it('reads its keys from credentials, which only the service sees', () => {
  const lugares = placesIn('');
  const text = unitText({ release: ROOT, lugares, respostas }, 'todos');
  expect(text).toContain('LoadCredential=app.key:/etc/tele-clinica/chaves/app.key');
  expect(text).toContain('APP_KEY_FILE=%d/app.key');
  expect(text).toContain('LoadCredential=lancamento:/etc/tele-clinica/chaves/lancamento-publica.pem');
  expect(text).toContain('LAUNCH_PUBLIC_KEY_FILE=%d/lancamento');
  expect(text).not.toMatch(/\{\{|lancamento-privada/);
  const shared = { ...respostas, php_assinatura: 'HS256' as const };
  const hs256 = unitText({ release: ROOT, lugares, respostas: shared }, 'todos');
  expect(hs256).toContain('LAUNCH_SECRET_FILE=%d/lancamento');
  expect(hs256).toContain('LoadCredential=lancamento:/etc/tele-clinica/chaves/lancamento.segredo');
  expect(existsSync(path.join(ROOT, 'plugin/systemd/tele-clinica.service'))).toBe(true);
});
