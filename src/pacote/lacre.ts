// Closes a tree into a signed archive: the same tree makes the same bytes.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CHAVE_PUBLICA, sealTree } from '../instalar/somas.ts';
import { runProgram } from './programa.ts';

const CHAVE_DE_TESTE = new URL('./chave-de-teste.pem', import.meta.url);
// Nobody's clock shows in a release.
const MTIME = '@1577836800';

/** The key of the release: that of `arquivo`, else the test key, which a customer's installation never trusts. */
export function readKey(arquivo: string | undefined): KeyObject {
  return createPrivateKey(readFileSync(arquivo ?? CHAVE_DE_TESTE));
}

/** Signs the tree. The key's public half goes into it: with it the installed release judges the next one. */
export function signTree(tree: string, key: KeyObject): void {
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  writeFileSync(path.join(tree, CHAVE_PUBLICA), pem);
  sealTree(tree, key);
}

/** Signs the tree and packs it as `archive` (.tar.gz); `level` is gzip's. */
export function seal(tree: string, archive: string, key: KeyObject, level = 9): void {
  signTree(tree, key);
  const order = [
    '--sort=name',
    `--mtime=${MTIME}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=gnu',
  ];
  // The builder's umask is nobody's business either: what runs stays runnable, the rest is readable.
  const modes = ['--mode=u=rwX,go=rX'];
  const place = ['-C', path.dirname(tree), path.basename(tree)];
  runProgram('tar', [
    ...order,
    ...modes,
    `--use-compress-program=gzip -n -${level}`,
    '-cf',
    archive,
    ...place,
  ]);
}
