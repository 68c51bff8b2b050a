// manifest.json, its published schema, and what the rest of the project says about the same things.
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Manifest, readManifest } from '../src/manifest.ts';
import { rotas } from '../src/web/rotas.ts';

const at = (name: string) => new URL(`../${name}`, import.meta.url);
const read = (name: string) => readFileSync(at(name), 'utf8');

const manifest = readManifest();
const telas = [...manifest.menu, manifest.contractPanel, ...manifest.contractButtons];

// After a change of src/manifest.ts: npx vitest run test/manifest.test.ts -u
test('the published schema is the one that the program checks with', async () => {
  const schema = JSON.stringify(z.toJSONSchema(Manifest, { target: 'draft-2020-12' }), null, 2);
  await expect(`${schema}\n`).toMatchFileSnapshot('../plugin/manifest.schema.json');
  expect(JSON.parse(schema).$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(manifest.$schema).toBe('./plugin/manifest.schema.json');
});

test('version, licence and Node are package.json’s', () => {
  const { version, license, engines } = JSON.parse(read('package.json'));
  expect([manifest.version, manifest.license, manifest.compatibility.node.replace(' ', '')]).toEqual([
    version,
    license,
    engines.node,
  ]);
});

test('every screen that IXC opens is a route, and asks for the role that the manifest says', () => {
  for (const { key, path, permission } of telas) {
    const [, pathname] = /^([^?]*)/.exec(path.replace('{id}', ':id')) ?? [];
    const rota = rotas.find((each) => each.method === 'get' && each.path === pathname);
    expect(rota?.papel, key).toBe('ver');
    const acao = new URL(path, 'http://x').searchParams.get('acao');
    const form = acao && rotas.find((each) => each.path.endsWith(`/${FORMS[acao]}`) && each.method === 'get');
    expect(form ? form.papel : rota?.papel, key).toBe(permission);
  }
});

const FORMS: Record<string, string> = {
  bloquear: 'bloqueio',
  desbloquear: 'desbloqueio',
  cancelar: 'cancelamento',
};

test('keys are used once, and no table or column twice', () => {
  const keys = telas.map(({ key }) => key);
  const columns = manifest.database.ixc.flatMap(({ table, columns: own }) =>
    own.map((each) => `${table}.${each}`),
  );
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(columns).size).toBe(columns.length);
});

test('every program of the life cycle and every variable of the network exists', () => {
  const { start, migrate, doctor } = manifest.lifecycle;
  for (const program of [start, migrate, doctor])
    expect(existsSync(at(program.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')))).toBe(true);
  for (const { hosts } of manifest.network.egress) expect(read('.env.example')).toContain(`\n${hosts}=`);
});

test('a manifest with a field that nobody knows, or without one that is needed, is refused', () => {
  const good = JSON.parse(read('manifest.json'));
  const { launch: _launch, ...without } = good;
  for (const bad of [
    { ...good, menus: [] },
    without,
    { ...good, contractButtons: [{ ...good.contractButtons[0], when: ['pago'] }] },
    { ...good, database: { ...good.database, ixc: [{ table: 'cliente', columns: [], purpose: 'x' }] } },
  ])
    expect(Manifest.safeParse(bad).success).toBe(false);
});
