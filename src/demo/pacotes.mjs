// Installs the npm packages when they are missing or older than the lock file. Plain JavaScript: it runs before any of them exists.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const MINIMUM = [20, 19];

/** Leaves node_modules as package-lock.json asks. Everything it says goes to stderr. Ends the process when it cannot. */
export function ensurePackages() {
  checkNode();
  if (packagesAreCurrent()) return;
  process.stderr.write('Instalando os pacotes npm…\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (npm.status !== 0) {
    giveUp('Os pacotes npm não puderam ser instalados: veja o erro do npm acima e rode de novo.');
  }
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return;
  giveUp(
    `Este projeto precisa do Node ${MINIMUM.join('.')} ou mais novo; este é o ${process.versions.node}.`,
  );
}

// npm writes what it installed into .package-lock.json; the same versions there mean that nothing is missing.
function packagesAreCurrent() {
  const wanted = path.join(ROOT, 'package-lock.json');
  const installed = path.join(ROOT, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  if (statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return true;
  const have = readPackages(installed);
  return Object.entries(readPackages(wanted)).every(
    ([name, entry]) => name === '' || entry.optional === true || have[name]?.version === entry.version,
  );
}

function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

function giveUp(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
