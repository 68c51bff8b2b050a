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
export function grantStatements(manifest: IxcGrants, db: string, { user, host }: Account): string[] {
  return manifest.database.ixc.map(({ table, columns }) => {
    if (columns.length === 0) throw new Error(`manifest.json: the table ${table} lists no column`);
    const names = columns.map(identifier).join(', ');
    return `GRANT SELECT (${names}) ON ${identifier(db)}.${identifier(table)} TO ${text(user)}@${text(host)}`;
  });
}

const identifier = (name: string) => `\`${name.replaceAll('`', '``')}\``;

// Doubled quotes are safe in every sql_mode; a backslash is not, so names with one are refused.
function text(value: string): string {
  if (/[\\\0]/.test(value)) throw new Error(`an account name may not contain a backslash: ${value}`);
  return `'${value.replaceAll("'", "''")}'`;
}
