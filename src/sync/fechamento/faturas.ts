// The partner's invoice of a month: its rows reduced at once to ids, fingerprints and amounts (never a name or a document).
import { z } from 'zod';
import { type Db, inList, optionalRow, type Params, rows, run, transaction } from '../../db.ts';
import { conflict, invalid } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import { readConfiguracao, writeConfiguracao } from '../configuracoes.ts';
import { impressaoDoCpf, type Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { CAMPOS, type Campo, type Colunas, findColunas, parseCentavos } from './colunas.ts';
import type { LinhaDaFatura } from './conferencia.ts';
import { requireTodas } from './fechamentos.ts';
import type { Mes } from './mes.ts';

const Guardadas = z.object({
  referencia: z.string(),
  id: z.string(),
  cpf: z.string(),
  valor: z.string(),
  plano: z.string(),
});
const CHUNK = 500;

/** The columns of the last invoice; '' where it had none. */
export async function loadColunas(db: Db): Promise<{ colunas: Colunas; versao: string }> {
  const nenhuma: Colunas = { referencia: '', id: '', cpf: '', valor: '', plano: '' };
  const { valor = nenhuma, versao } = await readConfiguracao(db, 'fatura_colunas', Guardadas);
  return { colunas: valor, versao };
}

interface Lida extends LinhaDaFatura {
  remotoId: string;
  impressao: Buffer | null;
}

/**
 * Keeps the invoice of `mes`, in the place of an earlier one, and remembers its columns.
 * @throws Problem 422 naming `coluna_…` or `arquivo` with the line; nothing is changed then.
 */
export async function saveFatura(
  sync: Sync,
  operador: Operador,
  mes: Mes,
  linhas: AsyncIterable<{ linha: number; celulas: string[] }>,
  escolhidas: Partial<Record<Campo, string>>,
): Promise<void> {
  requireTodas(operador);
  const { lidas, colunas } = await readLidas(sync, linhas, escolhidas);
  await matchUsuarios(sync.db, lidas);
  const { versao } = await loadColunas(sync.db);
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(tx, 'DELETE FROM faturas WHERE mes = :mes', { mes: mes.mes });
    await run(
      tx,
      'INSERT INTO faturas (mes, enviada_em, enviada_por) VALUES (:mes, UTC_TIMESTAMP(6), :por)',
      { mes: mes.mes, por: operador.id },
    );
    for (let at = 0; at < lidas.length; at += CHUNK)
      await insertLidas(tx, mes.mes, lidas.slice(at, at + CHUNK));
    if (!(await writeConfiguracao(tx, 'fatura_colunas', versao, colunas)) && !(await isSame(tx, colunas)))
      throw conflict('Outra fatura chegou ao mesmo tempo.', 'Envie de novo.');
    const detalhe = { mes: mes.mes, linhas: lidas.length, trocouOutra: affectedRows > 0 };
    await audit(tx, { operadorId: operador.id, evento: 'fatura', detalhe });
  });
}

const isSame = async (tx: Db, colunas: Colunas): Promise<boolean> => {
  const now = (await loadColunas(tx)).colunas;
  return CAMPOS.every((campo) => now[campo] === colunas[campo]);
};

async function readLidas(
  sync: Sync,
  linhas: AsyncIterable<{ linha: number; celulas: string[] }>,
  escolhidas: Partial<Record<Campo, string>>,
): Promise<{ lidas: Lida[]; colunas: Colunas }> {
  const planos = await planosPorNome(sync.db);
  const reference = new RegExp(`^ixc-${sync.instalacao}-(\\d{1,15})-\\d+$`);
  const lidas: Lida[] = [];
  let found: ReturnType<typeof findColunas> | undefined;
  for await (const { linha, celulas } of linhas) {
    if (found === undefined) {
      found = findColunas(celulas, escolhidas);
      if (Object.keys(found.erros).length > 0) throw invalid(found.erros);
      continue;
    }
    const { onde } = found;
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
      impressao: /^\d{8,11}$/.test(digits) ? impressaoDoCpf(sync, digits.padStart(11, '0')) : null,
      planoId: cell('plano') === '' ? null : (planos.get(cell('plano').toLowerCase()) ?? 0),
    });
  }
  if (found === undefined || lidas.length === 0)
    throw invalid({ arquivo: 'O arquivo não tem nenhuma linha de cobrança.' });
  return { lidas, colunas: found.colunas };
}

