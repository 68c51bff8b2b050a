// What each person should cost in a closed month, as it was frozen: an invoice that comes later is matched against this.
import { z } from 'zod';
import { type Db, type Params, row, rows, run } from '../../db.ts';
import type { Parte } from './contagem.ts';

const CHUNK = 1_000;
const PEOPLE = 20_000;

/** Keeps them, some at a time, in the transaction that closes the month. */
export async function insertPessoas(
  tx: Db,
  mes: string,
  esperadas: ReadonlyMap<number, readonly Parte[]>,
): Promise<void> {
  let part: Params[] = [];
  for (const [usuarioId, partes] of esperadas) {
    for (const parte of partes) part.push({ usuarioId, ...parte });
    if (part.length < CHUNK) continue;
    await insertPart(tx, mes, part);
    part = [];
  }
  if (part.length > 0) await insertPart(tx, mes, part);
}

async function insertPart(tx: Db, mes: string, part: readonly Params[]): Promise<void> {
  const params: Params = { mes };
  const values = part.map((each, n) => {
    for (const [name, value] of Object.entries(each)) params[`${name}${n}`] = value;
    return `(:mes, :usuarioId${n}, :planoId${n}, :filialId${n}, :centavos${n})`;
  });
  await run(
    tx,
    `INSERT INTO fechamento_pessoas (mes, usuario_id, plano_id, filial_id, centavos) VALUES ${values.join(', ')}`,
    params,
  );
}

const PessoaRow = z.object({
  usuarioId: z.number(),
  planoId: z.number(),
  filialId: z.number(),
  centavos: z.number(),
});

/** What was frozen of each person of `mes`, in cents; some thousands of people by each statement. */
export async function loadPessoas(db: Db, mes: string): Promise<Map<number, Parte[]>> {
  const esperadas = new Map<number, Parte[]>();
  const last = 'SELECT MAX(usuario_id) AS ultimo FROM fechamento_pessoas WHERE mes = :mes';
  const { ultimo } = await row(db, last, { mes }, z.object({ ultimo: z.number().nullable() }));
  for (let de = 0; de < (ultimo ?? 0); de += PEOPLE) {
    const found = await rows(
      db,
      `SELECT usuario_id AS usuarioId, plano_id AS planoId, filial_id AS filialId, centavos FROM fechamento_pessoas
       WHERE mes = :mes AND usuario_id > :de AND usuario_id <= :fim`,
      { mes, de, fim: de + PEOPLE },
      PessoaRow,
    );
    for (const { usuarioId, ...parte } of found) {
      const partes = esperadas.get(usuarioId);
      if (partes) partes.push(parte);
      else esperadas.set(usuarioId, [parte]);
    }
  }
  return esperadas;
}
