// `npm run demo`: brings the npm packages when they are missing, then becomes the demo (one process: signals arrive directly).
import { ensurePackages } from './pacotes.mjs';

ensurePackages();
const { register } = await import('tsx/esm/api');
register();
await import('./main.ts');
