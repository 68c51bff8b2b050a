// `npm run bench`: brings the npm packages when they are missing, then becomes the benchmark. `-- --json` prints JSON only.
import { ensureCompiled } from '../../src/demo/compilacao.mjs';
import { ensurePackages } from '../../src/demo/pacotes.mjs';

ensurePackages();
ensureCompiled();
const { register } = await import('tsx/esm/api');
register();
await import('./main.ts');
