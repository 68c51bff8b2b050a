// Runs the programs with which a release is made: npm, tsc, tar.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Top of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs a program in the repository and answers its stdout. @throws with what it said on stderr. */
export function runProgram(name: string, args: string[], input?: Buffer): string {
  const run = spawnSync(name, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, input });
  if (run.status !== 0)
    throw new Error(`${name} ${args.join(' ')}: ${run.error?.message ?? ''}${run.stderr}${run.stdout}`);
  return run.stdout;
}
