// Lives: how many accounts there are by situação and plano now, and what was counted at the end of each day.
import { z } from 'zod';
import { type Db, optionalRow, type Params, rows, run } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import type { Sync } from './contexto.ts';
import { inFiliais } from './filiais.ts';
import { HOJE } from './hoje.ts';

const DAY_MS = 24 * 60 * 60_000;
// People counted by one statement: far from any time limit, whatever the base.
const PEOPLE = 50_000;
const CHUNK = 500;

const recorded = new WeakMap<Sync['perfis'], string>();

/**
 * Counts the day that ended last (Brasília), unless somebody has. Safe in several processes at once and at any time: what
 * was there before midnight is what is there at the first look after it, since nothing is confirmed while nobody runs.
 */
export async function recordVidas(sync: Sync, agora: Date = new Date()): Promise<void> {
  const dia = HOJE.format(new Date(agora.getTime() - DAY_MS));
  if (recorded.get(sync.perfis) === dia) return;
  const sql = 'SELECT 1 AS ja FROM vidas WHERE dia = :dia LIMIT 1';
  if ((await optionalRow(sync.db, sql, { dia }, z.object({ ja: z.number() }))) === undefined) {
    const grupos = await countGrupos(sync.db);
    for (let start = 0; start < grupos.length; start += CHUNK)
      await insertGrupos(sync.db, dia, grupos.slice(start, start + CHUNK));
  }
  recorded.set(sync.perfis, dia);
}

const GrupoRow = z.object({
  integracaoId: z.coerce.number(),
  planoId: z.coerce.number(),
  filialId: z.coerce.number(),
  situacao: z.string(),
  total: z.coerce.number(),
});
type Grupo = z.output<typeof GrupoRow>;

// In every branch together each person counts once; in each branch, whoever has a contract there.
async function countGrupos(db: Db): Promise<Grupo[]> {
  const grupos = new Map<string, Grupo>();
  const { ultimo } = (await optionalRow(
    db,
    'SELECT MAX(id) AS ultimo FROM usuarios',
    {},
    z.object({ ultimo: z.number().nullable() }),
  )) ?? { ultimo: null };
  for (let de = 0; de < (ultimo ?? 0); de += PEOPLE) {
    const found = await rows(
      db,
      `SELECT integracao_id AS integracaoId, COALESCE(desejado_plano_id, 0) AS planoId, 0 AS filialId,
         observada AS situacao, COUNT(*) AS total
       FROM usuarios WHERE id > :de AND id <= :ate GROUP BY integracaoId, planoId, situacao
       UNION ALL
       SELECT u.integracao_id, COALESCE(u.desejado_plano_id, 0), a.filial_id, u.observada, COUNT(DISTINCT u.id)
       FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id
       WHERE u.id > :de2 AND u.id <= :ate2 AND a.filial_id > 0
       GROUP BY u.integracao_id, COALESCE(u.desejado_plano_id, 0), a.filial_id, u.observada`,
      { de, ate: de + PEOPLE, de2: de, ate2: de + PEOPLE },
      GrupoRow,
    );
    for (const grupo of found) {
      const key = `${grupo.integracaoId}:${grupo.planoId}:${grupo.filialId}:${grupo.situacao}`;
      grupos.set(key, { ...grupo, total: grupo.total + (grupos.get(key)?.total ?? 0) });
    }
  }
  return [...grupos.values()];
}

async function insertGrupos(db: Db, dia: string, grupos: Grupo[]): Promise<void> {
  const params: Params = { dia };
  const values = grupos.map((grupo, n) => {
    Object.assign(params, {
      [`integracao${n}`]: grupo.integracaoId,
      [`plano${n}`]: grupo.planoId,
      [`filial${n}`]: grupo.filialId,
      [`situacao${n}`]: grupo.situacao,
      [`total${n}`]: grupo.total,
    });
    return `(:dia, :integracao${n}, :plano${n}, :filial${n}, :situacao${n}, :total${n})`;
  });
  await run(
    db,
    `INSERT INTO vidas (dia, integracao_id, plano_id, filial_id, situacao, total) VALUES ${values.join(', ')}
     ON DUPLICATE KEY UPDATE total = VALUES(total)`,
    params,
  );
}

export interface Mes {
  /** AAAA-MM */
  mes: string;
  /** The last day of it that was counted, AAAA-MM-DD; null = none was. */
  dia: string | null;
  /** Active lives at the end of that day; null = not counted. */
  ativas: number | null;
}

/** The `quantos` months before the one of `hoje` (AAAA-MM-DD), oldest first. */
export async function listMeses(db: Db, filiais: Filiais, hoje: string, quantos: number): Promise<Mes[]> {
  const meses = monthsBefore(hoje, quantos);
  // Branch 0 is every branch, each person once.
  const scope =
    filiais === 'todas' ? { sql: 'v.filial_id = 0', params: {} } : inFiliais('v.filial_id', filiais);
  const found = await rows(
    db,
    `SELECT d.dia, COALESCE(SUM(v.total), 0) AS ativas
     FROM (SELECT MAX(dia) AS dia FROM vidas WHERE dia >= :desde AND dia < :ate GROUP BY LEFT(dia, 7)) d
     LEFT JOIN vidas v ON v.dia = d.dia AND v.situacao = 'ativo' AND ${scope.sql}
     GROUP BY d.dia`,
    { desde: `${meses[0] ?? hoje.slice(0, 7)}-01`, ate: `${hoje.slice(0, 7)}-01`, ...scope.params },
    z.object({ dia: z.string(), ativas: z.coerce.number() }),
  );
  return meses.map((mes) => {
    const counted = found.find(({ dia }) => dia.startsWith(mes));
    return { mes, dia: counted?.dia ?? null, ativas: counted?.ativas ?? null };
  });
}

function monthsBefore(hoje: string, quantos: number): string[] {
  const [year = 0, month = 1] = hoje.split('-').map(Number);
  return Array.from({ length: quantos }, (_, index) =>
    new Date(Date.UTC(year, month - 1 - quantos + index, 1)).toISOString().slice(0, 7),
  );
}
