// `npm run check`: format and lint, types, architecture rules. Stops at the first step that fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../src/demo/pacotes.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const STEPS = [
  ['formato e lint', 'biome', ['ci', '.']],
  ['tipos', 'tsc', ['-p', 'tsconfig.json']],
  ['arquitetura', 'tsx', ['test/arquitetura.ts']],
];

ensurePackages();
for (const [name, program, args] of STEPS) {
  console.log(`▸ ${name}: ${program} ${args.join(' ')}`);
  const bin = path.join(ROOT, 'node_modules/.bin', program);
  const { status } = spawnSync(bin, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) {
    console.error(`✗ ${name}`);
    process.exit(1);
  }
}
console.log('✓ tudo certo');
