// Before all tests: our programs compiled, and one MariaDB server, theirs to create databases on. After all tests: gone.
import type { TestProject } from 'vitest/node';
import { ensureCompiled } from '../../src/demo/compilacao.mjs';
import { startMariadb } from '../../src/demo/mariadb.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** mysql:// URL, without a database, of an account that may create databases and users. */
    mariadbRootUrl: string;
  }
}

/** Uses the server of `TESTE_MARIADB_URL` when it is set, else starts a private one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  ensureCompiled();
  const given = process.env['TESTE_MARIADB_URL'];
  if (given) {
    project.provide('mariadbRootUrl', given);
    return async () => undefined;
  }
  const mariadb = await startMariadb({ roomMb: 1024, bufferPoolMb: 128 });
  project.provide('mariadbRootUrl', mariadb.rootUrl);
  return mariadb.stop;
}
