// The causes that only time makes: an old queue, people held for long, a forgotten pause.
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import type { Aberto, Limites, NomeDaCausa, Sintoma } from './causas.ts';

export const DEMORADAS: readonly NomeDaCausa[] = ['fila', 'retidas', 'perguntar', 'sumidos', 'pausa'];

/** Every one of them that stands now. Those in `abertos` end later than they began, so that none flaps. */
export async function listDemoradas(
  sync: Pick<Sync, 'db' | 'config'>,
  limites: Limites,
  abertos: Aberto[],
): Promise<Sintoma[]> {
  return [
    ...(await listFilas(sync.db, limites, abertos)),
    ...(await listRetidas(sync.db, limites, abertos)),
    ...(await listPerguntas(sync.db)),
    ...(await listSumidos(sync.db)),
    ...(await listPausas(sync.db, limites)),
    ...findPausaPorArquivo(sync, limites),
  ];
}

// One index range per integração and priority: the oldest of a long queue is found without walking it.
const OLDEST_DUE = `SELECT i.id, MAX(TIMESTAMPDIFF(SECOND, (SELECT u.proxima_em FROM usuarios u
      WHERE u.integracao_id = i.id AND u.trabalho = 1 AND u.retida IS NULL AND u.prioridade = p.n
      ORDER BY u.proxima_em LIMIT 1), UTC_TIMESTAMP(6))) AS segundos
  FROM integracoes i
  CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5) p
  GROUP BY i.id ORDER BY i.id`;

// A wait that hovers around the limit is told once: it is over when it is down to half.
async function listFilas(db: Db, { filaMinutos }: Limites, abertos: Aberto[]): Promise<Sintoma[]> {
  const found = await rows(
    db,
    OLDEST_DUE,
    {},
    z.object({ id: z.number(), segundos: z.coerce.number().nullable() }),
  );
  return found.flatMap(({ id, segundos }): Sintoma[] => {
    const chave = String(id);
    const minutos = Math.floor((segundos ?? 0) / 60);
    const least = chavesDe(abertos, 'fila').includes(chave) ? filaMinutos / 2 : filaMinutos;
    return minutos < least ? [] : [{ chave, causa: { causa: 'fila', integracao: id, minutos } }];
  });
}

// Looking at held people again every ten minutes moves `retida_em`: the wish they are held with is as old as its operação.
// While somebody with an old wish is being looked at (the row without a cause), nobody knows whether that hold is over. One
// statement, so that nobody slips from one half to the other in between.
const HELD_LONG = `SELECT u.retida AS retencao, COUNT(*) AS total FROM usuarios u
  WHERE u.retida IS NOT NULL
    AND COALESCE((SELECT MIN(o.criado_em) FROM operacoes o WHERE o.usuario_id = u.id AND o.estado = 'aberta'), u.retida_em)
      <= UTC_TIMESTAMP(6) - INTERVAL :minutos MINUTE
  GROUP BY u.retida
  UNION ALL
  SELECT NULL, COUNT(*) FROM operacoes o JOIN usuarios u ON u.id = o.usuario_id
  WHERE :aberto = 1 AND o.estado = 'aberta' AND o.criado_em <= UTC_TIMESTAMP(6) - INTERVAL :minutos2 MINUTE
    AND u.retida IS NULL AND u.trabalho = 1`;

async function listRetidas(db: Db, { retidasHoras }: Limites, abertos: Aberto[]): Promise<Sintoma[]> {
  const minutos = Math.round(retidasHoras * 60);
  const open = chavesDe(abertos, 'retidas');
  const found = await rows(
    db,
    HELD_LONG,
    { minutos, minutos2: minutos, aberto: open.length > 0 ? 1 : 0 },
    z.object({ retencao: z.string().nullable(), total: z.number() }),
  );
  const held = new Map(
    found.flatMap(({ retencao, total }) => (retencao === null ? [] : [[retencao, total] as const])),
  );
  const lookingAgain = found.some(({ retencao, total }) => retencao === null && total > 0);
  if (lookingAgain) for (const chave of open) held.set(chave, held.get(chave) ?? 0);
  return [...held].map(([retencao, total]) => ({
    chave: retencao,
    causa: { causa: 'retidas', retencao, total, horas: retidasHoras },
  }));
}

