// What a release must survive before any of it runs: every way in which its tree can be other than what was signed.
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { grownColumns, readManifest } from '../../src/instalar/manifesto.ts';
import { checkTree, SOMAS, sealTree } from '../../src/instalar/somas.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(path.join(tmpdir(), 'tele-clinica-somas-'));
  mkdirSync(path.join(tree, 'dist'));
  writeFileSync(path.join(tree, 'dist/server.js'), 'um');
  writeFileSync(path.join(tree, 'manifest.json'), '{}');
  sealTree(tree, privateKey);
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

test('a tree as it was signed is accepted', () => {
  expect(checkTree(tree, pem)).toEqual([]);
});

test.each<[string, () => void, RegExp]>([
  ['a byte changed', () => appendFileSync(path.join(tree, 'dist/server.js'), 'x'), /dist\/server\.js mudou/],
  ['a file too many', () => writeFileSync(path.join(tree, 'dist/outro.js'), ''), /outro\.js mudou ou sobra/],
  ['a file too few', () => rmSync(path.join(tree, 'manifest.json')), /manifest\.json falta/],
  [
    'a link to elsewhere',
    () => symlinkSync('/etc/passwd', path.join(tree, 'dist/a')),
    /dist\/a mudou ou sobra/,
  ],
  [
    'a list changed to fit',
    () => appendFileSync(path.join(tree, SOMAS), `${'0'.repeat(64)}  x\n`),
    /assinatura/,
  ],
  [
    'a list signed by somebody else',
    () => sealTree(tree, generateKeyPairSync('ed25519').privateKey),
    /assinatura/,
  ],
  ['no list', () => rmSync(path.join(tree, SOMAS)), /faltam/],
])('%s is refused', (_what, spoil, words) => {
  spoil();
  expect(checkTree(tree, pem).join()).toMatch(words);
});

test('more rights than before are named, fewer are not', () => {
  const now = readManifest(path.join(import.meta.dirname, '../..'));
  const with_ = (columns: string[]) => ({
    ...now,
    database: { ...now.database, ixc: [{ table: 'filial', columns }] },
  });
  expect(grownColumns(with_(['id', 'razao']), with_(['id', 'cnpj', 'email']))).toEqual([
    'filial.cnpj',
    'filial.email',
  ]);
  expect(grownColumns(with_(['id', 'cnpj']), with_(['id']))).toEqual([]);
});
