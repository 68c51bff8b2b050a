// The columns that manifest.json says we read, held against what the IXC user may really see.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Db, inList, rows } from '../db.ts';

const Manifest = z.object({
  database: z.object({
    ixc: z.array(z.object({ table: z.string(), columns: z.array(z.string()), purpose: z.string() })),
  }),
});

export type IxcManifest = z.output<typeof Manifest>;

/** manifest.json, the part about IXC's database. @throws when the file does not have that shape. */
export function readManifest(): IxcManifest {
  return Manifest.parse(JSON.parse(readFileSync(new URL('../../manifest.json', import.meta.url), 'utf8')));
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
