// The exact rights that the plugin needs in IXC's database, as statements: column by column, from the manifest.

/** The part of manifest.json that says what is read. */
export interface IxcGrants {
  database: { ixc: readonly { table: string; columns: readonly string[] }[] };
}

export interface Account {
  user: string;
  host: string;
}

/**
 * One `GRANT SELECT (…)` for each table of the manifest, for an account that exists already. Nothing else is granted.
 * @throws Error when a table lists no column, which in SQL would mean all of them.
 */
export function grantStatements(manifest: IxcGrants, db: string, account: Account): string[] {
  return manifest.database.ixc.map(({ table, columns }) => {
    if (columns.length === 0) throw new Error(`manifest.json: the table ${table} lists no column`);
    const names = columns.map(identifier).join(', ');
    return `GRANT SELECT (${names}) ON ${identifier(db)}.${identifier(table)} TO ${accountName(account)}`;
  });
}

export interface GrantsDiff {
  /** `table.column` that may not be read. */
  faltam: string[];
  /** What may be done beyond reading the listed columns, in words. */
  sobram: string[];
  /** The statements that put both right. */
  consertos: string[];
}

/** Holds the lines of `SHOW GRANTS` for an account against the manifest: too few rights and too many. Pure. */
export function compareGrants(
  manifest: IxcGrants,
  db: string,
  account: Account,
  grants: readonly string[],
): GrantsDiff {
  const wanted = new Set(
    manifest.database.ixc.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
  );
  const held = new Set<string>();
  const sobram: string[] = [];
  const consertos: string[] = [];
  for (const { rights, on } of grants.map(parseGrant).filter((grant) => grant !== undefined)) {
    const [schema = '', table = ''] = on.replaceAll('`', '').split('.');
    for (const { right, columns } of rights) {
      if (right === 'USAGE') continue;
      const named = columns.map((column) => `${table}.${column}`);
      const fine = right === 'SELECT' && schema === db ? named.filter((column) => wanted.has(column)) : [];
      for (const column of fine) held.add(column);
      if (named.length > 0 && fine.length === named.length) continue;
      const excess = columns.filter((column) => !fine.includes(`${table}.${column}`));
      const list = excess.length > 0 ? ` (${excess.map(identifier).join(', ')})` : '';
      sobram.push(`${right}${list} em ${on.replaceAll('`', '')}`);
      consertos.push(`REVOKE ${right}${list} ON ${on} FROM ${accountName(account)}`);
    }
  }
  const faltam = [...wanted].filter((column) => !held.has(column));
  const tables = new Set(faltam.map((column) => column.split('.')[0]));
  const missing = { database: { ixc: manifest.database.ixc.filter(({ table }) => tables.has(table)) } };
  return { faltam, sobram, consertos: [...consertos, ...grantStatements(missing, db, account)] };
}

// `GRANT SELECT (a, b), INSERT ON db.table TO …`; a role that was granted has no ON and can be anything.
function parseGrant(
  line: string,
): { rights: { right: string; columns: string[] }[]; on: string } | undefined {
  const [, list, on] = /^GRANT (.+?) ON (\S+) TO /.exec(line) ?? [];
  if (list === undefined || on === undefined)
    return { rights: [{ right: line.replace(/ TO .*$/, ''), columns: [] }], on: '*.*' };
  const rights = [...list.matchAll(/([A-Z][A-Z ]*[A-Z])(?: \(([^)]*)\))?/g)];
  return {
    on,
    rights: rights.map(([, right = '', columns]) => ({
      right,
      columns: columns?.split(',').map((column) => column.trim().replaceAll('`', '')) ?? [],
    })),
  };
}

/** A name of a schema, table or column, quoted. */
export const identifier = (name: string) => `\`${name.replaceAll('`', '``')}\``;

/** `'user'@'host'` */
export const accountName = ({ user, host }: Account): string => `${text(user)}@${text(host)}`;

// Doubled quotes are safe in every sql_mode; a backslash is not, so names with one are refused.
function text(value: string): string {
  if (/[\\\0]/.test(value)) throw new Error(`an account name may not contain a backslash: ${value}`);
  return `'${value.replaceAll("'", "''")}'`;
}
