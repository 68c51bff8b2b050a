// The two accounts and our schema, as the statements that a DBA would want to read before running them.
import { accountName, compareGrants, grantStatements, identifier } from '../ixc/grants.ts';
import { IXC_CONNECTIONS, PARTS } from '../partes.ts';
import type { Manifesto } from './manifesto.ts';
import type { Respostas } from './respostas.ts';

// Beyond the running parts: the doctor, and a second doctor while the first is still ending.
const SPARE_CONNECTIONS = 2;

/** How many connections the account in IXC may hold (decisions 31): the same sum in one process or in three. */
export const ixcConnections = (): number =>
  PARTS.reduce((sum, part) => sum + IXC_CONNECTIONS[part], SPARE_CONNECTIONS);

export const ourAccount = ({ banco_usuario, banco_de }: Respostas) => ({
  user: banco_usuario,
  host: banco_de,
});
export const ixcAccount = ({ ixc_usuario, banco_de }: Respostas) => ({ user: ixc_usuario, host: banco_de });

/** Our schema and its owner. The password is one that we made, or that `respostas` checked. */
export function ownStatements(respostas: Respostas, manifesto: Manifesto, senha: string): string[] {
  const account = accountName(ourAccount(respostas));
  const schema = identifier(respostas.banco);
  return [
    `CREATE DATABASE IF NOT EXISTS ${schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
    `CREATE USER IF NOT EXISTS ${account}`,
    `ALTER USER ${account} IDENTIFIED BY '${senha}'`,
    `GRANT ${manifesto.database.own.grants.join(', ')} ON ${schema}.* TO ${account}`,
  ];
}

/** The account that reads IXC: the columns of the manifest, a few connections, and nothing else. */
export function ixcStatements(respostas: Respostas, manifesto: Manifesto, senha: string): string[] {
  const account = accountName(ixcAccount(respostas));
  return [
    `CREATE USER IF NOT EXISTS ${account}`,
    `ALTER USER ${account} IDENTIFIED BY '${senha}' WITH MAX_USER_CONNECTIONS ${ixcConnections()}`,
    ...grantStatements(manifesto, respostas.ixc_banco, ixcAccount(respostas)),
  ];
}

/** What changes for an account that has these rights now. */
export const ixcCorrections = (respostas: Respostas, manifesto: Manifesto, grants: string[]): string[] =>
  compareGrants(manifesto, respostas.ixc_banco, ixcAccount(respostas), grants).consertos;

/** What takes each account away, and our schema. */
export const undoIxc = (respostas: Respostas): string[] => [
  `DROP USER IF EXISTS ${accountName(ixcAccount(respostas))}`,
];
export const undoOwn = (respostas: Respostas): string[] => [
  `DROP DATABASE IF EXISTS ${identifier(respostas.banco)}`,
  `DROP USER IF EXISTS ${accountName(ourAccount(respostas))}`,
];
