// Compiles src into dist-demo/ when it changed: a process of the demo or of the tests then starts in a third of the CPU time that a loader takes.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const SOURCE = path.join(ROOT, 'src');
const RESULT = path.join(ROOT, 'dist-demo');
const STAMP = 'compilado';

/** Leaves dist-demo/ as src is now: JavaScript, and the files beside it. Types are not checked. @throws with tsc's words. */
export function ensureCompiled() {
  const stamp = path.join(RESULT, STAMP);
  if (existsSync(stamp) && statSync(stamp).mtimeMs > newest(SOURCE)) return;
  // Finished elsewhere and then put in place: whoever starts meanwhile never sees half of it.
  const began = new Date();
  const fresh = `${RESULT}-${process.pid}`;
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const args = ['-p', 'src/demo/tsconfig.json', '--noCheck', '--outDir', fresh];
  const { status, stdout, stderr } = spawnSync(tsc, args, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`tsc ${args.join(' ')}: ${stdout}${stderr}`);
  }
  cpSync(SOURCE, fresh, { recursive: true, filter: (file) => !/(\.ts|tsconfig\.json)$/.test(file) });
  writeFileSync(path.join(fresh, STAMP), '');
  utimesSync(path.join(fresh, STAMP), began, began);
  try {
    rmSync(RESULT, { recursive: true, force: true });
    renameSync(fresh, RESULT);
  } catch (error) {
    // Another process compiled the same and was quicker.
    if (!existsSync(stamp)) throw error;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

// Milliseconds of the last change below a folder, of the folders too: a file taken away changes its folder.
function newest(folder) {
  let last = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    last = Math.max(last, statSync(path.join(entry.parentPath ?? entry.path, entry.name)).mtimeMs);
  return last;
}
