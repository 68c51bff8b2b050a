// Settings kept as rows of JSON, written only over the version that the writer has seen: nobody's choice is lost unseen.
import { z } from 'zod';
import { type Db, optionalRow, run } from '../db.ts';

/** The version of a setting that was never saved. */
export const NUNCA_SALVA = 'nenhuma';

export interface Guardada<T> {
  /** undefined until first saved. */
  valor: T | undefined;
  /** What a later write must name. */
  versao: string;
}

/** Reads the setting `chave`, parsed by `schema`. Throws when what is stored does not fit. */
export async function readConfiguracao<S extends z.ZodType>(
  db: Db,
  chave: string,
  schema: S,
): Promise<Guardada<z.output<S>>> {
  const found = await optionalRow(
    db,
    'SELECT valor, SHA2(valor, 256) AS versao FROM configuracoes WHERE chave = :chave',
    { chave },
    z.object({ valor: z.unknown(), versao: z.string() }),
  );
  if (found === undefined) return { valor: undefined, versao: NUNCA_SALVA };
  const valor = typeof found.valor === 'string' ? JSON.parse(found.valor) : found.valor;
  return { valor: schema.parse(valor), versao: found.versao };
}

/** The version of the setting `chave` alone. */
export async function readVersao(db: Db, chave: string): Promise<string> {
  const sql = 'SELECT SHA2(valor, 256) AS versao FROM configuracoes WHERE chave = :chave';
  const found = await optionalRow(db, sql, { chave }, z.object({ versao: z.string() }));
  return found?.versao ?? NUNCA_SALVA;
}

/** Writes the setting if it still is `versao`; false when somebody saved another one meanwhile. */
export async function writeConfiguracao(
  tx: Db,
  chave: string,
  versao: string,
  valor: unknown,
): Promise<boolean> {
  const params = { chave, valor: JSON.stringify(valor) };
  const { affectedRows } =
    versao === NUNCA_SALVA
      ? await run(tx, 'INSERT IGNORE INTO configuracoes (chave, valor) VALUES (:chave, :valor)', params)
      : await run(
          tx,
          'UPDATE configuracoes SET valor = :valor WHERE chave = :chave AND SHA2(valor, 256) = :versao',
          { ...params, versao },
        );
  return affectedRows === 1;
}

/** Back to what holds when nothing was ever saved, if the setting still is `versao`; false when it is not. */
export async function deleteConfiguracao(tx: Db, chave: string, versao: string): Promise<boolean> {
  const sql = 'DELETE FROM configuracoes WHERE chave = :chave AND SHA2(valor, 256) = :versao';
  return (await run(tx, sql, { chave, versao })).affectedRows === 1;
}

export interface UltimaMudanca {
  /** UTC `AAAA-MM-DD hh:mm:ss.ffffff` */
  em: string;
  /** null = the command line. */
  operadorId: number | null;
  /** What changed, in the words of that setting's audit row. */
  mudancas: string[];
}

/** The last audited change of a setting, by the names of its events. */
export async function findUltimaMudanca(
  db: Db,
  eventos: readonly [string, string?],
): Promise<UltimaMudanca | undefined> {
  const [evento, outro = evento] = eventos;
  const found = await optionalRow(
    db,
    `SELECT em, operador_id AS operadorId, detalhe FROM auditoria WHERE evento IN (:evento, :outro)
     ORDER BY id DESC LIMIT 1`,
    { evento, outro },
    z.object({ em: z.string(), operadorId: z.number().nullable(), detalhe: z.unknown() }),
  );
  if (found === undefined) return undefined;
  const { detalhe, ...mudanca } = found;
  const parsed = Detalhe.safeParse(typeof detalhe === 'string' ? JSON.parse(detalhe) : detalhe);
  return { ...mudanca, mudancas: parsed.success ? parsed.data.mudancas : [] };
}

const Detalhe = z.object({ mudancas: z.array(z.string()) });
