// Databases of a test file's own: a small IXC world, read by a user with exactly the manifest's grants, and an empty schema for us.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';
import { createIxcDatabase, grantIxcReader } from '../../src/demo/ixc/dados.ts';

export interface Bancos {
  /** IXC's database, the plugin's own view of it: SELECT on the manifest's columns only. */
  ixcUrl: string;
  /** The same database, free to write: what IXC itself would do. */
  ixcEscritaUrl: string;
  /** Our schema, empty, owned by its user. */
  url: string;
  /** Removes both databases and their users. */
  drop(): Promise<void>;
}

const MANIFEST = new URL('../../manifest.json', import.meta.url);

/**
 * Creates both databases; `contratos` (default 300, at least 100) sizes IXC's; `rootUrl` = another server than the
 * tests' own. Call `drop` in afterAll.
 */
export async function createBancos({
  contratos = 300,
  rootUrl = inject('mariadbRootUrl'),
}: {
  contratos?: number;
  rootUrl?: string | undefined;
} = {}): Promise<Bancos> {
  const name = `t_${randomBytes(5).toString('hex')}`;
  const password = randomBytes(9).toString('hex');
  const names = {
    ixc: `${name}_ixc`,
    nosso: `${name}_nosso`,
    leitor: `${name}_leitor`,
    dono: `${name}_dono`,
  };
  const owner = await mysql.createConnection({ uri: rootUrl });
  try {
    await createIxcDatabase(rootUrl, names.ixc, { contratos });
    await owner.query(`CREATE DATABASE ${names.nosso} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    await owner.query(`CREATE USER ${names.dono} IDENTIFIED BY '${password}'`);
    await owner.query(`GRANT ALL ON ${names.nosso}.* TO ${names.dono}`);
    await owner.query(`CREATE USER ${names.ixc} IDENTIFIED BY '${password}'`);
    await owner.query(`GRANT ALL ON ${names.ixc}.* TO ${names.ixc}`);
    await grantIxcReader(
      rootUrl,
      names.ixc,
      names.leitor,
      password,
      JSON.parse(readFileSync(MANIFEST, 'utf8')),
    );
  } finally {
    await owner.end();
  }
  const urlOf = (database: string, user: string) => accountUrl(rootUrl, database, user, password);
  return {
    ixcUrl: urlOf(names.ixc, names.leitor),
    ixcEscritaUrl: urlOf(names.ixc, names.ixc),
    url: urlOf(names.nosso, names.dono),
    drop: () => drop(rootUrl, [names.ixc, names.nosso], [names.leitor, names.dono, names.ixc]),
  };
}

function accountUrl(rootUrl: string, database: string, user: string, password: string): string {
  const url = new URL(rootUrl);
  url.pathname = `/${database}`;
  url.username = user;
  url.password = password;
  return url.href;
}

async function drop(rootUrl: string, databases: string[], users: string[]): Promise<void> {
  const connection = await mysql.createConnection({ uri: rootUrl });
  for (const database of databases) await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  for (const user of users) await connection.query(`DROP USER IF EXISTS ${user}`);
  await connection.end();
}
