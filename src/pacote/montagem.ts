// Lays out the tree of a release: built code, production packages, Node, and the files that they read.
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { addNode, type OrigemDoNode } from './node.ts';
import { ROOT, runProgram } from './programa.ts';
import { listPackages, makeSbom } from './sbom.ts';

const CARRIED = [
  'views',
  'public',
  'migrations',
  'plugin',
  'manifest.json',
  'package.json',
  'LICENSE',
  'CHANGELOG.md',
];

export interface Montagem {
  node: OrigemDoNode;
  arquitetura: string;
}

/** Makes the whole tree in `tree`, an empty folder: everything that runs on a server without npm and without Internet. */
export function assemble(tree: string, { node, arquitetura }: Montagem): void {
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  runProgram(tsc, ['-p', 'tsconfig.build.json', '--outDir', path.join(tree, 'dist')]);
  for (const name of CARRIED) cpSync(path.join(ROOT, name), path.join(tree, name), { recursive: true });
  for (const name of listPackages()) copyPackage(name, tree);
  addNode(tree, node, arquitetura);
  writeFileSync(path.join(tree, 'sbom.json'), makeSbom());
}

// Type declarations and source maps serve whoever develops; they are half of the files.
const USELESS = /\.(d\.[cm]?ts|map)$/;

function copyPackage(name: string, tree: string): void {
  if (name.includes('@types/') || !existsSync(path.join(ROOT, name))) return;
  const source = path.join(ROOT, name);
  mkdirSync(path.join(tree, name), { recursive: true });
  for (const entry of readdirSync(source)) {
    if (entry === 'node_modules') continue;
    cpSync(path.join(source, entry), path.join(tree, name, entry), {
      recursive: true,
      filter: (file) => !USELESS.test(file),
    });
  }
}
