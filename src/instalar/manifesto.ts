// manifest.json as the installer needs it, of this release or of another one: fields that it does not know may be there.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Manifest = z.object({
  version: z.string().regex(/^\d+\.\d+\.\d+/),
  compatibility: z.object({
    ixc: z.object({ database: z.string() }),
    database: z.string(),
  }),
  database: z.object({
    own: z.object({ grants: z.array(z.string().regex(/^[A-Z ]+$/)).min(1) }),
    ixc: z.array(z.object({ table: z.string(), columns: z.array(z.string()) })),
  }),
});

export type Manifesto = z.output<typeof Manifest>;

/** The manifest of the release in `root`. @throws when it is missing or has another shape. */
export const readManifest = (root: string): Manifesto =>
  Manifest.parse(JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8')));

/** `table.column` of everything that `depois` reads and `antes` did not: more rights than somebody agreed to. */
export function grownColumns(antes: Manifesto, depois: Manifesto): string[] {
  const known = new Set(columnsOf(antes));
  return columnsOf(depois).filter((column) => !known.has(column));
}

const columnsOf = ({ database }: Manifesto): string[] =>
  database.ixc.flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`));
