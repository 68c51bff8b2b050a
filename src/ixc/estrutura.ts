// The types that our reading of IXC was written for: a column that became something else means something else.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Db, rows } from '../db.ts';

const Estrutura = z.record(z.string(), z.record(z.string(), z.string()));

/** `plugin/estrutura.json`: data type by table and column, for every column of the manifest. */
export const readEsperada = (): z.output<typeof Estrutura> =>
  Estrutura.parse(JSON.parse(readFileSync(new URL('../../plugin/estrutura.json', import.meta.url), 'utf8')));

export interface Diferenca {
  /** `table.column` */
  coluna: string;
  esperado: string;
  achado: string;
  /** A number that became a text: what we read no longer means the same. */
  grave: boolean;
}

/** Columns whose type is not the expected one; a column that cannot be seen is not looked at here. */
export async function compareEstrutura(ixc: Db): Promise<Diferenca[]> {
  const found = await rows(
    ixc,
    `SELECT table_name AS tabela, column_name AS coluna, data_type AS tipo FROM information_schema.columns
     WHERE table_schema = DATABASE()`,
    {},
    z.object({ tabela: z.string(), coluna: z.string(), tipo: z.string() }),
  );
  const esperada = readEsperada();
  return found.flatMap(({ tabela, coluna, tipo }): Diferenca[] => {
    const esperado = esperada[tabela]?.[coluna];
    if (esperado === undefined || esperado === tipo) return [];
    const grave = familyOf(esperado) !== familyOf(tipo);
    return [{ coluna: `${tabela}.${coluna}`, esperado, achado: tipo, grave }];
  });
}

function familyOf(tipo: string): string {
  if (/int$|decimal|float|double/.test(tipo)) return 'número';
  if (/char$|text$|enum|set/.test(tipo)) return 'texto';
  return /date|time/.test(tipo) ? 'data' : tipo;
}
