// SHA256SUMS of a release: every file of the tree with its hash, signed. Same format as `sha256sum -c` reads.
import { createHash, createPublicKey, type KeyLike, sign, verify } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const SOMAS = 'SHA256SUMS';
export const ASSINATURA = 'SHA256SUMS.sig';
/** The public key with which this release verifies the next one. */
export const CHAVE_PUBLICA = 'plugin/chave-publica.pem';

/** SHA-256 of a file or text, in hex. */
export const hashOf = (content: string | Buffer): string =>
  createHash('sha256').update(content).digest('hex');

/** Hashes every file below `root` and signs the list with an Ed25519 private key. */
export function sealTree(root: string, privateKey: KeyLike): void {
  const text = listHashes(root)
    .map(([name, hash]) => `${hash}  ${name}\n`)
    .join('');
  writeFileSync(path.join(root, SOMAS), text);
  writeFileSync(path.join(root, ASSINATURA), sign(null, Buffer.from(text), privateKey));
}

/**
 * Why this tree is not what whoever holds the key signed; empty when it is. Nothing of the tree is run. A file too many
 * counts as much as one that is missing or changed.
 */
export function checkTree(root: string, publicKeyPem: string): string[] {
  const [sums, signature] = [path.join(root, SOMAS), path.join(root, ASSINATURA)];
  if (!existsSync(sums) || !existsSync(signature)) return [`faltam ${SOMAS} e ${ASSINATURA}`];
  const text = readFileSync(sums);
  if (!verify(null, text, createPublicKey(publicKeyPem), readFileSync(signature)))
    return ['a assinatura não é da chave esperada'];
  return checkHashes(root, text.toString('utf8'));
}

/** The same without the signature: is every file of the tree as the list says? */
export function checkHashes(root: string, text = readFileSync(path.join(root, SOMAS), 'utf8')): string[] {
  const listed = new Map(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  const found = listHashes(root);
  const names = new Set(found.map(([name]) => name));
  return [
    ...found.filter(([name, hash]) => listed.get(name) !== hash).map(([name]) => `${name} mudou ou sobra`),
    ...[...listed.keys()].filter((name) => !names.has(name)).map((name) => `${name} falta`),
  ];
}

// Links and devices are no part of a release: one that turns up is a name whose hash cannot be right.
function listHashes(root: string): [string, string][] {
  return readdirSync(root, { recursive: true })
    .map((name) => String(name))
    .filter(
      (name) => name !== SOMAS && name !== ASSINATURA && !lstatSync(path.join(root, name)).isDirectory(),
    )
    .sort()
    .map((name) => {
      const file = path.join(root, name);
      return [name, lstatSync(file).isFile() ? hashOf(readFileSync(file)) : 'não é um arquivo'];
    });
}
