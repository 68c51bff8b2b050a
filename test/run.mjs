// `npm test`: brings what is missing, runs every test, and ends with one line that counts them. `--longo` runs the large
// counts; `--instalador` adds the walk of the installer, which is of the long tier, to the others.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from '../src/demo/pacotes.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const NO_BROWSER = process.env.SEM_NAVEGADOR === '1';

process.chdir(ROOT);
ensurePackages();
await ensurePrograms();
const flags = ['--longo', '--instalador'];
const [longo, instalador] = flags.map((flag) => process.argv.includes(flag));
const runs = [{ filters: process.argv.slice(2).filter((arg) => !flags.includes(arg)), longo }];
if (instalador) {
  runs[0].filters.push('--exclude=test/instalacao/**');
  runs.push({ filters: ['test/instalacao'], longo: true });
}
let interrupted = false;
const counts = [];
for (const each of runs) if (!interrupted) counts.push(await runTests(each));
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map((name) =>
  counts.reduce((sum, each) => sum + each[name], 0),
);
if (NO_BROWSER) warnNoBrowser();
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;

async function ensurePrograms() {
  const { register } = await import('tsx/esm/api');
  register();
  const { ensureChromium, ensureMariadb, ensureNginxPhp } = await import('../src/demo/sistema.ts');
  try {
    if (!process.env.TESTE_MARIADB_URL) ensureMariadb();
    ensureNginxPhp();
    if (NO_BROWSER) warnNoBrowser();
    else process.env.NAVEGADOR ||= ensureChromium();
  } catch (error) {
    console.error(error.message);
    console.log('0 passed, 1 failed');
    process.exit(1);
  }
}

async function runTests({ filters, longo }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tele-clinica-testes-'));
  const report = path.join(folder, 'resultado.json');
  try {
    return count(await runVitest({ filters, longo, report }), report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest({ filters, longo, report }) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const without = NO_BROWSER ? ['--exclude=test/browser/**'] : [];
  const vitest = [
    path.join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...reporters,
    ...without,
    ...filters,
  ];
  const env = { ...process.env, ...(longo ? { LONGO: '1' } : {}) };
  const child = spawn(process.execPath, vitest, { cwd: ROOT, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const stop = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
      resolve(code ?? 1);
    });
  });
}

// A file that cannot even be loaded has no tests to fail: it counts as one failure, as does any other red ending.
function count(exitCode, report) {
  let result;
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = result.numFailedTests + broken.length;
  const skipped = result.numPendingTests + result.numTodoTests;
  return { passed: result.numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed, skipped };
}

function warnNoBrowser() {
  console.error('\n*** ATENÇÃO: SEM_NAVEGADOR=1, os testes no navegador NÃO foram rodados. ***\n');
}
