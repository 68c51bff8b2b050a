// The partner's invoice of a month: its rows reduced at once to ids, fingerprints and amounts (never a name or a document).
import { z } from 'zod';
import { type Db, type Params, rows, run, transaction } from '../../db.ts';
import { conflict, invalid, notFound } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import { readConfiguracao, writeConfiguracao } from '../configuracoes.ts';
import { impressaoDoCpf, referencePrefix, type Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { CAMPOS, type Campo, type Colunas, findColunas, parseCentavos } from './colunas.ts';
import type { LinhaDaFatura } from './conferencia.ts';
import { requireTodas } from './fechamentos.ts';
import type { Mes } from './mes.ts';
import { findIntegracaoDaFatura, type Lida, matchUsuarios, planosPorNome } from './reconhecimento.ts';

const Guardadas = z.object({
  referencia: z.string(),
  id: z.string(),
  cpf: z.string(),
  valor: z.string(),
  plano: z.string(),
});
const CHUNK = 200;

/** The columns of the last invoice; '' where it had none. */
export async function loadColunas(db: Db): Promise<{ colunas: Colunas; versao: string }> {
  const nenhuma: Colunas = { referencia: '', id: '', cpf: '', valor: '', plano: '' };
  const { valor = nenhuma, versao } = await readConfiguracao(db, 'fatura_colunas', Guardadas);
  return { colunas: valor, versao };
}

/** What the form says beside the file; '' = to be found out. */
export interface Escolhas {
  colunas: Partial<Record<Campo, string>>;
  integracaoId: string;
}

/**
 * Keeps the invoice of `mes`, in the place of an earlier one of the same integração, and remembers its columns.
 * @throws Problem 422 naming `coluna_…`, `integracao_id` or `arquivo` with the line; nothing is changed then.
 */
export async function saveFatura(
  sync: Sync,
  operador: Operador,
  mes: Mes,
  linhas: AsyncIterable<{ linha: number; celulas: string[] }>,
  escolhas: Escolhas,
): Promise<void> {
  requireTodas(operador);
  const { lidas, colunas } = await readLidas(sync, linhas, escolhas.colunas);

  const integracaoId = await findIntegracaoDaFatura(sync.db, lidas, escolhas.integracaoId);
  await matchUsuarios(sync.db, lidas, integracaoId);
  const planos = await planosPorNome(sync.db, integracaoId);
  const dona = { mes: mes.mes, integracaoId };
  const { versao } = await loadColunas(sync.db);
  await transaction(sync.db, async (tx) => {
    const existed = await deleteFatura(tx, dona);
    await run(
      tx,
      `INSERT INTO faturas (mes, integracao_id, enviada_em, enviada_por)
       VALUES (:mes, :integracaoId, UTC_TIMESTAMP(6), :por)`,
      { ...dona, por: operador.id },
    );
    for (let at = 0; at < lidas.length; at += CHUNK)
      await insertLidas(tx, dona, lidas.slice(at, at + CHUNK), planos);
    if (!(await writeConfiguracao(tx, 'fatura_colunas', versao, colunas)) && !(await isSame(tx, colunas)))
      throw conflict('Outra fatura chegou ao mesmo tempo.', 'Envie de novo.');
    const detalhe = { ...dona, linhas: lidas.length, trocouOutra: existed };
    await audit(tx, { operadorId: operador.id, evento: 'fatura', detalhe });
  });
}

/**
 * Takes the invoice of one integração away from `mes`: it was sent by mistake. The month itself stays as it is.
 * @throws Problem 404 when there is none, 403 for whoever does not see every filial.
 */
export async function removeFatura(
  sync: Sync,
  operador: Operador,
  mes: Mes,
  integracaoId: number,
): Promise<void> {
  requireTodas(operador);
  await transaction(sync.db, async (tx) => {
    const dona = { mes: mes.mes, integracaoId };
    const existed = await deleteFatura(tx, dona);
    if (!existed) throw notFound('Esta fatura');
    await audit(tx, { operadorId: operador.id, evento: 'fatura_retirada', detalhe: dona });
  });
}

// Its lines go with it. Answers whether there was one.
async function deleteFatura(tx: Db, dona: { mes: string; integracaoId: number }): Promise<boolean> {
  const sql = 'DELETE FROM faturas WHERE mes = :mes AND integracao_id = :integracaoId';
  return (await run(tx, sql, dona)).affectedRows > 0;
}

const isSame = async (tx: Db, colunas: Colunas): Promise<boolean> => {
  const now = (await loadColunas(tx)).colunas;
  return CAMPOS.every((campo) => now[campo] === colunas[campo]);
};

interface LidaComPlano extends Lida {
  /** As the invoice calls it. */
  plano: string;
}

async function readLidas(
  sync: Sync,
  linhas: AsyncIterable<{ linha: number; celulas: string[] }>,
  escolhidas: Partial<Record<Campo, string>>,
): Promise<{ lidas: LidaComPlano[]; colunas: Colunas }> {
  const reference = new RegExp(`^${referencePrefix(sync)}(\\d{1,15})-\\d+$`);
  const lidas: LidaComPlano[] = [];
  let found: ReturnType<typeof findColunas> | undefined;
  for await (const { linha, celulas } of linhas) {
    if (found === undefined) {
      found = findColunas(celulas, escolhidas);
      if (Object.keys(found.erros).length > 0) throw invalid(found.erros);
      continue;
    }
    const { onde } = found;
    if (isTotal(celulas, onde)) continue;
    const cell = (campo: Campo): string => celulas[onde[campo] ?? -1] ?? '';
    const centavos = parseCentavos(cell('valor'));
    if (centavos === undefined)
      throw invalid({ arquivo: `Linha ${linha}: não dá para ler o valor. Use reais como 49,90.` });
    const digits = cell('cpf').replace(/\D/g, '');
    lidas.push({
      linha,
      centavos,
      usuarioId: Number(reference.exec(cell('referencia'))?.[1] ?? 0) || null,
      remotoId: cell('id'),
      // A spreadsheet that takes a CPF for a number drops the zeros it begins with.
      impressao: /^\d{1,11}$/.test(digits)
        ? impressaoDoCpf(sync, digits.padStart(11, '0')).toString('hex')
        : null,
      planoId: null,
      plano: cell('plano').toLowerCase(),
    });
  }
  if (found === undefined || lidas.length === 0)
    throw invalid({ arquivo: 'O arquivo não tem nenhuma linha de cobrança.' });
  return { lidas, colunas: found.colunas };
}

// The last line of many an invoice adds up the others; it charges nobody.
const isTotal = (
  celulas: readonly string[],
  { referencia, id, cpf }: Partial<Record<Campo, number>>,
): boolean =>
  celulas.some((text) => /^(sub)?total( geral)?:?$/i.test(text)) &&
  [referencia, id, cpf].every((at) => !/\d/.test(celulas[at ?? -1] ?? ''));

async function insertLidas(
  tx: Db,
  dona: { mes: string; integracaoId: number },
  lidas: readonly LidaComPlano[],
  planos: ReadonlyMap<string, number>,
): Promise<void> {
  const params: Params = { ...dona };
  const values = lidas.map(({ linha, usuarioId, impressao, plano, centavos }, n) => {
    Object.assign(params, {
      [`l${n}`]: linha,
      [`u${n}`]: usuarioId,
      [`i${n}`]: impressao === null ? null : Buffer.from(impressao, 'hex'),
      [`p${n}`]: plano === '' ? null : (planos.get(plano) ?? 0),
      [`v${n}`]: centavos,
    });
    return `(:mes, :integracaoId, :l${n}, :u${n}, :i${n}, :p${n}, :v${n})`;
  });
  await run(
    tx,
    `INSERT INTO fatura_linhas (mes, integracao_id, linha, usuario_id, impressao, plano_id, valor_centavos)
     VALUES ${values.join(', ')}`,
    params,
  );
}

const FaturaRow = z.object({ integracaoId: z.number(), enviadaEm: z.string(), enviadaPor: z.number() });
export type Fatura = z.output<typeof FaturaRow>;

/** The invoices kept for `mes`, by integração. */
export const listFaturas = (db: Db, mes: string): Promise<Fatura[]> =>
  rows(
    db,
    `SELECT integracao_id AS integracaoId, enviada_em AS enviadaEm, enviada_por AS enviadaPor FROM faturas
     WHERE mes = :mes ORDER BY integracao_id`,
    { mes },
    FaturaRow,
  );

const LinhaRow = z.object({
  linha: z.number(),
  usuarioId: z.number().nullable(),
  planoId: z.number().nullable(),
  centavos: z.coerce.number(),
});

/** The lines of one invoice, as they stand in the file. */
export const listLinhasDaFatura = (db: Db, mes: string, integracaoId: number): Promise<LinhaDaFatura[]> =>
  rows(
    db,
    `SELECT linha, usuario_id AS usuarioId, plano_id AS planoId, valor_centavos AS centavos FROM fatura_linhas
     WHERE mes = :mes AND integracao_id = :integracaoId ORDER BY linha`,
    { mes, integracaoId },
    LinhaRow,
  );