// Told once while there is any: a rule that asks never writes, so somebody has to look (decisions 8).
async function listPerguntas(db: Db): Promise<Sintoma[]> {
  const found = await rows(
    db,
    `SELECT filial_id AS filialId, COUNT(*) AS total FROM adesoes
     WHERE lido_significado = 'perguntar' AND vigente IS NOT NULL GROUP BY filial_id`,
    {},
    z.object({ filialId: z.number(), total: z.number() }),
  );
  if (found.length === 0) return [];
  const total = found.reduce((sum, each) => sum + each.total, 0);
  const filiais = found.map(({ filialId }) => filialId);
  return [{ chave: '', causa: { causa: 'perguntar', total, filiais } }];
}

const SCANS_WITHOUT = 2;
const NAMED = 20;

// A missing contract never blocks or cancels anybody, so somebody has to look (decisions 10). A person whose account has
// ended needs nothing.
async function listSumidos(db: Db): Promise<Sintoma[]> {
  const found = await rows(
    db,
    `SELECT a.contrato_id AS contratoId, a.usuario_id AS usuarioId, a.filial_id AS filialId
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND a.ausencias >= ${SCANS_WITHOUT} AND u.observada <> 'cancelado' ORDER BY a.contrato_id`,
    {},
    z.object({ contratoId: z.number(), usuarioId: z.number(), filialId: z.number() }),
  );
  return [...new Set(found.map(({ filialId }) => filialId))].map((filialId) => {
    const own = found.filter((each) => each.filialId === filialId);
    const contratos = own.slice(0, NAMED).map(({ contratoId }) => contratoId);
    const usuario = own[0]?.usuarioId ?? 0;
    return {
      chave: String(filialId),
      causa: { causa: 'sumidos', total: own.length, contratos, usuario, filiais: [filialId] },
    };
  });
}

async function listPausas(db: Db, { pausaHoras }: Limites): Promise<Sintoma[]> {
  const found = await rows(
    db,
    `SELECT id, operacao, filial_id AS filialId FROM pausas
     WHERE criado_em <= UTC_TIMESTAMP(6) - INTERVAL :minutos MINUTE ORDER BY id`,
    { minutos: Math.round(pausaHoras * 60) },
    z.object({ id: z.number(), operacao: z.string(), filialId: z.number() }),
  );
  return found.map(({ id, operacao, filialId }) => {
    const filiais = filialId === 0 ? [] : [filialId];
    return {
      chave: String(id),
      causa: { causa: 'pausa', operacao, horas: pausaHoras, arquivo: false, filiais },
    };
  });
}

const ARQUIVO = 'arquivo:';

function findPausaPorArquivo({ config }: Pick<Sync, 'config'>, { pausaHoras }: Limites): Sintoma[] {
  const stat = config.pausaArquivo && statSync(config.pausaArquivo, { throwIfNoEntry: false });
  if (!stat || Date.now() - stat.mtimeMs < pausaHoras * 3_600_000) return [];
  const causa = { causa: 'pausa', operacao: '', horas: pausaHoras, arquivo: true, filiais: [] } as const;
  return [{ chave: `${ARQUIVO}${hostname()}`, causa: { ...causa, filiais: [] } }];
}

/** Whether this process can tell that a cause is over: a pause file is seen on its own machine only. */
export const isJudgedHere = ({ chave }: Aberto): boolean =>
  !chave.startsWith(ARQUIVO) || chave === `${ARQUIVO}${hostname()}`;

const chavesDe = (abertos: Aberto[], causa: NomeDaCausa): string[] =>
  abertos.filter((aberto) => aberto.causa === causa).map(({ chave }) => chave);
