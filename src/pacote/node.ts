// The Node that travels in the release: the official build, as npm carries it, pinned by hash. Debian 12 ships 18.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from './programa.ts';

// Not a copy of the Node that happens to build: a distribution's own is linked to libraries that the customer lacks, and
// two builders would make two releases. The official build needs glibc 2.28 alone.
const VERSAO = '24.21.0';
const INTEGRIDADE: Record<string, string> = {
  x64: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  arm64: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
};

export type OrigemDoNode = 'oficial' | 'este';

/**
 * Puts `node/bin/node` and its licence into the tree. `este` calls the running one where it is: for tests, small and without a network.
 * @throws when npm does not answer, or answers other bytes than the pinned ones.
 */
export function addNode(tree: string, origem: OrigemDoNode, arquitetura: string): void {
  const target = path.join(tree, 'node/bin/node');
  mkdirSync(path.dirname(target), { recursive: true });
  if (origem === 'este') writeFileSync(target, `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  else downloadOfficial(tree, arquitetura);
  chmodSync(target, 0o755);
}

function downloadOfficial(tree: string, arquitetura: string): void {
  const integrity = INTEGRIDADE[arquitetura];
  if (integrity === undefined) throw new Error(`Não há Node oficial para ${arquitetura}: use x64 ou arm64.`);
  const name = `node-linux-${arquitetura}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-node-'));
  try {
    runProgram('npm', ['pack', `${name}@${VERSAO}`, '--prefer-offline', '--pack-destination', folder]);
    const archive = path.join(folder, `${name}-${VERSAO}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${name}@${VERSAO} não tem o conteúdo esperado: ${found}`);
    runProgram('tar', ['-xzf', archive, '-C', folder, 'package/bin/node', 'package/LICENSE']);
    copyFileSync(path.join(folder, 'package/bin/node'), path.join(tree, 'node/bin/node'));
    copyFileSync(path.join(folder, 'package/LICENSE'), path.join(tree, 'node/LICENSE'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
