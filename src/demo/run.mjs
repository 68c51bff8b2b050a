// `npm run demo`: brings the npm packages when they are missing, then becomes the demo (one process: signals arrive directly).
import { ensureCompiled } from './compilacao.mjs';
import { ensurePackages } from './pacotes.mjs';

ensurePackages();
ensureCompiled();
await import(new URL('../../dist-demo/demo/main.js', import.meta.url).href);