// By our reference, then the partner's id, then the CPF.
async function matchUsuarios(db: Db, lidas: Lida[]): Promise<void> {
  const Row = z.object({ id: z.number(), remotoId: z.string().nullable(), impressao: z.instanceof(Buffer) });
  for (let at = 0; at < lidas.length; at += CHUNK) {
    const part = lidas.slice(at, at + CHUNK);
    const ids = inList(
      'id',
      part.flatMap(({ usuarioId }) => usuarioId ?? []),
    );
    const remotos = inList(
      'remoto',
      part.flatMap(({ remotoId }) => (remotoId === '' ? [] : [remotoId])),
    );
    const impressoes = inList(
      'impressao',
      part.flatMap(({ impressao }) => impressao?.toString('hex') ?? []),
    );
    const binaries = Object.entries(impressoes.params).map(([name, hex]) => [
      name,
      Buffer.from(String(hex), 'hex'),
    ]);
    const found = await rows(
      db,
      `SELECT id, remoto_id AS remotoId, impressao FROM usuarios WHERE id IN (${ids.sql})
       UNION SELECT id, remoto_id, impressao FROM usuarios WHERE remoto_id IN (${remotos.sql})
       UNION SELECT id, remoto_id, impressao FROM usuarios WHERE impressao IN (${impressoes.sql})`,
      { ...ids.params, ...remotos.params, ...Object.fromEntries(binaries) },
      Row,
    );
    const byId = new Set(found.map(({ id }) => id));
    const byRemoto = new Map(found.map(({ id, remotoId }) => [remotoId, id]));
    const byImpressao = new Map(found.map(({ id, impressao }) => [impressao.toString('hex'), id]));
    for (const lida of part) {
      const own = lida.usuarioId !== null && byId.has(lida.usuarioId) ? lida.usuarioId : undefined;
      const cpf = lida.impressao?.toString('hex') ?? '';
      lida.usuarioId = own ?? byRemoto.get(lida.remotoId) ?? byImpressao.get(cpf) ?? null;
    }
  }
}

async function planosPorNome(db: Db): Promise<Map<string, number>> {
  const Row = z.object({
    id: z.number(),
    nome: z.string(),
    codigo: z.string().nullable(),
    remotoId: z.string().nullable(),
  });
  const sql = 'SELECT id, nome, codigo, remoto_id AS remotoId FROM planos ORDER BY id DESC';
  const planos = await rows(db, sql, {}, Row);
  const names = (pick: (plano: z.output<typeof Row>) => string | null) =>
    planos.map((plano) => [(pick(plano) ?? '').toLowerCase(), plano.id] as const);
  return new Map([
    ...names(({ nome }) => nome),
    ...names(({ codigo }) => codigo),
    ...names(({ remotoId }) => remotoId),
  ]);
}

async function insertLidas(tx: Db, mes: string, lidas: Lida[]): Promise<void> {
  const params: Params = { mes };
  const values = lidas.map(({ linha, usuarioId, impressao, planoId, centavos }, n) => {
    Object.assign(params, {
      [`l${n}`]: linha,
      [`u${n}`]: usuarioId,
      [`i${n}`]: impressao,
      [`p${n}`]: planoId,
      [`v${n}`]: centavos,
    });
    return `(:mes, :l${n}, :u${n}, :i${n}, :p${n}, :v${n})`;
  });
  await run(
    tx,
    `INSERT INTO fatura_linhas (mes, linha, usuario_id, impressao, plano_id, valor_centavos) VALUES ${values.join(', ')}`,
    params,
  );
}

/** The invoice kept for `mes`; undefined when none was sent. */
export async function loadFatura(db: Db, mes: string) {
  const Cabeca = z.object({ enviadaEm: z.string(), enviadaPor: z.number() });
  const sql = 'SELECT enviada_em AS enviadaEm, enviada_por AS enviadaPor FROM faturas WHERE mes = :mes';
  const cabeca = await optionalRow(db, sql, { mes }, Cabeca);
  if (cabeca === undefined) return undefined;
  const linhas = await rows(
    db,
    `SELECT linha, usuario_id AS usuarioId, plano_id AS planoId, valor_centavos AS centavos FROM fatura_linhas
     WHERE mes = :mes ORDER BY linha`,
    { mes },
    z.object({
      linha: z.number(),
      usuarioId: z.number().nullable(),
      planoId: z.number().nullable(),
      centavos: z.coerce.number(),
    }),
  );
  return { ...cabeca, linhas };
}
