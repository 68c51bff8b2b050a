import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { grantStatements } from '../../src/ixc/grants.ts';

const account = { user: 'leitor', host: '%' };

describe('the grants for IXC', () => {
  it('name every column, one statement a table', () => {
    const ixc = [
      { table: 'cliente', columns: ['id', 'razao'] },
      { table: 'filial', columns: ['id'] },
    ];
    expect(grantStatements({ database: { ixc } }, 'ixcprovedor', account)).toEqual([
      "GRANT SELECT (`id`, `razao`) ON `ixcprovedor`.`cliente` TO 'leitor'@'%'",
      "GRANT SELECT (`id`) ON `ixcprovedor`.`filial` TO 'leitor'@'%'",
    ]);
  });

  it('cannot be turned into another statement by a name', () => {
    const ixc = [{ table: 'a`b', columns: ['c`d'] }];
    expect(grantStatements({ database: { ixc } }, 'e`f', { user: "g'h", host: '%' })).toEqual([
      "GRANT SELECT (`c``d`) ON `e``f`.`a``b` TO 'g''h'@'%'",
    ]);
    expect(() => grantStatements({ database: { ixc } }, 'x', { user: 'a\\', host: '%' })).toThrow(
      'backslash',
    );
  });

  it('refuse a table without columns, which would grant all of it', () => {
    const ixc = [{ table: 'cliente', columns: [] }];
    expect(() => grantStatements({ database: { ixc } }, 'x', account)).toThrow('lists no column');
  });

  it('never ask for a secret column of the real manifest', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../manifest.json', import.meta.url), 'utf8'));
    const all = grantStatements(manifest, 'ixcprovedor', account).join('\n');
    expect(all).not.toMatch(/senha|token|secret|api_key/i);
    expect(all).not.toMatch(/GRANT (?!SELECT \()/);
  });
});
