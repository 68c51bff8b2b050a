// Who each line of an invoice is, and of which integração the invoice is: two may know different people by one id.
import { z } from 'zod';
import { type Db, inList, rows } from '../../db.ts';
import { invalid } from '../../problem.ts';
import type { LinhaDaFatura } from './conferencia.ts';

export interface Lida extends LinhaDaFatura {
  /** The partner's id; '' = the invoice does not say. */
  remotoId: string;
  /** Of the CPF, in hexadecimal: tens of thousands of small buffers would take several times the memory. */
  impressao: string | null;
}

const CHUNK = 50;

interface Conhecida {
  id: number;
  remotoId: string | null;
  impressao: Buffer;
}

// Tens of thousands of them, of columns of our own tables, which have the types that we gave them.
const ConhecidaRow = z.custom<Conhecida>((value) => typeof value === 'object' && value !== null);

/**
 * The integração that the invoice is of: the chosen one; else the only one; else the only one that knows its people.
 * @throws Problem 422 naming `integracao_id` when it is none of ours, or when the lines do not tell.
 */
export async function findIntegracaoDaFatura(
  db: Db,
  lidas: readonly Lida[],
  escolhida: string,
): Promise<number> {
  const sql = 'SELECT id FROM integracoes ORDER BY id';
  const ids = (await rows(db, sql, {}, z.object({ id: z.number() }))).map(({ id }) => id);
  const [first, another] = ids;
  if (first === undefined)
    throw invalid({ arquivo: 'Cadastre a integração antes: sem ela não há a quem comparar.' });
  if (escolhida.trim() !== '') {
    const found = ids.find((id) => String(id) === escolhida.trim());
    if (found === undefined) throw invalid({ integracao_id: 'Escolha uma integração da lista.' });
    return found;
  }
  if (another === undefined) return first;
  const seen: number[] = [];
  for (const id of ids) if (await knowsAny(db, lidas, id)) seen.push(id);
  const [only, other] = seen;
  if (only === undefined || other !== undefined)
    throw invalid({
      integracao_id: 'As linhas não dizem de qual integração é a fatura. Escolha a integração.',
    });
  return only;
}

async function knowsAny(db: Db, lidas: readonly Lida[], integracaoId: number): Promise<boolean> {
  for (let at = 0; at < lidas.length; at += CHUNK)
    if ((await listConhecidas(db, lidas.slice(at, at + CHUNK), integracaoId)).length > 0) return true;
  return false;
}

/** Says who each line is, by our reference, then the partner's id, then the CPF; among the people of one integração. */
export async function matchUsuarios(db: Db, lidas: Lida[], integracaoId: number): Promise<void> {
  for (let at = 0; at < lidas.length; at += CHUNK) {
    const part = lidas.slice(at, at + CHUNK);
    const found = await listConhecidas(db, part, integracaoId);
    const byId = new Set(found.map(({ id }) => id));
    const byRemoto = new Map(found.map(({ id, remotoId }) => [remotoId, id]));
    const byImpressao = new Map(found.map(({ id, impressao }) => [impressao.toString('hex'), id]));
    for (const lida of part) {
      const own = lida.usuarioId !== null && byId.has(lida.usuarioId) ? lida.usuarioId : undefined;
      lida.usuarioId = own ?? byRemoto.get(lida.remotoId) ?? byImpressao.get(lida.impressao ?? '') ?? null;
    }
  }
}

// Each of the three by an index of its own.
function listConhecidas(db: Db, part: readonly Lida[], integracaoId: number): Promise<Conhecida[]> {
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
    part.flatMap(({ impressao }) => impressao ?? []),
  );
  const binaries = Object.entries(impressoes.params).map(([name, hex]) => [
    name,
    Buffer.from(String(hex), 'hex'),
  ]);
  const select = 'SELECT id, remoto_id AS remotoId, impressao FROM usuarios WHERE integracao_id =';
  return rows(
    db,
    `${select} :i1 AND id IN (${ids.sql}) UNION ${select} :i2 AND remoto_id IN (${remotos.sql})
     UNION ${select} :i3 AND impressao IN (${impressoes.sql})`,
    {
      ...{ i1: integracaoId, i2: integracaoId, i3: integracaoId },
      ...ids.params,
      ...remotos.params,
      ...Object.fromEntries(binaries),
    },
    ConhecidaRow,
  );
}

const PlanoRow = z.object({
  id: z.number(),
  nome: z.string(),
  codigo: z.string().nullable(),
  remotoId: z.string().nullable(),
});

/** The planos of an integração by what an invoice may call them: the partner's id, the code, our name. */
export async function planosPorNome(db: Db, integracaoId: number): Promise<Map<string, number>> {
  const sql = `SELECT id, nome, codigo, remoto_id AS remotoId FROM planos WHERE integracao_id = :integracaoId
    ORDER BY id DESC`;
  const planos = await rows(db, sql, { integracaoId }, PlanoRow);
  const names = (pick: (plano: z.output<typeof PlanoRow>) => string | null) =>
    planos.map((plano) => [(pick(plano) ?? '').toLowerCase(), plano.id] as const);
  return new Map([
    ...names(({ nome }) => nome),
    ...names(({ codigo }) => codigo),
    ...names(({ remotoId }) => remotoId),
  ]);
}
