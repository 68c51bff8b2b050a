// Templates of the release (units, web server): `{{NAME}}` becomes a value, and a name that nobody knows is a mistake.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The text of `plugin/<name>` with its values; comments keep the names. @throws when one is not given. */
export function fillTemplate(release: string, name: string, values: Record<string, string>): string {
  const text = readFileSync(path.join(release, 'plugin', name), 'utf8');
  const fill = (line: string) =>
    line.replace(/\{\{([A-Z_]+)\}\}/g, (_all, key: string) => {
      const value = values[key];
      if (value === undefined) throw new Error(`plugin/${name}: {{${key}}} não existe`);
      return value;
    });
  return text
    .split('\n')
    .map((line) => (line.trimStart().startsWith('#') ? line : fill(line)))
    .join('\n');
}
