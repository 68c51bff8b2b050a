// The columns that manifest.json says we read, held against what the IXC user may really see.
import { z } from 'zod';
import { type Db, inList, rows } from '../db.ts';
import type { Manifest } from '../manifest.ts';

export { readManifest } from '../manifest.ts';

export interface IxcManifest {
  database: Pick<Manifest['database'], 'ixc'>;
}

/** `table.column` of everything listed that cannot be seen: information_schema shows only what is granted. */
export async function findMissingColumns(ixc: Db, manifest: IxcManifest): Promise<string[]> {
  const tables = inList(
    'tabela',
    manifest.database.ixc.map(({ table }) => table),
  );
  const seen = await rows(
    ixc,
    `SELECT table_name AS tabela, column_name AS coluna FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name IN (${tables.sql})`,
    tables.params,
    z.object({ tabela: z.string(), coluna: z.string() }),
  );
  const known = new Set(seen.map(({ tabela, coluna }) => `${tabela}.${coluna}`));
  return manifest.database.ixc
    .flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`))
    .filter((column) => !known.has(column));
}
