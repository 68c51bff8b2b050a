// manifest.json as the installer needs it, of this release or of another one: fields that it does not know may be there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { Manifest, Table } from '../manifest.ts';

const { version, compatibility, database } = Manifest.shape;
const Known = z.object({
  version,
  compatibility: z.object({
    ixc: z.object({ database: compatibility.shape.ixc.shape.database }),
    database: compatibility.shape.database,
  }),
  database: z.object({
    own: z.object({ grants: database.shape.own.shape.grants }),
    ixc: z.array(z.object({ table: Table.shape.table, columns: Table.shape.columns })),
  }),
});

export type Manifesto = z.output<typeof Known>;

/** The manifest of the release in `root`. @throws when it is missing or has another shape. */
export const readManifest = (root: string): Manifesto =>
  Known.parse(JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8')));

/** `table.column` of everything that `depois` reads and `antes` did not: more rights than somebody agreed to. */
export function grownColumns(antes: Manifesto, depois: Manifesto): string[] {
  const known = new Set(columnsOf(antes));
  return columnsOf(depois).filter((column) => !known.has(column));
}

const columnsOf = ({ database }: Manifesto): string[] =>
  database.ixc.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`));
