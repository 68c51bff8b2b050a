// The working copy dressed as a release: what the installer copies is copied, what it runs is our compiled code in dist-demo/.
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readKey, signTree } from '../../pacote/lacre.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CARRIED = [
  'manifest.json',
  'package.json',
  'plugin/instalar',
  'plugin/ixc',
  'plugin/servidor',
  'plugin/systemd',
];
const PROGRAMS = ['instalar/main', 'server', 'doctor'];

/** Lays it out in `tree`, a new folder, and signs it with the test key: a second's work, where packing takes half a minute. */
export function makePacoteDeTrabalho(tree: string): void {
  for (const name of CARRIED) cpSync(path.join(ROOT, name), path.join(tree, name), { recursive: true });
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    writeFileSync(path.join(tree, name), text);
  };
  write('node/bin/node', `#!/bin/sh\nexec '${process.execPath}' "$@"\n`);
  chmodSync(path.join(tree, 'node/bin/node'), 0o755);
  for (const name of PROGRAMS)
    write(`dist/${name}.js`, `import '${pathToFileURL(path.join(ROOT, `dist-demo/${name}.js`)).href}';\n`);
  signTree(tree, readKey(undefined));
}
